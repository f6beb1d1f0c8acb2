//! What the store in memory keeps, and when each part of it may be written: under which conditions, as
//! the conditions of DynamoDB's requests are.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use super::index::{DueIndex, Written};
use crate::account::{Account, AccountIncident, RememberedId};
use crate::email::{EmailId, HeldMail, OutboxEmail};
use crate::figures::Figures;
use crate::inbound::{MailId, MailRecord};
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain, IncidentNumber};
use crate::incident::{Change, Incident};
use crate::outbox::{
    Delivery, DeliveryStatus, EmailFacts, EmailItem, Learned, OutboxId, WebhookItem,
};
use crate::store::{
    AnsweredRequest, Committed, DueTarget, Limit, MailWrite, ParkedEmail, RequestKey, Watch,
};
use crate::webhook::WebhookId;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) incidents: BTreeMap<IncidentNumber, Incident>,
    pub(super) timelines: BTreeMap<IncidentNumber, Vec<TimelineEntry>>,
    pub(super) emails: BTreeMap<EmailId, EmailItem>,
    pub(super) webhooks: BTreeMap<WebhookId, WebhookItem>,
    pub(super) answered: HashMap<RequestKey, AnsweredRequest>,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    /// What accounts remember, and when the desk looks whether it recurs.
    pub(super) remembered: BTreeMap<RememberedId, (AccountIncident, Option<Timestamp>)>,
    pub(super) figures: BTreeMap<Date, Figures>,
    /// How often each thing was done in each window.
    pub(super) done: HashMap<(&'static str, String, Timestamp), u32>,
    /// When each thing that is spaced out was last done.
    pub(super) last_done: HashMap<(&'static str, String), Timestamp>,
    pub(super) domains: BTreeMap<Domain, AccountId>,
    pub(super) mails: BTreeMap<MailId, MailRecord>,
    pub(super) held: BTreeMap<(Timestamp, MailId), HeldMail>,
    pub(super) watch: Watch,
    pub(super) index: DueIndex,
    /// What was written since it was last taken, if anybody takes it.
    pub(super) log: Option<Vec<Written>>,
}

impl State {
    /// When something is due, by the item itself.
    pub(super) fn due_at_of(&self, target: &DueTarget) -> Option<Timestamp> {
        match target {
            DueTarget::Incident(number) => self.incidents.get(number)?.next_due(),
            DueTarget::Email(id) => self.emails.get(id)?.delivery.due_at,
            DueTarget::Webhook(id) => self.webhooks.get(id)?.delivery.due_at,
            DueTarget::Recurrence(id) => self.remembered.get(id)?.1,
            DueTarget::Quarantine => self.watch.due_at,
            DueTarget::Foreign { .. } => None,
        }
    }

    /// Brings the index up to date with an item that was written.
    pub(super) fn index(&mut self, target: DueTarget) {
        let due_at = self.due_at_of(&target);
        if self.index.put(&target, due_at)
            && let Some(log) = &mut self.log
        {
            log.push(Written::Due { target, due_at });
        }
    }

    /// The same for what is in the outbox; the stream has it when it is pending.
    pub(super) fn index_outbox(&mut self, id: OutboxId) {
        let is_pending = self.delivery(&id).is_some_and(|it| it.status == DeliveryStatus::Pending);
        self.index(match id.clone() {
            OutboxId::Email(id) => DueTarget::Email(id),
            OutboxId::Webhook(id) => DueTarget::Webhook(id),
        });
        if let Some(log) = self.log.as_mut().filter(|_| is_pending) {
            log.push(Written::Pending(id));
        }
    }

    /// What stands against answering this request, against writing what becomes of these mails, or
    /// against doing these once more.
    pub(super) fn refuses(
        &self,
        answered: Option<&AnsweredRequest>,
        mails: &[MailWrite],
        limits: &[Limit],
    ) -> Option<Committed> {
        if let Some(asked) = answered
            && let Some(before) = self.answered.get(&asked.key)
            && before.expires_at > asked.answered_at
        {
            return Some(Committed::AlreadyAnswered(before.clone()));
        }
        let version = |id: &MailId| self.mails.get(id).map_or(0, |record| record.version);
        let follows = |write: &MailWrite| write.record.version == version(&write.record.id) + 1;
        if !mails.iter().all(follows) {
            return Some(Committed::AlreadyHandled);
        }
        let is_full = |limit: &&Limit| {
            let thing = (limit.what, limit.whom.clone());
            if limit.done_at.is_some() {
                return self.last_done.get(&thing).is_some_and(|last| *last > limit.since);
            }
            let done = self.done.get(&(thing.0, thing.1, limit.since));
            done.is_some_and(|done| *done >= limit.count)
        };
        limits.iter().find(is_full).cloned().map(Committed::OverLimit)
    }

    pub(super) fn remember(&mut self, answered: Option<AnsweredRequest>) {
        if let Some(answered) = answered {
            self.answered.insert(answered.key.clone(), answered);
        }
    }

    pub(super) fn count(&mut self, limits: Vec<Limit>) {
        for limit in limits {
            if let Some(done_at) = limit.done_at {
                self.last_done.insert((limit.what, limit.whom), done_at);
            } else {
                *self.done.entry((limit.what, limit.whom, limit.since)).or_default() += 1;
            }
        }
    }

    pub(super) fn keep(&mut self, mails: Vec<MailWrite>) {
        for MailWrite { record, left } in mails {
            if let Some(left) = left {
                self.held.remove(&(left, record.id.clone()));
            }
            if let (Some(tell_at), Some(held)) = (record.tell_at, record.held()) {
                self.watch.due_at = Some(record.decided_at);
                self.watch.version += 1;
                self.held.insert((tell_at, record.id.clone()), held);
                self.index(DueTarget::Quarantine);
            }
            self.mails.insert(record.id.clone(), record);
        }
    }

    pub(super) fn enqueue(&mut self, emails: &[OutboxEmail]) {
        for email in emails {
            let delivery = Delivery::pending(email.created_at);
            let item = EmailItem::of(email.clone(), delivery, EmailFacts::default());
            self.emails.insert(email.id.clone(), item);
            self.index_outbox(email.id.clone().into());
        }
    }

    /// Whether nothing of what a change adds is there already.
    pub(super) fn has_none_of(&self, change: &Change) -> bool {
        let timeline = self.timelines.get(&change.incident.number);
        let place = |entry: &TimelineEntry| (entry.version, entry.index);
        let is_told = |entry: &TimelineEntry| {
            timeline.is_some_and(|told| told.iter().any(|it| place(it) == place(entry)))
        };
        !change.entries.iter().any(is_told)
            && !change.emails.iter().any(|email| self.emails.contains_key(&email.id))
            && !change.webhooks.iter().any(|webhook| self.webhooks.contains_key(&webhook.id))
    }

    /// Whether an account may be written: it is the version after what is there.
    pub(super) fn follows(&self, account: &Account) -> bool {
        let version = self.accounts.get(&account.id).map_or(0, |account| account.version);
        account.version == version + 1
    }

    pub(super) fn delivery(&mut self, id: &OutboxId) -> Option<&mut Delivery> {
        match id {
            OutboxId::Email(id) => self.emails.get_mut(id).map(|item| &mut item.delivery),
            OutboxId::Webhook(id) => self.webhooks.get_mut(id).map(|item| &mut item.delivery),
        }
    }

    /// Takes what is pending under a lease; whether it was.
    pub(super) fn claim(&mut self, id: &OutboxId, claim_id: &str, lease_until: Timestamp) -> bool {
        self.moved(id, |delivery| delivery.claim(claim_id, lease_until))
    }

    /// Records what is known of an e-mail, if it is as it was when that was learned.
    pub(super) fn learn(&mut self, learned: &Learned) -> bool {
        self.moved_email(&learned.id, |item| item.learned(learned))
    }

    /// Parks an e-mail, if it is as it was found; whether it was.
    pub(super) fn park(&mut self, parked: &ParkedEmail) -> bool {
        self.moved_email(parked.id(), |item| item.park(parked))
    }

    /// Writes what comes next of a delivery, if anything does.
    pub(super) fn moved(
        &mut self,
        id: &OutboxId,
        next: impl Fn(&Delivery) -> Option<Delivery>,
    ) -> bool {
        let Some(delivery) = self.delivery(id) else { return false };
        let Some(next) = next(delivery) else { return false };
        *delivery = next;
        self.index_outbox(id.clone());
        true
    }

    /// The same for an e-mail.
    pub(super) fn moved_email(
        &mut self,
        id: &EmailId,
        next: impl Fn(&EmailItem) -> Option<EmailItem>,
    ) -> bool {
        let Some(item) = self.emails.get_mut(id) else { return false };
        let Some(next) = next(item) else { return false };
        *item = next;
        self.index_outbox(id.clone().into());
        true
    }
}
