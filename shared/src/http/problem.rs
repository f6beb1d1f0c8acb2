//! Problems: every refusal as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::carry_out::Failure;
use crate::incident::Refusal;
use crate::store::StoreError;
use crate::wrong_fields::{WrongField, WrongFields};

/// Seconds after which a request that met an unavailable store should come again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// A refusal, as the caller reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which problem, for programs; stable.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which problem, for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this very request.
    pub detail: String,
    /// Every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
            kind: format!("urn:escalation-desk:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
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

impl From<WrongFields> for Problem {
    fn from(wrong: WrongFields) -> Self {
        Self::wrong_fields(wrong.0.into_iter().map(ProblemField::from).collect())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let said = sentence(&refusal.to_string());
        let field = |pointer: &str| {
            let mut wrong = WrongFields::default();
            wrong.push(pointer, refusal.to_string());
            Self::from(wrong)
        };
        match &refusal {
            Refusal::UnknownIncident => {
                Self::new(StatusCode::NOT_FOUND, "unknown-incident", "Unknown incident", said)
            }
            Refusal::AlreadyOpen => {
                Self::new(StatusCode::CONFLICT, "already-open", "Incident exists", said)
            }
            Refusal::AlreadyResolved { .. } => {
                Self::new(StatusCode::CONFLICT, "already-resolved", "Incident is resolved", said)
            }
            Refusal::NoRunningEscalation => Self::new(
                StatusCode::CONFLICT,
                "no-running-escalation",
                "No running escalation",
                said,
            ),
            Refusal::NothingToPause => {
                Self::new(StatusCode::CONFLICT, "nothing-to-pause", "Nothing to pause", said)
            }
            Refusal::NoAccount => Self::new(StatusCode::CONFLICT, "no-account", "No account", said),
            Refusal::UnknownAccount => {
                Self::new(StatusCode::NOT_FOUND, "unknown-account", "Unknown account", said)
            }
            Refusal::NoIncidents { .. } => {
                Self::new(StatusCode::CONFLICT, "no-incidents", "No incidents", said)
            }
            Refusal::PauseOutOfRange { .. } => field("/until"),
            Refusal::InTheFuture { pointer } | Refusal::TooLongAgo { pointer } => field(pointer),
            Refusal::BeforeTheIncident { .. } => field("/at"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::Unavailable(_) => {
                let source = std::error::Error::source(&error);
                tracing::error!(error = %error, source = ?source.map(ToString::to_string), "the store did not take a request");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "store-unavailable",
                    "Try again",
                    "The desk cannot reach its store at the moment. Send the same request again, \
                     with the same Idempotency-Key if it has one.",
                )
            }
            StoreError::Corrupt(what) => {
                tracing::error!(what, "stored state cannot be read");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Something is wrong on our side",
                    "The desk cannot read its own state. Its operators see this.",
                )
            }
        }
    }
}

/// A phrase as a sentence.
fn sentence(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}

/// The answer to a path that is not there.
pub async fn no_such_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "No such route",
        "Nothing is at this path.",
    )
}

/// The answer to a method that a path does not have.
pub async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "no-such-method",
        "No such method",
        "This path does not take this method; the `Allow` header names those it takes.",
    )
}
