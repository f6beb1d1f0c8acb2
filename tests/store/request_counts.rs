//! What each job costs, counted in requests at the SDK's boundary (DESIGN.md section 10).

use std::sync::Arc;

use axum::Router;
use desk_tests::arrivals::Arriving;
use desk_tests::call::{post, post_once, send};
use desk_tests::counted::Counter;
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{keyed, record, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::inbound::{act, reading};
use shared::mailer::ses::SesMailer;
use shared::policy::Policy;
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Commit, Store};
use shared::webhook::keys::{WebhookKeys, written};

/// The default policy with a webhook.
fn policy_with_webhook(url: &str) -> Policy {
    let text = format!("{}\n[webhooks.crm]\nurl = \"{url}\"", desk_tests::DEFAULT_POLICY);
    Policy::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

struct Counted {
    desk: Desk<DynamoDbStore>,
    api: Router,
    counter: Counter,
    _dynamodb: TestDynamoDb,
}

async fn counted() -> Counted {
    counted_with(desk_tests::default_policy()).await
}

async fn counted_with(policy: Policy) -> Counted {
    let dynamodb = TestDynamoDb::start().await;
    let counter = Counter::default();
    let client = counter.dynamodb(&dynamodb.aws.dynamodb());
    let desk = Desk {
        store: DynamoDbStore::new(client, dynamodb.table),
        policy: Arc::new(policy),
        clock: Clock::of(start),
    };
    let api = escalation_desk::gateway::router(desk.clone(), desk_tests::link_keys());
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
    let links = desk_tests::link_writer(desk_tests::link_keys());
    let batch = Batch { records: records.clone() };
    let response = dispatch_email::handle(&c.desk, &mailer, &links, batch);
    assert!(response.await.batch_item_failures.is_empty());
    assert_eq!(c.counter.take(), "SendEmail 1, UpdateItem 2");
    // The same record again: one write that is refused, and nothing is sent.
    dispatch_email::handle(&c.desk, &mailer, &links, Batch { records }).await;
    assert_eq!(c.counter.take(), "UpdateItem 1");
    assert_eq!(ses.requests().len(), 1);
}

#[tokio::test]
async fn a_mail_is_three_reads_and_one_transaction_and_what_changes_nothing_one_transaction() {
    let c = counted().await;
    let becomes = async |id: &str, mail: Arriving| {
        let read = reading::read(&mail.raw, &mail.envelope_from);
        let receipt = mail.receipt(id, start());
        let keys = desk_tests::link_keys();
        act::receive(&c.desk, &keys, &receipt, read).await.unwrap().to_string()
    };
    let mail = |why: &str| {
        Arriving::plain("ada@customer.example", "escalations@example.com", "INC-1", why)
    };
    let forged = |why| Arriving { dmarc: "FAIL".to_owned(), ..mail(why) };
    for (id, mail, outcome, requests) in [
        // The incident to see who writes, whose the domain is, and the incident to change it.
        ("1", mail("Nothing works."), "escalated INC-1", "GetItem 3, TransactWriteItems 1"),
        // Its receipt would be a second automatic answer within the hour: decided anew, without.
        ("2", mail("It is worse now."), "escalated INC-1", "GetItem 6, TransactWriteItems 2"),
        ("3", forged("Nothing works."), "quarantined unauthenticated", "TransactWriteItems 1"),
    ] {
        c.counter.take();
        assert_eq!(becomes(id, mail).await, outcome);
        assert_eq!(c.counter.take(), requests, "{outcome}");
    }
}

#[tokio::test]
async fn what_ses_says_is_one_read_and_one_write_and_a_repeat_one_read() {
    let c = counted().await;
    send(&c.api, post("/v1/escalations", &escalation("INC-1"))).await;
    let id: EmailId = "INC-1-1-0".parse().unwrap();
    c.desk.store.claim_email(&id, "mine", soon()).await.unwrap().unwrap();
    c.counter.take();
    let to = "triage@example.com".to_owned();
    let sent = SentEmail { id, message_id: "ses-1".to_owned(), to, sent_at: start() };
    let bounce = "GetItem 2, TransactWriteItems 1";
    for (said, requests) in [
        (Said::Delivered, "GetItem 1, UpdateItem 1"),
        (Said::Delivered, "GetItem 1"),
        (Said::Sent, "GetItem 1"),
        (Said::Bounced, bounce),
        (Said::Complained, "GetItem 1, UpdateItem 1"),
    ] {
        record_delivery::handle(&c.desk, sent.event(said, start())).await.unwrap();
        assert_eq!(c.counter.take(), requests, "{said:?}");
    }
}

#[tokio::test]
async fn a_webhook_is_two_writes_one_read_and_one_post() {
    let receiver = Scripted::start([Answer::json(200, "{}")]).await;
    let c = counted_with(policy_with_webhook(receiver.url())).await;
    send(&c.api, post("/v1/escalations", &escalation("INC-1"))).await;
    assert_eq!(c.counter.take(), "GetItem 1, TransactWriteItems 1", "as without a webhook");
    let signing = WebhookKeys::new(&written(&[7; 32]), None).unwrap();
    let poster = dispatch_webhook::Poster::new(shared::aws::connections_to_others());
    let records = vec![keyed(1, "INCIDENT#INC-1", "WEBHOOK#0000000001#000")];
    for requests in ["Query 1, UpdateItem 2", "UpdateItem 1"] {
        let batch = Batch { records: records.clone() };
        let response = dispatch_webhook::handle(&c.desk, &signing, &poster, batch).await;
        assert!(response.batch_item_failures.is_empty());
        assert_eq!(c.counter.take(), requests);
    }
    assert_eq!(receiver.requests().len(), 1);
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

#[tokio::test]
async fn a_month_of_figures_is_one_query_whatever_happened() {
    let c = counted().await;
    for n in 0..10 {
        open_and_answered(&c.desk, &format!("INC-{n}")).await;
    }
    c.counter.take();
    let day = |text: &str| text.parse().unwrap();
    let figures = c.desk.store.figures(day("2026-11-01"), day("2026-11-30")).await.unwrap();
    assert_eq!(figures.incidents(), 10);
    assert_eq!(c.counter.take(), "Query 1");
    c.desk.store.figures(day("2026-01-01"), day("2026-12-31")).await.unwrap();
    assert_eq!(c.counter.take(), "Query 12");
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
        by_mail: None,
    };
    let mut change = shared::incident::decide(None, open, &desk.policy, start()).unwrap();
    change.emails.clear();
    desk.store.commit(Commit::of(&change)).await.unwrap();
}
