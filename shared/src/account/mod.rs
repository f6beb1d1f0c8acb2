//! Accounts: whose customers they are, who looks after them, and what happened to them of late.
//!
//! Pure. An account's manager is never alerted: care loops one in, a customer reports recurring
//! incidents, or the desk notices that they recur.

pub mod recurrence;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::timeline::Event;
use crate::incident::values::{
    AccountId, Domain, EmailAddress, IncidentNumber, Language, Name, Priority, Summary,
};
use crate::incident::{Breaches, Incident};

/// A customer's organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Account {
    /// As care's own systems name it.
    pub id: AccountId,
    /// Counts changes, from 1.
    pub version: u64,
    /// As e-mails name it.
    pub name: Name,
    /// Who looks after it.
    pub account_manager: AccountManager,
    /// Where its people write from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// The language of e-mails to its people, when they have not chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When its manager was last told, by the desk itself, that incidents recur.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_noticed_at: Option<Timestamp>,
}

/// Who looks after an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = crate::wrong_fields::WrongFields, deny_unknown_fields)]
pub struct AccountManager {
    /// The manager's name.
    pub name: Name,
    /// Where e-mails go.
    pub email: EmailAddress,
    /// Their language; without it the desk's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub language: Option<Language>,
}

/// An incident as its account remembers it: kept up to date with each change of the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountIncident {
    /// The incident.
    pub number: IncidentNumber,
    /// When it reached care.
    pub opened_at: Timestamp,
    /// Its priority.
    pub priority: Priority,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Whether it is resolved.
    pub resolved: bool,
    /// How often it was escalated.
    pub escalations: u32,
    /// The promises that were broken on it.
    pub breaches: Breaches,
}

/// What an account remembers of an incident: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The account.
    pub account: AccountId,
    /// The incident as it is afterwards.
    pub incident: AccountIncident,
    /// When the desk looks whether incidents recur, if this change gives reason to.
    pub look_at: Option<Timestamp>,
}

/// Where an account remembers an incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RememberedId {
    /// The account.
    pub account: AccountId,
    /// When the incident reached care, to the millisecond; never changes.
    pub opened_at: Timestamp,
    /// The incident.
    pub number: IncidentNumber,
}

impl Remembered {
    /// What its account remembers of an incident after these events; `None` when it belongs to none.
    #[must_use]
    pub fn of<'a>(
        incident: &Incident,
        events: impl IntoIterator<Item = &'a Event>,
        now: Timestamp,
    ) -> Option<Self> {
        let account = incident.customer.account.clone()?;
        let counts = events.into_iter().any(recurrence::counts);
        let remembered = AccountIncident {
            number: incident.number.clone(),
            opened_at: incident.opened_at,
            priority: incident.priority,
            summary: incident.summary.clone(),
            resolved: !incident.is_open(),
            escalations: incident.escalation.as_ref().map_or(0, |last| last.sequence),
            breaches: incident.breaches,
        };
        Some(Self { account, incident: remembered, look_at: counts.then_some(now) })
    }

    /// Where it is remembered.
    #[must_use]
    pub fn id(&self) -> RememberedId {
        RememberedId {
            account: self.account.clone(),
            opened_at: self.incident.opened_at,
            number: self.incident.number.clone(),
        }
    }
}
