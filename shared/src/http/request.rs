//! Requests: who asks, under which key, and what, checked whole before anything is done.

use std::marker::PhantomData;
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::caller::Caller;
use super::condition::{self, Condition};
use super::json;
use super::problem::{Problem, ProblemField};
use super::scope::Scope;
use crate::inbound::MailId;
use crate::incident::values::{AccountId, IncidentNumber, Invalid};
use crate::store::RequestKey;
use crate::wrong_fields::WrongFields;

/// The longest body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 255;

/// A POST: a caller who may do it, its idempotency key, the versions it knows, and a body that is
/// right.
#[derive(Debug, Clone)]
pub struct Asked<P, T> {
    /// The key under which the answer is remembered, if the caller sent one.
    pub key: Option<RequestKey>,
    /// SHA-256 of method, path and body, in hexadecimal.
    pub fingerprint: String,
    /// The body.
    pub body: T,
    pub(super) if_match: Option<Condition>,
    scope: PhantomData<P>,
}

impl<S, P, T> FromRequest<S> for Asked<P, T>
where
    S: Send + Sync,
    P: Scope,
    T: Deserr<WrongFields>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts)?.with_scope::<P>()?;
        require_json(&parts.headers)?;
        let bytes = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                Problem::too_large()
            } else {
                Problem::malformed("The body did not arrive whole.")
            }
        })?;
        let bytes = bytes.to_bytes();
        let value = json::parse(&bytes)
            .map_err(|error| Problem::malformed(&format!("The body is not JSON: {error}.")))?;
        let mut errors = Vec::new();
        let key = or_named(idempotency_key(&parts.headers), &mut errors);
        let if_match = or_named(condition::if_match(&parts.headers), &mut errors);
        match deserr::deserialize::<T, _, WrongFields>(value) {
            Ok(body) if errors.is_empty() => Ok(Self {
                key: key.map(|key| RequestKey { caller, key }),
                fingerprint: fingerprint(&parts, &bytes),
                body,
                if_match,
                scope: PhantomData,
            }),
            Ok(_) => Err(Problem::wrong_fields(errors)),
            Err(wrong) => {
                errors.extend(wrong.0.into_iter().map(ProblemField::from));
                Err(Problem::wrong_fields(errors))
            }
        }
    }
}

impl<P, T> Asked<P, T> {
    /// Whether the caller's `If-Match` allows this to be done to what is there now.
    ///
    /// # Errors
    ///
    /// A 412 that names the version that is there.
    pub fn expects(&self, current: Option<u64>) -> Result<(), Problem> {
        match &self.if_match {
            Some(condition) if !condition.allows(current) => Err(Problem::stale(current)),
            _ => Ok(()),
        }
    }
}

/// A header's value; or none, and its mistake among the others.
fn or_named<T>(
    header: Result<Option<T>, ProblemField>,
    errors: &mut Vec<ProblemField>,
) -> Option<T> {
    header.unwrap_or_else(|error| {
        errors.push(error);
        None
    })
}

/// A GET: a caller who may read it, and what it has read before.
#[derive(Debug, Clone)]
pub struct Reading<P> {
    if_none_match: Option<Condition>,
    scope: PhantomData<P>,
}

impl<P> Reading<P> {
    /// The answer; 304 without a body if the caller has it already.
    #[must_use]
    pub fn answer(&self, answer: Answer) -> Response {
        let knows = |etag: &String| self.if_none_match.as_ref().is_some_and(|c| c.knows(etag));
        if answer.etag.as_ref().is_some_and(knows) {
            answer.not_modified()
        } else {
            answer.into_response()
        }
    }
}

/// The answer to anybody, authenticated or not; 304 without a body for who has it already.
///
/// # Errors
///
/// A 422 for a malformed `If-None-Match`.
pub fn answer_anybody(headers: &HeaderMap, answer: Answer) -> Result<Response, Problem> {
    let if_none_match = condition::if_none_match(headers);
    let if_none_match = if_none_match.map_err(|error| Problem::wrong_fields(vec![error]))?;
    Ok(Reading::<()> { if_none_match, scope: PhantomData }.answer(answer))
}

impl<S: Send + Sync, P: Scope> FromRequestParts<S> for Reading<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Caller::of(parts)?.with_scope::<P>()?;
        let if_none_match = condition::if_none_match(&parts.headers)
            .map_err(|error| Problem::wrong_fields(vec![error]))?;
        Ok(Self { if_none_match, scope: PhantomData })
    }
}

/// The incident number of a path. It reads no scope: beside it stands a [`Reading`] or [`Asked`].
#[derive(Debug, Clone)]
pub struct Number(pub IncidentNumber);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state, "number").await.map(Self)
    }
}

/// The account of a path. It reads no scope either.
#[derive(Debug, Clone)]
pub struct AccountInPath(pub AccountId);

impl<S: Send + Sync> FromRequestParts<S> for AccountInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state, "id").await.map(Self)
    }
}

/// The mail of a path. Nor does this.
#[derive(Debug, Clone)]
pub struct MailInPath(pub MailId);

impl<S: Send + Sync> FromRequestParts<S> for MailInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state, "id").await.map(Self)
    }
}

/// The one parameter of a path, for an authenticated caller.
async fn in_path<S: Send + Sync, T: FromStr<Err = Invalid>>(
    parts: &mut Parts,
    state: &S,
    name: &'static str,
) -> Result<T, Problem> {
    Caller::of(parts)?;
    let wrong = |detail: String| Problem::wrong_fields(vec![ProblemField::parameter(name, detail)]);
    let Path(text) = Path::<String>::from_request_parts(parts, state)
        .await
        .map_err(|_| wrong("must be plain text".to_owned()))?;
    text.parse().map_err(|invalid: Invalid| wrong(invalid.to_string()))
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::not_json())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ProblemField> {
    const NAME: &str = "Idempotency-Key";
    let wrong = |detail| Err(ProblemField::header(NAME, detail));
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return wrong("must come once");
    }
    match value.to_str() {
        Ok(key)
            if (1..=KEY_LIMIT).contains(&key.len())
                && key.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Ok(Some(key.to_owned()))
        }
        _ => wrong("must be 1 to 255 visible ASCII characters without spaces"),
    }
}

fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), body] {
        hash.update(part);
        // A separator that cannot occur in method or path.
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
