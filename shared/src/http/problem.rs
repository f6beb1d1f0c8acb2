//! Problems: every refusal as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::store::Limit;
use crate::wrong_fields::WrongField;

/// Seconds after which a request that met an unavailable store should come again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// A refusal, as the caller reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Which problem, for programs; stable.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// Which problem, for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this very request.
    pub detail: Box<str>,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// The scope that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'static str>,
    /// The incident's version now, where another one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
    /// Seconds after which the same request may come again, as `Retry-After` says.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The header, for a mistake in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<&'static str>,
    /// The parameter of path or query, for a mistake in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<&'static str>,
    /// What is accepted.
    pub detail: String,
}

impl ProblemField {
    /// A mistake in a header.
    #[must_use]
    pub fn header(name: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: None, header: Some(name), parameter: None, detail: detail.into() }
    }

    /// A mistake in a parameter of path or query.
    #[must_use]
    pub fn parameter(name: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: None, header: None, parameter: Some(name), detail: detail.into() }
    }
}

impl From<WrongField> for ProblemField {
    fn from(WrongField { pointer, detail }: WrongField) -> Self {
        Self { pointer: Some(pointer), header: None, parameter: None, detail }
    }
}

impl Problem {
    /// A problem without fields.
    #[must_use]
    pub fn new(
        status: StatusCode,
        kind: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("urn:escalation-desk:problem:{kind}").into(),
            title,
            status: status.as_u16(),
            detail: detail.into().into(),
            errors: Vec::new(),
            scope: None,
            current_version: None,
            retry_after: None,
        }
    }

    /// What is not even a request: its body is no JSON, or did not arrive.
    pub(super) fn malformed(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-request", "Malformed request", detail)
    }

    /// A body over the limit.
    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            "The body must not be longer than 256 KB (262,144 bytes).",
        )
    }

    /// A body that is not said to be JSON.
    pub(super) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "Send JSON",
            "The `Content-Type` must be application/json.",
        )
    }

    /// A request of nobody.
    pub(super) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Who are you?",
            "The request carries no authenticated caller. Sign it with AWS Signature Version 4, \
             or send a bearer token where the desk takes them.",
        )
    }

    /// A store that does not answer.
    pub(super) fn unavailable() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "Try again",
            "The desk cannot reach its store at the moment. Send the same request again, with the \
             same Idempotency-Key if it has one.",
        );
        problem.retry_after = Some(RETRY_AFTER_SECONDS);
        problem
    }

    /// State that cannot be read.
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something is wrong on our side",
            "The desk cannot read its own state. Its operators see this.",
        )
    }

    /// The headers that this problem comes with, and what each says.
    pub(super) fn headers(&self) -> Vec<(&'static str, &'static str)> {
        let said = [
            (self.challenge().is_some(), "WWW-Authenticate", "How to authenticate (RFC 6750)."),
            (self.current_version.is_some(), "ETag", "The incident's version now."),
            (self.retry_after.is_some(), "Retry-After", "Seconds to wait."),
        ];
        said.into_iter()
            .filter(|(is_there, ..)| *is_there)
            .map(|(_, name, says)| (name, says))
            .collect()
    }

    fn challenge(&self) -> Option<String> {
        match self.scope {
            Some(scope) => Some(format!(r#"Bearer error="insufficient_scope", scope="{scope}""#)),
            None => (self.status == StatusCode::UNAUTHORIZED.as_u16()).then(|| "Bearer".to_owned()),
        }
    }

    /// A cursor that this desk has not given out, with whatever else is wrong in the query.
    #[must_use]
    pub fn foreign_cursor(errors: Vec<ProblemField>) -> Self {
        let mut problem = Self::new(
            StatusCode::BAD_REQUEST,
            "foreign-cursor",
            "Not a cursor of this desk",
            "A cursor is the `next_cursor` of an earlier page, unchanged. Begin without one.",
        );
        problem.errors = errors;
        problem
    }

    /// A caller whose token lacks a scope.
    pub(super) fn missing_scope(scope: &'static str) -> Self {
        let detail = format!("The token does not carry the scope `{scope}`, which this needs.");
        let mut problem =
            Self::new(StatusCode::FORBIDDEN, "missing-scope", "Missing scope", detail);
        problem.scope = Some(scope);
        problem
    }

    /// A change on a version that is not the one the caller knows.
    pub(super) fn stale(current: Option<u64>) -> Self {
        let detail = match current {
            Some(version) => format!(
                "It is at version {version}, which `If-Match` does not name. Read it again, and \
                 send the change again if it still makes sense."
            ),
            None => "There is nothing of this name yet, so `If-Match` cannot hold.".to_owned(),
        };
        let mut problem = Self::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition-failed",
            "Somebody else was faster",
            detail,
        );
        problem.current_version = current;
        problem
    }

    /// One request too many of the same customer.
    pub(super) fn over_limit(limit: &Limit, now: Timestamp) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            "Too many requests",
            format!(
                "This customer has sent {} of these already, and may send more from {} on. \
                 Nothing was written.",
                limit.count, limit.until
            ),
        );
        let left = limit.until.as_millisecond().saturating_sub(now.as_millisecond());
        // Whole seconds, and never one that is too early.
        let seconds = left.saturating_add(999).div_euclid(1000).max(1);
        problem.retry_after = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        problem
    }

    /// Fields that are missing, unknown or wrong.
    #[must_use]
    pub fn wrong_fields(errors: Vec<ProblemField>) -> Self {
        let many = if errors.len() == 1 {
            "1 field is".to_owned()
        } else {
            format!("{} fields are", errors.len())
        };
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong-fields",
            "Wrong fields",
            format!("{many} missing, unknown or wrong; each is named in `errors`."),
        );
        problem.errors = errors;
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let challenge = self.challenge();
        let etag = self.current_version.map(|version| format!("\"{version}\""));
        let retry_after = self.retry_after.map(|seconds| seconds.to_string());
        let mut response = (status, Json(self)).into_response();
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        for (name, value) in [
            (header::WWW_AUTHENTICATE, challenge),
            (header::ETAG, etag),
            (header::RETRY_AFTER, retry_after),
        ] {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
