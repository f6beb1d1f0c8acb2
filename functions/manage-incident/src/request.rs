//! What care sends.

use deserr::Deserr;
use jiff::Timestamp;
use shared::account::AccountManager;
use shared::incident::values::{
    AccountId, Channel, Customer, Domain, IncidentNumber, Invalid, Justification, Language,
    Message, Name, Note, Priority, Summary,
};
use shared::wrong_fields::WrongFields;

/// An instant as RFC 3339 writes it, with an offset: `2026-11-24T09:15:00+01:00`. Kept to the
/// millisecond.
#[derive(Debug, Clone, Copy, Deserr, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
#[deserr(try_from(String) = instant -> Invalid)]
pub(super) struct Instant(pub Timestamp);

fn instant(text: String) -> Result<Instant, Invalid> {
    let said = || Invalid("must be an instant such as 2026-11-24T09:15:00+01:00".to_owned());
    let parsed: Timestamp = text.parse().map_err(|_| said())?;
    Timestamp::from_millisecond(parsed.as_millisecond()).map(Instant).map_err(|_| said())
}

/// `POST /v1/incidents`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct NewIncident {
    pub number: IncidentNumber,
    pub priority: Priority,
    pub channel: Channel,
    pub summary: Summary,
    pub customer: Customer,
    /// When it reached care; without it, now.
    #[deserr(default)]
    pub received_at: Option<Instant>,
}

/// `POST /v1/incidents/{number}/responses`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct ResponseGiven {
    pub author: Name,
    /// Passed on to the customer by e-mail. Without it the customer has the response already.
    #[deserr(default)]
    pub message: Option<Message>,
    /// When the customer had it; without it, now.
    #[deserr(default)]
    pub at: Option<Instant>,
}

/// `POST /v1/incidents/{number}/acknowledgement`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    pub by: Name,
}

/// `POST /v1/incidents/{number}/resolution`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolution {
    pub by: Name,
    /// The customer reads it.
    #[deserr(default)]
    pub note: Option<Note>,
}

/// `POST /v1/incidents/{number}/pause`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseAsked {
    pub by: Name,
    /// What is needed; the customer reads it.
    pub reason: Note,
    /// The longest; after it the clock goes on by itself. The policy says how far away it may be.
    pub until: Instant,
}

/// `POST /v1/incidents/{number}/customer-replies`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerReply {
    pub from: Name,
    /// Passed on to those concerned.
    #[deserr(default)]
    pub message: Option<Message>,
    /// When; without it, now.
    #[deserr(default)]
    pub at: Option<Instant>,
}

/// `POST /v1/incidents/{number}/priority`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct PriorityFound {
    pub by: Name,
    pub priority: Priority,
    /// The customer reads it.
    #[deserr(default)]
    pub reason: Option<Note>,
}

/// `POST /v1/incidents/{number}/reopening`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct Reopening {
    pub by: Name,
    /// The teams read it.
    #[deserr(default)]
    pub note: Option<Note>,
}

/// `POST /v1/incidents/{number}/account-manager`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagerAsked {
    pub by: Name,
    /// What for; the manager reads it.
    pub reason: Note,
    /// The incident's account, when the desk does not know it yet.
    #[deserr(default)]
    pub account: Option<AccountId>,
}

/// `POST /v1/quarantine/{id}/release`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct MailReleased {
    pub by: Name,
    /// The incident that it is about, when it does not name one, or another.
    #[deserr(default)]
    pub incident_number: Option<IncidentNumber>,
}

/// `POST /v1/quarantine/{id}/refusal`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct MailRefused {
    pub by: Name,
    /// Kept with it; its sender hears nothing.
    #[deserr(default)]
    pub note: Option<Note>,
}

/// The most domains of an account: those that it has and those that it had are written in one
/// transaction.
const MOST_DOMAINS: usize = 20;

/// The domains of an account, each once.
#[derive(Debug, Clone, Default, Deserr)]
#[deserr(try_from(Vec<Domain>) = domains -> Invalid)]
pub(super) struct Domains(pub Vec<Domain>);

fn domains(given: Vec<Domain>) -> Result<Domains, Invalid> {
    let mut domains = Vec::new();
    for domain in given {
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.len() > MOST_DOMAINS {
        return Err(Invalid(format!(
            "must be at most {MOST_DOMAINS} domains, not {}",
            domains.len()
        )));
    }
    Ok(Domains(domains))
}

/// `PUT /v1/accounts/{id}`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountGiven {
    /// As e-mails name it.
    pub name: Name,
    /// Who looks after it.
    pub account_manager: AccountManager,
    /// Where its people write from, and no other account's.
    #[deserr(default)]
    #[serde(default)]
    #[schema(value_type = Vec<Domain>, max_items = 20)]
    pub domains: Domains,
    /// The language of e-mails to its people, when they have not chosen one.
    #[deserr(default)]
    pub language: Option<Language>,
}

/// `POST /v1/accounts/{id}/recurrences`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct RecurrenceReport {
    /// Who reports, and where to answer.
    pub reporter: Customer,
    /// What recurs; the manager reads it.
    pub message: Justification,
}
