//! What the core, the store and the router refuse, each as the problem that a caller reads.

use axum::http::StatusCode;

use super::problem::{Problem, ProblemField};
use crate::carry_out::Failure;
use crate::inbound::MailRefusal;
use crate::incident::Refusal;
use crate::store::StoreError;
use crate::wrong_fields::WrongFields;

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
            Refusal::AnotherAccount { .. } => {
                Self::new(StatusCode::CONFLICT, "another-account", "Another account", said)
            }
            Refusal::UnknownAccount => {
                Self::new(StatusCode::NOT_FOUND, "unknown-account", "Unknown account", said)
            }
            Refusal::DomainTaken { .. } => {
                Self::new(StatusCode::CONFLICT, "domain-taken", "Domain is another account's", said)
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

impl From<MailRefusal> for Problem {
    fn from(refusal: MailRefusal) -> Self {
        let said = sentence(&refusal.to_string());
        let (status, kind, title) = match refusal {
            MailRefusal::UnknownMail => (StatusCode::NOT_FOUND, "unknown-mail", "Unknown mail"),
            MailRefusal::MailDecided { .. } => {
                (StatusCode::CONFLICT, "mail-decided", "Mail is decided on")
            }
            MailRefusal::MailStillHeld { .. } => {
                (StatusCode::CONFLICT, "mail-still-held", "Mail is still held")
            }
        };
        Self::new(status, kind, title, said)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::Unavailable(_) => {
                let source = std::error::Error::source(&error);
                tracing::error!(error = %error, source = ?source.map(ToString::to_string), "the store did not take a request");
                Self::unavailable()
            }
            StoreError::Corrupt(_) | StoreError::Newer(_) => {
                tracing::error!(%error, "a request met what cannot be read");
                Self::internal()
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
