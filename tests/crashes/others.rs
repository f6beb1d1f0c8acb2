//! SES, S3, Secrets Manager and other systems, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use desk_tests::LINK_KEYS;
use serde_json::{Value, json};

use super::fault::Service;
use super::wire::Server;

/// An e-mail or a webhook as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The desk's id of it.
    pub id: String,
    /// Whether it says of itself that it may be a repeat. A webhook never does: its id tells.
    pub is_labelled: bool,
}

/// All that others know. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Others(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    emails: Vec<Taken>,
    webhooks: Vec<Taken>,
    /// The address to which SES sends nothing.
    refused: Option<String>,
    mails: BTreeMap<String, Vec<u8>>,
}

impl Others {
    /// One of them.
    pub fn server(&self, service: Service) -> Arc<dyn Server> {
        Arc::new(One { others: self.clone(), service })
    }

    /// What SES took, and what receivers did, since the last time.
    pub fn take(&self) -> (Vec<Taken>, Vec<Taken>) {
        let mut state = self.state();
        (std::mem::take(&mut state.emails), std::mem::take(&mut state.webhooks))
    }

    /// From now on SES refuses e-mails to this address.
    pub fn refuse(&self, address: &str) {
        self.state().refused = Some(address.to_owned());
    }

    /// Puts a mail into the bucket.
    pub fn put_mail(&self, id: &str, raw: &[u8]) {
        self.state().mails.insert(id.to_owned(), raw.to_vec());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct One {
    others: Others,
    service: Service,
}

impl Server for One {
    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut state = self.others.state();
        let (status, body) = match self.service {
            Service::Ses => ses(&mut state, &request),
            Service::S3 => s3(&state, &request),
            Service::Secrets => {
                (200, json!({ "SecretString": LINK_KEYS }).to_string().into_bytes())
            }
            Service::Receiver => {
                let id = request.headers().get("webhook-id").expect("an id").to_owned();
                state.webhooks.push(Taken { id, is_labelled: false });
                (204, Vec::new())
            }
            Service::DynamoDb => unreachable!("is not in memory"),
        };
        let status: u16 = status;
        Ok(HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body)))
    }
}

fn ses(state: &mut State, request: &HttpRequest) -> (u16, Vec<u8>) {
    let body = request.body().bytes().expect("a body in memory");
    let email: Value = serde_json::from_slice(body).expect("JSON");
    let to = email["Destination"]["ToAddresses"][0].as_str().expect("an address");
    if state.refused.as_deref() == Some(to) {
        let refusal = r#"{"__type":"MessageRejected","message":"Not to this address."}"#;
        return (400, refusal.into());
    }
    let named = |list: &Value, name: &str| {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let found = list.iter().find(|it| it["Name"] == name)?;
        found["Value"].as_str().map(str::to_owned)
    };
    let id = named(&email["EmailTags"], "email_id").expect("an id");
    let headers = &email["Content"]["Simple"]["Headers"];
    let is_labelled = named(headers, "X-Escalation-Desk-Repeat").is_some();
    state.emails.push(Taken { id, is_labelled });
    let answer = json!({ "MessageId": format!("ses-{}", state.emails.len()) });
    (200, answer.to_string().into_bytes())
}

fn s3(state: &State, request: &HttpRequest) -> (u16, Vec<u8>) {
    let path = request.uri().split('?').next().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default();
    match state.mails.get(id) {
        Some(raw) => (206, raw.clone()),
        None => (404, "<Error><Code>NoSuchKey</Code></Error>".into()),
    }
}
