//! Other systems in memory: what webhooks are posted to them, and what they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// A webhook that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// To which host.
    pub host: String,
    /// The header `webhook-id`.
    pub id: String,
    /// The body.
    pub body: String,
}

/// All other systems. Clones share what they got.
#[derive(Debug, Clone, Default)]
pub struct Receivers(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    taken: Vec<Posted>,
    refused: usize,
    down: BTreeSet<String>,
    gone: BTreeSet<String>,
    busy: BTreeMap<String, u64>,
}

impl Receivers {
    /// Connections to them.
    #[must_use]
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// From now on this host does not answer; or does again.
    pub fn is_down(&self, host: &str, down: bool) {
        let mut state = self.state();
        if down {
            state.down.insert(host.to_owned());
        } else {
            state.down.remove(host);
        }
    }

    /// From now on this host answers 410.
    pub fn is_gone(&self, host: &str) {
        self.state().gone.insert(host.to_owned());
    }

    /// The next attempt at this host is answered by 503, and by when to come again.
    pub fn is_busy_once(&self, host: &str, retry_after_seconds: u64) {
        self.state().busy.insert(host.to_owned(), retry_after_seconds);
    }

    /// What a host took, in order.
    #[must_use]
    pub fn taken_by(&self, host: &str) -> Vec<Posted> {
        self.state().taken.iter().filter(|posted| posted.host == host).cloned().collect()
    }

    /// How many attempts were not taken.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state().refused
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Receivers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: axum::http::Uri = request.uri().parse().expect("a URL");
        let host = uri.host().expect("a host").to_owned();
        let id = request.headers().get("webhook-id").expect("an id").to_owned();
        let body = request.body().bytes().expect("a body in memory").to_vec();
        let body = String::from_utf8(body).expect("text");
        let mut state = self.state();
        let busy = state.busy.remove(&host);
        let status: u16 = match &host {
            _ if busy.is_some() => 503,
            host if state.gone.contains(host) => 410,
            host if state.down.contains(host) => {
                state.refused += 1;
                return HttpConnectorFuture::ready(Err(ConnectorError::io("is down".into())));
            }
            _ => 204,
        };
        match status {
            204 => state.taken.push(Posted { host, id, body }),
            _ => state.refused += 1,
        }
        let status = status.try_into().expect("a status");
        let mut answer = HttpResponse::new(status, SdkBody::empty());
        if let Some(seconds) = busy {
            answer.headers_mut().insert("retry-after", seconds.to_string());
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}
