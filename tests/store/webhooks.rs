//! The contract of a store, continued: webhooks in the outbox.

use jiff::Timestamp;
use shared::incident::{Change, Command};
use shared::outbox::{DeliveryStatus, OutboxId, PENDING_FOR, Settlement, WebhookItem};
use shared::policy::Policy;
use shared::store::{Committed, DueTarget, Store, StoreError};
use shared::webhook::WebhookId;

use crate::contract::{decided, due, escalation, escalation_under, later, now, only, requeued};

/// A change that two other systems hear of.
pub(crate) async fn committed_with_webhooks(store: &impl Store) -> Change {
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
    assert_eq!(store.requeue(&outbox, later(8), later(60)).await.unwrap(), None, "not due then");
    assert_eq!(store.requeue(&outbox, later(7), later(60)).await.unwrap(), requeued());
    let delivery = webhook(&store, &id).await.delivery;
    assert_eq!((delivery.status, delivery.ambiguous), (DeliveryStatus::Pending, 1));
    assert_eq!(delivery.error.as_deref(), Some("HTTP 503"));
    let again = store.claim_webhook(&id, "mine", later(90)).await.unwrap().unwrap();
    assert_eq!(again.delivery.attempts, 2);
    assert_eq!(
        store.requeue(&outbox, later(90), later(150)).await.unwrap(),
        requeued(),
        "its lease ran out"
    );
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
