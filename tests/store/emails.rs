//! The contract of a store, continued: e-mails in the outbox.

use shared::email::EmailId;
use shared::incident::Command;
use shared::outbox::{DeliveryStatus, LEASE, Settlement};
use shared::store::{Commit, Committed, DueTarget, ParkedEmail, Store, StoreError};

use crate::contract::{committed, decided, due, email, later, now};

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
        limit: None,
    };
    let lost = store.commit(commit(Some("mine"))).await.unwrap();
    assert_eq!(lost, Committed::EmailChanged, "nobody claimed it");
    store.claim_email(&bounced.id, "mine", later(90)).await.unwrap();
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
    let commit = Commit { change: &again, answered: None, parked: Some(parked(None)), limit: None };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::EmailChanged);
}
