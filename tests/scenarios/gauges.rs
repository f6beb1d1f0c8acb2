//! What the sweep measures of how far behind the desk is: the oldest thing overdue, and the oldest
//! e-mail that is not sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use desk_tests::DEFAULT_POLICY;
use desk_tests::call::{post, send};
use desk_tests::dynamodb::TestDynamoDb;
use desk_tests::metrics::Metrics;
use desk_tests::world::{World, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::mailer::SendError;
use shared::store::dynamodb::DynamoDbStore;
use shared::telemetry::Metric;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// What the alarm of the template waits for, in milliseconds.
const TOO_OLD: i64 = 300_000;

fn escalation(number: &str) -> Value {
    json!({
        "incident_number": number,
        "business_justification": "Nothing works any more.",
        "requester": { "name": "Ada", "email": "ada@customer.example" },
    })
}

fn p1_by_email() -> Value {
    json!({
        "number": "INC-1", "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example" },
    })
}

/// The values of a metric, each with its second after the start.
fn told(metrics: &Metrics, metric: Metric) -> Vec<(u64, i64)> {
    let second = |at: Timestamp| at.duration_since(start()).as_secs().unsigned_abs();
    metrics.values(metric).into_iter().map(|(at, value)| (second(at), value)).collect()
}

fn greatest(told: &[(u64, i64)], from: u64, to: u64) -> i64 {
    let within = told.iter().filter(|(second, _)| (from..to).contains(second));
    within.map(|(_, value)| *value).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_overdue_while_everything_is_acted_on_at_its_instant() {
    let world = World::new(DEFAULT_POLICY);
    world.post("/v1/incidents", p1_by_email()).await;
    world.until(4 * HOUR).await;
    let overdue = told(&world.metrics, Metric::OldestOverdueMilliseconds);
    assert!(overdue.iter().all(|(_, value)| *value == 0), "{overdue:?}");
    let pending = told(&world.metrics, Metric::OldestPendingEmailMilliseconds);
    assert!(pending.iter().all(|(_, value)| *value == 0), "{pending:?}");
    let sweeps = told(&world.metrics, Metric::SweepHeartbeat).len();
    assert_eq!((overdue.len(), pending.len()), (sweeps, sweeps), "one with each heartbeat");
    assert_eq!(sweeps, 240);
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_first_sweep_tells_how_long_the_oldest_has_waited() {
    let world = World::new(DEFAULT_POLICY);
    world.post("/v1/incidents", p1_by_email()).await;
    world.until(30 * MINUTE).await;
    let before = told(&world.metrics, Metric::OldestOverdueMilliseconds).len();
    tokio::time::advance(Duration::from_secs(2 * HOUR)).await;
    world.until(3 * HOUR).await;
    let overdue = told(&world.metrics, Metric::OldestOverdueMilliseconds)[before..].to_vec();
    // The warning was due after 45 minutes.
    let (second, value) = overdue[0];
    assert_eq!(value, i64::try_from((second - 45 * MINUTE) * 1000).unwrap());
    assert!(overdue[1..].iter().all(|(_, value)| *value == 0), "{overdue:?}");
}

/// An incident that cannot be read, on the real store.
#[tokio::test]
async fn what_no_sweep_can_act_on_is_overdue_for_ever_longer() {
    let dynamodb = TestDynamoDb::start().await;
    let (client, seconds) = (dynamodb.aws.dynamodb(), Arc::new(AtomicI64::default()));
    let clock = seconds.clone();
    let now = move || start() + SignedDuration::from_secs(clock.load(Ordering::Relaxed));
    let desk = Desk {
        store: DynamoDbStore::new(client.clone(), dynamodb.table),
        policy: Arc::new(desk_tests::default_policy()),
        clock: Clock::of(now),
    };
    let api = escalation_desk::gateway::router(desk.clone(), desk_tests::link_keys());
    for number in ["INC-1", "INC-2"] {
        let mut body = p1_by_email();
        body["number"] = json!(number);
        assert_eq!(send(&api, post("/v1/incidents", &body)).await.status, 201);
    }
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let broken = client.update_item().table_name(dynamodb.table);
    let broken = broken.key("pk", text("INCIDENT#INC-1")).key("sk", text("INCIDENT"));
    let broken = broken.update_expression("SET #state = :nonsense");
    let broken = broken.expression_attribute_names("#state", "state");
    broken.expression_attribute_values(":nonsense", text("nonsense")).send().await.unwrap();
    let metrics = Metrics::default();
    let due = 45 * 60;
    for late in [-60, 0, 60, 120, 180] {
        seconds.store(due + late, Ordering::Relaxed);
        let sweep = check_deadlines::sweep(&desk, desk.clock.now(), Timestamp::MAX);
        let report = metrics.of("check-deadlines", sweep).await.unwrap();
        assert_eq!(report.failed, usize::from(late >= 0), "the other one does not stay behind");
    }
    let overdue = told(&metrics, Metric::OldestOverdueMilliseconds);
    let overdue: Vec<_> = overdue.into_iter().map(|(_, value)| value).collect();
    // The first sweep also found the e-mails, which nothing had handed out.
    assert_eq!(overdue[1..], [0, 60_000, 120_000, 180_000]);
    assert_eq!(metrics.values(Metric::Unreadable).len(), 4);
}

fn held() -> SendError {
    SendError::Retry { reason: "SendingPausedException: paused".to_owned(), account_held: true }
}

#[tokio::test(start_paused = true)]
async fn while_ses_holds_the_account_the_oldest_email_grows_older_and_then_it_is_sent() {
    let world = World::new(DEFAULT_POLICY);
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    (0..10_000).for_each(|_| world.mailer.fail_next(held()));
    world.until(2 * HOUR).await;
    let pending = told(&world.metrics, Metric::OldestPendingEmailMilliseconds);
    assert!(!world.metrics.values(Metric::SendingHeld).is_empty());
    for (second, value) in &pending {
        let age = i64::try_from((second + 1) * 1000).unwrap();
        assert!(*value < age, "it was written at the start");
    }
    assert!(greatest(&pending, 0, 5 * MINUTE) <= TOO_OLD);
    assert!(greatest(&pending, 0, 7 * MINUTE) > TOO_OLD, "the alarm rings in time");
    // Nobody looks at an e-mail before it is tried again: a quarter of an hour, and two minutes.
    for from in (7 * MINUTE..2 * HOUR - 17 * MINUTE).step_by(60) {
        let value = greatest(&pending, from, from + 17 * MINUTE);
        assert!(value >= i64::try_from(from * 1000).unwrap().max(TOO_OLD), "from {from}: {value}");
    }
    world.mailer.recover();
    let sent = world.until(3 * HOUR).await;
    assert!(sent.iter().any(|(_, email)| email.to.as_str() == "triage@example.com"));
    let pending = told(&world.metrics, Metric::OldestPendingEmailMilliseconds);
    assert_eq!(greatest(&pending, 2 * HOUR + 20 * MINUTE, 3 * HOUR), 0, "the alarm is over");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_email_is_one_that_is_still_wanted() {
    let world = World::new(DEFAULT_POLICY);
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    tokio::time::advance(Duration::from_secs(100)).await;
    world.post("/v1/incidents/INC-1/resolution", json!({ "by": "Grace" })).await;
    tokio::time::advance(Duration::from_secs(400)).await;
    let sweep = async || {
        let sweep = check_deadlines::sweep(&world.desk, world.desk.clock.now(), Timestamp::MAX);
        world.metrics.of("check-deadlines", sweep).await.unwrap()
    };
    let report = sweep().await;
    assert!(report.cancelled > 0 && report.requeued > 0, "{report:?}");
    let pending = || told(&world.metrics, Metric::OldestPendingEmailMilliseconds);
    assert_eq!(pending(), [(500, 500_000)], "the receipt, which still holds");
    world.dispatch().await;
    sweep().await;
    assert_eq!(pending()[1..], [(500, 0)], "all are sent");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_waits_is_no_email() {
    let webhook = "[webhooks.crm]\nurl = \"https://crm.example/hook\"";
    let world = World::new(&format!("{DEFAULT_POLICY}\n{webhook}"));
    world.receivers.is_down("crm.example", true);
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    world.until(30 * MINUTE).await;
    assert!(world.receivers.refused() > 3);
    let pending = told(&world.metrics, Metric::OldestPendingEmailMilliseconds);
    assert!(pending.iter().all(|(_, value)| *value == 0), "{pending:?}");
    // A retry counts from when it is due: the sweeps come once a minute.
    let overdue = told(&world.metrics, Metric::OldestOverdueMilliseconds);
    assert!(greatest(&overdue, 0, 30 * MINUTE) <= 60_000, "{overdue:?}");
}
