//! What a bystander knows who sees every write as it is done, every answer that somebody got, and
//! every e-mail that SES took. Invariants are asked of it; it never asks the desk.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use shared::email::EmailId;
use shared::inbound::MailId;
use shared::incident::Incident;
use shared::incident::timeline::{Event, TimelineEntry};
use shared::incident::values::IncidentNumber;
use shared::outbox::FactKind;
use shared::store::{DueTarget, RequestKey};

use super::holds::Alerted;
use super::invocation::Invocation;

/// All that is known.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Each incident.
    pub incidents: BTreeMap<IncidentNumber, KnownIncident>,
    /// Each e-mail.
    pub emails: BTreeMap<EmailId, KnownEmail>,
    /// Each request with a key that was carried out.
    pub requests: HashMap<RequestKey, KnownRequest>,
    /// Each mail that was handled.
    pub mails: BTreeSet<MailId>,
    /// The change that each mail made, if it made one.
    pub by_mail: BTreeMap<MailId, (IncidentNumber, u64)>,
    /// When each thing is due, and since when, in the world's milliseconds.
    pub due: BTreeMap<DueTarget, (Timestamp, u64)>,
    /// The sweeps that saw a thing as due at an instant, and when they read.
    pub seen: BTreeMap<(DueTarget, Timestamp), Vec<Reading>>,
    /// Until when something was wrong that may hold up sweeps.
    pub excused_until: u64,
}

/// When a sweep read the index, in the world's milliseconds, and which.
pub type Reading = (u64, Arc<Invocation>);

/// An incident.
#[derive(Debug, Default)]
pub struct KnownIncident {
    /// As it was last written.
    pub incident: Option<Incident>,
    /// What each change wrote.
    pub changes: Vec<KnownChange>,
    /// Ids of its e-mails.
    pub emails: HashSet<EmailId>,
    /// Whom steps alerted.
    pub alerts: HashSet<Alerted>,
    /// Breaches, as they were recorded.
    pub breaches: Vec<Event>,
}

/// A change.
#[derive(Debug)]
pub struct KnownChange {
    /// When the incident had reached care, as it was known then.
    pub opened_at: Timestamp,
    /// Its entries.
    pub entries: Vec<TimelineEntry>,
}

/// An e-mail.
#[derive(Debug, Default)]
pub struct KnownEmail {
    /// How often it became pending.
    pub pended: u64,
    /// The claim under which it is being sent.
    pub lease: Option<(String, Timestamp)>,
    /// How many attempts to send it are on their way.
    pub sending: u32,
    /// How often SES took it.
    pub taken: u32,
    /// How often SES took it and that was not marked (yet): an answer lost, or a function dead.
    pub unmarked: u32,
    /// Whether others were told in its place.
    pub passed_on: bool,
    /// What SES said of it and was handled: the earliest instant of each kind.
    pub facts: BTreeMap<FactKind, Timestamp>,
}

/// A request with a key.
#[derive(Debug, Default)]
pub struct KnownRequest {
    /// How often it was carried out.
    pub effects: u32,
    /// The incident's version that it made, and how many e-mails it wrote.
    pub made: Option<(IncidentNumber, u64, usize)>,
    /// Whether one of these is the receipt of an escalation.
    pub has_receipt: bool,
}
