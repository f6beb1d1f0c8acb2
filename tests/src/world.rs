//! A world in virtual time: every function on the store and the mailer in memory, the schedule and
//! the stream as AWS has them.
//!
//! Time is tokio's paused clock: it moves only when everybody waits, so six hours pass at once, and
//! a sweep sleeps until its instant as it does in AWS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use dispatch_webhook::Poster;
use escalation_desk::gateway;
use escalation_desk::schedule::DEPLOYED;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::email::render::Rendered;
use shared::inbound::{act, reading};
use shared::links::{KeyRing, LinkWriter};
use shared::mailer::memory::MemoryMailer;
use shared::policy::Policy;
use shared::store::Store;
use shared::store::dynamodb::keys;
use shared::store::memory::MemoryStore;
use shared::webhook::keys::{WebhookKeys, written};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::arrivals::Arriving;
use crate::call::{self, Reply};
use crate::metrics::Metrics;
use crate::receiver::Receivers;
use crate::ses_events::{Said, SentEmail};

/// When a world begins.
pub const START: &str = "2026-11-24T08:00:00Z";
/// How long the stream takes to hand an e-mail to `dispatch-email`.
const STREAM_DELAY: Duration = Duration::from_millis(200);

/// All functions in virtual time.
pub struct World {
    /// The store, the policy and the time.
    pub desk: Desk<MemoryStore>,
    /// SES.
    pub mailer: MemoryMailer,
    /// Who writes the links of e-mails.
    pub links: LinkWriter,
    /// Other systems, which hear of changes when the policy has webhooks.
    pub receivers: Receivers,
    /// What the functions measured.
    pub metrics: Metrics,
    keys: KeyRing,
    api: Router,
    began: Instant,
}

impl World {
    /// A world with this policy, in which nothing has happened. Wants a paused clock.
    ///
    /// # Panics
    ///
    /// When the policy is wrong.
    #[must_use]
    pub fn new(policy: &str) -> Self {
        Self::with_keys(policy, crate::link_keys())
    }

    /// The same, with these keys for links.
    ///
    /// # Panics
    ///
    /// When the policy is wrong.
    #[must_use]
    pub fn with_keys(policy: &str, keys: KeyRing) -> Self {
        let policy = Policy::read(policy).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let (start, began) = (start(), Instant::now());
        let clock = Clock::of(move || {
            start + SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX)
        });
        let desk = Desk { store: MemoryStore::default(), policy: Arc::new(policy), clock };
        let api = gateway::router(desk.clone(), keys.clone());
        let links = crate::link_writer(keys.clone());
        let (mailer, receivers) = (MemoryMailer::default(), Receivers::default());
        let metrics = Metrics::default();
        Self { desk, mailer, links, receivers, metrics, keys, api, began }
    }

    /// Asks the HTTP API.
    pub async fn ask(&self, request: Request<Body>) -> Reply {
        let of_customer = gateway::is_for_customers(request.uri().path());
        let function = if of_customer { "submit-escalation" } else { "manage-incident" };
        self.metrics.of(function, call::send(&self.api, request)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask(call::post(path, &body)).await
    }

    /// Reads JSON.
    pub async fn get(&self, path: &str) -> Value {
        self.ask(call::get(path)).await.json()
    }

    /// Lets time pass up to `seconds` after the start: the schedule fires every minute, the stream
    /// hands out what is pending. Returns the e-mails sent, each with its second after the start.
    ///
    /// # Panics
    ///
    /// When a function panics.
    pub async fn until(&self, seconds: u64) -> Vec<(u64, Rendered)> {
        let stream = stream(self.desk.clone(), self.mailer.clone(), self.links.clone());
        let stream = tokio::spawn(self.metrics.of("dispatch-email", stream));
        let webhooks = webhook_stream(self.desk.clone(), self.receivers.clone());
        let webhooks = tokio::spawn(self.metrics.of("dispatch-webhook", webhooks));
        let (desk, metrics) = (self.desk.clone(), self.metrics.clone());
        let sweep = move || metrics.of("check-deadlines", sweep(desk.clone()));
        let schedule = tokio::spawn(schedule(sweep));
        let mut sent = Vec::new();
        while self.began.elapsed() < Duration::from_secs(seconds) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = self.began.elapsed().as_secs();
            sent.extend(self.mailer.take_sent().into_iter().map(|email| (now, email)));
        }
        for task in [stream, webhooks, schedule] {
            assert!(!task.is_finished(), "a function ended by itself");
            task.abort();
        }
        sent
    }

    /// Lets days pass: the schedule fires every ten minutes, and the stream hands out what the sweep
    /// finds. E-mails are thrown away.
    ///
    /// # Panics
    ///
    /// Never: the store in memory is available.
    pub async fn days_until(&self, seconds: u64) {
        while self.began.elapsed() < Duration::from_secs(seconds) {
            tokio::time::advance(Duration::from_secs(600)).await;
            let (now, never) = (self.desk.clock.now(), Timestamp::MAX);
            let sweep = check_deadlines::sweep(&self.desk, now, never);
            self.metrics
                .of("check-deadlines", sweep)
                .await
                .expect("the store in memory is available");
            self.dispatch().await;
            drop(self.mailer.take_sent());
            dispatch_webhooks(&self.desk, &self.receivers).await;
        }
    }

    /// A mail arrives now, and SES gives it this id.
    ///
    /// # Panics
    ///
    /// Never: the store in memory is available.
    pub async fn receives(&self, id: &str, arriving: &Arriving) -> String {
        let receipt = arriving.receipt(id, self.desk.clock.now());
        let mail = reading::read(&arriving.raw, &arriving.envelope_from);
        let outcome = act::receive(&self.desk, &self.keys, &receipt, mail);
        self.metrics
            .of("receive-email", outcome)
            .await
            .expect("the store in memory is available")
            .to_string()
    }

    /// SES says so now of an e-mail; one whose answer was lost it took now, too.
    ///
    /// # Panics
    ///
    /// When there is no such e-mail.
    pub async fn ses_says(&self, said: Said, id: &str) {
        let id: EmailId = id.parse().expect("the id of an e-mail");
        let now = self.desk.clock.now();
        let item = self.desk.store.load_email(&id).await.ok().flatten().expect("an e-mail");
        let delivery = item.delivery;
        let sent = SentEmail {
            id,
            message_id: delivery.ses_message_id.unwrap_or_else(|| "the answer was lost".to_owned()),
            to: item.email.recipient.to_string(),
            sent_at: delivery.sent_at.unwrap_or(now),
        };
        let recorded = record_delivery::handle(&self.desk, sent.event(said, now));
        self.metrics
            .of("record-delivery", recorded)
            .await
            .expect("the store in memory is available");
    }

    /// Hands what is pending to `dispatch-email`, as the stream does.
    pub async fn dispatch(&self) -> Vec<String> {
        let pending = self.desk.store.pending_emails();
        let dispatch = dispatch(&self.desk, &self.mailer, &self.links, pending);
        self.metrics.of("dispatch-email", dispatch).await
    }
}

/// When a world begins.
///
/// # Panics
///
/// Never: [`START`] is an instant.
#[must_use]
pub fn start() -> Timestamp {
    START.parse().expect("an instant")
}

/// EventBridge Scheduler: every minute, whether the last sweep has ended or not, for ever.
///
/// # Panics
///
/// When a sweep does.
pub async fn schedule<F>(sweep: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut firings = tokio::time::interval(DEPLOYED.every);
    let mut sweeps = JoinSet::new();
    loop {
        tokio::select! {
            _ = firings.tick() => drop(sweeps.spawn(sweep())),
            Some(swept) = sweeps.join_next() => swept.expect("a sweep does not panic"),
        }
    }
}

async fn sweep(desk: Desk<MemoryStore>) {
    let event = DEPLOYED.event(&desk.clock).expect("a firing");
    check_deadlines::handle(&desk, event).await.expect("the store in memory is available");
}

async fn stream(desk: Desk<MemoryStore>, mailer: MemoryMailer, links: LinkWriter) {
    loop {
        tokio::time::sleep(STREAM_DELAY).await;
        let pending = desk.store.pending_emails();
        if !pending.is_empty() {
            dispatch(&desk, &mailer, &links, pending).await;
        }
    }
}

/// The other mapping of the stream, which the first does not wait for.
async fn webhook_stream(desk: Desk<MemoryStore>, receivers: Receivers) {
    loop {
        tokio::time::sleep(STREAM_DELAY).await;
        dispatch_webhooks(&desk, &receivers).await;
    }
}

async fn dispatch_webhooks(desk: &Desk<MemoryStore>, receivers: &Receivers) {
    let pending = desk.store.pending_webhooks().into_iter().enumerate();
    let records: Vec<_> = pending
        .map(|(n, id)| keyed(n, &keys::incident_pk(&id.number), &keys::webhook_sk(&id)))
        .collect();
    if !records.is_empty() {
        let signing = WebhookKeys::new(&written(&[7; 32]), None).expect("a key");
        let poster = Poster::new(receivers.connector());
        dispatch_webhook::handle(desk, &signing, &poster, Batch { records }).await;
    }
}

async fn dispatch(
    desk: &Desk<MemoryStore>,
    mailer: &MemoryMailer,
    links: &LinkWriter,
    ids: Vec<EmailId>,
) -> Vec<String> {
    let records = ids.iter().enumerate().map(|(n, id)| record(n, id)).collect();
    let response = dispatch_email::handle(desk, mailer, links, Batch { records }).await;
    response.batch_item_failures.into_iter().filter_map(|f| f.item_identifier).collect()
}

/// A stream record of an e-mail.
#[must_use]
pub fn record(sequence: usize, id: &EmailId) -> Value {
    keyed(sequence, &keys::thread_pk(&id.thread), &keys::email_sk(id))
}

/// A stream record of the item with these keys.
#[must_use]
pub fn keyed(sequence: usize, pk: &str, sk: &str) -> Value {
    json!({
        "eventID": sequence.to_string(),
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": sequence.to_string(),
            "Keys": {
                "pk": { "S": pk },
                "sk": { "S": sk },
            },
        },
    })
}

/// How often each e-mail was sent: by its id.
#[must_use]
pub fn times_sent(sent: &[(u64, Rendered)]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for (_, email) in sent {
        *times.entry(email.id.to_string()).or_default() += 1;
    }
    times
}
