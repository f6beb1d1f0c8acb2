//! What each job costs, counted in requests at the SDK's boundary (DESIGN.md section 10).

use std::sync::Arc;

use axum::Router;
use desk_tests::call::{post, post_once, send};
use desk_tests::counted::Counter;
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::world::{record, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::mailer::ses::SesMailer;
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Commit, Store};

struct Counted {
    desk: Desk<DynamoDbStore>,
    api: Router,
    counter: Counter,
    _dynamodb: TestDynamoDb,
}

async fn counted() -> Counted {
    let dynamodb = TestDynamoDb::start().await;
    let counter = Counter::default();
    let client = counter.dynamodb(&dynamodb.aws.dynamodb());
    let desk = Desk {
        store: DynamoDbStore::new(client, dynamodb.table),
        policy: Arc::new(desk_tests::default_policy()),
        clock: Clock::of(start),
    };
    let api = escalation_desk::gateway::router(desk.clone());
    Counted { desk, api, counter, _dynamodb: dynamodb }
}

fn escalation(number: &str) -> Value {
    json!({
        "incident_number": number,
        "business_justification": "Nothing works any more.",
        "requester": { "name": "Ada", "email": "ada@customer.example" },
    })
}

fn soon() -> Timestamp {
    start() + SignedDuration::from_secs(120)
}

#[tokio::test]
async fn a_submission_is_one_read_and_one_transaction() {
    let c = counted().await;
    let reply = send(&c.api, post("/v1/escalations", &escalation("INC-1"))).await;
    assert_eq!(reply.status, 201);
    assert_eq!(c.counter.take(), "GetItem 1, TransactWriteItems 1");
    let reply = send(&c.api, post_once("/v1/escalations", "k", &escalation("INC-1"))).await;
    assert_eq!(reply.status, 200);
    assert_eq!(c.counter.take(), "GetItem 1, TransactWriteItems 1");
}

#[tokio::test]
async fn an_email_is_two_writes_and_one_send() {
    let c = counted().await;
    send(&c.api, post("/v1/escalations", &escalation("INC-1"))).await;
    c.counter.take();
    let id = "INC-1-1-0".parse().unwrap();
    let ses = Scripted::start([Answer::json(200, r#"{"MessageId":"ses-1"}"#)]).await;
    let mailer = SesMailer::new(c.counter.ses(&aws_at(ses.url()).ses()));
    let records = vec![record(1, &id)];
    let response = dispatch_email::handle(
        &c.desk,
        &mailer,
        dispatch_email::Batch { records: records.clone() },
    );
    assert!(response.await.batch_item_failures.is_empty());
    assert_eq!(c.counter.take(), "SendEmail 1, UpdateItem 2");
    // The same record again: one write that is refused, and nothing is sent.
    dispatch_email::handle(&c.desk, &mailer, dispatch_email::Batch { records }).await;
    assert_eq!(c.counter.take(), "UpdateItem 1");
    assert_eq!(ses.requests().len(), 1);
}

#[tokio::test]
async fn an_idle_sweep_is_one_query_for_each_shard_whatever_is_open() {
    let c = counted().await;
    check_deadlines::sweep(&c.desk, soon(), Timestamp::MAX).await.unwrap();
    assert_eq!(c.counter.take(), "Query 4", "nothing open");
    for n in 0..10 {
        open_and_answered(&c.desk, &format!("INC-{n}")).await;
    }
    c.counter.take();
    check_deadlines::sweep(&c.desk, soon(), Timestamp::MAX).await.unwrap();
    assert_eq!(c.counter.take(), "Query 4", "10 open");
}

/// 10,000 open incidents take a minute to write in a debug build: run with `--ignored`.
#[tokio::test]
#[ignore = "takes a minute; the figure is in the README"]
async fn an_idle_sweep_is_one_query_for_each_shard_with_10_000_open() {
    let c = counted().await;
    for n in 0..10_000 {
        open_and_answered(&c.desk, &format!("INC-{n}")).await;
    }
    c.counter.take();
    check_deadlines::sweep(&c.desk, soon(), Timestamp::MAX).await.unwrap();
    assert_eq!(c.counter.take(), "Query 4", "10,000 open");
}

/// An incident that waits for its next update, with no e-mail on its way.
async fn open_and_answered(desk: &Desk<DynamoDbStore>, number: &str) {
    let open = shared::incident::Command::Open {
        number: number.parse().unwrap(),
        priority: shared::incident::values::Priority::P1,
        channel: shared::incident::values::Channel::Phone,
        summary: "Slow".parse().unwrap(),
        customer: shared::incident::values::Customer {
            name: "Ada".parse().unwrap(),
            email: "ada@customer.example".parse().unwrap(),
            language: None,
            account: None,
        },
        received_at: None,
    };
    let mut change = shared::incident::decide(None, open, &desk.policy, start()).unwrap();
    change.emails.clear();
    desk.store
        .commit(Commit { change: &change, answered: None, parked: None, limit: None })
        .await
        .unwrap();
}
