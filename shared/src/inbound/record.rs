//! What is kept of a mail that came in: what it said, and what became of it.
//!
//! Pure. Of what was acted on or noted, only that; of what waits, all that it takes to act on it later,
//! so that nothing has to be fetched once a person has decided.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::reading::Mail;
use super::{MailId, Outcome, Quarantined};
use crate::email::HeldMail;
use crate::incident::clock::after;
use crate::incident::values::{EmailAddress, IncidentNumber, Justification, Language, Name};
use crate::policy::Alias;

/// How long it is known what became of a mail. Longer than the queue keeps one that it hands out
/// again, which is 14 days.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Subjects in lists are cut.
const SUBJECT_CHARACTERS: usize = 200;
/// How long a sender has to write what is missing before people are told.
const ASKED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A mail that came in, as far as it matters for what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The id that SES gave it.
    pub id: MailId,
    /// When SES received it.
    pub received_at: Timestamp,
    /// For what it is.
    pub alias: Alias,
    /// What stands behind the `+` of the reply address that it was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// What it says.
    pub mail: Mail,
    /// What its sender said before, in a mail that said too little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_before: Option<SaidBefore>,
}

/// What a mail said that said too little.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidBefore {
    /// The incident that it named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<IncidentNumber>,
    /// Why it asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_justification: Option<Justification>,
    /// The language that it was written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRecord {
    /// Which.
    pub id: MailId,
    /// Counts changes, from 1.
    pub version: u64,
    /// When SES received it.
    pub received_at: Timestamp,
    /// When that was decided.
    pub decided_at: Timestamp,
    /// Who says to have written it; unknown when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EmailAddress>,
    /// Its subject, cut.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The person who released it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<Name>,
    /// Its place among what people look after, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tell_at: Option<Timestamp>,
    /// All of it, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Box<Arrival>>,
}

impl MailRecord {
    /// The first that is kept of a mail.
    #[must_use]
    pub fn of(arrival: &Arrival, outcome: Outcome, now: Timestamp) -> Self {
        let mut record = Self {
            id: arrival.id.clone(),
            version: 0,
            received_at: arrival.received_at,
            decided_at: now,
            from: arrival.mail.from.mailbox().map(|mailbox| mailbox.address.clone()),
            subject: arrival.mail.subject.chars().take(SUBJECT_CHARACTERS).collect(),
            outcome: outcome.clone(),
            released_by: None,
            tell_at: None,
            arrival: None,
        };
        record.becomes(outcome, Some(arrival), now);
        record
    }

    /// The next that is kept of it. What waits keeps all of it.
    pub fn becomes(&mut self, outcome: Outcome, arrival: Option<&Arrival>, now: Timestamp) {
        self.version += 1;
        self.decided_at = now;
        self.tell_at = match &outcome {
            Outcome::Quarantined { .. } => Some(now),
            Outcome::Incomplete { .. } => Some(after(now, ASKED_FOR)),
            _ => None,
        };
        self.arrival = match arrival {
            Some(arrival) if outcome.is_waiting() => Some(Box::new(arrival.clone())),
            _ => None,
        };
        self.outcome = outcome;
    }

    /// The same, decided at a later moment.
    #[must_use]
    pub fn retimed(&self, now: Timestamp) -> Self {
        let later = now.duration_since(self.decided_at);
        let tell_at = self.tell_at.map(|at| after(at, later));
        Self { decided_at: now, tell_at, ..self.clone() }
    }

    /// When it may be forgotten; never while it waits.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        (!self.outcome.is_waiting()).then(|| after(self.decided_at, KNOWN_FOR))
    }

    /// As people are told of it while it waits.
    #[must_use]
    pub fn held(&self) -> Option<HeldMail> {
        let because = match self.outcome {
            Outcome::Quarantined { because } => because,
            Outcome::Incomplete { .. } => Quarantined::Incomplete,
            _ => return None,
        };
        Some(HeldMail {
            id: self.id.clone(),
            received_at: self.received_at,
            from: self.from.clone(),
            subject: self.subject.clone(),
            because,
        })
    }
}

/// Since when a mail waits that has this place among what people look after: one that was asked for
/// more has a later place than the moment at which it was held.
#[must_use]
pub fn waits_since(held: &HeldMail, tell_at: Timestamp) -> Timestamp {
    match held.because {
        Quarantined::Incomplete => after(tell_at, -ASKED_FOR),
        _ => tell_at,
    }
}
