//! What a command comes to: a change, or a refusal.

use jiff::Timestamp;

use super::Incident;
use super::timeline::{Event, TimelineEntry};
use super::values::{EmailAddress, Language, Name};
use crate::email::{EmailId, EmailKind, OutboxEmail};
use crate::policy::{Policy, TeamId};

/// What is to be committed, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The incident as it is afterwards.
    pub incident: Incident,
    /// What happened. Empty when there was nothing to do.
    pub entries: Vec<TimelineEntry>,
    /// Who is told.
    pub emails: Vec<OutboxEmail>,
}

impl Change {
    /// Whether there was nothing to do: nothing is to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Why a command cannot be carried out. Each is exactly one answer in the 4xx range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no incident of that number.
    #[error("no incident has this number")]
    UnknownIncident,
    /// The number is taken.
    #[error("an incident with this number exists already")]
    AlreadyOpen,
    /// The incident is resolved.
    #[error("the incident was resolved by {by}; escalating it reopens it")]
    AlreadyResolved {
        /// Who resolved it.
        by: Name,
    },
    /// There is nothing to acknowledge.
    #[error("no escalation of this incident is running, so there is nothing to acknowledge")]
    NoRunningEscalation,
    /// A response cannot be dated after it is recorded.
    #[error("must not be in the future")]
    InTheFuture {
        /// The field that says so, as a JSON pointer.
        pointer: &'static str,
    },
    /// A response cannot come before what it responds to.
    #[error("must not be before the incident reached care, at {opened_at}")]
    BeforeTheIncident {
        /// When it reached care.
        opened_at: Timestamp,
    },
}

/// A change in the making: collects entries and e-mails and gives them their derived ids.
pub(super) struct Draft<'a> {
    pub incident: Incident,
    pub policy: &'a Policy,
    pub now: Timestamp,
    events: Vec<Event>,
    emails: Vec<(EmailAddress, Language, EmailKind)>,
}

impl<'a> Draft<'a> {
    /// Starts from the incident as it is.
    pub fn of(incident: Incident, policy: &'a Policy, now: Timestamp) -> Self {
        Self { incident, policy, now, events: Vec::new(), emails: Vec::new() }
    }

    /// Something happened.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Tells every address of the teams, each once.
    pub fn tell_teams(&mut self, teams: &[TeamId], kind: &EmailKind) {
        for team in teams.iter().filter_map(|id| self.policy.team(id)) {
            let language = team.language.unwrap_or(self.policy.desk.default_language);
            for address in &team.addresses {
                self.tell(address, language, kind.clone());
            }
        }
    }

    /// Tells a customer.
    pub fn tell_customer(
        &mut self,
        email: &EmailAddress,
        language: Option<Language>,
        kind: EmailKind,
    ) {
        let language = language.unwrap_or(self.policy.desk.default_language);
        self.tell(email, language, kind);
    }

    /// Tells the incident's own customer.
    pub fn tell_own_customer(&mut self, kind: EmailKind) {
        let customer = self.incident.customer.clone();
        self.tell_customer(&customer.email, customer.language, kind);
    }

    /// Tells one address, unless this change already tells it the same thing.
    pub fn tell(&mut self, to: &EmailAddress, language: Language, kind: EmailKind) {
        let told = self.emails.iter().any(|(address, _, told)| {
            address == to && std::mem::discriminant(told) == std::mem::discriminant(&kind)
        });
        if !told {
            self.emails.push((to.clone(), language, kind));
        }
    }

    /// The change. Ids are derived from number, version and place, so that deciding twice cannot
    /// enqueue twice.
    pub fn finish(mut self) -> Change {
        if self.events.is_empty() {
            return Change { incident: self.incident, entries: Vec::new(), emails: Vec::new() };
        }
        self.incident.version += 1;
        let number = &self.incident.number;
        let version = self.incident.version;
        let entries = (0..).zip(self.events).map(|(index, event)| TimelineEntry {
            number: number.clone(),
            version,
            index,
            at: self.now,
            event,
        });
        let emails =
            (0..).zip(self.emails).map(|(index, (recipient, language, kind))| OutboxEmail {
                id: EmailId { number: number.clone(), version, index },
                recipient,
                language,
                priority: self.incident.priority,
                summary: self.incident.summary.clone(),
                customer: self.incident.customer.name.clone(),
                created_at: self.now,
                kind,
            });
        Change { entries: entries.collect(), emails: emails.collect(), incident: self.incident }
    }
}
