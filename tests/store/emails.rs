//! The contract of a store, continued: e-mails in the outbox.

use std::sync::Arc;

use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::ses_events::{Said, SentEmail};
use jiff::Timestamp;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::email::EmailId;
use shared::incident::Command;
use shared::outbox::{
    DeliveryStatus, EmailFact, EmailFacts, EmailItem, FactKind, LEASE, Learned, Settlement,
};
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Commit, Committed, DueTarget, ParkedEmail, Store, StoreError};

use crate::contract::{committed, decided, due, email, later, now, requeued};

pub async fn an_email_is_claimed_once(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    let lease_until = now() + LEASE;
    let item = store.claim_email(&id, "mine", lease_until).await.unwrap().unwrap();
    assert_eq!(item.delivery.status, DeliveryStatus::Sending);
    assert_eq!((item.delivery.attempts, item.delivery.due_at), (1, Some(lease_until)));
    assert_eq!(store.claim_email(&id, "yours", lease_until).await.unwrap(), None);
    // Who was not answered asks again.
    let again = store.claim_email(&id, "mine", lease_until).await.unwrap().unwrap();
    assert_eq!(again.delivery.status, DeliveryStatus::Sending);
    assert_eq!((again.delivery.attempts, again.delivery.due_at), (1, Some(lease_until)), "once");
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
        assert_eq!(
            store.requeue(&id.clone().into(), later(7), later(60)).await.unwrap(),
            requeued()
        );
    }
    assert_eq!(email(&store, &id).await.delivery.attempts, 3);
    store.claim_email(&id, "mine", now() + LEASE).await.unwrap().unwrap();
    let sent = Settlement::Sent { ses_message_id: None, sent_at: later(9) };
    store.settle(&id.clone().into(), "mine", &sent).await.unwrap();
    assert_eq!(email(&store, &id).await.delivery.error, None, "it was sent at last");
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
    assert_eq!(
        store.requeue(&id.clone().into(), later(61), later(120)).await.unwrap(),
        None,
        "not due then"
    );
    assert_eq!(store.requeue(&id.clone().into(), later(60), later(120)).await.unwrap(), requeued());
    assert_eq!(
        store.requeue(&id.clone().into(), later(60), later(120)).await.unwrap(),
        None,
        "once only"
    );
    let delivery = email(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Pending, Some(later(120))));
    assert!(!delivery.is_repeat(), "nobody was sending it");
}

pub async fn a_lease_that_ran_out_may_have_sent(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    store.claim_email(&id, "mine", later(90)).await.unwrap();
    assert_eq!(store.requeue(&id.clone().into(), later(90), later(150)).await.unwrap(), requeued());
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
    let parked = |claim_id: Option<&str>| {
        let (id, error) = (bounced.id.clone(), "refused".to_owned());
        match claim_id {
            Some(claim_id) => ParkedEmail::Unsendable { id, claim_id: claim_id.to_owned(), error },
            None => ParkedEmail::Unreadable { id, error },
        }
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
        limits: Vec::new(),
        mails: Vec::new(),
    };
    let lost = store.commit(commit(Some("mine"))).await.unwrap();
    assert_eq!(lost, Committed::EmailChanged, "nobody claimed it");
    store.claim_email(&bounced.id, "mine", later(90)).await.unwrap();
    let lost = store.commit(commit(Some("yours"))).await.unwrap();
    assert_eq!(lost, Committed::EmailChanged, "somebody else did");
    let nobody = EmailId { index: 99, ..bounced.id.clone() };
    let nobody = ParkedEmail::Unreadable { id: nobody, error: "refused".to_owned() };
    let lost = store.commit(Commit { parked: Some(nobody), ..commit(None) }).await.unwrap();
    assert_eq!(lost, Committed::EmailChanged, "there is none");
    assert_eq!(store.commit(commit(Some("mine"))).await.unwrap(), Committed::Done);
    let delivery = email(&store, &bounced.id).await.delivery;
    assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Parked, None));
    assert_eq!(delivery.error.as_deref(), Some("refused"));
    let story = store.story(&change.incident.number).await.unwrap().unwrap();
    assert_eq!(story.emails.len(), change.emails.len() + passed_on.emails.len());
    // Once: also for one that cannot be read, and so is parked without a claim.
    let mut again = passed_on.clone();
    again.incident.version += 1;
    again.entries.iter_mut().for_each(|entry| entry.version += 1);
    again.emails.iter_mut().for_each(|email| email.id.version += 1);
    let commit = Commit { parked: Some(parked(None)), ..Commit::of(&again) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::EmailChanged);
}

pub(crate) fn facts(facts: &[(FactKind, Timestamp, &str)]) -> EmailFacts {
    facts.iter().map(|(kind, at, detail)| (*kind, EmailFact::new(*at, detail))).collect()
}

pub(crate) fn sent(at: Timestamp) -> (FactKind, Timestamp, &'static str) {
    (FactKind::Sent, at, "ses-1")
}

pub async fn an_email_is_loaded_as_it_is(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let id = &change.emails[1].id;
    let item = store.load_email(id).await.unwrap().unwrap();
    assert_eq!(item.email, change.emails[1]);
    assert_eq!(item, email(&store, id).await);
    assert_eq!(item.facts, EmailFacts::default(), "nothing is known of it");
    let nobody = EmailId { index: 99, ..id.clone() };
    assert_eq!(store.load_email(&nobody).await.unwrap(), None);
}

pub async fn what_ses_says_is_learned_once_and_is_the_record(store: impl Store) {
    let id = committed(&store, "INC.1").await.emails[0].id.clone();
    store.claim_email(&id, "mine", now() + LEASE).await.unwrap();
    let settled = Settlement::Sent { ses_message_id: Some("x".to_owned()), sent_at: later(1) };
    store.settle(&id.clone().into(), "mine", &settled).await.unwrap();
    let heard = facts(&[sent(later(2)), (FactKind::Delivered, later(4), "250 ok: é")]);
    let learned = email(&store, &id).await.learn(&heard).unwrap();
    store.learn(&learned).await.unwrap();
    let again = store.learn(&learned).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "it is no news: {again:?}");
    let item = email(&store, &id).await;
    assert_eq!(item.facts, heard);
    assert_eq!(item.learn(&heard), None);
    // An earlier instant replaces a later one.
    let earlier = facts(&[(FactKind::Delivered, later(3), "250 ok")]);
    store.learn(&item.learn(&earlier).unwrap()).await.unwrap();
    let item = email(&store, &id).await;
    assert_eq!(item.facts, heard.joined(&earlier));
    assert_eq!(item.delivery.status, DeliveryStatus::Sent);
    assert_eq!(item.delivery.sent_at, Some(later(2)), "SES's word, not that of the attempt");
    assert_eq!(item.delivery.ses_message_id.as_deref(), Some("ses-1"));
    let nobody = shared::outbox::Learned { id: EmailId { index: 99, ..id }, ..learned };
    let lost = store.learn(&nobody).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
}

pub async fn facts_of_different_kinds_do_not_meet(store: impl Store) {
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    let before = email(&store, &id).await;
    let [delayed, delivered] = [FactKind::Delayed, FactKind::Delivered]
        .map(|kind| before.learn(&facts(&[(kind, later(3), "")])).unwrap());
    store.learn(&delayed).await.unwrap();
    store.learn(&delivered).await.unwrap();
    let known = email(&store, &id).await.facts;
    assert!(known.has(FactKind::Delayed) && known.has(FactKind::Delivered));
}

/// Alone, and with a change that tells others; before it was parked and after.
pub async fn what_is_learned_is_recorded_only_of_the_email_as_it_was(store: impl Store) {
    let of = |facts_of: &[(FactKind, Timestamp, &str)], item: &EmailItem| {
        item.learn(&facts(facts_of)).unwrap()
    };
    let delivered = |seconds| (FactKind::Delivered, later(seconds), "250 ok");
    let bounced = (FactKind::Bounced, later(9), "550 no such user");
    let change = committed(&store, "INC-1").await;
    let refused = async |learned: &Learned, why: &str| {
        let alone = store.learn(learned).await;
        assert!(matches!(alone, Err(StoreError::Conflict)), "{why}: {alone:?}");
        if learned.was_parked {
            // Others were told.
            return;
        }
        let by = "Grace".parse().unwrap();
        let taken = decided(Some(&change.incident), Command::Acknowledge { by }, later(1));
        let parked = Some(ParkedEmail::Undelivered(learned.clone()));
        let both = store.commit(Commit { parked, ..Commit::of(&taken) }).await.unwrap();
        assert_eq!(both, Committed::EmailChanged, "{why}");
    };
    let id = &change.emails[0].id.clone();
    let before = email(&store, id).await;
    for was_parked in [false, true] {
        let nobody = Learned { was_parked, ..of(&[bounced], &before) };
        let nobody = Learned { id: EmailId { index: 99, ..id.clone() }, ..nobody };
        refused(&nobody, "there is no such e-mail").await;
    }
    store.learn(&of(&[delivered(9)], &before)).await.unwrap();
    refused(&of(&[delivered(8)], &before), "it is known by now").await;
    let known = email(&store, id).await;
    store.learn(&of(&[delivered(7)], &known)).await.unwrap();
    refused(&of(&[delivered(6)], &known), "it is known to be earlier by now").await;

    let known = email(&store, id).await;
    store.learn(&of(&[bounced], &known)).await.unwrap();
    refused(&of(&[(FactKind::Complained, later(9), "")], &known), "it is parked by now").await;
    let parked = email(&store, id).await;
    store.learn(&of(&[delivered(5)], &parked)).await.unwrap();
    refused(&of(&[delivered(4)], &parked), "parked, and known to be earlier by now").await;
    store.learn(&of(&[(FactKind::Delayed, later(9), "")], &parked)).await.unwrap();
    refused(&of(&[(FactKind::Delayed, later(8), "")], &parked), "parked, and known by now").await;
}

pub async fn an_email_that_ses_tells_of_is_sent_and_nobodys_claim(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    for (email_of, retried) in change.emails.iter().zip([false, true]) {
        let (id, lease_until) = (&email_of.id, now() + LEASE);
        store.claim_email(id, "mine", lease_until).await.unwrap().unwrap();
        if retried {
            let (ambiguous, error) = (true, "time-out".to_owned());
            let retry = Settlement::Retry { due_at: later(7), ambiguous, error };
            store.settle(&id.clone().into(), "mine", &retry).await.unwrap();
        }
        let learned = email(&store, id).await.learn(&facts(&[sent(later(1))])).unwrap();
        store.learn(&learned).await.unwrap();
        let delivery = email(&store, id).await.delivery;
        assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Sent, None));
        assert_eq!((delivery.claim_id, delivery.error), (None, None));
        assert_eq!(delivery.sent_at, Some(later(1)));
        let settled = Settlement::Sent { ses_message_id: None, sent_at: later(2) };
        let lost = store.settle(&id.clone().into(), "mine", &settled).await;
        assert!(matches!(lost, Err(StoreError::Conflict)), "the claim is gone: {lost:?}");
        assert_eq!(store.claim_email(id, "yours", lease_until).await.unwrap(), None);
        assert_eq!(store.requeue(&id.clone().into(), lease_until, later(150)).await.unwrap(), None);
        let due = due(&store, later(1_000_000)).await;
        assert!(!due.iter().any(|(_, target)| *target == DueTarget::Email(id.clone())));
    }
}

pub async fn an_email_that_reached_nobody_is_parked_once_with_the_change_that_tells_others(
    store: impl Store,
) {
    let change = committed(&store, "INC-1").await;
    let bounced = &change.emails[0];
    store.claim_email(&bounced.id, "mine", later(90)).await.unwrap();
    let before = email(&store, &bounced.id).await;
    let heard = facts(&[sent(later(1)), (FactKind::Bounced, later(2), "550 no such user")]);
    let learned = before.learn(&heard).unwrap();
    let reason = learned.parked_because.clone().unwrap();
    let command = |reason| Command::Undeliverable {
        email: bounced.id.clone(),
        recipient: Some(bounced.recipient.clone()),
        kind: Some(bounced.kind.clone()),
        reason,
    };
    let passed_on = decided(Some(&change.incident), command(reason), later(3));
    let parked = |learned| Some(ParkedEmail::Undelivered(learned));
    let commit = Commit { parked: parked(learned.clone()), ..Commit::of(&passed_on) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
    let item = email(&store, &bounced.id).await;
    assert_eq!(item.facts, heard);
    assert_eq!((item.delivery.status, item.delivery.due_at), (DeliveryStatus::Parked, None));
    assert_eq!(item.delivery.error.as_deref(), Some("bounced: 550 no such user"));
    assert_eq!(item.delivery.sent_at, Some(later(1)));
    // Another reason that was found at the same time parks it no second time, and writes nothing.
    let complained = facts(&[(FactKind::Complained, later(2), "abuse")]);
    let other = before.learn(&complained).unwrap();
    let again = decided(Some(&passed_on.incident), command("abuse".to_owned()), later(4));
    let commit = Commit { parked: parked(other), ..Commit::of(&again) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::EmailChanged);
    let number = &change.incident.number;
    assert_eq!(store.load(number).await.unwrap(), Some(passed_on.incident));
    // It is a fact all the same.
    let learned = item.learn(&complained).unwrap();
    assert_eq!(learned.parked_because, None);
    store.learn(&learned).await.unwrap();
    let item = email(&store, &bounced.id).await;
    assert!(item.facts.has(FactKind::Complained));
    assert_eq!(item.delivery.status, DeliveryStatus::Parked);
    assert_eq!(item.delivery.error.as_deref(), Some("bounced: 550 no such user"));
}

/// SES tells several things of an e-mail within a second, and each event is a function of its own.
#[tokio::test]
async fn events_of_an_email_that_come_at_once_are_all_recorded_and_pass_it_on_once() {
    let dynamodb = TestDynamoDb::start().await;
    let store = DynamoDbStore::new(dynamodb.aws.dynamodb(), dynamodb.table);
    let change = committed(&store, "INC.1_a").await;
    let (alert, before) = (&change.emails[0], change.emails.len());
    store.claim_email(&alert.id, "mine", later(90)).await.unwrap().unwrap();
    let policy = Arc::new(desk_tests::default_policy());
    let desk = Desk { store, policy, clock: Clock::of(now) };
    let sent = SentEmail {
        id: alert.id.clone(),
        message_id: "ses-1".to_owned(),
        to: alert.recipient.to_string(),
        sent_at: now(),
    };
    let events = Said::ALL.into_iter().chain(Said::ALL).map(|said| sent.event(said, later(1)));
    let recorded = events.map(|event| record_delivery::handle(&desk, event));
    futures::future::try_join_all(recorded).await.unwrap();
    let story = desk.store.story(&change.incident.number).await.unwrap().unwrap();
    let item = &story.emails[0];
    assert_eq!(item.facts.iter().count(), Said::ALL.len());
    assert_eq!(item.delivery.status, DeliveryStatus::Parked);
    assert_eq!(story.incident.version, 2);
    assert_eq!(story.emails.len(), before + 2, "the backup and management");
}

#[tokio::test]
async fn an_event_for_which_the_store_is_unavailable_comes_again() {
    // Bound and let go of: nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let desk = Desk {
        store: DynamoDbStore::new(aws_at(&nobody).dynamodb(), "escalation-desk"),
        policy: Arc::new(desk_tests::default_policy()),
        clock: Clock::of(now),
    };
    let sent = SentEmail {
        id: "INC-1-1-0".parse().unwrap(),
        message_id: "ses-1".to_owned(),
        to: "triage@example.com".to_owned(),
        sent_at: now(),
    };
    let recorded = record_delivery::handle(&desk, sent.event(Said::Bounced, now())).await;
    assert!(matches!(recorded, Err(StoreError::Unavailable(_))), "{recorded:?}");
}
