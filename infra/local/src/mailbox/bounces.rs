//! Addresses that were made to bounce, so that a newcomer can see what the desk does about it.
//!
//! Told over HTTP, and kept with `--data`. Says only what an address is to do; what SES then reports
//! is in [`crate::ses`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::inbound::wrong::{Wrong, is_address};
use crate::journal::JournalError;

const FILE: &str = "bounces.json";

/// What an address does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bounce {
    /// There is no such mailbox, and there never will be.
    Permanent,
    /// The mailbox is full for now.
    Transient,
    /// It takes the e-mail, and reports it as spam.
    Complaint,
    /// Its server does not answer: the e-mail is on its way, and stays so.
    Delay,
}

/// The addresses. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Bounces(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    by_address: BTreeMap<String, Bounce>,
    file: Option<PathBuf>,
}

impl Bounces {
    /// Those that are kept in the folder `data`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not what the desk writes.
    pub fn open(data: &Path) -> Result<Self, JournalError> {
        let path = data.join(FILE);
        let by_address =
            match std::fs::read(&path) {
                Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| {
                    JournalError::Line { path: path.clone(), line: source.line(), source }
                })?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
                Err(source) => return Err(JournalError::File { path, source }),
            };
        Ok(Self(Arc::new(Mutex::new(Kept { by_address, file: Some(path) }))))
    }

    /// What this address does, if it was told to do anything, or is one of SES's mailbox simulator.
    #[must_use]
    pub fn of(&self, address: &str) -> Option<Bounce> {
        let address = address.to_ascii_lowercase();
        self.lock().by_address.get(&address).copied().or_else(|| simulated(&address))
    }

    /// Tells an address what to do; `None` is to take what it is sent.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. What was told before then holds.
    pub fn tell(&self, address: &str, bounce: Option<Bounce>) -> io::Result<()> {
        let mut kept = self.lock();
        let mut by_address = kept.by_address.clone();
        let address = address.to_ascii_lowercase();
        match bounce {
            Some(bounce) => by_address.insert(address, bounce),
            None => by_address.remove(&address),
        };
        if let Some(file) = &kept.file {
            let growing = file.with_extension("growing");
            std::fs::write(&growing, serde_json::to_vec(&by_address)?)?;
            std::fs::rename(growing, file)?;
        }
        kept.by_address = by_address;
        Ok(())
    }

    /// Each change is made in one step.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the addresses of SES's mailbox simulator do, with or without a label
/// (<https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>), so that
/// `tests/smoke` sees here what it sees in AWS.
fn simulated(address: &str) -> Option<Bounce> {
    let local = address.strip_suffix("@simulator.amazonses.com")?;
    match local.split('+').next()? {
        "bounce" => Some(Bounce::Permanent),
        "complaint" => Some(Bounce::Complaint),
        _ => None,
    }
}

/// `GET /bounces`, and `PUT` and `DELETE /bounces/{address}`.
pub fn router(bounces: Bounces) -> Router {
    Router::new()
        .route("/bounces", get(all))
        .route("/bounces/{address}", put(make_bounce).delete(mend))
        .with_state(bounces)
}

async fn all(State(bounces): State<Bounces>) -> Response {
    let all: Vec<_> = bounces
        .lock()
        .by_address
        .iter()
        .map(|(address, kind)| json!({ "address": address, "kind": kind }))
        .collect();
    Json(json!({ "bounces": all })).into_response()
}

async fn make_bounce(
    State(bounces): State<Bounces>,
    UrlPath(address): UrlPath<String>,
    body: axum::body::Bytes,
) -> Response {
    let mut wrong = Wrong::default();
    if !is_address(&address) {
        wrong.field("address", "is not an e-mail address");
    }
    match kind(&body, &mut wrong) {
        Some(kind) if wrong.is_empty() => answer(bounces.tell(&address, Some(kind))),
        _ => wrong.into_response(),
    }
}

/// What the body says; what is wrong with it goes to `wrong`.
fn kind(body: &[u8], wrong: &mut Wrong) -> Option<Bounce> {
    let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    for unknown in fields.keys().filter(|name| *name != "kind") {
        wrong.field(unknown, "is no field; there is kind");
    }
    let Some(kind) = fields.get("kind") else {
        wrong.field(
            "kind",
            "is missing: the body says {\"kind\": \"permanent\"}, or transient, complaint, delay",
        );
        return None;
    };
    let kind = Bounce::deserialize(kind).ok();
    if kind.is_none() {
        wrong.field("kind", "is permanent, transient, complaint or delay");
    }
    kind
}

async fn mend(State(bounces): State<Bounces>, UrlPath(address): UrlPath<String>) -> Response {
    answer(bounces.tell(&address, None))
}

fn answer(told: io::Result<()>) -> Response {
    match told {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::error!(%error, "the list of addresses that bounce could not be written");
            let message = json!({ "message": "It could not be written down." });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(message)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(bounces: &Bounces, method: &str, path: &str, body: &str) -> (u16, String) {
        let request =
            Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
        let response = router(bounces.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn an_address_is_made_to_bounce_and_mended_whatever_its_case_and_is_kept() {
        let data = tempfile::tempdir().unwrap();
        let bounces = Bounces::open(data.path()).unwrap();
        let path = "/bounces/Triage@example.com";
        assert_eq!(ask(&bounces, "PUT", path, r#"{"kind": "permanent"}"#).await.0, 204);
        assert_eq!(bounces.of("triage@EXAMPLE.com"), Some(Bounce::Permanent));
        assert_eq!(
            ask(&Bounces::open(data.path()).unwrap(), "GET", "/bounces", "").await.1,
            r#"{"bounces":[{"address":"triage@example.com","kind":"permanent"}]}"#
        );
        assert_eq!(ask(&bounces, "DELETE", path, "").await.0, 204);
        assert_eq!(ask(&bounces, "DELETE", path, "").await.0, 204);
        assert_eq!(Bounces::open(data.path()).unwrap().of("triage@example.com"), None);
    }

    #[test]
    fn the_addresses_of_sess_simulator_do_what_they_are_called_until_told_otherwise() {
        let bounces = Bounces::default();
        let simulated = ["success", "Bounce", "bounce+triage", "complaint"]
            .map(|local| bounces.of(&format!("{local}@simulator.amazonses.com")));
        let bounced = Some(Bounce::Permanent);
        assert_eq!(simulated, [None, bounced, bounced, Some(Bounce::Complaint)]);
        assert_eq!(bounces.of("bounce@example.com"), None);
    }

    #[tokio::test]
    async fn every_mistake_is_told_and_nothing_changes() {
        let bounces = Bounces::default();
        let (status, body) = ask(&bounces, "PUT", "/bounces/triage", r#"{"kind": "soft"}"#).await;
        let expected = "Nothing was done: address is not an e-mail address; \
                        kind is permanent, transient, complaint or delay.";
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["message"]), (422, &expected.into()));
        assert_eq!(body["errors"].as_array().unwrap().len(), 2);
        for (wrong, expected) in [
            ("", "Nothing was done: kind is missing: "),
            ("{}", "Nothing was done: kind is missing: "),
            (r#"{"kind": null}"#, "Nothing was done: kind is permanent, "),
            (r#"{"kind": "delay", "for": 1}"#, "Nothing was done: for is no field; there is kind."),
        ] {
            let (status, body) = ask(&bounces, "PUT", "/bounces/triage@example.com", wrong).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(status, 422, "{wrong}");
            assert!(body["message"].as_str().unwrap().starts_with(expected), "{wrong}: {body}");
        }
        assert_eq!(ask(&bounces, "GET", "/bounces", "").await.1, r#"{"bounces":[]}"#);
    }
}
