//! The table: each call takes as long as DynamoDB does, and is counted; what it wrote, the stream hears.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::account::{Account, AccountIncident, RememberedId};
use shared::email::{EmailId, OutboxEmail};
use shared::figures::Figures;
use shared::inbound::{MailId, MailRecord};
use shared::incident::Incident;
use shared::incident::timeline::TimelineEntry;
use shared::incident::values::{AccountId, Domain, IncidentNumber};
use shared::outbox::{EmailItem, Learned, OutboxId, Settlement, WebhookItem};
use shared::store::memory::MemoryStore;
use shared::store::{
    AnsweredRequest, Board, BoardPosition, Commit, Committed, DuePage, DuePosition, HeldPage,
    Limit, MailWrite, RequestKey, Requeued, Store, StoreError, Story, Watch,
};
use shared::webhook::WebhookId;

use super::stream::Stream;

/// How long a call takes.
const TAKES: Duration = Duration::from_millis(5);

/// The table as functions have it. Clones share it.
#[derive(Debug, Clone)]
pub struct TimedStore {
    /// The table itself, which answers at once.
    pub table: MemoryStore,
    stream: Arc<Stream>,
    calls: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl TimedStore {
    /// An empty table with this stream.
    pub fn new(stream: Arc<Stream>) -> Self {
        Self { table: MemoryStore::logged(), stream, calls: Arc::default() }
    }

    /// How often each was called since this was last asked.
    pub fn take_calls(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        tokio::time::sleep(TAKES).await;
        let done = work.await;
        self.stream.hear(self.table.take_log());
        done
    }
}

macro_rules! timed {
    ($($name:ident($($given:ident: $kind:ty),*) -> $answer:ty;)+) => {
        impl Store for TimedStore {
            $(async fn $name(&self, $($given: $kind),*) -> Result<$answer, StoreError> {
                self.call(stringify!($name), self.table.$name($($given),*)).await
            })+
        }
    };
}

timed! {
    load(number: &IncidentNumber) -> Option<Incident>;
    commit(commit: Commit<'_>) -> Committed;
    answered(key: &RequestKey, now: Timestamp) -> Option<AnsweredRequest>;
    due(shard: u8, until: Timestamp, after: Option<&DuePosition>) -> DuePage;
    claim_email(id: &EmailId, claim_id: &str, lease_until: Timestamp) -> Option<EmailItem>;
    claim_webhook(id: &WebhookId, claim_id: &str, lease_until: Timestamp) -> Option<WebhookItem>;
    load_email(id: &EmailId) -> Option<EmailItem>;
    learn(learned: &Learned) -> ();
    settle(id: &OutboxId, claim_id: &str, settlement: &Settlement) -> ();
    requeue(id: &OutboxId, due_at: Timestamp, pending_until: Timestamp) -> Option<Requeued>;
    cancel_email(id: &EmailId, due_at: Timestamp) -> bool;
    open_incidents(after: Option<&BoardPosition>, limit: usize) -> Board;
    entries_of(number: &IncidentNumber, version: u64) -> Vec<TimelineEntry>;
    story(number: &IncidentNumber) -> Option<Story>;
    load_account(id: &AccountId) -> Option<Account>;
    put_account(account: &Account, before: Option<&Account>) -> ();
    account_of(domain: &Domain) -> Option<AccountId>;
    keep_mail(
        mails: &[MailWrite],
        emails: &[OutboxEmail],
        limits: &[Limit],
        answered: Option<&AnsweredRequest>
    ) -> Committed;
    load_mail(id: &MailId) -> Option<MailRecord>;
    held_mails(after: Option<&(Timestamp, MailId)>, limit: usize) -> HeldPage;
    load_watch() -> Watch;
    put_watch(watch: &Watch, emails: &[OutboxEmail]) -> ();
    account_incidents(account: &AccountId, since: Timestamp, limit: usize) -> Vec<AccountIncident>;
    settle_recurrence(id: &RememberedId, due_at: Timestamp) -> bool;
    figures(from: Date, to: Date) -> Figures;
}
