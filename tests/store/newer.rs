//! What DynamoDB alone has to show: what a newer desk wrote is not written over, and what was written
//! before items said their layout is.

use std::fmt::Debug;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use escalation_desk::table::TABLE;
use shared::account::Account;
use shared::email::OutboxEmail;
use shared::incident::{Change, Command};
use shared::outbox::{FactKind, LEASE, OutboxId, Settlement};
use shared::store::dynamodb::schema::{NEWEST, SCHEMA};
use shared::store::dynamodb::{DynamoDbStore, keys};
use shared::store::{Commit, Committed, MailWrite, ParkedEmail, Store, StoreError};

use crate::accounts::{account, opened, resolved};
use crate::conditions::OnDynamoDb;
use crate::contract::{committed, decided, email, later, now, only};
use crate::emails::{facts, sent};
use crate::mails::{first, incomplete, next, quarantined, refused};
use crate::webhooks::committed_with_webhooks;

macro_rules! clauses {
    ($($clause:ident),+ $(,)?) => {
        pub(crate) const CLAUSES: [(&str, OnDynamoDb); [$(stringify!($clause)),+].len()] = [$(
            (stringify!($clause), |asking, client| Box::pin($clause(asking, client))),
        )+];

        mod dynamodb {
            $(
                #[tokio::test]
                async fn $clause() {
                    let dynamodb = desk_tests::dynamodb::TestDynamoDb::start().await;
                    let client = dynamodb.aws.dynamodb();
                    super::$clause(client.clone(), client).await;
                }
            )+
        }
    };
}

clauses! {
    a_newer_desks_email_is_not_claimed_settled_or_handed_out_again,
    a_newer_desks_email_is_not_cancelled_and_nothing_is_learned_of_it,
    a_newer_desks_email_is_not_parked,
    a_newer_desks_webhook_is_not_claimed_settled_or_handed_out_again,
    what_a_newer_desk_remembers_of_an_account_stays,
    a_newer_desks_domain_stays_whose_it_is,
    a_newer_desks_quarantine_is_left_alone,
    a_domain_that_somebody_takes_meanwhile_stays_theirs,
}

type Key = (String, String);

/// Gives what is there the layout of a newer desk, or that of a time without any.
async fn with_layout(client: &Client, (pk, sk): &Key, layout: Option<u32>) {
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
/// item as it was before items said which layout they have.
async fn only_of_what_is_known<T: Debug>(
    client: &Client,
    key: &Key,
    ask: impl AsyncFn() -> Result<T, StoreError>,
) -> T {
    with_layout(client, key, Some(NEWEST + 1)).await;
    let before = as_it_is(client, key).await;
    let asked = ask().await;
    assert!(matches!(asked, Err(StoreError::Newer(_))), "{asked:?}");
    assert_eq!(as_it_is(client, key).await, before);
    with_layout(client, key, None).await;
    ask().await.unwrap()
}

fn key_of(id: &OutboxId) -> Key {
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
        let handed_out =
            only_of_what_is_known(client, &key, async || store.requeue(id, at, later(120)).await);
        assert!(handed_out.await.is_some());
    };
    for settlement in settlements() {
        assert!(only_of_what_is_known(client, &key, &claim).await);
        due(now() + LEASE).await;
        assert!(only_of_what_is_known(client, &key, &claim).await);
        only_of_what_is_known(client, &key, async || store.settle(id, "mine", &settlement).await)
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
    let change = committed(&store, "INC-1").await;
    let id = &change.emails[0].id;
    let key = key_of(&id.clone().into());
    let cancel = async || store.cancel_email(id, later(60)).await;
    assert!(only_of_what_is_known(&client, &key, cancel).await);
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
        let learned = email(&store, id).await.learn(&facts(&heard)).unwrap();
        only_of_what_is_known(&client, &key, async || store.learn(&learned).await).await;
    }
}

fn passed_on(change: &Change, bounced: &OutboxEmail) -> Change {
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
    for number in ["INC-1", "INC-2", "INC-3"] {
        let change = committed(&store, number).await;
        let bounced = &change.emails[0];
        let (id, error) = (bounced.id.clone(), "refused".to_owned());
        let parked = match number {
            "INC-1" => ParkedEmail::Unreadable { id, error },
            "INC-2" => ParkedEmail::Unsendable { id, claim_id: "mine".to_owned(), error },
            _ => {
                let heard = facts(&[(FactKind::Bounced, later(1), "550 no such user")]);
                ParkedEmail::Undelivered(email(&store, &id).await.learn(&heard).unwrap())
            }
        };
        store.claim_email(&bounced.id, "mine", now() + LEASE).await.unwrap().unwrap();
        let passed_on = passed_on(&change, bounced);
        let commit = async || {
            let parked = Some(parked.clone());
            store.commit(Commit { parked, ..Commit::of(&passed_on) }).await
        };
        let key = key_of(&bounced.id.clone().into());
        let done = only_of_what_is_known(&client, &key, commit).await;
        assert_eq!(done, Committed::Done);
    }
}

pub async fn what_a_newer_desk_remembers_of_an_account_stays(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let change = opened("INC-1", 5);
    store.commit(only(&change)).await.unwrap();
    let id = change.remembered.as_ref().unwrap().id();
    let key = (keys::account_pk(&id.account), keys::remembered_sk(&id));
    let settle = async || store.settle_recurrence(&id, now()).await;
    assert!(only_of_what_is_known(&client, &key, settle).await);
    let next = resolved(&change);
    let remember = async || store.commit(only(&next)).await;
    assert_eq!(only_of_what_is_known(&client, &key, remember).await, Committed::Done);
    let by = "Grace".parse().unwrap();
    let mut next = decided(Some(&next.incident), Command::Reopen { by, note: None }, later(90));
    next.remembered = None;
    next.forgotten = Some(id.clone());
    let forget = async || store.commit(only(&next)).await;
    assert_eq!(only_of_what_is_known(&client, &key, forget).await, Committed::Done);
}

pub async fn a_newer_desks_domain_stays_whose_it_is(asking: Client, client: Client) {
    let store = DynamoDbStore::new(asking, TABLE);
    let key = (keys::domain_pk(&account(1).domains[0]), keys::DOMAIN.to_owned());
    store.put_account(&account(1), None).await.unwrap();
    let taken = async || store.put_account(&account(2), Some(&account(1))).await;
    only_of_what_is_known(&client, &key, taken).await;
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
    assert_eq!(only_of_what_is_known(&client, &watch, wake).await, Committed::Done);
    let place = keys::held_sk(held.record.tell_at.unwrap(), &held.record.id);
    let place = (keys::QUARANTINE_PK.to_owned(), place);
    let leave = async || keep(next(&held.record, refused(), later(9))).await;
    assert_eq!(only_of_what_is_known(&client, &place, leave).await, Committed::Done);
}

/// Answers what is asked of one domain with what is said of another: as it was a moment ago.
#[derive(Debug)]
struct Late {
    of: String,
    as_of: String,
}

impl Intercept for Late {
    fn name(&self) -> &'static str {
        "Late"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let get = context.input_mut().downcast_mut::<GetItemInput>();
        if let Some(pk) = get.and_then(|get| get.key.as_mut()?.get_mut(keys::PK))
            && pk.as_s() == Ok(&self.of)
        {
            *pk = AttributeValue::S(self.as_of.clone());
        }
        Ok(())
    }
}

/// Between the look at whose it is and the write.
pub async fn a_domain_that_somebody_takes_meanwhile_stays_theirs(asking: Client, client: Client) {
    let of = |id: &str, version: u64, domains: &[&str]| Account {
        id: id.parse().unwrap(),
        domains: domains.iter().map(|domain| domain.parse().unwrap()).collect(),
        ..account(version)
    };
    let first = of("ACME", 1, &["acme.example"]);
    let pk = |domain: &str| keys::domain_pk(&domain.parse().unwrap());
    let late = Late { of: pk("lost.example"), as_of: pk("acme.example") };
    let late = asking.config().to_builder().interceptor(late).build();
    let (store, late) =
        (DynamoDbStore::new(asking, TABLE), DynamoDbStore::new(Client::from_conf(late), TABLE));
    store.put_account(&first, None).await.unwrap();
    store.put_account(&of("OTHER", 1, &["lost.example"]), None).await.unwrap();
    let before = of("ACME", 1, &["acme.example", "lost.example"]);
    let second = of("ACME", 2, &["acme.example"]);
    let lost = late.put_account(&second, Some(&before)).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    let whose = store.account_of(&"lost.example".parse().unwrap()).await.unwrap();
    assert_eq!(whose, Some("OTHER".parse().unwrap()));
    // Or a newer desk writes it meanwhile.
    let key = (pk("lost.example"), keys::DOMAIN.to_owned());
    let other = of("OTHER", 2, &[]);
    store.put_account(&other, Some(&of("OTHER", 1, &["lost.example"]))).await.unwrap();
    // Nobody's by now, it is freed all the same.
    let free = async || late.put_account(&second, Some(&before)).await;
    free().await.unwrap();
    let third = of("ACME", 3, &["acme.example", "lost.example"]);
    store.put_account(&third, Some(&second)).await.unwrap();
    let fourth = of("ACME", 4, &["acme.example"]);
    let free = async || late.put_account(&fourth, Some(&third)).await;
    only_of_what_is_known(&client, &key, free).await;
}
