//! Work of every kind on the table of the template, so that its stream tells of every kind of item.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::http::Request;
use desk_tests::arrivals::Arriving;
use desk_tests::call::{post_once, put, send, with_token};
use desk_tests::dynamodb::TestDynamoDb;
use desk_tests::receiver::Receivers;
use desk_tests::world::start;
use desk_tests::{DEFAULT_POLICY, link_keys, link_writer};
use dispatch_webhook::Poster;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::inbound::{act, reading};
use shared::mailer::SendError;
use shared::mailer::memory::MemoryMailer;
use shared::policy::Policy;
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::{WebhookKeys, written};

use crate::stream::waits_for;

const WEBHOOKS: &str = "
[webhooks.crm]
url = \"https://crm.example.com/hook\"

[webhooks.gone]
url = \"https://gone.example.com/hook\"
";
const SCOPES: &str = "escalations:write incidents:read incidents:write accounts:write";

struct Story {
    dynamodb: TestDynamoDb,
    desk: Desk<DynamoDbStore>,
    seconds: Arc<AtomicI64>,
    mailer: MemoryMailer,
    receivers: Receivers,
    handed_out: usize,
}

impl Story {
    async fn begin() -> Self {
        let dynamodb = TestDynamoDb::start().await;
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = seconds.clone();
        let now = move || start() + SignedDuration::from_secs(clock.load(Ordering::Relaxed));
        let policy = Policy::read(&format!("{DEFAULT_POLICY}\n{WEBHOOKS}")).unwrap();
        let store = DynamoDbStore::new(dynamodb.aws.dynamodb(), dynamodb.table);
        let desk = Desk { store, policy: Arc::new(policy), clock: Clock::of(now) };
        let (mailer, receivers) = (MemoryMailer::default(), Receivers::default());
        Self { dynamodb, desk, seconds, mailer, receivers, handed_out: 0 }
    }

    async fn asks(&self, request: Request<Body>, status: u16) {
        let customers = submit_escalation::router(self.desk.clone());
        let care = manage_incident::router(self.desk.clone(), link_keys());
        let request = with_token(request, "ada", SCOPES);
        let escalates = request.uri().path() == "/v1/escalations";
        let reply = send(if escalates { &customers } else { &care }, request).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.whole());
    }

    async fn escalates(&self, number: &str) {
        let escalation = json!({
            "incident_number": number,
            "business_justification": "We lose 40,000 EUR an hour.",
            "requester": { "name": "Ada", "email": "ada@customer.example", "account": "ACME" },
        });
        self.asks(post_once("/v1/escalations", number, &escalation), 201).await;
    }

    async fn receives(&self, id: &str, dmarc: &str, outcome: &str) {
        let (from, to) = ("ada@acme.example", "escalations@example.com");
        let mail = Arriving::plain(from, to, "Urgent", "All our shops are closed since 8:00.");
        let mail = Arriving { dmarc: dmarc.to_owned(), ..mail };
        let read = reading::read(&mail.raw, &mail.envelope_from);
        let receipt = mail.receipt(id, self.desk.clock.now());
        let becomes = act::receive(&self.desk, &link_keys(), &receipt, read).await.unwrap();
        assert_eq!(becomes.to_string(), outcome);
    }

    /// Hands what has come to wait since the last time to whom it waits for.
    async fn hand_out(&mut self) {
        let records = self.dynamodb.streamed().await.split_off(self.handed_out);
        self.handed_out += records.len();
        let of = |function| {
            let records = records.iter().filter(|record| waits_for(record) == Some(function));
            Batch { records: records.cloned().collect() }
        };
        let (emails, webhooks) = (of("dispatch-email"), of("dispatch-webhook"));
        assert!(!emails.records.is_empty());
        let links = link_writer(link_keys());
        dispatch_email::handle(&self.desk, &self.mailer, &links, emails).await;
        let signing = WebhookKeys::new(&written(&[7; 32]), None).unwrap();
        let poster = Poster::new(self.receivers.connector());
        dispatch_webhook::handle(&self.desk, &signing, &poster, webhooks).await;
    }

    async fn sweep_at(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
        let now = self.desk.clock.now();
        let report = check_deadlines::sweep(&self.desk, now, Timestamp::MAX).await.unwrap();
        assert_eq!(report.failed, 0);
    }
}

/// Every record of the stream.
pub async fn told() -> Vec<Value> {
    let mut story = Story::begin().await;
    let acme = json!({
        "name": "Acme", "domains": ["acme.example"],
        "account_manager": { "name": "Mary", "email": "mary@desk.example" },
    });
    story.asks(put("/v1/accounts/ACME", &acme), 201).await;
    story.escalates("INC-1").await;
    // SES refuses one e-mail, and its answer to another is lost. One system is busy, one has gone.
    story.mailer.fail_next(SendError::Park { reason: "MessageRejected".to_owned() });
    story.mailer.fail_next(SendError::Ambiguous { reason: "timed out".to_owned() });
    story.receivers.is_busy_once("crm.example.com", 10);
    story.receivers.is_gone("gone.example.com");
    story.hand_out().await;
    story.sweep_at(90).await;
    story.hand_out().await;
    // One mail lacks a number, which its sender is asked for. Two wait for people, who refuse one and
    // are told of the other in a while.
    story.receives("one", "PASS", "incomplete number").await;
    for id in ["two", "three"] {
        story.receives(id, "FAIL", "quarantined unauthenticated").await;
    }
    let by = json!({ "by": "Grace" });
    story.asks(post_once("/v1/quarantine/two/refusal", "refused", &by), 200).await;
    story.hand_out().await;
    // Nobody needs an alert any more that is held up until after the resolution.
    story.escalates("INC-2").await;
    story.asks(post_once("/v1/incidents/INC-2/resolution", "resolved", &by), 200).await;
    story.sweep_at(300).await;
    story.dynamodb.streamed().await
}
