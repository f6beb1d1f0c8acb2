//! A desk on the real store, all of whose functions can be asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk_tests::arrivals::Arriving;
use desk_tests::call::{Reply, send};
use desk_tests::dynamodb::TestDynamoDb;
use desk_tests::metrics::Metrics;
use desk_tests::receiver::Receivers;
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{keyed, start};
use desk_tests::{DEFAULT_POLICY, link_keys, link_writer};
use dispatch_webhook::Poster;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::inbound::{act, reading};
use shared::mailer::memory::MemoryMailer;
use shared::policy::Policy;
use shared::store::StoreError;
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::{WebhookKeys, written};

use super::attributes::{from_json, text, to_json};

pub struct Played {
    pub desk: Desk<DynamoDbStore>,
    pub mailer: MemoryMailer,
    pub receivers: Receivers,
    pub metrics: Metrics,
    client: Client,
    api: Router,
    seconds: Arc<AtomicI64>,
    dynamodb: TestDynamoDb,
}

impl Played {
    pub async fn start() -> Self {
        Self::through(Client::clone).await
    }

    /// One whose store asks through a client of its own.
    pub async fn through(store: impl FnOnce(&Client) -> Client) -> Self {
        let dynamodb = TestDynamoDb::start().await;
        let client = dynamodb.aws.dynamodb();
        let policy =
            format!("{DEFAULT_POLICY}\n[webhooks.crm]\nurl = \"https://crm.example/hook\"");
        let seconds = Arc::new(AtomicI64::default());
        let clock = seconds.clone();
        let desk = Desk {
            store: DynamoDbStore::new(store(&client), dynamodb.table),
            policy: Arc::new(Policy::read(&policy).unwrap()),
            clock: Clock::of(move || {
                start() + SignedDuration::from_secs(clock.load(Ordering::Relaxed))
            }),
        };
        let api = escalation_desk::gateway::router(desk.clone(), link_keys());
        let (mailer, receivers) = (MemoryMailer::default(), Receivers::default());
        Self {
            desk,
            mailer,
            receivers,
            metrics: Metrics::default(),
            client,
            api,
            seconds,
            dynamodb,
        }
    }

    /// It is so many seconds after the start.
    pub fn at(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        send(&self.api, request).await
    }

    pub async fn receives(&self, id: &str, mail: &Arriving) -> Result<String, StoreError> {
        let receipt = mail.receipt(id, self.desk.clock.now());
        let read = reading::read(&mail.raw, &mail.envelope_from);
        let outcome = act::receive(&self.desk, &link_keys(), &receipt, read).await?;
        Ok(outcome.to_string())
    }

    /// Sweeps, and returns on how many items that failed.
    pub async fn sweep(&self) -> usize {
        let sweep = check_deadlines::sweep(&self.desk, self.desk.clock.now(), Timestamp::MAX);
        self.metrics.of("check-deadlines", sweep).await.unwrap().failed
    }

    /// Hands an e-mail out, whatever state it is in.
    pub async fn dispatch(&self, pk: &str, sk: &str) {
        let links = link_writer(link_keys());
        let batch = Batch { records: vec![keyed(1, pk, sk)] };
        let dispatch = dispatch_email::handle(&self.desk, &self.mailer, &links, batch);
        self.metrics.of("dispatch-email", dispatch).await;
    }

    /// Hands a webhook out, whatever state it is in.
    pub async fn post_webhook(&self, pk: &str, sk: &str) {
        let keys = WebhookKeys::new(&written(&[7; 32]), None).unwrap();
        let poster = Poster::new(self.receivers.connector());
        let batch = Batch { records: vec![keyed(1, pk, sk)] };
        let dispatch = dispatch_webhook::handle(&self.desk, &keys, &poster, batch);
        self.metrics.of("dispatch-webhook", dispatch).await;
    }

    /// SES says so of an e-mail that it gave this id.
    pub async fn ses_says(&self, said: Said, id: EmailId, message_id: &str, to: &str) -> bool {
        let (message_id, to) = (message_id.to_owned(), to.to_owned());
        let sent = SentEmail { id, message_id, to, sent_at: start() };
        let event = sent.event(said, self.desk.clock.now());
        let handled = record_delivery::handle(&self.desk, event);
        self.metrics.of("record-delivery", handled).await.is_ok()
    }

    /// All that is in the table, in order.
    pub async fn items(&self) -> Vec<Value> {
        let scan = self.client.scan().table_name(self.dynamodb.table);
        let scan = scan.consistent_read(true).into_paginator().items().send();
        let items = scan.collect::<Result<Vec<_>, _>>().await.unwrap();
        let mut items: Vec<_> = items.iter().map(to_json).collect();
        let key =
            |item: &Value| [text(item, &["pk"]), text(item, &["sk"])].map(|t| t.map(str::to_owned));
        items.sort_by_key(key);
        items
    }

    /// Puts items into the table as they are.
    pub async fn restore(&self, items: &[Value]) {
        for item in items {
            let put = self.client.put_item().table_name(self.dynamodb.table);
            put.set_item(Some(from_json(item))).send().await.unwrap();
        }
    }
}
