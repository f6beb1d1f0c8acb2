//! The store as functions have it: each call takes a while and may fail in every way that DynamoDB
//! has, or be the last thing that the function does. What is done, the bystander sees.

use std::future::Future;

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
use shared::store::{
    AnsweredRequest, Board, BoardPosition, Commit, Committed, DuePage, DuePosition, HeldPage,
    Limit, MailWrite, RequestKey, Requeued, Store, StoreError, Story, Watch,
};
use shared::webhook::WebhookId;

use super::dice::Dice;
use super::faults::Fault;
use super::invocation::{self, Invocation, Kind};
use super::seen;
use super::world::World;

/// The store as functions have it.
#[derive(Debug, Clone)]
pub struct FaultyStore(pub std::sync::Arc<World>);

/// What can go wrong with a call, in the order in which one number decides.
const FATES: [Fault; 6] = [
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::AnswerLost,
    Fault::Throttled,
    Fault::Slow,
    // Only of writes.
    Fault::Conflict,
];

fn unavailable(why: &'static str) -> StoreError {
    StoreError::Unavailable(why.into())
}

impl FaultyStore {
    /// What goes wrong with this call, if anything does.
    fn fate(&self, by: &Invocation, id: u64, dice: &mut Dice, writes: bool) -> Option<Fault> {
        if self.0.is_down(Fault::StoreOutage) {
            return Some(Fault::StoreOutage);
        }
        let of_call = if writes { &FATES[..] } else { &FATES[..5] };
        let fate = of_call.iter().find(|fate| self.0.goes_wrong(**fate, dice, id)).copied();
        if fate.is_some() {
            by.disturb();
            if by.kind == Kind::Sweep {
                self.0.excuse();
            }
        }
        fate
    }

    async fn call<T>(
        &self,
        name: &'static str,
        writes: bool,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let world = &self.0;
        let Some(by) = invocation::current() else { return work.await };
        let (id, mut dice) = by.next_call();
        world.state().ended.counts.calls += 1;
        world.sleep(dice.between(1, 12)).await;
        let fate = self.fate(&by, id, &mut dice, writes);
        match fate {
            Some(Fault::StoreOutage) => {
                by.disturb();
                world.excuse();
                return Err(unavailable("down"));
            }
            Some(Fault::CrashBefore) => {
                world.tell(id, || format!("      {}: killed before {name}", by.label));
                return by.crash().await;
            }
            Some(Fault::Throttled) => return Err(unavailable("too many requests")),
            Some(Fault::Conflict) => return Err(StoreError::Conflict),
            Some(Fault::Slow) => world.sleep(dice.between(1_000, 6_000)).await,
            _ => {}
        }
        let done = work.await;
        world.tell(id, || {
            let outcome = done.as_ref().map_or_else(ToString::to_string, |_| String::new());
            format!("      {}: {name} {outcome}", by.label)
        });
        world.hear_of_writes();
        if dice.happens(0.5) {
            world.sleep(dice.between(1, 12)).await;
        }
        match fate {
            Some(Fault::CrashAfter) => {
                world.tell(id, || format!("      {}: killed after {name}", by.label));
                by.crash().await
            }
            Some(Fault::AnswerLost) => Err(unavailable("the answer was lost")),
            _ => done,
        }
    }
}

impl Store for FaultyStore {
    async fn load(&self, number: &IncidentNumber) -> Result<Option<Incident>, StoreError> {
        self.call("load", false, self.0.store.load(number)).await
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let work = async {
            let copy = commit.clone();
            let committed = self.0.store.commit(commit).await?;
            if committed == Committed::Done {
                seen::committed(&self.0, &copy);
            }
            Ok(committed)
        };
        self.call("commit", true, work).await
    }

    async fn answered(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StoreError> {
        self.call("answered", false, self.0.store.answered(key, now)).await
    }

    async fn due(
        &self,
        shard: u8,
        until: Timestamp,
        after: Option<&DuePosition>,
    ) -> Result<DuePage, StoreError> {
        let work = async { Ok(seen::due(&self.0, shard, until, after)) };
        self.call("due", false, work).await
    }

    async fn claim_email(
        &self,
        id: &EmailId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<EmailItem>, StoreError> {
        seen::tried(id);
        let work = async {
            let item = self.0.store.claim_email(id, claim_id, lease_until).await?;
            if let Some(item) = &item {
                seen::claimed(&self.0, item, claim_id, lease_until);
            }
            Ok(item)
        };
        self.call("claim e-mail", true, work).await
    }

    async fn claim_webhook(
        &self,
        id: &WebhookId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<WebhookItem>, StoreError> {
        let work = self.0.store.claim_webhook(id, claim_id, lease_until);
        self.call("claim webhook", true, work).await
    }

    async fn load_email(&self, id: &EmailId) -> Result<Option<EmailItem>, StoreError> {
        self.call("load e-mail", false, self.0.store.load_email(id)).await
    }

    async fn learn(&self, learned: &Learned) -> Result<(), StoreError> {
        let work = async {
            self.0.store.learn(learned).await?;
            seen::learned(&self.0, &learned.id);
            Ok(())
        };
        self.call("learn", true, work).await
    }

    async fn settle(
        &self,
        id: &OutboxId,
        claim_id: &str,
        settlement: &Settlement,
    ) -> Result<(), StoreError> {
        let work = async {
            self.0.store.settle(id, claim_id, settlement).await?;
            seen::settled(&self.0, id, settlement);
            Ok(())
        };
        self.call("settle", true, work).await
    }

    async fn requeue(
        &self,
        id: &OutboxId,
        due_at: Timestamp,
        pending_until: Timestamp,
    ) -> Result<Option<Requeued>, StoreError> {
        let work = async {
            let requeued = self.0.store.requeue(id, due_at, pending_until).await?;
            if requeued.is_some() {
                seen::requeued(&self.0, id);
            }
            Ok(requeued)
        };
        self.call("requeue", true, work).await
    }

    async fn cancel_email(&self, id: &EmailId, due_at: Timestamp) -> Result<bool, StoreError> {
        let work = async {
            let cancelled = self.0.store.cancel_email(id, due_at).await?;
            if cancelled && let Some(item) = self.0.store.load_email(id).await? {
                seen::cancelled(&self.0, &item);
            }
            Ok(cancelled)
        };
        self.call("cancel e-mail", true, work).await
    }

    async fn open_incidents(
        &self,
        after: Option<&BoardPosition>,
        limit: usize,
    ) -> Result<Board, StoreError> {
        self.call("open incidents", false, self.0.store.open_incidents(after, limit)).await
    }

    async fn entries_of(
        &self,
        number: &IncidentNumber,
        version: u64,
    ) -> Result<Vec<TimelineEntry>, StoreError> {
        self.call("entries", false, self.0.store.entries_of(number, version)).await
    }

    async fn story(&self, number: &IncidentNumber) -> Result<Option<Story>, StoreError> {
        self.call("story", false, self.0.store.story(number)).await
    }

    async fn load_account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.call("load account", false, self.0.store.load_account(id)).await
    }

    async fn put_account(
        &self,
        account: &Account,
        before: Option<&Account>,
    ) -> Result<(), StoreError> {
        self.call("put account", true, self.0.store.put_account(account, before)).await
    }

    async fn account_of(&self, domain: &Domain) -> Result<Option<AccountId>, StoreError> {
        self.call("account of domain", false, self.0.store.account_of(domain)).await
    }

    async fn keep_mail(
        &self,
        mails: &[MailWrite],
        emails: &[OutboxEmail],
        limits: &[Limit],
        answered: Option<&AnsweredRequest>,
    ) -> Result<Committed, StoreError> {
        let work = async {
            let kept = self.0.store.keep_mail(mails, emails, limits, answered).await?;
            if kept == Committed::Done {
                seen::written(&self.0, emails, answered);
            }
            Ok(kept)
        };
        self.call("keep mail", true, work).await
    }

    async fn load_mail(&self, id: &MailId) -> Result<Option<MailRecord>, StoreError> {
        self.call("load mail", false, self.0.store.load_mail(id)).await
    }

    async fn held_mails(
        &self,
        after: Option<&(Timestamp, MailId)>,
        limit: usize,
    ) -> Result<HeldPage, StoreError> {
        self.call("held mails", false, self.0.store.held_mails(after, limit)).await
    }

    async fn load_watch(&self) -> Result<Watch, StoreError> {
        self.call("load watch", false, self.0.store.load_watch()).await
    }

    async fn put_watch(&self, watch: &Watch, emails: &[OutboxEmail]) -> Result<(), StoreError> {
        let work = async {
            self.0.store.put_watch(watch, emails).await?;
            seen::written(&self.0, emails, None);
            Ok(())
        };
        self.call("put watch", true, work).await
    }

    async fn account_incidents(
        &self,
        account: &AccountId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<AccountIncident>, StoreError> {
        let work = self.0.store.account_incidents(account, since, limit);
        self.call("account's incidents", false, work).await
    }

    async fn settle_recurrence(
        &self,
        id: &RememberedId,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.call("settle recurrence", true, self.0.store.settle_recurrence(id, due_at)).await
    }

    async fn figures(&self, from: Date, to: Date) -> Result<Figures, StoreError> {
        self.call("figures", false, self.0.store.figures(from, to)).await
    }
}
