//! Answers: given once for each idempotency key, and again to whoever asks again.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{Problem, ProblemField};
use super::request::Asked;
use super::scope::Scope;
use crate::carry_out::{Attendant, Outcome, carry_out};
use crate::desk::Desk;
use crate::incident::clock::after;
use crate::incident::values::IncidentNumber;
use crate::incident::{Change, Command};
use crate::store::{AnsweredRequest, Limit, RequestKey, Store, StoreError};

/// How long an answer is remembered.
pub const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Tells a caller that this answer was given before.
const REPLAYED: &str = "idempotency-replayed";

/// What a caller is told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// Where to read more.
    pub location: Option<String>,
    /// The entity tag of what it tells.
    pub etag: Option<String>,
    /// The body, JSON.
    pub body: String,
}

impl Answer {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // These are our own types with string keys: there is nothing that could fail.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, location: None, etag: None, body }
    }

    /// With a `Location` header.
    #[must_use]
    pub fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// With the `ETag` of an incident's version, of which it tells nothing that changes by itself.
    #[must_use]
    pub fn at_version(mut self, version: u64) -> Self {
        self.etag = Some(format!("\"{version}\""));
        self
    }

    /// With the `ETag` of an incident's version and of all that the body tells beside it, such as how
    /// far e-mails got.
    #[must_use]
    pub fn at_version_and_body(mut self, version: u64) -> Self {
        self.etag = Some(format!("\"{version}-{}\"", self.digest()));
        self
    }

    /// With the `ETag` of the body, for what is no incident.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.etag = Some(format!("\"{}\"", self.digest()));
        self
    }

    fn digest(&self) -> String {
        let digest = Sha256::digest(&self.body);
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The answer to who has it already.
    pub(super) fn not_modified(self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        insert(&mut response, header::ETAG, self.etag);
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, self.body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        insert(&mut response, header::LOCATION, self.location);
        insert(&mut response, header::ETAG, self.etag);
        response
    }
}

fn insert(response: &mut Response, name: HeaderName, value: Option<String>) {
    if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
        response.headers_mut().insert(name, value);
    }
}

/// Carries out what was asked and answers; asked again with the same key, it gives the same answer
/// and changes nothing.
///
/// # Errors
///
/// A [`Problem`] when the rules refuse it, the caller knows another version (`If-Match`), the key
/// was used for another request, or the store is unavailable.
pub async fn answer<S: Store, P: Scope, T: Sync>(
    desk: &Desk<S>,
    asked: &Asked<P, T>,
    number: &IncidentNumber,
    command: &Command,
    say: impl Fn(&Change) -> Answer + Sync,
) -> Result<Response, Problem> {
    answer_within(desk, asked, number, command, |_| None, say).await
}

/// The same, as often as `limit` allows at an instant.
///
/// # Errors
///
/// As [`answer`], and a 429 over the limit. A request that was answered before is answered again,
/// whatever the limit, and does not count.
pub async fn answer_within<S: Store, P: Scope, T: Sync>(
    desk: &Desk<S>,
    asked: &Asked<P, T>,
    number: &IncidentNumber,
    command: &Command,
    limit: impl Fn(Timestamp) -> Option<Limit> + Sync,
    say: impl Fn(&Change) -> Answer + Sync,
) -> Result<Response, Problem> {
    let once = Once { asked, limit: &limit, say: &say };
    match carry_out(desk, number, command, &once).await? {
        Outcome::Stale(current) => Err(Problem::stale(current)),
        Outcome::OverLimit(limit) => Err(Problem::over_limit(&limit, desk.clock.now())),
        Outcome::Changed(change) => Ok(say(&change).into_response()),
        // No mail goes along with these.
        Outcome::AlreadyHandled => Err(StoreError::Conflict.into()),
        Outcome::AlreadyAnswered(before) => asked.again(before),
    }
}

impl<P, T> Asked<P, T> {
    /// What is remembered of an answer, if the caller sent a key.
    #[must_use]
    pub fn remembered(&self, answer: Answer, answered_at: Timestamp) -> Option<AnsweredRequest> {
        let key = self.key.clone()?;
        let Answer { status, location, etag, body } = answer;
        Some(AnsweredRequest {
            key,
            fingerprint: self.fingerprint.clone(),
            status: status.as_u16(),
            location,
            etag,
            body,
            answered_at,
            expires_at: after(answered_at, REMEMBERED_FOR),
        })
    }

    /// The answer that this very request had before, if it had one.
    ///
    /// # Errors
    ///
    /// As [`Asked::again`], and a 503 when the store is unavailable.
    pub async fn answered_before<S: Store>(
        &self,
        desk: &Desk<S>,
    ) -> Result<Option<Response>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let before = desk.store.answered(key, desk.clock.now()).await?;
        before.map(|before| self.again(before)).transpose()
    }

    /// An answer that was given before, once more.
    ///
    /// # Errors
    ///
    /// A 422 when the key was used for another request.
    pub fn again(&self, before: AnsweredRequest) -> Result<Response, Problem> {
        if before.fingerprint != self.fingerprint {
            let detail = "was used for another request within the last 24 hours; a new request needs \
                          a new key";
            return Err(Problem::wrong_fields(vec![ProblemField::header(
                "Idempotency-Key",
                detail,
            )]));
        }
        let status = StatusCode::from_u16(before.status).unwrap_or(StatusCode::OK);
        let AnsweredRequest { location, etag, body, .. } = before;
        let mut response = Answer { status, location, etag, body }.into_response();
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

struct Once<'a, P, T, L, F> {
    asked: &'a Asked<P, T>,
    limit: &'a L,
    say: &'a F,
}

impl<P, T, L, F> Attendant for Once<'_, P, T, L, F>
where
    P: Scope,
    T: Sync,
    L: Fn(Timestamp) -> Option<Limit> + Sync,
    F: Fn(&Change) -> Answer + Sync,
{
    fn allows(&self, current: Option<u64>) -> bool {
        self.asked.if_match.as_ref().is_none_or(|condition| condition.allows(current))
    }

    fn limits(&self, _: &Change, now: Timestamp) -> Vec<Limit> {
        (self.limit)(now).into_iter().collect()
    }

    fn request_key(&self) -> Option<&RequestKey> {
        self.asked.key.as_ref()
    }

    fn answer(&self, change: &Change, now: Timestamp) -> Option<AnsweredRequest> {
        self.asked.remembered((self.say)(change), now)
    }
}
