//! Every metric is told by some function, in a story in which it means something.
//!
//! What was told is written to `infra/checks/metrics.json`, to which alarms and the dashboard of the
//! template are held: they may watch what is in it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::AttributeValue;
use desk_tests::arrivals::{Arriving, written_back};
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::metrics::{Metrics, Told};
use desk_tests::receiver::Receivers;
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::ses_events::Said;
use desk_tests::world::{World, start};
use desk_tests::{DEFAULT_POLICY, link_keys};
use expect_test::expect_file;
use jiff::{SignedDuration, Timestamp};
use receive_email::{MailBucket, Objects};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Environment;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::incident::timeline::{Event, TimelineEntry};
use shared::links::{KeyRing, KeySource};
use shared::mailer::SendError;
use shared::store::Store;
use shared::store::dynamodb::DynamoDbStore;
use shared::telemetry::Metric;
use shared::webhook::keys::{WebhookKeys, written};
use strum::VariantArray;

const HOUR: u64 = 3600;
const ADA: &str = "ada@customer.example";

fn p1(number: &str) -> Value {
    json!({
        "number": number, "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": ADA },
    })
}

fn escalation(number: &str) -> Value {
    json!({
        "incident_number": number,
        "business_justification": "None of our shops can sell anything.",
        "requester": { "name": "Ada", "email": ADA },
    })
}

/// Care keeps a promise, takes an escalation and resolves the incident.
async fn care_does_its_work() -> Metrics {
    let world = World::new(DEFAULT_POLICY);
    assert_eq!(world.post("/v1/incidents", p1("INC-1")).await.status, 201);
    world.until(60).await;
    let by = json!({ "by": "Grace" });
    let response = json!({ "author": "Grace", "message": "We are looking at it." });
    for _ in ["initial response", "update"] {
        world.post("/v1/incidents/INC-1/responses", response.clone()).await;
    }
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    assert_eq!(world.post("/v1/escalations", escalation("INC-2")).await.status, 201);
    for action in ["acknowledgement", "resolution", "reopening", "resolution", "reopening"] {
        world.post(&format!("/v1/incidents/INC-1/{action}"), by.clone()).await;
    }
    world.metrics
}

/// Everything by mail: a customer escalates, and care writes back.
async fn people_write_mails() -> Metrics {
    let world = World::new(DEFAULT_POLICY);
    let mail = Arriving::plain(
        "ada@acme.example",
        "escalations@example.com",
        "INC-1",
        "None of our shops can sell anything.",
    );
    assert_eq!(world.receives("m1", &mail).await, "escalated INC-1");
    let sent = world.until(60).await;
    let alert = sent.iter().find(|(_, email)| email.to.as_str() == "triage@example.com");
    let answer = written_back(&alert.unwrap().1, "triage@example.com", "We are renewing it.");
    assert_eq!(world.receives("m2", &answer).await, "responded INC-1");
    world.metrics
}

/// Nobody acts: promises of every kind break, the ladder is exhausted, mails wait.
async fn nobody_acts() -> Metrics {
    let world = World::new(DEFAULT_POLICY);
    assert_eq!(world.post("/v1/incidents", p1("INC-1")).await.status, 201);
    let mut by_phone = p1("INC-3");
    by_phone["channel"] = "phone".into();
    assert_eq!(world.post("/v1/incidents", by_phone).await.status, 201);
    let forged = Arriving {
        dmarc: "FAIL".to_owned(),
        dkim: "FAIL".to_owned(),
        ..Arriving::plain(ADA, "escalations@example.com", "INC-2", "Our checkout is down.")
    };
    assert_eq!(world.receives("m1", &forged).await, "quarantined unauthenticated");
    world.until(7 * HOUR).await;
    let by = json!({ "by": "Grace" });
    assert_eq!(world.post("/v1/quarantine/m1/release", by).await.status, 200);
    world.metrics
}

/// SES holds the account, refuses an e-mail for good, and tells of others what becomes of them; the
/// other system wants no more webhooks.
async fn messages_fail() -> Metrics {
    let webhook = "[webhooks.crm]\nurl = \"https://crm.example/hook\"";
    let world = World::new(&format!("{DEFAULT_POLICY}\n{webhook}"));
    world.receivers.is_gone("crm.example");
    let reason = |code: &str| code.to_owned();
    let held = SendError::Retry { reason: reason("SendingPausedException"), account_held: true };
    world.mailer.fail_next(held);
    world.mailer.fail_next(SendError::Park { reason: reason("MessageRejected") });
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    world.until(300).await;
    for (said, id) in [
        (Said::Delivered, "INC-1-1-2"),
        (Said::Bounced, "INC-1-1-2"),
        (Said::Complained, "INC-1-1-3"),
        (Said::Rejected, "INC-1-1-0"),
    ] {
        world.ses_says(said, id).await;
    }
    let (desk, metrics) = (&world.desk, &world.metrics);
    let poison = || Batch { records: vec![json!({ "dynamodb": { "Keys": { "pk": "X" } } })] };
    let dispatch = dispatch_email::handle(desk, &world.mailer, &world.links, poison());
    metrics.of("dispatch-email", dispatch).await;
    let keys = WebhookKeys::new(&written(&[7; 32]), None).unwrap();
    let poster = dispatch_webhook::Poster::new(Receivers::default().connector());
    let dispatch = dispatch_webhook::handle(desk, &keys, &poster, poison());
    metrics.of("dispatch-webhook", dispatch).await;
    for event in [json!({}), event_of_no_email()] {
        let handled = record_delivery::handle(desk, event);
        metrics.of("record-delivery", handled).await.unwrap();
    }
    world.metrics
}

/// SES sends other mail for this account, too.
fn event_of_no_email() -> Value {
    let event = include_str!("../../functions/record-delivery/events/bounced_no_email.json");
    serde_json::from_str(event).unwrap()
}

/// With real connections from here on: the keys of links are not to be had.
async fn keys_of_links_are_not_there() -> Metrics {
    let source = KeySource::Secret("arn:aws:secretsmanager:eu-west-1:1:secret:links".to_owned());
    let ring = KeyRing::new(source, || aws_at("http://127.0.0.1:1").secrets());
    let world = World::with_keys(DEFAULT_POLICY, ring);
    assert_eq!(world.post("/v1/escalations", escalation("INC-1")).await.status, 201);
    world.dispatch().await;
    world.metrics
}

fn mail() -> Arriving {
    let text = "All our shops are closed since this morning.";
    Arriving::plain(ADA, "escalations@example.com", "INC-1", text)
}

/// The queue hands this over; S3 has the mail.
async fn is_handed_over<S: Store>(metrics: &Metrics, desk: &Desk<S>, body: String) {
    let raw = String::from_utf8(mail().raw).unwrap();
    let server = Scripted::start([Answer::json(206, &raw)]).await;
    let bucket: MailBucket =
        Environment::read(&|name| (name == "MAIL_BUCKET").then(|| "mails".to_owned())).unwrap();
    let objects = Objects::new(aws_at(server.url()).s3(), bucket);
    let mut event = SqsEvent::default();
    event.records.push(SqsMessage::default());
    event.records[0].body = Some(body);
    let keys = link_keys();
    let handled = receive_email::handle(desk, &keys, &objects, event);
    metrics.of("receive-email", handled).await;
}

/// Mails come in: one is acted on, one waits, and one is none.
async fn mails_come_in() -> Metrics {
    let world = World::new(DEFAULT_POLICY);
    let fail = || "FAIL".to_owned();
    let forged = Arriving { dmarc: fail(), dkim: fail(), ..mail() };
    let notification = |id: &str, mail: &Arriving| mail.notification(id, start()).to_string();
    for body in [notification("m1", &mail()), notification("m2", &forged), "{}".to_owned()] {
        is_handed_over(&world.metrics, &world.desk, body).await;
    }
    world.metrics
}

/// An incident is stored that cannot be read.
async fn an_incident_cannot_be_read() -> Metrics {
    let (metrics, dynamodb) = (Metrics::default(), TestDynamoDb::start().await);
    let client = dynamodb.aws.dynamodb();
    let desk = Desk {
        store: DynamoDbStore::new(client.clone(), dynamodb.table),
        policy: Arc::new(desk_tests::default_policy()),
        clock: Clock::of(|| start() + SignedDuration::from_hours(1)),
    };
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let broken = client.put_item().table_name(dynamodb.table);
    let broken = broken.item("pk", text("INCIDENT#INC-1")).item("sk", text("INCIDENT"));
    let broken = broken.item("due_shard", text("0")).item("due_at", AttributeValue::N("1".into()));
    broken.send().await.unwrap();
    let sweep = check_deadlines::sweep(&desk, desk.clock.now(), Timestamp::MAX);
    assert_eq!(metrics.of("check-deadlines", sweep).await.unwrap().failed, 1);
    is_handed_over(&metrics, &desk, mail().notification("m1", start()).to_string()).await;
    metrics
}

/// What is known of a metric: its unit, its sets of dimensions with the values that they had, and which
/// functions tell it.
fn known<'a>(told: &'a [Told], name: &str) -> Option<Value> {
    let of = || told.iter().filter(|told| told.name() == name);
    let units: BTreeSet<_> = of().map(Told::unit).collect();
    let dimensions: BTreeSet<Vec<&'a str>> = of().flat_map(Told::dimensions).collect();
    let functions: BTreeSet<_> = of().map(|told| told.function).collect();
    let names: BTreeSet<_> = dimensions.iter().flatten().copied().collect();
    let by: BTreeMap<_, BTreeSet<_>> = names
        .into_iter()
        .map(|name| (name, of().filter_map(|told| told.by(name)).collect()))
        .collect();
    let unit = units.first()?;
    assert_eq!(units.len(), 1, "{name} has one unit");
    Some(json!({ "unit": unit, "dimensions": dimensions, "by": by, "functions": functions }))
}

#[tokio::test(start_paused = true)]
async fn every_metric_is_told_by_some_function() {
    let mut stories = vec![
        care_does_its_work().await,
        people_write_mails().await,
        nobody_acts().await,
        messages_fail().await,
    ];
    tokio::time::resume();
    stories.push(keys_of_links_are_not_there().await);
    stories.push(mails_come_in().await);
    stories.push(an_incident_cannot_be_read().await);
    let told: Vec<_> = stories.iter().flat_map(Metrics::told).collect();
    assert!(told.iter().all(|told| told.value().0 >= start()), "each has an instant and a value");
    let mut metrics = BTreeMap::new();
    let mut untold = Vec::new();
    for metric in Metric::VARIANTS {
        match known(&told, metric.name()) {
            Some(known) => drop(metrics.insert(metric.name(), known)),
            None => untold.push(metric),
        }
    }
    assert!(untold.is_empty(), "no function tells {untold:?} in any story");
    let written = serde_json::to_string_pretty(&metrics).unwrap();
    expect_file!["../../infra/checks/metrics.json"].assert_eq(&format!("{written}\n"));
}

#[tokio::test(start_paused = true)]
async fn lateness_is_measured_of_each_thing_that_was_due() {
    // So that reminders are among them.
    let policy =
        DEFAULT_POLICY.replace("automatic_escalation = true", "automatic_escalation = false");
    let world = World::new(&policy);
    assert_eq!(world.post("/v1/incidents", p1("INC-1")).await.status, 201);
    world.until(3 * HOUR).await;
    let story = world.desk.store.story(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    let late = story.timeline.iter().filter_map(|entry| entry.event.lateness());
    let late: Vec<_> = late.map(|lateness| (lateness.fired_at, lateness.late_ms)).collect();
    let is_reminder = |entry: &TimelineEntry| matches!(entry.event, Event::ReminderGiven { .. });
    assert!(story.timeline.iter().any(is_reminder));
    assert_eq!(world.metrics.values(Metric::LatenessMilliseconds), late);
}
