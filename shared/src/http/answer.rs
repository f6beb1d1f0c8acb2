//! Answers: given once for each idempotency key, and again to whoever asks again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Serialize;

use super::problem::{Problem, ProblemField};
use super::request::Asked;
use crate::carry_out::{Attendant, Outcome, carry_out};
use crate::desk::Desk;
use crate::incident::clock::after;
use crate::incident::values::IncidentNumber;
use crate::incident::{Change, Command};
use crate::store::{AnsweredRequest, RequestKey, Store};

/// How long an answer is remembered.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Tells a caller that this answer was given before.
const REPLAYED: &str = "idempotency-replayed";

/// What a caller is told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Where to read more.
    pub location: Option<String>,
    /// The body, JSON.
    pub body: String,
}

impl Answer {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // These are our own types with string keys: there is nothing that could fail.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, location: None, body }
    }

    /// With a `Location` header.
    #[must_use]
    pub fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, self.body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Carries out what was asked and answers; asked again with the same key, it gives the same answer
/// and changes nothing.
///
/// # Errors
///
/// A [`Problem`] when the rules refuse it, the key was used for another request, or the store is
/// unavailable.
pub async fn answer<S: Store, T: Sync>(
    desk: &Desk<S>,
    asked: &Asked<T>,
    number: &IncidentNumber,
    command: &Command,
    say: impl Fn(&Change) -> Answer + Sync,
) -> Result<Response, Problem> {
    let once = Once { desk, asked, say: &say };
    match carry_out(desk, number, command, &once).await? {
        Outcome::Changed(change) => Ok(say(&change).into_response()),
        Outcome::AlreadyAnswered(before) if before.fingerprint == asked.fingerprint => {
            let status = StatusCode::from_u16(before.status).unwrap_or(StatusCode::OK);
            let again = Answer { status, location: before.location, body: before.body };
            let mut response = again.into_response();
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Outcome::AlreadyAnswered(_) => Err(Problem::wrong_fields(vec![ProblemField::header(
            "Idempotency-Key",
            "was used for another request within the last 24 hours; a new request needs a new key",
        )])),
    }
}

struct Once<'a, S, T, F> {
    desk: &'a Desk<S>,
    asked: &'a Asked<T>,
    say: &'a F,
}

impl<S: Store, T: Sync, F: Fn(&Change) -> Answer + Sync> Attendant for Once<'_, S, T, F> {
    fn request_key(&self) -> Option<&RequestKey> {
        self.asked.key.as_ref()
    }

    fn answer(&self, change: &Change) -> Option<AnsweredRequest> {
        let key = self.asked.key.clone()?;
        let Answer { status, location, body } = (self.say)(change);
        let answered_at = self.desk.clock.now();
        Some(AnsweredRequest {
            key,
            fingerprint: self.asked.fingerprint.clone(),
            status: status.as_u16(),
            location,
            body,
            answered_at,
            expires_at: after(answered_at, REMEMBERED_FOR),
        })
    }
}
