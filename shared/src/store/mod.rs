//! Where state lives: incidents, their timelines, the outbox, answers already given, and figures.
//!
//! A store holds no rule. It commits what was decided, whole or not at all, on the version it was
//! decided on, and it says what is due. Methods are named by access pattern.

pub mod dynamodb;
mod limit;
pub mod memory;

use std::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::account::{Account, AccountIncident, RememberedId};
use crate::email::{EmailId, HeldMail, OutboxEmail};
use crate::figures::Figures;
use crate::inbound::{MailId, MailRecord};
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain, IncidentNumber};
use crate::incident::{Change, Incident};
use crate::outbox::{EmailItem, Learned, OutboxId, Settlement, WebhookItem};
use crate::webhook::WebhookId;

pub use crate::outbox::ParkedEmail;
pub use limit::Limit;

/// Over how many partitions the `due` index is spread. A sweep asks each of them; more of them
/// would carry more changes a second (1,000 each) and cost an idle desk more.
pub const DUE_SHARDS: u8 = 4;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the incident, the e-mail or the webhook in the meantime; nothing was
    /// written.
    #[error("the state was changed by somebody else in the meantime")]
    Conflict,
    /// The store did not answer, or not in time. What was asked may or may not have been done.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored, or what was to be stored, is not what this code understands.
    #[error("stored state cannot be read: {0}")]
    Corrupt(String),
    /// What is stored was written by a newer version of the desk. It is left as it is; nothing was
    /// written.
    #[error("stored state is of a newer version of the desk: {0}")]
    Newer(String),
}

impl StoreError {
    /// Whether what is stored is not what this code understands, so that trying again is of no use.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::Newer(_))
    }
}

/// What a commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// Everything was written.
    Done,
    /// The request was answered before; nothing was written.
    AlreadyAnswered(AnsweredRequest),
    /// The limit is reached; nothing was written.
    OverLimit(Limit),
    /// Somebody else decided what becomes of the mail, or of the one that it completes; nothing was
    /// written.
    AlreadyHandled,
    /// The e-mail to park is no longer as it was found; nothing was written.
    EmailChanged,
}

/// What was made pending again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requeued {
    /// When it was written; `None` when that cannot be read.
    pub created_at: Option<Timestamp>,
}

/// What is written in one transaction.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// The change that was decided on version `change.incident.version - 1`.
    pub change: &'a Change,
    /// The answer to remember, for a request with an idempotency key.
    pub answered: Option<AnsweredRequest>,
    /// The e-mail to park, for a change that says that it is undeliverable. Never twice: nothing
    /// changes an e-mail that is parked, but for what is known of it.
    pub parked: Option<ParkedEmail>,
    /// How often this may be done, and that it counts; at most three. Never beside a parked e-mail,
    /// so that both have room.
    pub limits: Vec<Limit>,
    /// What becomes by it of mails that came in: of the one that it was, and of an earlier one that
    /// said too little.
    pub mails: Vec<MailWrite>,
}

impl<'a> Commit<'a> {
    /// A change, and nothing beside it.
    #[must_use]
    pub fn of(change: &'a Change) -> Self {
        Self { change, answered: None, parked: None, limits: Vec::new(), mails: Vec::new() }
    }
}

/// What becomes of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailWrite {
    /// At its next version.
    pub record: MailRecord,
    /// The place that it leaves among those that wait.
    pub left: Option<Timestamp>,
}

impl MailWrite {
    /// What becomes of a mail that nobody has decided on.
    #[must_use]
    pub fn first(record: MailRecord) -> Self {
        Self { record, left: None }
    }
}

/// What people have been told of the mails that wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Counts changes; 0 before the first mail was held.
    pub version: u64,
    /// They know of all that were to be told by then.
    pub told_until: Option<Timestamp>,
    /// When they were last told.
    pub told_at: Option<Timestamp>,
    /// When the desk looks again; `None` while none waits.
    pub due_at: Option<Timestamp>,
}

/// Mails that wait, in the order in which people are told of them.
#[derive(Debug, Clone, Default)]
pub struct HeldPage {
    /// The mails, each with the instant of its place.
    pub mails: Vec<(Timestamp, HeldMail)>,
    /// Where the next page begins, if there may be one.
    pub next: Option<(Timestamp, MailId)>,
}

/// Who asked, and the key under which the caller will ask again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// The authenticated caller.
    pub caller: String,
    /// The `Idempotency-Key`.
    pub key: String,
}

/// An answer already given, kept so that the same request gets it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// Who asked, under which key.
    pub key: RequestKey,
    /// SHA-256 of method, path and body: the same key with another request is a mistake.
    pub fingerprint: String,
    /// The HTTP status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The body.
    pub body: String,
    /// When it was given.
    pub answered_at: Timestamp,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

/// Something that the `due` index nominates. What is done is decided from the item itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// When.
    pub due_at: Timestamp,
    /// What.
    pub target: DueTarget,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueTarget {
    /// A clock, a warning or a ladder step of an incident.
    Incident(IncidentNumber),
    /// An e-mail that is stuck or to be tried again.
    Email(EmailId),
    /// An account whose incidents may recur, by the incident that gives reason to look.
    Recurrence(RememberedId),
    /// A webhook that is stuck or to be tried again.
    Webhook(WebhookId),
    /// Mails in quarantine, of which people are to be told.
    Quarantine,
    /// Something with keys that this version does not know: another one wrote it.
    Foreign {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
    },
}

/// A page of what is due in one shard, earliest first.
#[derive(Debug, Clone, Default)]
pub struct DuePage {
    /// What is due.
    pub items: Vec<DueItem>,
    /// Where the next page begins, if there is one.
    pub next: Option<DuePosition>,
}

/// A place in the `due` index: behind this instant and key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuePosition {
    /// The instant.
    pub due_at: Timestamp,
    /// What was due.
    pub target: DueTarget,
}

/// A place in the list of open incidents: behind this instant and number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoardPosition {
    /// What is due for the incident, and when.
    pub due_at: Timestamp,
    /// The incident.
    pub number: IncidentNumber,
}

/// Open incidents in order of what is due next.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// Those among them that this code cannot read. One of them must not hide the others.
    pub unreadable: Vec<IncidentNumber>,
    /// Where the next page begins, if there may be one.
    pub next: Option<BoardPosition>,
}

/// All that is known of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its state.
    pub incident: Incident,
    /// What happened, in order.
    pub timeline: Vec<TimelineEntry>,
    /// Who was told, in order, and how far that got.
    pub emails: Vec<EmailItem>,
    /// Which other systems hear of it, in order, and how far that got.
    pub webhooks: Vec<WebhookItem>,
}

/// Where state lives.
pub trait Store: Clone + Send + Sync + 'static {
    /// An incident as it is now.
    fn load(
        &self,
        number: &IncidentNumber,
    ) -> impl Future<Output = Result<Option<Incident>, StoreError>> + Send;

    /// Writes a change with all that belongs to it, or nothing. An empty change writes only the
    /// answer. [`StoreError::Conflict`] when the version has moved on or a lease was lost.
    fn commit(
        &self,
        commit: Commit<'_>,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// The answer already given to a request, unless it has expired by `now`.
    fn answered(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<AnsweredRequest>, StoreError>> + Send;

    /// What is due in a shard up to and including `until`, earliest first.
    fn due(
        &self,
        shard: u8,
        until: Timestamp,
        after: Option<&DuePosition>,
    ) -> impl Future<Output = Result<DuePage, StoreError>> + Send;

    /// Takes a pending e-mail to send it, under a lease that ends at `lease_until`. `None` when it
    /// is not pending: somebody else has it, or it is done.
    fn claim_email(
        &self,
        id: &EmailId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> impl Future<Output = Result<Option<EmailItem>, StoreError>> + Send;

    /// As [`Store::claim_email`], for a webhook.
    fn claim_webhook(
        &self,
        id: &WebhookId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> impl Future<Output = Result<Option<WebhookItem>, StoreError>> + Send;

    /// An e-mail as it is now.
    fn load_email(
        &self,
        id: &EmailId,
    ) -> impl Future<Output = Result<Option<EmailItem>, StoreError>> + Send;

    /// Records what SES says of an e-mail, which with that is due no more and nobody's claim.
    /// [`StoreError::Conflict`] when something of what was learned has been recorded since, or the
    /// e-mail was parked.
    fn learn(&self, learned: &Learned) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Records what became of an attempt. [`StoreError::Conflict`] when the claim no longer holds.
    fn settle(
        &self,
        id: &OutboxId,
        claim_id: &str,
        settlement: &Settlement,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes an e-mail or a webhook that was due at `due_at` pending again until `pending_until`; one
    /// whose lease ran out may have been sent, and is marked so. `None` when it is no longer due
    /// then.
    fn requeue(
        &self,
        id: &OutboxId,
        due_at: Timestamp,
        pending_until: Timestamp,
    ) -> impl Future<Output = Result<Option<Requeued>, StoreError>> + Send;

    /// Cancels an e-mail that was due at `due_at` and calls for action on an incident that needs
    /// none any more. `false` when it is no longer due then, or does not call for action.
    fn cancel_email(
        &self,
        id: &EmailId,
        due_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// At most `limit` open incidents in order of what is due next.
    fn open_incidents(
        &self,
        after: Option<&BoardPosition>,
        limit: usize,
    ) -> impl Future<Output = Result<Board, StoreError>> + Send;

    /// What the change that made this version of an incident wrote into its timeline, in order.
    fn entries_of(
        &self,
        number: &IncidentNumber,
        version: u64,
    ) -> impl Future<Output = Result<Vec<TimelineEntry>, StoreError>> + Send;

    /// All that is known of an incident.
    fn story(
        &self,
        number: &IncidentNumber,
    ) -> impl Future<Output = Result<Option<Story>, StoreError>> + Send;

    /// An account as it is now.
    fn load_account(
        &self,
        id: &AccountId,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Writes an account in place of the version before, and whose its domains are; those that it
    /// has no more are nobody's. [`StoreError::Conflict`] when that is not what is there, or a domain
    /// is another account's.
    fn put_account(
        &self,
        account: &Account,
        before: Option<&Account>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whose a domain is.
    fn account_of(
        &self,
        domain: &Domain,
    ) -> impl Future<Output = Result<Option<AccountId>, StoreError>> + Send;

    /// Writes what becomes of mails without changing an incident, what is said of it, and the answer
    /// to whoever asked for it. Like a commit, whole or not at all.
    fn keep_mail(
        &self,
        mails: &[MailWrite],
        emails: &[OutboxEmail],
        limits: &[Limit],
        answered: Option<&AnsweredRequest>,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// What became of a mail.
    fn load_mail(
        &self,
        id: &MailId,
    ) -> impl Future<Output = Result<Option<MailRecord>, StoreError>> + Send;

    /// At most `limit` mails that wait, behind a place.
    fn held_mails(
        &self,
        after: Option<&(Timestamp, MailId)>,
        limit: usize,
    ) -> impl Future<Output = Result<HeldPage, StoreError>> + Send;

    /// What people have been told of the mails that wait.
    fn load_watch(&self) -> impl Future<Output = Result<Watch, StoreError>> + Send;

    /// Writes it at its next version, and what they are told. [`StoreError::Conflict`] when a mail
    /// was held in the meantime.
    fn put_watch(
        &self,
        watch: &Watch,
        emails: &[OutboxEmail],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What an account remembers of its incidents that reached care at or after `since`, latest
    /// first; at most `limit`.
    fn account_incidents(
        &self,
        account: &AccountId,
        since: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AccountIncident>, StoreError>> + Send;

    /// The desk has looked whether incidents recur, as was due at `due_at`. `false` when it is no
    /// longer due then.
    fn settle_recurrence(
        &self,
        id: &RememberedId,
        due_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What the changes recorded from one day to another, both included, add up to.
    fn figures(
        &self,
        from: Date,
        to: Date,
    ) -> impl Future<Output = Result<Figures, StoreError>> + Send;
}
