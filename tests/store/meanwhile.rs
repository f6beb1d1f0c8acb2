//! What somebody else does between two requests of the store, and states that no desk leaves behind but
//! that conditions have to refuse all the same.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::hostile::table::{Answer, Table};
use escalation_desk::table::TABLE;
use shared::account::Account;
use shared::incident::timeline::TimelineEntry;
use shared::outbox::{DeliveryStatus, LEASE, OutboxId, Settlement};
use shared::store::dynamodb::schema::NEWEST;
use shared::store::dynamodb::{DynamoDbStore, keys};
use shared::store::{AnsweredRequest, Commit, Committed, ParkedEmail, Store, StoreError};

use crate::accounts::account;
use crate::changed::changed;
use crate::contract::{answered, email, escalation, later, now};
use crate::newer::{Key, key_of, only_of_what_is_known, passed_on};
use crate::webhooks::committed_with_webhooks;

/// Answers the first request on an item with what is true of another: as it was a moment ago.
fn late(asking: &Client, of: &Key, as_of: &Key) -> DynamoDbStore {
    let (of, as_of, is_over) = (of.clone(), as_of.clone(), AtomicBool::new(false));
    changed(asking, move |input| {
        let key = if input.downcast_ref::<GetItemInput>().is_some() {
            input.downcast_mut::<GetItemInput>().and_then(|get| get.key.as_mut())
        } else {
            input.downcast_mut::<UpdateItemInput>().and_then(|update| update.key.as_mut())
        };
        let Some(key) = key else { return };
        let (pk, sk) = &of;
        let is_it = key[keys::PK].as_s() == Ok(pk) && key[keys::SK].as_s() == Ok(sk);
        if is_it && !is_over.swap(true, Ordering::Relaxed) {
            key.insert(keys::PK.to_owned(), AttributeValue::S(as_of.0.clone()));
            key.insert(keys::SK.to_owned(), AttributeValue::S(as_of.1.clone()));
        }
    })
}

#[tokio::test]
async fn what_a_transaction_holds_meanwhile_is_a_conflict() {
    let said = r#"400 {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}"#;
    let table = Table::default();
    table.answers(Answer::read(said.as_bytes()), Answer::default());
    let id = escalation("INC-1", now()).emails[0].id.clone();
    let claimed = table.store().claim_email(&id, "mine", now() + LEASE).await;
    assert!(matches!(claimed, Err(StoreError::Conflict)), "{claimed:?}");
}

pub async fn a_domain_that_somebody_takes_meanwhile_stays_theirs(asking: Client, client: Client) {
    let of = |id: &str, version: u64, domains: &[&str]| Account {
        id: id.parse().unwrap(),
        domains: domains.iter().map(|domain| domain.parse().unwrap()).collect(),
        ..account(version)
    };
    let key = |domain: &str| (keys::domain_pk(&domain.parse().unwrap()), keys::DOMAIN.to_owned());
    let (ours, lost) = (key("acme.example"), key("lost.example"));
    let store = DynamoDbStore::new(asking.clone(), TABLE);
    store.put_account(&of("ACME", 1, &["acme.example"]), None).await.unwrap();
    store.put_account(&of("OTHER", 1, &["lost.example"]), None).await.unwrap();
    let before = of("ACME", 1, &["acme.example", "lost.example"]);
    let second = of("ACME", 2, &["acme.example"]);
    let refused = late(&asking, &lost, &ours).put_account(&second, Some(&before)).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    let whose = async || store.account_of(&"lost.example".parse().unwrap()).await.unwrap();
    assert_eq!(whose().await, Some("OTHER".parse().unwrap()));
    // Or nobody has it any more: it is given up all the same.
    let gone = of("OTHER", 1, &["lost.example"]);
    store.put_account(&of("OTHER", 2, &[]), Some(&gone)).await.unwrap();
    late(&asking, &lost, &ours).put_account(&second, Some(&before)).await.unwrap();
    assert_eq!(whose().await, None);
    // Or a newer desk wrote it.
    let third = of("ACME", 3, &["acme.example", "lost.example"]);
    store.put_account(&third, Some(&second)).await.unwrap();
    let fourth = of("ACME", 4, &["acme.example"]);
    let give_up = async || late(&asking, &lost, &ours).put_account(&fourth, Some(&third)).await;
    only_of_what_is_known(&client, &lost, None, give_up).await;
    assert_eq!(whose().await, None);
}

/// Whoever hands out again what somebody was sending looks first, and then writes.
pub async fn what_is_no_longer_being_sent_meanwhile_was_not_sent_in_doubt(
    asking: Client,
    client: Client,
) {
    let store = DynamoDbStore::new(asking.clone(), TABLE);
    let change = committed_with_webhooks(&store).await;
    let (email, webhook) = (&change.emails, &change.webhooks);
    let lease_until = now() + LEASE;
    store.claim_email(&email[0].id, "mine", later(30)).await.unwrap().unwrap();
    store.claim_webhook(&webhook[0].id, "mine", later(30)).await.unwrap().unwrap();
    let pairs: [[OutboxId; 2]; 2] = [
        [email[0].id.clone().into(), email[1].id.clone().into()],
        [webhook[0].id.clone().into(), webhook[1].id.clone().into()],
    ];
    for [sending, pending] in pairs {
        let (as_of, key) = (key_of(&sending), key_of(&pending));
        // It is pending by now, and due at the same instant.
        let requeued = late(&asking, &key, &as_of).requeue(&pending, later(60), later(120)).await;
        assert_eq!(requeued.unwrap(), None);
        // It is being sent, and due at another instant.
        assert_eq!(store.requeue(&sending, later(31), later(120)).await.unwrap(), None);
        // A newer desk is sending it.
        let claimed = match &pending {
            OutboxId::Email(id) => store.claim_email(id, "x", lease_until).await.unwrap().is_some(),
            OutboxId::Webhook(id) => {
                store.claim_webhook(id, "x", lease_until).await.unwrap().is_some()
            }
        };
        assert!(claimed);
        for known in [None, Some(NEWEST)] {
            let requeue = async || {
                late(&asking, &key, &as_of).requeue(&pending, lease_until, lease_until).await
            };
            let requeued = only_of_what_is_known(&client, &key, known, requeue).await;
            assert_eq!(requeued.is_some(), known.is_none(), "once");
        }
    }
}

/// Whatever else an item says: who may settle it has the claim, and is sending it.
pub async fn a_claim_holds_only_of_what_is_being_sent(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let change = committed_with_webhooks(&store).await;
    let (bounced, webhook) = (&change.emails[0], &change.webhooks[0]);
    store.claim_email(&bounced.id, "mine", now() + LEASE).await.unwrap().unwrap();
    store.claim_webhook(&webhook.id, "mine", now() + LEASE).await.unwrap().unwrap();
    let ids: [OutboxId; 2] = [bounced.id.clone().into(), webhook.id.clone().into()];
    for id in &ids {
        let (pk, sk) = key_of(id);
        let update = client.update_item().table_name(TABLE);
        let update =
            update.key(keys::PK, AttributeValue::S(pk)).key(keys::SK, AttributeValue::S(sk));
        let update = update.update_expression("SET #status = :retrying");
        let update = update.expression_attribute_names("#status", "status");
        let retrying = AttributeValue::S("retrying".to_owned());
        update.expression_attribute_values(":retrying", retrying).send().await.unwrap();
        let sent = Settlement::Sent { ses_message_id: None, sent_at: later(1) };
        let settled = store.settle(id, "mine", &sent).await;
        assert!(matches!(settled, Err(StoreError::Conflict)), "{settled:?}");
    }
    let (id, claim_id) = (bounced.id.clone(), "mine".to_owned());
    let parked = ParkedEmail::Unsendable { id, claim_id, error: "refused".to_owned() };
    let passed_on = passed_on(&change, bounced);
    let commit = Commit { parked: Some(parked), ..Commit::of(&passed_on) };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::EmailChanged);
    let delivery = email(&store, &bounced.id).await.delivery;
    assert_eq!(delivery.status, DeliveryStatus::Retrying);
}

#[tokio::test]
async fn a_transaction_that_dynamodb_will_never_take_is_our_mistake_and_no_outage() {
    let dynamodb = TestDynamoDb::start().await;
    let store = DynamoDbStore::new(dynamodb.aws.dynamodb(), TABLE);
    let mut change = escalation("INC-1", now());
    let entry = change.entries[0].clone();
    change.entries = (0..101).map(|index| TimelineEntry { index, ..entry.clone() }).collect();
    let refused = store.commit(Commit::of(&change)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    // Nor one of an item that is too large.
    let large = AnsweredRequest { body: "x".repeat(500_000), ..answered("key", now()) };
    let change = escalation("INC-1", now());
    let refused = store.commit(Commit { answered: Some(large), ..Commit::of(&change) }).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    assert_eq!(store.load(&change.incident.number).await.unwrap(), None, "nothing was written");
    // Nobody listens there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = DynamoDbStore::new(aws_at(&format!("http://{nobody}")).dynamodb(), TABLE);
    let lost = store.commit(Commit::of(&escalation("INC-1", now()))).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
}
