//! DynamoDB as it is told to answer, in memory, behind the real SDK.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use shared::store::dynamodb::DynamoDbStore;

use crate::dynamodb::aws_at;

/// What is answered: a status and a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads `503 body`; without a status, it is 200.
    #[must_use]
    pub fn read(written: &[u8]) -> Self {
        let status = written.split_at_checked(4).and_then(|(head, body)| {
            let status = std::str::from_utf8(head).ok()?.strip_suffix(' ')?.parse().ok()?;
            (200..600).contains(&status).then_some((status, body))
        });
        let (status, body) = status.unwrap_or((200, written));
        Self { status, body: body.to_vec() }
    }

    /// Whether it says nothing of what was asked: the server is out of order.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        let names_one = self.body.windows(9).any(|part| part == b"Exception");
        self.status >= 500 && !names_one
    }

    fn response(&self) -> HttpResponse {
        let status = self.status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.body.clone()));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        response
    }
}

/// The table. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Table(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    claimed: Answer,
    read: Answer,
    claims: Vec<(String, String)>,
}

impl Table {
    /// The store that asks it.
    #[must_use]
    pub fn store(&self) -> DynamoDbStore {
        let client = aws_at("http://127.0.0.1:1").dynamodb();
        let table = SharedHttpConnector::new(self.clone());
        let table = http_client_fn(move |_, _| table.clone());
        let config = client.config().to_builder().http_client(table).build();
        DynamoDbStore::new(aws_sdk_dynamodb::Client::from_conf(config), "table")
    }

    /// From now on claims and reads are answered so. Other writes are taken.
    pub fn answers(&self, claimed: Answer, read: Answer) {
        let mut state = self.state();
        (state.claimed, state.read) = (claimed, read);
        state.claims.clear();
    }

    /// The keys of what was claimed, in order.
    #[must_use]
    pub fn claims(&self) -> Vec<(String, String)> {
        self.state().claims.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().expect("a body in memory");
        let mut state = self.state();
        let answer = match operation.rsplit('.').next().unwrap_or_default() {
            "UpdateItem" => {
                let asked: Value = serde_json::from_slice(body).expect("the SDK writes JSON");
                // Of the updates, only a claim has the item told.
                if asked["ReturnValues"] == "ALL_NEW" {
                    let key = |name: &str| {
                        asked["Key"][name]["S"].as_str().unwrap_or_default().to_owned()
                    };
                    state.claims.push((key("pk"), key("sk")));
                    state.claimed.clone()
                } else {
                    Answer { status: 200, body: b"{}".to_vec() }
                }
            }
            "GetItem" | "Query" => state.read.clone(),
            _ => Answer { status: 200, body: b"{}".to_vec() },
        };
        HttpConnectorFuture::ready(Ok(answer.response()))
    }
}
