//! What each job costs: requests, capacity units, invocations and e-mails. The cost section of the README
//! is reckoned from this table. To see it:
//!
//! ```sh
//! cargo test -p desk-tests --test store what_each_job_costs -- --nocapture
//! ```

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk_tests::arrivals::Arriving;
use desk_tests::bodies;
use desk_tests::call::{get, post, post_once, send};
use desk_tests::capacity::Capacity;
use desk_tests::counted::Counter;
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{record, start};
use desk_tests::{link_keys, link_writer};
use jiff::{SignedDuration, Timestamp};
use receive_email::{MailBucket, Objects};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Environment;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::mailer::ses::SesMailer;
use shared::store::dynamodb::{DynamoDbStore, keys};

const MINUTE: i64 = 60;
/// How many records the stream hands over at once, as the template has it.
const BATCH: usize = 10;

/// All functions, and what they cost.
struct Costs {
    desk: Desk<DynamoDbStore>,
    api: Router,
    mailer: SesMailer,
    seconds: Arc<AtomicI64>,
    counter: Counter,
    capacity: Capacity,
    invocations: AtomicUsize,
    /// Whose requests are not counted.
    client: Client,
    dynamodb: TestDynamoDb,
    _ses: Scripted,
}

impl Costs {
    async fn start() -> Self {
        let dynamodb = TestDynamoDb::start().await;
        let (counter, capacity) = (Counter::default(), Capacity::default());
        let client = dynamodb.aws.dynamodb();
        let counted = capacity.dynamodb(&counter.dynamodb(&client));
        let seconds = Arc::new(AtomicI64::default());
        let clock = seconds.clone();
        let now = move || start() + SignedDuration::from_secs(clock.load(Ordering::Relaxed));
        let desk = Desk {
            store: DynamoDbStore::new(counted, dynamodb.table),
            policy: Arc::new(desk_tests::default_policy()),
            clock: Clock::of(now),
        };
        let api = escalation_desk::gateway::router(desk.clone(), link_keys());
        let ses = Scripted::start(vec![Answer::json(200, r#"{"MessageId":"ses-1"}"#); 200]).await;
        let mailer = SesMailer::new(counter.ses(&aws_at(ses.url()).ses()));
        let invocations = AtomicUsize::default();
        Self {
            desk,
            api,
            mailer,
            seconds,
            counter,
            capacity,
            invocations,
            client,
            dynamodb,
            _ses: ses,
        }
    }

    fn at(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    fn invoked(&self) {
        self.invocations.fetch_add(1, Ordering::Relaxed);
    }

    async fn ask(&self, request: Request<Body>) {
        self.invoked();
        let reply = send(&self.api, request).await;
        assert!(reply.status.is_success(), "{}", reply.whole());
    }

    async fn sweep(&self) -> check_deadlines::Report {
        self.invoked();
        let until = self.desk.clock.now();
        check_deadlines::sweep(&self.desk, until, Timestamp::MAX).await.unwrap()
    }

    async fn receive(&self, id: &str, mail: &Arriving) {
        self.invoked();
        let server =
            Scripted::start([Answer::json(206, &String::from_utf8(mail.raw.clone()).unwrap())])
                .await;
        let bucket: MailBucket =
            Environment::read(&|name| (name == "MAIL_BUCKET").then(|| "mails".to_owned())).unwrap();
        let objects = Objects::new(self.counter.s3(&aws_at(server.url()).s3()), bucket);
        let mut event = SqsEvent::default();
        event.records.push(SqsMessage::default());
        event.records[0].body = Some(mail.notification(id, self.desk.clock.now()).to_string());
        let answer = receive_email::handle(&self.desk, &link_keys(), &objects, event).await;
        assert!(answer.batch_item_failures.is_empty());
    }

    async fn dispatch(&self, ids: &[EmailId]) {
        self.invoked();
        let records = ids.iter().enumerate().map(|(n, id)| record(n, id)).collect();
        let links = link_writer(link_keys());
        let batch = Batch { records };
        let answer = dispatch_email::handle(&self.desk, &self.mailer, &links, batch).await;
        assert!(answer.batch_item_failures.is_empty());
    }

    async fn ses_says(&self, said: Said, id: &EmailId, to: &str) {
        self.invoked();
        let (id, to, message_id) = (id.clone(), to.to_owned(), "ses-1".to_owned());
        let now = self.desk.clock.now();
        let sent = SentEmail { id, message_id, to, sent_at: now };
        record_delivery::handle(&self.desk, sent.event(said, now)).await.unwrap();
    }

    /// What waits in the outbox: ids, and to whom.
    async fn pending(&self) -> Vec<(EmailId, String)> {
        let scan = self.client.scan().table_name(self.dynamodb.table);
        let scan = scan.filter_expression("#item = :email AND #status = :pending");
        let scan = scan.expression_attribute_names("#item", keys::ITEM);
        let scan = scan.expression_attribute_names("#status", "status");
        let scan =
            scan.expression_attribute_values(":email", AttributeValue::S("EMAIL".to_owned()));
        let scan =
            scan.expression_attribute_values(":pending", AttributeValue::S("pending".to_owned()));
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let text = |value: &AttributeValue| value.as_s().unwrap().clone();
        let mut pending: Vec<_> = items
            .unwrap()
            .iter()
            .map(|item| {
                let id = keys::email_id(&text(&item["pk"]), &text(&item["sk"])).unwrap();
                (id, text(&item["email"].as_m().unwrap()["recipient"]))
            })
            .collect();
        pending.sort();
        pending
    }

    /// Everything that waits is sent, and SES tells of each e-mail that it was sent and delivered.
    async fn emails_go_out(&self) {
        let pending = self.pending().await;
        for batch in pending.chunks(BATCH) {
            let ids: Vec<_> = batch.iter().map(|(id, _)| id.clone()).collect();
            self.dispatch(&ids).await;
        }
        for (id, to) in &pending {
            for said in [Said::Sent, Said::Delivered] {
                self.ses_says(said, id, to).await;
            }
        }
    }

    /// Forgets what was counted so far.
    fn begin(&self) {
        self.counter.take();
        drop(self.capacity.take());
        self.invocations.store(0, Ordering::Relaxed);
    }

    /// A line of the table for what was done since it began.
    fn line(&self, job: &str) -> String {
        let (requests, spent) = (self.counter.take(), self.capacity.take());
        let invocations = self.invocations.swap(0, Ordering::Relaxed);
        assert_eq!(spent.refused, 0, "{job}: what was refused is not in the units");
        let sent = requests.split(", ").find_map(|request| request.strip_prefix("SendEmail "));
        let sent = sent.unwrap_or("0");
        format!(
            "{job:<56} {:>5} {:>5} {invocations:>6} {:>7} {sent:>4}  {requests}",
            spent.read, spent.write, spent.emails
        )
    }
}

fn ada() -> Value {
    json!({ "name": "Ada Martin", "email": "ada@customer.example" })
}

fn escalation(number: &str) -> Value {
    bodies::escalation(number, &ada())
}

fn p1(number: &str, channel: &str) -> Value {
    bodies::p1(number, channel, &ada())
}

fn response() -> Value {
    json!({ "author": "Grace Hall", "message": "A certificate had expired. We are renewing it." })
}

/// Jobs of one request.
async fn requests(table: &mut Vec<String>) {
    let c = Costs::start().await;
    let path = "/v1/escalations";
    c.ask(post(path, &escalation("INC-1"))).await;
    table.push(c.line("escalation of an unknown incident"));
    c.ask(post_once(path, "a-key-of-the-caller", &escalation("INC-2"))).await;
    table.push(c.line("the same, with an Idempotency-Key"));
    c.ask(post("/v1/incidents", &p1("INC-3", "chat"))).await;
    table.push(c.line("P1 opened by chat"));
    c.ask(post(path, &escalation("INC-3"))).await;
    table.push(c.line("escalation of a known incident"));
    c.ask(get("/v1/incidents/INC-3")).await;
    table.push(c.line("reading that incident"));
    c.ask(get("/v1/escalations/INC-3")).await;
    table.push(c.line("its customer reads it"));
}

/// Jobs around e-mails.
async fn emails(table: &mut Vec<String>) {
    let c = Costs::start().await;
    c.ask(post("/v1/escalations", &escalation("INC-1"))).await;
    let (id, to) = c.pending().await.remove(0);
    c.begin();
    c.dispatch(std::slice::from_ref(&id)).await;
    table.push(c.line("one e-mail sent"));
    for (said, job) in [
        (Said::Sent, "SES says: sent"),
        (Said::Delivered, "SES says: delivered"),
        (Said::Delivered, "SES says so again"),
    ] {
        c.ses_says(said, &id, &to).await;
        table.push(c.line(job));
    }
    let text = "None of our shops can sell anything since this morning.";
    let mail = Arriving::plain("ada@customer.example", "escalations@example.com", "INC-2", text);
    c.receive("m1", &mail).await;
    table.push(c.line("a mail that escalates"));
    let fail = || "FAIL".to_owned();
    c.receive("m2", &Arriving { dmarc: fail(), dkim: fail(), ..mail }).await;
    table.push(c.line("a mail that is held"));
}

/// Sweeps.
async fn sweeps(table: &mut Vec<String>) {
    let c = Costs::start().await;
    c.sweep().await;
    table.push(c.line("an idle sweep"));
    c.ask(post("/v1/incidents", &p1("INC-1", "email"))).await;
    c.emails_go_out().await;
    c.at(45 * MINUTE);
    assert_eq!(c.sweep().await.changes, 1);
    c.emails_go_out().await;
    c.at(60 * MINUTE);
    c.begin();
    assert_eq!(c.sweep().await.changes, 1);
    table.push(c.line("a sweep at one deadline, which escalates"));
    // The stream hands nothing out.
    c.at(61 * MINUTE);
    let emails = c.pending().await.len();
    assert_eq!(c.sweep().await.requeued, emails);
    table.push(c.line(&format!("a sweep that hands {emails} stuck e-mails out again")));
}

/// The whole life of a P1 by e-mail, with every e-mail that comes of it, and all that SES says.
async fn whole_life(table: &mut Vec<String>) {
    let c = Costs::start().await;
    let text = "Checkout is down.\n\nNone of our shops can sell anything since this morning.";
    let mail = Arriving::plain("ada@customer.example", "p1@example.com", "INC-1: checkout", text);
    c.receive("m1", &mail).await;
    c.emails_go_out().await;
    for (minutes, action, body) in [
        (20, "responses", response()),
        (300, "responses", response()),
        (600, "responses", response()),
        (700, "resolution", json!({ "by": "Grace Hall", "note": "It is renewed." })),
    ] {
        c.at(minutes * MINUTE);
        let key = format!("a-key-of-the-caller-{minutes}");
        c.ask(post_once(&format!("/v1/incidents/INC-1/{action}"), &key, &body)).await;
        c.emails_go_out().await;
    }
    let incident = c.client.get_item().table_name(c.dynamodb.table);
    let incident = incident.key("pk", AttributeValue::S("INCIDENT#INC-1".to_owned()));
    let incident = incident.key("sk", AttributeValue::S("INCIDENT".to_owned()));
    assert!(!incident.send().await.unwrap().item.unwrap().contains_key("due_at"), "is resolved");
    table.push(c.line("the whole life of a P1 by e-mail, all e-mails, all events"));
}

#[tokio::test]
async fn what_each_job_costs() {
    let mut table = vec![format!(
        "{:<56} {:>5} {:>5} {:>6} {:>7} {:>4}  requests",
        "job", "RCU", "WCU", "Lambda", "written", "sent"
    )];
    requests(&mut table).await;
    emails(&mut table).await;
    sweeps(&mut table).await;
    whole_life(&mut table).await;
    let mut text = String::new();
    for line in table {
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    print(&text);
    insta::assert_snapshot!(text);
}

#[expect(clippy::print_stdout, reason = "it is what somebody asks for who runs this")]
fn print(table: &str) {
    println!("{table}");
}
