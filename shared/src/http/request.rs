//! Requests: who asks, under which key, and what, checked whole before anything is done.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use deserr::Deserr;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lambda_http::request::RequestContext;
use sha2::{Digest, Sha256};

use super::json;
use super::problem::{Problem, ProblemField};
use crate::incident::values::IncidentNumber;
use crate::store::RequestKey;
use crate::wrong_fields::WrongFields;

/// The longest body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 255;

/// A POST: an authenticated caller, its idempotency key, and a body that is right.
#[derive(Debug, Clone)]
pub struct Asked<T> {
    /// The key under which the answer is remembered, if the caller sent one.
    pub key: Option<RequestKey>,
    /// SHA-256 of method, path and body, in hexadecimal.
    pub fingerprint: String,
    /// The body.
    pub body: T,
}

impl<S, T> FromRequest<S> for Asked<T>
where
    S: Send + Sync,
    T: Deserr<WrongFields>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = caller(&parts)?;
        require_json(&parts.headers)?;
        let bytes = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                too_large()
            } else {
                bad_request("The body did not arrive whole.")
            }
        })?;
        let bytes = bytes.to_bytes();
        let value = json::parse(&bytes)
            .map_err(|error| bad_request(&format!("The body is not JSON: {error}.")))?;
        let mut errors = Vec::new();
        let key = idempotency_key(&parts.headers).unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        match deserr::deserialize::<T, _, WrongFields>(value) {
            Ok(body) if errors.is_empty() => Ok(Self {
                key: key.map(|key| RequestKey { caller, key }),
                fingerprint: fingerprint(&parts, &bytes),
                body,
            }),
            Ok(_) => Err(Problem::wrong_fields(errors)),
            Err(wrong) => {
                errors.extend(wrong.0.into_iter().map(ProblemField::from));
                Err(Problem::wrong_fields(errors))
            }
        }
    }
}

/// The incident number of a path, asked for by an authenticated caller.
#[derive(Debug, Clone)]
pub struct Number(pub IncidentNumber);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        caller(parts)?;
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| wrong_number("must be plain text"))?;
        let number = text.parse::<IncidentNumber>();
        number.map(Self).map_err(|invalid| wrong_number(&invalid.to_string()))
    }
}

/// A request that needs nothing but an authenticated caller.
#[derive(Debug, Clone, Copy)]
pub struct Authenticated;

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        caller(parts).map(|_| Self)
    }
}

fn wrong_number(detail: &str) -> Problem {
    Problem::wrong_fields(vec![ProblemField::parameter("number", detail)])
}

/// Whom API Gateway has authenticated. It lets nobody else through; a request without a caller
/// means that it is set up wrongly, and is refused.
///
/// # Errors
///
/// A 401.
pub(super) fn caller(parts: &Parts) -> Result<String, Problem> {
    let context = parts.extensions.get::<RequestContext>();
    let authorizer = match context {
        Some(RequestContext::ApiGatewayV2(context)) => context.authorizer.as_ref(),
        _ => None,
    };
    let iam = authorizer.and_then(|a| a.iam.as_ref()?.user_arn.as_deref());
    iam.filter(|arn| !arn.is_empty()).map(without_session).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Who are you?",
            "The request carries no authenticated caller. Sign it with AWS Signature Version 4.",
        )
    })
}

/// A role's session has a name of its own, and another one after each restart of the caller, who is
/// the same all the while: `…:assumed-role/<role>/<session>` is the role.
fn without_session(arn: &str) -> String {
    match arn.split_once(":assumed-role/") {
        Some((account, role)) => {
            let role = role.split('/').next().unwrap_or(role);
            format!("{account}:assumed-role/{role}")
        }
        None => arn.to_owned(),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not-json",
        "Send JSON",
        "The `Content-Type` must be application/json.",
    ))
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

fn bad_request(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-request", "Malformed request", detail)
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "Too large",
        "The body must not be longer than 256 KB (262,144 bytes).",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_same_caller_in_every_session() {
        let role = |session: &str| format!("arn:aws:sts::1:assumed-role/portal/{session}");
        assert_eq!(without_session(&role("a")), without_session(&role("b")));
        assert_ne!(without_session(&role("a")), without_session("arn:aws:sts::1:assumed-role/x/a"));
        let user = "arn:aws:iam::1:user/team/portal";
        assert_eq!(without_session(user), user);
    }
}
