//! What care sees of a mail that came in.

use jiff::Timestamp;
use serde::Serialize;
use shared::email::HeldMail;
use shared::inbound::{
    Arrival, Did, MailId, MailRecord, Outcome, Quarantined, SaidBefore, waits_since,
};
use shared::incident::values::{EmailAddress, IncidentNumber, Justification, Language, Name, Note};
use shared::policy::Alias;

/// A mail that waits, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HeldView {
    /// Its id, by which it is released or refused.
    pub id: MailId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The address that it says it is from; `null` when it cannot be read.
    pub from: Option<EmailAddress>,
    /// Its subject, cut.
    pub subject: String,
    /// Why it waits.
    pub because: Quarantined,
    /// Since when it waits.
    pub waiting_since: Timestamp,
}

/// A mail that came in, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailView {
    /// The id that SES gave it.
    pub id: MailId,
    /// Counts changes.
    pub version: u64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When what became of it was decided.
    pub decided_at: Timestamp,
    /// The address that it says it is from; `null` when it cannot be read.
    pub from: Option<EmailAddress>,
    /// Its subject, cut.
    pub subject: String,
    /// What became of it, in a few words: `quarantined stranger`, `escalated INC-1`, `refused`.
    pub outcome: String,
    /// Why it waits for a person; `null` when it does not wait.
    pub because: Option<Quarantined>,
    /// Since when it waits; `null` when it does not.
    pub waiting_since: Option<Timestamp>,
    /// The incident that it was about, when it was acted on.
    pub incident_number: Option<IncidentNumber>,
    /// What it did to that incident.
    pub did: Option<Did>,
    /// The person who released or refused it; `null` when no person has decided.
    pub decided_by: Option<Name>,
    /// What that person remarked.
    pub note: Option<Note>,
    /// What it says, while it waits; of one that does not wait, that is not kept.
    pub says: Option<SaysView>,
}

/// What a mail says. Nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SaysView {
    /// For what it is, by the address that it was sent to.
    pub alias: Alias,
    /// Who says to have written it; `null` when that is nobody, several, or no address.
    pub author: Option<AuthorView>,
    /// Its subject.
    pub subject: String,
    /// What its author wrote, without quotes and signature.
    pub text: String,
    /// All its text, quoted and forwarded text included.
    pub whole_text: String,
    /// The names of its attachments.
    pub attachments: Vec<String>,
    /// The language of what its author wrote, if it is clear.
    pub language: Option<Language>,
    /// Its `Message-ID`.
    pub message_id: Option<String>,
    /// What it answers, then its thread from the oldest.
    pub references: Vec<String>,
    /// What its author said before, in a mail that said too little.
    pub said_before: Option<SaidBeforeView>,
}

/// The author whom a mail names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuthorView {
    /// As the mail shows it; may be anything.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

/// What a mail said that said too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SaidBeforeView {
    /// The incident that it named.
    pub incident_number: Option<IncidentNumber>,
    /// Why it asked.
    pub business_justification: Option<Justification>,
}

impl HeldView {
    /// The view of a mail that has this place among those that wait.
    #[must_use]
    pub fn of(tell_at: Timestamp, held: HeldMail) -> Self {
        let waiting_since = waits_since(&held, tell_at);
        let HeldMail { id, received_at, from, subject, because } = held;
        Self { id, received_at, from, subject, because, waiting_since }
    }
}

impl MailView {
    /// The view of what is kept of a mail.
    #[must_use]
    pub fn of(record: &MailRecord) -> Self {
        let held = record.held();
        let (did, incident_number) = match &record.outcome {
            Outcome::Acted { did, number } => (Some(*did), Some(number.clone())),
            _ => (None, None),
        };
        let note = match &record.outcome {
            Outcome::Refused { note, .. } => note.clone(),
            _ => None,
        };
        Self {
            id: record.id.clone(),
            version: record.version,
            received_at: record.received_at,
            decided_at: record.decided_at,
            from: record.from.clone(),
            subject: record.subject.clone(),
            outcome: record.outcome.to_string(),
            because: held.as_ref().map(|held| held.because),
            waiting_since: held.and(Some(record.decided_at)),
            incident_number,
            did,
            decided_by: record.decided_by().cloned(),
            note,
            says: record.arrival.as_deref().map(SaysView::of),
        }
    }
}

impl SaysView {
    fn of(arrival: &Arrival) -> Self {
        let mail = &arrival.mail;
        let author = mail.from.mailbox();
        let said_before = arrival.said_before.clone();
        Self {
            alias: arrival.alias,
            author: author.map(|author| AuthorView {
                name: author.name.clone(),
                address: author.address.clone(),
            }),
            subject: mail.subject.clone(),
            text: mail.new_text.clone(),
            whole_text: mail.whole_text.clone(),
            attachments: mail.attachments.clone(),
            language: mail.language,
            message_id: mail.message_id.clone(),
            references: mail.references.clone(),
            said_before: said_before.map(
                |SaidBefore { number, business_justification, .. }| SaidBeforeView {
                    incident_number: number,
                    business_justification,
                },
            ),
        }
    }
}
