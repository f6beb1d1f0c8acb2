//! The contract of a store, a clause each: given a store, when it is asked, then it answers.

use jiff::{SignedDuration, Timestamp};
use shared::email::EmailId;
use shared::figures::{Figures, Measured};
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Change, Command, Incident, decide};
use shared::outbox::{
    DeliveryStatus, EmailItem, LEASE, OutboxId, PENDING_FOR, Settlement, WebhookItem,
};
use shared::policy::{Allowance, Policy};
use shared::store::{
    AnsweredRequest, Commit, Committed, DUE_SHARDS, DueTarget, Limit, ParkedEmail, RequestKey,
    Store, StoreError,
};
use shared::webhook::WebhookId;

pub(crate) fn now() -> Timestamp {
    desk_tests::world::start()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn decided(state: Option<&Incident>, command: Command, at: Timestamp) -> Change {
    decide(state, command, &desk_tests::default_policy(), at).unwrap()
}

fn escalation(number: &str, at: Timestamp) -> Change {
    escalation_under(&desk_tests::default_policy(), number, at)
}

fn escalation_under(policy: &Policy, number: &str, at: Timestamp) -> Change {
    let requester = Customer {
        name: "Ada".parse().unwrap(),
        email: "ada@customer.example".parse().unwrap(),
        language: None,
        account: None,
    };
    let command = Command::Escalate {
        number: number.parse().unwrap(),
        requester,
        business_justification: "Nothing works: é ✓\nno \"shop\" sells.".parse().unwrap(),
    };
    decide(None, command, policy, at).unwrap()
}

pub(crate) fn only(change: &Change) -> Commit<'_> {
    Commit { change, answered: None, parked: None, limit: None }
}

fn answered(key: &str, at: Timestamp) -> AnsweredRequest {
    AnsweredRequest {
        key: RequestKey { caller: "arn:caller".to_owned(), key: key.to_owned() },
        fingerprint: "f".to_owned(),
        status: 201,
        location: Some("/v1/x".to_owned()),
        etag: Some("\"1\"".to_owned()),
        body: "{}".to_owned(),
        answered_at: at,
        expires_at: at + SignedDuration::from_secs(60),
    }
}

async fn committed(store: &impl Store, number: &str) -> Change {
    let change = escalation(number, now());
    assert_eq!(store.commit(only(&change)).await.unwrap(), Committed::Done);
    change
}

async fn email(store: &impl Store, id: &EmailId) -> EmailItem {
    let story = store.story(&id.number).await.unwrap().unwrap();
    story.emails.into_iter().find(|item| &item.email.id == id).unwrap()
}

/// All that is due up to an instant, over all shards, earliest first.
pub(crate) async fn due(store: &impl Store, until: Timestamp) -> Vec<(Timestamp, DueTarget)> {
    let mut all = Vec::new();
    for shard in 0..DUE_SHARDS {
        let mut after = None;
        loop {
            let page = store.due(shard, until, after.as_ref()).await.unwrap();
            let items: Vec<_> =
                page.items.into_iter().map(|item| (item.due_at, item.target)).collect();
            assert!(items.is_sorted(), "a page is in order");
            all.extend(items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    all.sort();
    all
}

pub async fn what_is_committed_is_loaded(store: impl Store) {
    let number = "INC-1".parse().unwrap();
    assert_eq!(store.load(&number).await.unwrap(), None);
    assert_eq!(store.story(&number).await.unwrap(), None);
    let change = committed(&store, "INC-1").await;
    assert_eq!(store.load(&number).await.unwrap(), Some(change.incident.clone()));
    // And what time makes of it, with every field that only later states have.
    let exhausted = (0..40).fold(change.incident, |incident, _| {
        let at = incident.next_due().unwrap();
        decided(Some(&incident), Command::DeadlinePassed, at).incident
    });
    let by = "Grace".parse().unwrap();
    let taken = decided(Some(&exhausted), Command::Acknowledge { by }, later(999_999));
    let mut taken = taken;
    taken.incident.version = 2;
    store.commit(only(&taken)).await.unwrap();
    assert_eq!(store.load(&number).await.unwrap(), Some(taken.incident));
}

pub async fn a_change_is_committed_once_on_its_version(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let again = store.commit(only(&change)).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    let by = "Grace".parse().unwrap();
    let next = decided(Some(&change.incident), Command::Acknowledge { by }, later(1));
    store.commit(only(&next)).await.unwrap();
    let again = store.commit(only(&next)).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    // Also when none of its entries and e-mails is there already: the version alone decides.
    let mut stale = next;
    stale.entries.iter_mut().for_each(|entry| entry.index += 50);
    stale.emails.iter_mut().for_each(|email| email.id.index += 50);
    let lost = store.commit(only(&stale)).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
}

pub async fn a_lost_condition_writes_nothing(store: impl Store) {
    let first = committed(&store, "INC-1").await;
    let mut late = escalation("INC-1", later(5));
    late.emails.iter_mut().for_each(|email| email.id.index += 50);
    late.entries.iter_mut().for_each(|entry| entry.index += 50);
    let commit =
        Commit { change: &late, answered: Some(answered("k", now())), parked: None, limit: None };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Conflict)));
    let story = store.story(&first.incident.number).await.unwrap().unwrap();
    assert_eq!(story.emails.len(), first.emails.len());
    assert_eq!(story.timeline, first.entries);
    assert_eq!(store.answered(&answered("k", now()).key, now()).await.unwrap(), None);
}

pub async fn an_answer_is_remembered_until_it_expires(store: impl Store) {
    let (first, second) = (escalation("INC-1", now()), escalation("INC-2", now()));
    let said = answered("key", now());
    let commit = |change, said: &AnsweredRequest| Commit {
        change,
        answered: Some(said.clone()),
        parked: None,
        limit: None,
    };
    assert_eq!(store.commit(commit(&first, &said)).await.unwrap(), Committed::Done);
    assert_eq!(store.answered(&said.key, later(59)).await.unwrap(), Some(said.clone()));
    let mut other = answered("key", later(59));
    other.body = "other".to_owned();
    let again = store.commit(commit(&second, &other)).await.unwrap();
    assert_eq!(again, Committed::AlreadyAnswered(said.clone()));
    assert_eq!(store.load(&second.incident.number).await.unwrap(), None);
    // Expired, though it may not have been deleted yet.
    assert_eq!(store.answered(&said.key, later(60)).await.unwrap(), None);
    let later_answer = answered("key", later(60));
    assert_eq!(store.commit(commit(&second, &later_answer)).await.unwrap(), Committed::Done);
}

fn limit(whom: &str, count: u32, at: Timestamp) -> Limit {
    let allowance = Allowance { count, per: "1h".to_owned().try_into().unwrap() };
    Limit::of("escalations", &whom.parse().unwrap(), allowance, at)
}

pub async fn what_is_over_the_limit_is_not_written(store: impl Store) {
    let ask = async |n: i64, limit: Limit, key: Option<&str>| {
        let change = escalation(&format!("INC-{n}"), now());
        let answered = key.map(|key| answered(key, now()));
        let commit = Commit { change: &change, answered, parked: None, limit: Some(limit) };
        store.commit(commit).await.unwrap()
    };
    let ada = || limit("ada@customer.example", 2, now());
    assert_eq!(ask(1, ada(), Some("key")).await, Committed::Done);
    let said = Committed::AlreadyAnswered(answered("key", now()));
    for n in 2..5 {
        assert_eq!(ask(n, ada(), Some("key")).await, said, "a replay does not count");
    }
    assert_eq!(ask(2, ada(), None).await, Committed::Done);
    assert_eq!(ask(3, ada(), Some("key-2")).await, Committed::OverLimit(ada()));
    assert_eq!(store.load(&"INC-3".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.answered(&answered("key-2", now()).key, now()).await.unwrap(), None);
    assert_eq!(ask(4, ada(), Some("key")).await, said, "known, though over the limit");
    assert_eq!(ask(3, limit("eve@customer.example", 2, now()), None).await, Committed::Done);
    let next = limit("ada@customer.example", 2, later(3600));
    assert_eq!(ask(4, next, None).await, Committed::Done, "the next window");
}

pub async fn what_was_not_written_does_not_count(store: impl Store) {
    let first = escalation("INC-1", now());
    let once = || Some(limit("ada@customer.example", 1, now()));
    store.commit(only(&first)).await.unwrap();
    let commit = Commit { change: &first, answered: None, parked: None, limit: once() };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Conflict)));
    let second = escalation("INC-2", now());
    let commit = Commit { change: &second, answered: None, parked: None, limit: once() };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
}

pub async fn an_empty_change_writes_only_the_answer(store: impl Store) {
    let before = committed(&store, "INC-1").await;
    let nothing = decided(Some(&before.incident), Command::DeadlinePassed, now());
    assert!(nothing.is_empty());
    let said = Some(answered("key", now()));
    let commit = Commit { change: &nothing, answered: said.clone(), parked: None, limit: None };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
    let key = &answered("key", now()).key;
    assert_eq!(store.answered(key, now()).await.unwrap(), said);
    assert_eq!(store.load(&before.incident.number).await.unwrap(), Some(before.incident));
}

pub async fn only_open_incidents_and_unsent_emails_are_due(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let incident = (later(20 * 60), DueTarget::Incident(change.incident.number.clone()));
    let pending_until = now() + PENDING_FOR;
    let emails = change.emails.iter().map(|e| (pending_until, DueTarget::Email(e.id.clone())));
    let mut expected: Vec<_> = emails.chain([incident]).collect();
    expected.sort();
    assert_eq!(due(&store, later(1_000_000)).await, expected);
    assert_eq!(due(&store, later(59)).await, []);
    assert_eq!(due(&store, later(60)).await.len(), change.emails.len(), "up to and including");
    let by = "Grace".parse().unwrap();
    let resolved = decided(Some(&change.incident), Command::Resolve { by, note: None }, later(1));
    store.commit(only(&resolved)).await.unwrap();
    let still_due = due(&store, later(1_000_000)).await;
    assert!(still_due.iter().all(|(_, target)| matches!(target, DueTarget::Email(_))));
}

pub async fn due_items_come_in_order_and_in_pages(store: impl Store) {
    // More than a page of the store in memory; DynamoDB pages by size.
    for n in 0..130 {
        let change = escalation(&format!("INC-{n}"), later(n));
        store.commit(only(&change)).await.unwrap();
    }
    let all = due(&store, later(1_000_000)).await;
    assert_eq!(all.len(), 130 * 5, "an incident and four e-mails each");
}

pub async fn an_email_is_claimed_once(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    let lease_until = now() + LEASE;
    let item = store.claim_email(&id, "mine", lease_until).await.unwrap().unwrap();
    assert_eq!(item.delivery.status, DeliveryStatus::Sending);
    assert_eq!((item.delivery.attempts, item.delivery.due_at), (1, Some(lease_until)));
    assert_eq!(store.claim_email(&id, "yours", lease_until).await.unwrap(), None);
    let nobody = EmailId { index: 99, ..id };
    assert_eq!(store.claim_email(&nobody, "mine", lease_until).await.unwrap(), None);
}

pub async fn a_settled_email_is_sent_and_due_no_more(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    store.claim_email(&id, "mine", now() + LEASE).await.unwrap();
    let sent = Settlement::Sent { ses_message_id: Some("ses-1".to_owned()), sent_at: later(1) };
    store.settle(&id.clone().into(), "mine", &sent).await.unwrap();
    let delivery = email(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Sent, None));
    assert_eq!(delivery.ses_message_id.as_deref(), Some("ses-1"));
    assert_eq!(delivery.sent_at, Some(later(1)));
    assert_eq!(store.claim_email(&id, "mine", now() + LEASE).await.unwrap(), None);
    let due = due(&store, later(1_000_000)).await;
    assert!(!due.iter().any(|(_, target)| *target == DueTarget::Email(id.clone())));
}

pub async fn a_retry_is_due_again_and_counts_what_may_have_been_sent(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    for (ambiguous, counted) in [(false, 0), (true, 1), (true, 2)] {
        store.claim_email(&id, "mine", now() + LEASE).await.unwrap().unwrap();
        let retry = Settlement::Retry { due_at: later(7), ambiguous, error: "slow".to_owned() };
        store.settle(&id.clone().into(), "mine", &retry).await.unwrap();
        let delivery = email(&store, &id).await.delivery;
        assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Retrying, Some(later(7))));
        assert_eq!((delivery.ambiguous, delivery.error.as_deref()), (counted, Some("slow")));
        assert_eq!(store.claim_email(&id, "yours", now()).await.unwrap(), None, "not pending");
        assert!(store.requeue(&id.clone().into(), later(7), later(60)).await.unwrap());
    }
    assert_eq!(email(&store, &id).await.delivery.attempts, 3);
}

pub async fn a_claim_that_was_lost_settles_nothing(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    store.claim_email(&id, "mine", later(90)).await.unwrap();
    store.requeue(&id.clone().into(), later(90), later(150)).await.unwrap();
    store.claim_email(&id, "yours", later(240)).await.unwrap().unwrap();
    let sent = Settlement::Sent { ses_message_id: Some("ses-1".to_owned()), sent_at: later(100) };
    let settled = store.settle(&id.clone().into(), "mine", &sent).await;
    assert!(matches!(settled, Err(StoreError::Conflict)), "{settled:?}");
    store.settle(&id.clone().into(), "yours", &sent).await.unwrap();
}

pub async fn a_stuck_email_is_pending_again(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    assert!(
        !store.requeue(&id.clone().into(), later(61), later(120)).await.unwrap(),
        "not due then"
    );
    assert!(store.requeue(&id.clone().into(), later(60), later(120)).await.unwrap());
    assert!(!store.requeue(&id.clone().into(), later(60), later(120)).await.unwrap(), "once only");
    let delivery = email(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Pending, Some(later(120))));
    assert!(!delivery.is_repeat(), "nobody was sending it");
}

pub async fn a_lease_that_ran_out_may_have_sent(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    store.claim_email(&id, "mine", later(90)).await.unwrap();
    assert!(store.requeue(&id.clone().into(), later(90), later(150)).await.unwrap());
    let delivery = email(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.ambiguous), (DeliveryStatus::Pending, 1));
    assert_eq!(delivery.claim_id, None);
}

pub async fn an_email_that_calls_for_action_can_be_cancelled(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let (alert, receipt) = (&change.emails[0], &change.emails[3]);
    assert!(alert.kind.calls_for_action() && !receipt.kind.calls_for_action());
    assert!(!store.cancel_email(&alert.id, later(61)).await.unwrap(), "not due then");
    assert!(store.cancel_email(&alert.id, later(60)).await.unwrap());
    assert!(!store.cancel_email(&receipt.id, later(60)).await.unwrap(), "a receipt still holds");
    let delivery = email(&store, &alert.id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Cancelled, None));
    assert_eq!(store.claim_email(&alert.id, "mine", later(90)).await.unwrap(), None);
}

pub async fn a_parked_email_is_parked_with_the_change_that_tells_others(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let bounced = &change.emails[0];
    let parked = |claim_id: Option<&str>| ParkedEmail {
        id: bounced.id.clone(),
        claim_id: claim_id.map(str::to_owned),
        error: "refused".to_owned(),
    };
    let command = Command::Undeliverable {
        email: bounced.id.clone(),
        recipient: Some(bounced.recipient.clone()),
        kind: Some(bounced.kind.clone()),
        reason: "refused".to_owned(),
    };
    let passed_on = decided(Some(&change.incident), command, later(1));
    let commit = |claim_id| Commit {
        change: &passed_on,
        answered: None,
        parked: Some(parked(claim_id)),
        limit: None,
    };
    let lost = store.commit(commit(Some("mine"))).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "nobody claimed it: {lost:?}");
    store.claim_email(&bounced.id, "mine", later(90)).await.unwrap();
    assert_eq!(store.commit(commit(Some("mine"))).await.unwrap(), Committed::Done);
    let delivery = email(&store, &bounced.id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Parked, None));
    assert_eq!(delivery.error.as_deref(), Some("refused"));
    let story = store.story(&change.incident.number).await.unwrap().unwrap();
    assert_eq!(story.emails.len(), change.emails.len() + passed_on.emails.len());
}

pub async fn open_incidents_are_listed_by_what_is_due_next_in_pages(store: impl Store) {
    // Opened last, due first.
    for n in 0..7 {
        let change = escalation(&format!("INC-{n}"), later(100 - n));
        store.commit(only(&change)).await.unwrap();
    }
    let resolve = Command::Resolve { by: "Grace".parse().unwrap(), note: None };
    let third = store.load(&"INC-3".parse().unwrap()).await.unwrap().unwrap();
    store.commit(only(&decided(Some(&third), resolve, later(200)))).await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let board = store.open_incidents(after.as_ref(), 2).await.unwrap();
        assert!(board.incidents.len() <= 2);
        seen.extend(board.incidents.into_iter().map(|incident| incident.number.to_string()));
        after = board.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["INC-6", "INC-5", "INC-4", "INC-2", "INC-1", "INC-0"]);
    let all = store.open_incidents(None, 100).await.unwrap();
    assert_eq!((all.incidents.len(), all.next), (6, None));
}

pub async fn the_story_is_told_in_order(store: impl Store) {
    let open = Command::Open {
        number: "INC-1".parse().unwrap(),
        priority: Priority::P2,
        channel: Channel::Email,
        summary: "Slow".parse().unwrap(),
        customer: Customer {
            name: "Ada".parse().unwrap(),
            email: "ada@customer.example".parse().unwrap(),
            language: None,
            account: None,
        },
        received_at: None,
    };
    let mut change = decided(None, open, now());
    let (mut entries, mut emails) = (Vec::new(), Vec::new());
    // Past version 10, so that the order is that of numbers and not of letters.
    for _ in 0..14 {
        store.commit(only(&change)).await.unwrap();
        entries.extend(change.entries.clone());
        emails.extend(change.emails.iter().map(|email| email.id.clone()));
        let at = change.incident.next_due().unwrap();
        change = decided(Some(&change.incident), Command::DeadlinePassed, at);
    }
    let story = store.story(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(story.incident.version, 14);
    assert_eq!(story.timeline, entries);
    let told: Vec<_> = story.emails.into_iter().map(|item| item.email.id).collect();
    assert_eq!(told, emails);
}

/// The figures of some days of 2026 and 2027.
async fn figures(store: &impl Store, from: &str, to: &str) -> Figures {
    store.figures(from.parse().unwrap(), to.parse().unwrap()).await.unwrap()
}

pub async fn figures_are_the_sums_of_the_days_asked_for(store: impl Store) {
    // Noon in the desk's zone, on days around the ends of months and of the year.
    let days = ["2026-11-01", "2026-11-30", "2026-12-01", "2026-12-31", "2027-01-01", "2027-11-01"];
    for (n, day) in days.into_iter().enumerate() {
        let noon = format!("{day}T11:00:00Z").parse().unwrap();
        let change = escalation(&format!("INC-{n}"), noon);
        store.commit(only(&change)).await.unwrap();
    }
    let incidents = async |from, to| figures(&store, from, to).await.incidents();
    assert_eq!(incidents("2026-11-01", "2026-11-01").await, 1);
    assert_eq!(incidents("2026-11-02", "2026-11-29").await, 0);
    assert_eq!(incidents("2026-11-02", "2026-11-30").await, 1);
    assert_eq!(incidents("2026-11-30", "2026-12-30").await, 2);
    assert_eq!(incidents("2026-11-01", "2027-01-01").await, 5);
    assert_eq!(incidents("2026-11-01", "2027-11-01").await, 6, "a year and a day");
    assert_eq!(incidents("2026-12-01", "2026-11-30").await, 0, "no days at all");
    let day = figures(&store, "2026-12-31", "2026-12-31").await;
    assert_eq!(
        day.iter().map(|(counter, times)| format!("{counter} {times}")).collect::<Vec<_>>(),
        ["opened_P1 1", "escalated_by_customer 1"]
    );
}

pub async fn figures_count_every_change_however_many(store: impl Store) {
    let mut expected = Figures::default();
    let mut count = |change: &Change| {
        change.tally.iter().for_each(|tally| expected.merge(&tally.figures()));
    };
    for n in 0..100 {
        let change = escalation(&format!("INC-{n}"), now());
        store.commit(only(&change)).await.unwrap();
        count(&change);
        let by = "Grace".parse().unwrap();
        let taken = decided(Some(&change.incident), Command::Acknowledge { by }, later(n * n));
        store.commit(only(&taken)).await.unwrap();
        count(&taken);
    }
    let counted = figures(&store, "2026-11-24", "2026-11-24").await;
    assert_eq!(counted, expected);
    assert_eq!((counted.incidents(), counted.escalations()), (100, 100));
    assert_eq!(counted.times(Measured::Acknowledgement).unwrap().count, 100);
}

pub async fn only_what_is_committed_counts_and_once(store: impl Store) {
    let said = answered("key", now());
    let first = escalation("INC-1", now());
    let asked = Commit { change: &first, answered: Some(said.clone()), parked: None, limit: None };
    assert_eq!(store.commit(asked.clone()).await.unwrap(), Committed::Done);
    let once = figures(&store, "2026-11-24", "2026-11-24").await;
    assert_eq!(once, first.tally.as_ref().unwrap().figures());
    // The same request again, the same change again, and another one on a version that is gone.
    assert_eq!(store.commit(asked).await.unwrap(), Committed::AlreadyAnswered(said));
    assert!(matches!(store.commit(only(&first)).await, Err(StoreError::Conflict)));
    let late = escalation("INC-1", later(5));
    assert!(matches!(store.commit(only(&late)).await, Err(StoreError::Conflict)));
    // An answer that changes nothing.
    let nothing = decided(Some(&first.incident), Command::DeadlinePassed, now());
    let commit = Commit {
        change: &nothing,
        answered: Some(answered("other", now())),
        parked: None,
        limit: None,
    };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
    assert_eq!(figures(&store, "2026-11-24", "2026-11-24").await, once);
}

/// A change that two other systems hear of.
async fn committed_with_webhooks(store: &impl Store) -> Change {
    let webhooks =
        "[webhooks.a]\nurl = \"https://a.example\"\n[webhooks.b]\nurl = \"https://b.example\"";
    let text = format!("{}\n{webhooks}", desk_tests::DEFAULT_POLICY);
    let policy = Policy::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let change = escalation_under(&policy, "INC.1", now());
    assert_eq!(store.commit(only(&change)).await.unwrap(), Committed::Done);
    change
}

async fn webhook(store: &impl Store, id: &WebhookId) -> WebhookItem {
    let story = store.story(&id.number).await.unwrap().unwrap();
    story.webhooks.into_iter().find(|item| &item.webhook.id == id).unwrap()
}

async fn due_webhooks(store: &impl Store) -> Vec<(Timestamp, DueTarget)> {
    let due = due(store, later(1_000_000)).await.into_iter();
    due.filter(|(_, target)| matches!(target, DueTarget::Webhook(_))).collect()
}

pub async fn webhooks_are_committed_pending_and_told_in_the_story(store: impl Store) {
    let change = committed_with_webhooks(&store).await;
    let number = &change.incident.number;
    let story = store.story(number).await.unwrap().unwrap();
    let told: Vec<_> = story.webhooks.iter().map(|item| item.webhook.clone()).collect();
    assert_eq!(told, change.webhooks);
    assert_eq!(told.len(), 2);
    assert_eq!((story.emails.len(), story.timeline), (change.emails.len(), change.entries.clone()));
    let ids = change.webhooks.iter().map(|webhook| DueTarget::Webhook(webhook.id.clone()));
    let expected: Vec<_> = ids.map(|target| (now() + PENDING_FOR, target)).collect();
    assert_eq!(due_webhooks(&store).await, expected);
    let again = store.commit(only(&change)).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
}

pub async fn a_webhook_is_claimed_once_and_settled_under_its_claim(store: impl Store) {
    let change = committed_with_webhooks(&store).await;
    let id = change.webhooks[1].id.clone();
    let outbox: OutboxId = id.clone().into();
    let item = store.claim_webhook(&id, "mine", later(90)).await.unwrap().unwrap();
    assert_eq!(item.webhook, change.webhooks[1]);
    assert_eq!((item.delivery.status, item.delivery.attempts), (DeliveryStatus::Sending, 1));
    assert_eq!(store.claim_webhook(&id, "yours", later(90)).await.unwrap(), None);
    let nobody = WebhookId { index: 99, ..id.clone() };
    assert_eq!(store.claim_webhook(&nobody, "mine", later(90)).await.unwrap(), None);
    let sent = Settlement::Sent { ses_message_id: None, sent_at: later(1) };
    let lost = store.settle(&outbox, "yours", &sent).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    store.settle(&outbox, "mine", &sent).await.unwrap();
    let delivery = webhook(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Sent, None));
    assert_eq!((delivery.sent_at, delivery.ses_message_id), (Some(later(1)), None));
    assert_eq!(due_webhooks(&store).await.len(), 1, "the other one");
    let first = webhook(&store, &change.webhooks[0].id).await.delivery;
    assert_eq!(first.status, DeliveryStatus::Pending, "one of its own");
}

pub async fn a_webhook_that_failed_is_handed_out_again_when_it_is_due(store: impl Store) {
    let id = committed_with_webhooks(&store).await.webhooks[0].id.clone();
    let outbox: OutboxId = id.clone().into();
    store.claim_webhook(&id, "mine", later(90)).await.unwrap();
    let retry =
        Settlement::Retry { due_at: later(7), ambiguous: true, error: "HTTP 503".to_owned() };
    store.settle(&outbox, "mine", &retry).await.unwrap();
    assert_eq!(store.claim_webhook(&id, "mine", later(90)).await.unwrap(), None, "not pending");
    assert!(!store.requeue(&outbox, later(8), later(60)).await.unwrap(), "not due then");
    assert!(store.requeue(&outbox, later(7), later(60)).await.unwrap());
    let delivery = webhook(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.ambiguous), (DeliveryStatus::Pending, 1));
    assert_eq!(delivery.error.as_deref(), Some("HTTP 503"));
    let again = store.claim_webhook(&id, "mine", later(90)).await.unwrap().unwrap();
    assert_eq!(again.delivery.attempts, 2);
    assert!(store.requeue(&outbox, later(90), later(150)).await.unwrap(), "its lease ran out");
    assert_eq!(webhook(&store, &id).await.delivery.ambiguous, 2);
}

pub async fn a_webhook_that_is_given_up_on_is_parked_and_due_no_more(store: impl Store) {
    let id = committed_with_webhooks(&store).await.webhooks[0].id.clone();
    store.claim_webhook(&id, "mine", later(90)).await.unwrap();
    let parked = Settlement::Parked { error: "HTTP 410".to_owned() };
    store.settle(&id.clone().into(), "mine", &parked).await.unwrap();
    let delivery = webhook(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Parked, None));
    assert_eq!(delivery.error.as_deref(), Some("HTTP 410"));
    assert_eq!(store.claim_webhook(&id, "mine", later(90)).await.unwrap(), None);
    assert_eq!(due_webhooks(&store).await.len(), 1, "the other one");
}

pub async fn the_entries_of_a_version_are_those_of_no_other(store: impl Store) {
    let mut change = escalation("INC-1", now());
    let mut by_version = Vec::new();
    // Past version 10, one of which another's key begins with.
    for _ in 0..12 {
        store.commit(only(&change)).await.unwrap();
        by_version.push(change.entries.clone());
        let at = change.incident.next_due().unwrap();
        change = decided(Some(&change.incident), Command::DeadlinePassed, at);
    }
    let number = "INC-1".parse().unwrap();
    for (version, entries) in (1..).zip(&by_version) {
        assert_eq!(&store.entries_of(&number, version).await.unwrap(), entries, "{version}");
    }
    assert!(by_version[0].len() > 1, "in order");
    assert_eq!(store.entries_of(&number, 13).await.unwrap(), []);
}
