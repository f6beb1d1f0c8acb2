//! The store in memory: for tests and simulation. The same contract as DynamoDB's, without a
//! network.

mod index;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;

use self::state::State;
use super::{
    AnsweredRequest, Board, BoardPosition, Commit, Committed, DuePage, DuePosition, DueTarget,
    HeldPage, Limit, MailWrite, RequestKey, Requeued, Store, StoreError, Story, Watch,
};
use crate::account::{Account, AccountIncident, RememberedId};
use crate::email::{EmailId, OutboxEmail, Thread};
use crate::figures::Figures;
use crate::inbound::{MailId, MailRecord};
use crate::incident::Incident;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain, IncidentNumber};
use crate::outbox::{
    Delivery, DeliveryStatus, EmailItem, Learned, OutboxId, Settlement, WebhookItem,
};
use crate::webhook::WebhookId;

pub use index::{DueIndex, Written};

/// The store in memory. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

impl MemoryStore {
    /// An empty store that keeps a log of what is written to its index and its stream.
    #[must_use]
    pub fn logged() -> Self {
        Self(Arc::new(Mutex::new(State { log: Some(Vec::new()), ..State::default() })))
    }

    /// Takes the log.
    #[must_use]
    pub fn take_log(&self) -> Vec<Written> {
        self.state().log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// When something is due, by the item itself.
    #[must_use]
    pub fn due_at(&self, target: &DueTarget) -> Option<Timestamp> {
        self.state().due_at_of(target)
    }

    /// A store of its own that has what this one has now.
    #[must_use]
    pub fn copied(&self) -> Self {
        let state = self.state().clone();
        Self(Arc::new(Mutex::new(state)))
    }

    /// Forgets all, and has what the other one has now.
    pub fn put_back(&self, other: &Self) {
        let state = other.state().clone();
        *self.state() = state;
    }

    /// Whether it has what the other one has, a store of its own.
    #[must_use]
    pub fn has_what(&self, other: &Self) -> bool {
        *self.state() == *other.state()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while holding the lock cannot leave half a change: each is applied at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The e-mails that the stream would hand to `dispatch-email`.
    #[must_use]
    pub fn pending_emails(&self) -> Vec<EmailId> {
        let state = self.state();
        let pending =
            state.emails.values().filter(|item| item.delivery.status == DeliveryStatus::Pending);
        pending.map(|item| item.email.id.clone()).collect()
    }

    /// The webhooks that the stream would hand to `dispatch-webhook`.
    #[must_use]
    pub fn pending_webhooks(&self) -> Vec<WebhookId> {
        let state = self.state();
        let pending =
            state.webhooks.values().filter(|item| item.delivery.status == DeliveryStatus::Pending);
        pending.map(|item| item.webhook.id.clone()).collect()
    }
}

impl Store for MemoryStore {
    async fn load(&self, number: &IncidentNumber) -> Result<Option<Incident>, StoreError> {
        Ok(self.state().incidents.get(number).cloned())
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let mut state = self.state();
        let Commit { change, answered, parked, limits, mails } = commit;
        if let Some(refused) = state.refuses(answered.as_ref(), &mails, &limits) {
            return Ok(refused);
        }
        let number = &change.incident.number;
        let version = state.incidents.get(number).map_or(0, |incident| incident.version);
        let decided_on = change.incident.version - u64::from(!change.is_empty());
        if version != decided_on {
            return Err(StoreError::Conflict);
        }
        if change.account.as_ref().is_some_and(|account| !state.follows(account)) {
            return Err(StoreError::Conflict);
        }
        if !state.has_none_of(change) {
            return Err(StoreError::Conflict);
        }
        if let Some(parked) = &parked
            && !state.park(parked)
        {
            return Ok(Committed::EmailChanged);
        }
        if !change.is_empty() {
            state.incidents.insert(number.clone(), change.incident.clone());
            state.index(DueTarget::Incident(number.clone()));
            let timeline = state.timelines.entry(number.clone()).or_default();
            timeline.extend(change.entries.iter().cloned());
            if let Some(account) = &change.account {
                state.accounts.insert(account.id.clone(), account.clone());
            }
            if let Some(forgotten) = &change.forgotten {
                state.remembered.remove(forgotten);
                state.index(DueTarget::Recurrence(forgotten.clone()));
            }
            if let Some(remembered) = &change.remembered {
                let due_before = state.remembered.get(&remembered.id()).and_then(|(_, due)| *due);
                let entry = (remembered.incident.clone(), remembered.look_at.or(due_before));
                state.remembered.insert(remembered.id(), entry);
                state.index(DueTarget::Recurrence(remembered.id()));
            }
            state.enqueue(&change.emails);
            for webhook in &change.webhooks {
                let delivery = Delivery::pending(webhook.created_at);
                let item = WebhookItem { webhook: webhook.clone(), delivery };
                state.webhooks.insert(webhook.id.clone(), item);
                state.index_outbox(webhook.id.clone().into());
            }
            if let Some(tally) = &change.tally {
                state.figures.entry(tally.day).or_default().merge(&tally.figures());
            }
        }
        state.count(limits);
        state.keep(mails);
        state.remember(answered);
        Ok(Committed::Done)
    }

    async fn answered(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StoreError> {
        let state = self.state();
        Ok(state.answered.get(key).filter(|answered| answered.expires_at > now).cloned())
    }

    async fn due(
        &self,
        shard: u8,
        until: Timestamp,
        after: Option<&DuePosition>,
    ) -> Result<DuePage, StoreError> {
        Ok(self.state().index.page(shard, until, after))
    }

    async fn claim_email(
        &self,
        id: &EmailId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<EmailItem>, StoreError> {
        let mut state = self.state();
        let claimed = state.claim(&id.clone().into(), claim_id, lease_until);
        Ok(state.emails.get(id).filter(|_| claimed).cloned())
    }

    async fn claim_webhook(
        &self,
        id: &WebhookId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<WebhookItem>, StoreError> {
        let mut state = self.state();
        let claimed = state.claim(&id.clone().into(), claim_id, lease_until);
        Ok(state.webhooks.get(id).filter(|_| claimed).cloned())
    }

    async fn load_email(&self, id: &EmailId) -> Result<Option<EmailItem>, StoreError> {
        Ok(self.state().emails.get(id).cloned())
    }

    async fn learn(&self, learned: &Learned) -> Result<(), StoreError> {
        if self.state().learn(learned) { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn settle(
        &self,
        id: &OutboxId,
        claim_id: &str,
        settlement: &Settlement,
    ) -> Result<(), StoreError> {
        let settled = self.state().moved(id, |delivery| delivery.settle(claim_id, settlement));
        if settled { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn requeue(
        &self,
        id: &OutboxId,
        due_at: Timestamp,
        pending_until: Timestamp,
    ) -> Result<Option<Requeued>, StoreError> {
        let mut state = self.state();
        let created_at = match id {
            OutboxId::Email(id) => state.emails.get(id).map(|item| item.email.created_at),
            OutboxId::Webhook(id) => state.webhooks.get(id).map(|item| item.webhook.created_at),
        };
        let requeued = state.moved(id, |delivery| delivery.requeue(due_at, pending_until));
        Ok(requeued.then_some(Requeued { created_at }))
    }

    async fn cancel_email(&self, id: &EmailId, due_at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.state().moved_email(id, |item| item.cancel(due_at)))
    }

    async fn open_incidents(
        &self,
        after: Option<&BoardPosition>,
        limit: usize,
    ) -> Result<Board, StoreError> {
        let state = self.state();
        let mut open: Vec<_> = state
            .incidents
            .values()
            .filter_map(|incident| {
                let number = incident.number.clone();
                Some((BoardPosition { due_at: incident.next_due()?, number }, incident.clone()))
            })
            .filter(|(at, _)| after.is_none_or(|after| at > after))
            .collect();
        open.sort_by(|a, b| a.0.cmp(&b.0));
        let next = (open.len() > limit).then(|| open[limit - 1].0.clone());
        open.truncate(limit);
        let incidents = open.into_iter().map(|(_, incident)| incident).collect();
        Ok(Board { incidents, unreadable: Vec::new(), next })
    }

    async fn entries_of(
        &self,
        number: &IncidentNumber,
        version: u64,
    ) -> Result<Vec<TimelineEntry>, StoreError> {
        let state = self.state();
        let entries = state.timelines.get(number).into_iter().flatten();
        Ok(entries.filter(|entry| entry.version == version).cloned().collect())
    }

    async fn story(&self, number: &IncidentNumber) -> Result<Option<Story>, StoreError> {
        let state = self.state();
        let Some(incident) = state.incidents.get(number).cloned() else { return Ok(None) };
        let timeline = state.timelines.get(number).cloned().unwrap_or_default();
        let thread = Thread::from(number.clone());
        let first = EmailId { thread: thread.clone(), version: 0, index: 0 };
        let emails = state.emails.range(first..);
        let emails = emails.map(|(_, item)| item).take_while(|it| it.email.id.thread == thread);
        let webhooks = state.webhooks.values().filter(|item| &item.webhook.id.number == number);
        let (emails, webhooks) = (emails.cloned().collect(), webhooks.cloned().collect());
        Ok(Some(Story { incident, timeline, emails, webhooks }))
    }

    async fn load_account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().accounts.get(id).cloned())
    }

    async fn put_account(
        &self,
        account: &Account,
        before: Option<&Account>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let is_anothers =
            |domain: &Domain| state.domains.get(domain).is_some_and(|owner| *owner != account.id);
        if !state.follows(account) || account.domains.iter().any(is_anothers) {
            return Err(StoreError::Conflict);
        }
        for domain in before.map(|before| before.domains.as_slice()).unwrap_or_default() {
            // One that the desk wrote before it knew whose domains are may be another's by now.
            if state.domains.get(domain) == Some(&account.id) {
                state.domains.remove(domain);
            }
        }
        for domain in &account.domains {
            state.domains.insert(domain.clone(), account.id.clone());
        }
        state.accounts.insert(account.id.clone(), account.clone());
        Ok(())
    }

    async fn account_of(&self, domain: &Domain) -> Result<Option<AccountId>, StoreError> {
        Ok(self.state().domains.get(domain).cloned())
    }

    async fn keep_mail(
        &self,
        mails: &[MailWrite],
        emails: &[OutboxEmail],
        limits: &[Limit],
        answered: Option<&AnsweredRequest>,
    ) -> Result<Committed, StoreError> {
        let mut state = self.state();
        if let Some(refused) = state.refuses(answered, mails, limits) {
            return Ok(refused);
        }
        state.count(limits.to_vec());
        state.keep(mails.to_vec());
        state.enqueue(emails);
        state.remember(answered.cloned());
        Ok(Committed::Done)
    }

    async fn load_mail(&self, id: &MailId) -> Result<Option<MailRecord>, StoreError> {
        Ok(self.state().mails.get(id).cloned())
    }

    async fn held_mails(
        &self,
        after: Option<&(Timestamp, MailId)>,
        limit: usize,
    ) -> Result<HeldPage, StoreError> {
        let state = self.state();
        let behind =
            state.held.iter().filter(|(place, _)| after.is_none_or(|after| *place > after));
        let mut mails: Vec<_> = behind.map(|((at, _), held)| (*at, held.clone())).collect();
        let more = mails.len() > limit;
        mails.truncate(limit);
        let next = mails.last().filter(|_| more).map(|(at, held)| (*at, held.id.clone()));
        Ok(HeldPage { mails, next })
    }

    async fn load_watch(&self) -> Result<Watch, StoreError> {
        Ok(self.state().watch.clone())
    }

    async fn put_watch(&self, watch: &Watch, emails: &[OutboxEmail]) -> Result<(), StoreError> {
        let mut state = self.state();
        if watch.version != state.watch.version + 1 {
            return Err(StoreError::Conflict);
        }
        state.watch = watch.clone();
        state.index(DueTarget::Quarantine);
        state.enqueue(emails);
        Ok(())
    }

    async fn account_incidents(
        &self,
        account: &AccountId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<AccountIncident>, StoreError> {
        let state = self.state();
        let of_account = state.remembered.iter().rev().filter(|(id, _)| &id.account == account);
        let recent = of_account.filter(|(id, _)| id.opened_at >= since).take(limit);
        Ok(recent.map(|(_, (incident, _))| incident.clone()).collect())
    }

    async fn settle_recurrence(
        &self,
        id: &RememberedId,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let due = state.remembered.get_mut(id).map(|(_, due)| due);
        let Some(due) = due.filter(|due| **due == Some(due_at)) else { return Ok(false) };
        *due = None;
        state.index(DueTarget::Recurrence(id.clone()));
        Ok(true)
    }

    async fn figures(&self, from: Date, to: Date) -> Result<Figures, StoreError> {
        let mut figures = Figures::default();
        // A range that ends before it begins has no days, and a map refuses it.
        if from <= to {
            self.state().figures.range(from..=to).for_each(|(_, day)| figures.merge(day));
        }
        Ok(figures)
    }
}
