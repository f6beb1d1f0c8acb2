//! What a newer desk wrote is not written over; what was written before items said which layout they
//! have is, like what has the newest that is known.

use std::fmt::Debug;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use escalation_desk::table::TABLE;
use shared::account::Account;
use shared::email::{EmailId, OutboxEmail};
use shared::incident::{Change, Command};
use shared::outbox::{FactKind, LEASE, OutboxId, Settlement};
use shared::store::dynamodb::schema::{NEWEST, SCHEMA};
use shared::store::dynamodb::{DynamoDbStore, keys};
use shared::store::{Commit, Committed, MailWrite, ParkedEmail, Store, StoreError};

use crate::accounts::{account, opened, resolved};
use crate::contract::{committed, decided, email, later, now, only};
use crate::emails::{facts, sent};
use crate::mails::{first, incomplete, next, quarantined, refused};
use crate::webhooks::committed_with_webhooks;

pub(crate) type Key = (String, String);

/// Gives what is there the layout of a newer desk, or that of a time without any.
pub(crate) async fn with_layout(client: &Client, (pk, sk): &Key, layout: Option<u32>) {
    let update = client
        .update_item()
        .table_name(TABLE)
        .key(keys::PK, AttributeValue::S(pk.clone()))
        .key(keys::SK, AttributeValue::S(sk.clone()))
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_names("#v", SCHEMA);
    let update = match layout {
        Some(layout) => update
            .update_expression("SET #v = :v")
            .expression_attribute_values(":v", AttributeValue::N(layout.to_string())),
        None => update.update_expression("REMOVE #v"),
    };
    update.send().await.unwrap();
}

async fn as_it_is(client: &Client, (pk, sk): &Key) -> impl Debug + PartialEq + use<> {
    let get = client.get_item().table_name(TABLE).consistent_read(true);
    let get = get.key(keys::PK, AttributeValue::S(pk.clone()));
    get.key(keys::SK, AttributeValue::S(sk.clone())).send().await.unwrap().item
}

/// What is asked of a newer desk's item changes nothing, and says so. Then it is done to the same
/// item in a layout that is known, or in none.
pub(crate) async fn only_of_what_is_known<T: Debug>(
    client: &Client,
    key: &Key,
    known: Option<u32>,
    ask: impl AsyncFn() -> Result<T, StoreError>,
) -> T {
    with_layout(client, key, Some(NEWEST + 1)).await;
    let before = as_it_is(client, key).await;
    let asked = ask().await;
    let Err(StoreError::Newer(told)) = &asked else { panic!("{asked:?}") };
    let is_named = told.contains(&key.0) && told.contains(&key.1);
    assert!(is_named && told.contains(&(NEWEST + 1).to_string()), "{told}");
    assert_eq!(as_it_is(client, key).await, before);
    with_layout(client, key, known).await;
    ask().await.unwrap()
}

pub(crate) fn key_of(id: &OutboxId) -> Key {
    (keys::thread_pk(&id.thread()), keys::outbox_sk(id))
}

fn settlements() -> [Settlement; 3] {
    let error = || "slow".to_owned();
    [
        Settlement::Retry { due_at: later(90), ambiguous: false, error: error() },
        Settlement::Sent { ses_message_id: None, sent_at: later(1) },
        Settlement::Parked { error: error() },
    ]
}

/// The whole way of what is in the outbox.
async fn goes_its_way(
    client: &Client,
    store: &DynamoDbStore,
    id: &OutboxId,
    claim: impl AsyncFn() -> Result<bool, StoreError>,
) {
    let key = key_of(id);
    let due = async |at| {
        let handed_out = only_of_what_is_known(client, &key, None, async || {
            store.requeue(id, at, later(120)).await
        });
        assert!(handed_out.await.is_some());
    };
    for settlement in settlements() {
        assert!(only_of_what_is_known(client, &key, None, &claim).await);
        due(now() + LEASE).await;
        assert!(only_of_what_is_known(client, &key, None, &claim).await);
        only_of_what_is_known(client, &key, None, async || {
            store.settle(id, "mine", &settlement).await
        })
        .await;
        if !matches!(settlement, Settlement::Retry { .. }) {
            break;
        }
        due(later(90)).await;
    }
}

pub async fn a_newer_desks_email_is_not_claimed_settled_or_handed_out_again(
    asking: Client,
    client: Client,
) {
    let store = DynamoDbStore::new(asking, TABLE);
    let id = committed(&store, "INC-1").await.emails[0].id.clone();
    let claim = async || {
        store.claim_email(&id, "mine", now() + LEASE).await.map(|claimed| claimed.is_some())
    };
    goes_its_way(&client, &store, &id.clone().into(), claim).await;
}

pub async fn a_newer_desks_webhook_is_not_claimed_settled_or_handed_out_again(
    asking: Client,
    client: Client,
) {
    let store = DynamoDbStore::new(asking, TABLE);
    let id = committed_with_webhooks(&store).await.webhooks[0].id.clone();
    let claim = async || {
        store.claim_webhook(&id, "mine", now() + LEASE).await.map(|claimed| claimed.is_some())
    };
    goes_its_way(&client, &store, &id.clone().into(), claim).await;
}

pub async fn a_newer_desks_email_is_not_cancelled_and_nothing_is_learned_of_it(
    asking: Client,
    client: Client,
) {
    let store = DynamoDbStore::new(asking, TABLE);
    for (number, known) in [("INC-1", None), ("INC-2", Some(NEWEST))] {
        let id = committed(&store, number).await.emails[0].id.clone();
        let key = key_of(&id.clone().into());
        let cancel = async || store.cancel_email(&id, later(60)).await;
        assert!(only_of_what_is_known(&client, &key, known, cancel).await);
        learns(&client, &store, &id, known).await;
    }
}

async fn learns(client: &Client, store: &DynamoDbStore, id: &EmailId, known: Option<u32>) {
    let key = key_of(&id.clone().into());
    // What is new; what was earlier than it was thought to be; both; and so of one that is parked.
    let delivered = |seconds| (FactKind::Delivered, later(seconds), "250 ok");
    for heard in [
        vec![delivered(9)],
        vec![delivered(8)],
        vec![delivered(7), sent(later(1))],
        vec![(FactKind::Bounced, later(9), "550 no such user")],
        vec![(FactKind::Complained, later(9), "abuse")],
        vec![delivered(6)],
        vec![delivered(5), (FactKind::Delayed, later(2), "slow")],
    ] {
        let learned = email(store, id).await.learn(&facts(&heard)).unwrap();
        only_of_what_is_known(client, &key, known, async || store.learn(&learned).await).await;
    }
}

pub(crate) fn passed_on(change: &Change, bounced: &OutboxEmail) -> Change {
    let command = Command::Undeliverable {
        email: bounced.id.clone(),
        recipient: Some(bounced.recipient.clone()),
        kind: Some(bounced.kind.clone()),
        reason: "refused".to_owned(),
    };
    decided(Some(&change.incident), command, later(1))
}

pub async fn a_newer_desks_email_is_not_parked(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    for (n, known) in [None, Some(NEWEST)].into_iter().enumerate() {
        for (m, email_of) in ["INC-1", "INC-2", "INC-3"].into_iter().enumerate() {
            let change = committed(&store, &format!("{email_of}-{n}")).await;
            let bounced = &change.emails[0];
            let (id, error) = (bounced.id.clone(), "refused".to_owned());
            let heard = facts(&[(FactKind::Bounced, later(1), "550 no such user")]);
            let learned = email(&store, &id).await.learn(&heard).unwrap();
            let parked = [
                ParkedEmail::Unsendable { id: id.clone(), claim_id: "mine".to_owned(), error },
                ParkedEmail::Unreadable { id, error: "no such kind".to_owned() },
                ParkedEmail::Undelivered(learned),
            ];
            store.claim_email(&bounced.id, "mine", now() + LEASE).await.unwrap().unwrap();
            let passed_on = passed_on(&change, bounced);
            let commit = async || {
                let parked = Some(parked[m].clone());
                store.commit(Commit { parked, ..Commit::of(&passed_on) }).await
            };
            let key = key_of(&bounced.id.clone().into());
            let done = only_of_what_is_known(&client, &key, known, commit).await;
            assert_eq!(done, Committed::Done);
        }
    }
}

pub async fn what_a_newer_desk_remembers_of_an_account_stays(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    let id = change.remembered.as_ref().unwrap().id();
    let key = (keys::account_pk(&id.account), keys::remembered_sk(&id));
    let settle = async || store.settle_recurrence(&id, now()).await;
    assert!(only_of_what_is_known(&client, &key, None, settle).await);
    let next = resolved(&change);
    let remember = async || store.commit(only(&next)).await;
    assert_eq!(only_of_what_is_known(&client, &key, None, remember).await, Committed::Done);
    let by = "Grace".parse().unwrap();
    let mut next = decided(Some(&next.incident), Command::Reopen { by, note: None }, later(90));
    next.remembered = None;
    next.forgotten = Some(id.clone());
    let forget = async || store.commit(only(&next)).await;
    assert_eq!(only_of_what_is_known(&client, &key, None, forget).await, Committed::Done);
}

pub async fn a_newer_desks_domain_stays_whose_it_is(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let key = (keys::domain_pk(&account(1).domains[0]), keys::DOMAIN.to_owned());
    store.put_account(&account(1), None).await.unwrap();
    let taken = async || store.put_account(&account(2), Some(&account(1))).await;
    only_of_what_is_known(&client, &key, None, taken).await;
    // Whose it is can be read while the newer desk has not written it.
    let without = Account { domains: Vec::new(), ..account(3) };
    store.put_account(&without, Some(&account(2))).await.unwrap();
    assert_eq!(store.account_of(&account(1).domains[0]).await.unwrap(), None);
}

pub async fn a_newer_desks_quarantine_is_left_alone(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let keep = async |write: MailWrite| store.keep_mail(&[write], &[], &[], None).await;
    let held = first("m1", incomplete(), now());
    keep(held.clone()).await.unwrap();
    let watch = (keys::QUARANTINE_PK.to_owned(), keys::WATCH.to_owned());
    let wake = async || keep(first("m2", quarantined(), later(1))).await;
    assert_eq!(only_of_what_is_known(&client, &watch, None, wake).await, Committed::Done);
    let place = keys::held_sk(held.record.tell_at.unwrap(), &held.record.id);
    let place = (keys::QUARANTINE_PK.to_owned(), place);
    let leave = async || keep(next(&held.record, refused(), later(9))).await;
    assert_eq!(only_of_what_is_known(&client, &place, None, leave).await, Committed::Done);
}

pub async fn kinds_of_a_newer_desk_are_no_incidents_of_an_account(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    let account = change.remembered.unwrap().account;
    for sk in ["A#1", "Z#1"] {
        let put = client.put_item().table_name(TABLE);
        let put = put.item(keys::PK, AttributeValue::S(keys::account_pk(&account)));
        put.item(keys::SK, AttributeValue::S(sk.to_owned())).send().await.unwrap();
    }
    let since = later(-3600);
    assert_eq!(store.account_incidents(&account, since, 10).await.unwrap().len(), 1);
}
