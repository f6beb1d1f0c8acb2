//! The contract of a store, a clause each: given a store, when it is asked, then it answers.

use jiff::{SignedDuration, Timestamp};
use shared::email::EmailId;
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Change, Command, Incident, decide};
use shared::outbox::EmailItem;
use shared::policy::{Allowance, Policy};
use shared::store::{
    AnsweredRequest, Commit, Committed, DUE_SHARDS, DueTarget, Limit, RequestKey, Requeued, Store,
    StoreError,
};

use crate::webhooks::committed_with_webhooks;

pub(crate) fn now() -> Timestamp {
    desk_tests::world::start()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn decided(state: Option<&Incident>, command: Command, at: Timestamp) -> Change {
    decide(state, command, &desk_tests::default_policy(), at).unwrap()
}

pub(crate) fn escalation(number: &str, at: Timestamp) -> Change {
    escalation_under(&desk_tests::default_policy(), number, at)
}

pub(crate) fn escalation_under(policy: &Policy, number: &str, at: Timestamp) -> Change {
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
        by_mail: None,
    };
    decide(None, command, policy, at).unwrap()
}

pub(crate) fn only(change: &Change) -> Commit<'_> {
    Commit::of(change)
}

pub(crate) fn answered(key: &str, at: Timestamp) -> AnsweredRequest {
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

/// What was written [`now`] is pending again.
pub(crate) fn requeued() -> Option<Requeued> {
    Some(Requeued { created_at: Some(now()) })
}

pub(crate) async fn committed(store: &impl Store, number: &str) -> Change {
    let change = escalation(number, now());
    assert_eq!(store.commit(only(&change)).await.unwrap(), Committed::Done);
    change
}

pub(crate) async fn email(store: &impl Store, id: &EmailId) -> EmailItem {
    let story = store.story(id.thread.number().unwrap()).await.unwrap().unwrap();
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
            assert!(all.len() < 10_000, "paging ends");
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
    let commit = Commit { answered: Some(answered("k", now())), ..Commit::of(&late) };
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
        limits: Vec::new(),
        mails: Vec::new(),
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
        let commit = Commit {
            change: &change,
            answered,
            parked: None,
            limits: vec![limit],
            mails: Vec::new(),
        };
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
    let once = || vec![limit("ada@customer.example", 1, now())];
    store.commit(only(&first)).await.unwrap();
    let commit = Commit { limits: once(), ..Commit::of(&first) };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Conflict)));
    let second = escalation("INC-2", now());
    let commit = Commit { limits: once(), ..Commit::of(&second) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
}

pub async fn an_empty_change_writes_only_the_answer(store: impl Store) {
    let before = committed(&store, "INC-1").await;
    let nothing = decided(Some(&before.incident), Command::DeadlinePassed, now());
    assert!(nothing.is_empty());
    let said = Some(answered("key", now()));
    let commit = Commit { answered: said.clone(), parked: None, ..Commit::of(&nothing) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
    let key = &answered("key", now()).key;
    assert_eq!(store.answered(key, now()).await.unwrap(), said);
    assert_eq!(store.load(&before.incident.number).await.unwrap(), Some(before.incident.clone()));
    // That there was nothing to do is true of no later version.
    let by = "Grace".parse().unwrap();
    let next = decided(Some(&before.incident), Command::Acknowledge { by }, later(1));
    store.commit(only(&next)).await.unwrap();
    let late = answered("late", now());
    let commit = Commit { answered: Some(late.clone()), ..Commit::of(&nothing) };
    let lost = store.commit(commit).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    assert_eq!(store.answered(&late.key, now()).await.unwrap(), None);
}

/// Whatever version a change has: what has been told, and may have been sent, stays as it is.
pub async fn what_is_there_already_is_not_written_over(store: impl Store) {
    let first = committed_with_webhooks(&store).await;
    let by = "Grace".parse().unwrap();
    let next = decided(Some(&first.incident), Command::Acknowledge { by }, later(1));
    let with_old: [fn(&mut Change, &Change); 3] = [
        |next, first| next.entries[0] = first.entries[0].clone(),
        |next, first| next.emails[0] = first.emails[0].clone(),
        |next, first| next.webhooks.push(first.webhooks[0].clone()),
    ];
    for with_old in with_old {
        let mut wrong = next.clone();
        with_old(&mut wrong, &first);
        let refused = store.commit(only(&wrong)).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    assert_eq!(store.commit(only(&next)).await.unwrap(), Committed::Done);
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
        by_mail: None,
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
