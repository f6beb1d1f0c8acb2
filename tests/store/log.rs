//! What the store in memory tells beside the contract: what goes to its index and to its stream, for
//! those who bring it to others late.

use shared::outbox::{LEASE, OutboxId, Settlement};
use shared::store::memory::{DueIndex, MemoryStore, Written};
use shared::store::{DuePosition, DueTarget, Store};

use crate::contract::{committed, later, now};
use crate::webhooks::committed_with_webhooks;

#[tokio::test]
async fn what_becomes_due_or_pending_is_logged_once() {
    let store = MemoryStore::logged();
    let change = committed_with_webhooks(&store).await;
    let incident = DueTarget::Incident(change.incident.number.clone());
    let ids = change.emails.iter().map(|email| OutboxId::from(email.id.clone()));
    let ids = ids.chain(change.webhooks.iter().map(|webhook| webhook.id.clone().into()));
    let ids: Vec<_> = ids.collect();
    let log = store.take_log();
    let pending = |log: &[Written]| -> Vec<OutboxId> {
        let pending = log.iter().filter_map(|written| match written {
            Written::Pending(id) => Some(id.clone()),
            Written::Due { .. } => None,
        });
        pending.collect()
    };
    assert_eq!(pending(&log), ids);
    assert_eq!(log.len(), 2 * ids.len() + 1, "each is due, and the incident");
    let due_at = store.due_at(&incident);
    assert_eq!(due_at, Some(later(20 * 60)));
    assert!(log.contains(&Written::Due { target: incident, due_at }));
    assert_eq!(store.take_log(), [], "it was taken");

    let id = change.emails[0].id.clone();
    let (target, lease_until) = (DueTarget::Email(id.clone()), now() + LEASE);
    store.claim_email(&id, "mine", lease_until).await.unwrap().unwrap();
    let due = |due_at| Written::Due { target: target.clone(), due_at };
    assert_eq!(store.take_log(), [due(Some(lease_until))], "and nothing is pending");
    store.claim_email(&id, "yours", lease_until).await.unwrap();
    assert_eq!(store.take_log(), [], "nothing was written");
    let sent = Settlement::Sent { ses_message_id: None, sent_at: later(1) };
    store.settle(&id.into(), "mine", &sent).await.unwrap();
    assert_eq!(store.take_log(), [due(None)]);
    assert_eq!(store.due_at(&target), None);
}

#[tokio::test]
async fn without_a_log_nothing_is_kept() {
    let store = MemoryStore::default();
    committed(&store, "INC-1").await;
    assert_eq!(store.take_log(), []);
}

#[tokio::test]
async fn what_is_pending_is_what_the_stream_would_hand_out() {
    let store = MemoryStore::default();
    let change = committed_with_webhooks(&store).await;
    let mut emails: Vec<_> = change.emails.iter().map(|email| email.id.clone()).collect();
    let mut webhooks: Vec<_> = change.webhooks.iter().map(|webhook| webhook.id.clone()).collect();
    assert_eq!(
        (store.pending_emails(), store.pending_webhooks()),
        (emails.clone(), webhooks.clone())
    );
    store.claim_email(&emails.remove(0), "mine", now() + LEASE).await.unwrap().unwrap();
    store.claim_webhook(&webhooks.remove(0), "mine", now() + LEASE).await.unwrap().unwrap();
    assert_eq!((store.pending_emails(), store.pending_webhooks()), (emails, webhooks));
}

#[test]
fn an_index_has_each_thing_once_and_knows_what_is_first() {
    let target = |n: u32| DueTarget::Incident(format!("INC-{n}").parse().unwrap());
    let at = |n: u32, seconds| DuePosition { due_at: later(seconds), target: target(n) };
    let mut index = DueIndex::default();
    assert_eq!(index.first(), None);
    for n in 0..9 {
        assert!(index.put(&target(n), Some(later(100 - i64::from(n)))), "that is new");
    }
    assert_eq!(index.first(), Some(&at(8, 92)));
    assert!(!index.put(&target(3), Some(later(97))), "it was due then already");
    assert!(index.put(&target(3), Some(later(5))));
    assert_eq!((index.first(), index.due_at(&target(3))), (Some(&at(3, 5)), Some(later(5))));
    let until = |index: &DueIndex, seconds| index.until(later(seconds)).count();
    assert_eq!([4, 5, 91, 92, 100].map(|seconds| until(&index, seconds)), [0, 1, 1, 2, 9]);
    assert!(index.put(&target(3), None));
    assert!(!index.put(&target(3), None));
    assert_eq!((index.first(), index.due_at(&target(3))), (Some(&at(8, 92)), None));
}
