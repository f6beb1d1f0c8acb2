//! Every function with the clients of production, on one table, in virtual time.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk_tests::call::{Reply, send};
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::world::{keyed, start};
use desk_tests::{DEFAULT_POLICY, link_writer};
use dispatch_webhook::Poster;
use jiff::{SignedDuration, Timestamp};
use receive_email::Objects;
use serde_json::Value;
use shared::clock::Clock;
use shared::config::{Config, Environment};
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::links::{KeyRing, LinkWriter};
use shared::mailer::ses::SesMailer;
use shared::policy::Policy;
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::{WebhookKeys, written};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::fault::Service;
use super::others::Others;
use super::plan::{Case, Plan};
use super::table::{Items, Table, waiting};
use super::wire::{OverHttp, Wire};

const WEBHOOK: &str = "[webhooks.crm]\nurl = \"https://crm.example.com/hook\"";

/// What an event came to, as AWS sees it.
pub enum Ended {
    /// It was handled; to whoever asks over HTTP, this is the answer.
    Done(String),
    /// It is to come again.
    Again,
}

impl Ended {
    /// Handled, if that is so.
    pub fn done_if(handled: bool) -> Self {
        if handled { Self::Done(String::new()) } else { Self::Again }
    }
}

/// What a process has until it dies.
struct Process {
    desk: Desk<DynamoDbStore>,
    api: Router,
    keys: KeyRing,
    links: LinkWriter,
    mailer: SesMailer,
    objects: Objects,
    poster: Poster,
}

type Time = Arc<Mutex<(SignedDuration, Instant)>>;

/// The clients of production, of which each process has its own.
struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_sesv2::Client,
    s3: aws_sdk_s3::Client,
    connections: SharedHttpClient,
    elsewhere: Handle,
}

/// All functions.
pub struct Functions {
    pub plan: Plan,
    pub others: Others,
    pub table: Table,
    policy: Arc<Policy>,
    time: Time,
    clients: Clients,
    dynamodb: TestDynamoDb,
    process: RefCell<Arc<Process>>,
    processes: Cell<u64>,
}

fn configured<C: Config>() -> C {
    let lookup = |name: &str| {
        let value = match name {
            "LINK_KEYS_SECRET" => "arn:aws:secretsmanager:eu-west-1:123456789012:secret:links",
            "MAIL_BUCKET" => "mails",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Environment::read(&lookup).expect("nothing is missing")
}

/// A client of the SDK on this wire, with a budget for its retries of its own, as a process has one.
macro_rules! on_wire {
    ($client:expr, $wire:expr, $name:expr) => {{
        let config = $client.config().to_builder().http_client($wire);
        config.retry_partition(RetryPartition::new($name)).build()
    }};
}

impl Functions {
    /// All of them. The embedded DynamoDB is `elsewhere`, in real time.
    pub async fn start(elsewhere: Handle, dynamodb: TestDynamoDb) -> Self {
        let policy = Policy::read(&format!("{DEFAULT_POLICY}\n{WEBHOOK}")).expect("a policy");
        let time = Arc::new(Mutex::new((SignedDuration::ZERO, Instant::now())));
        let (plan, others) = (Plan::default(), Others::default());
        let (aws, client) = (aws_at("http://in.memory"), dynamodb.aws.dynamodb());
        let clients = Clients {
            connections: client.config().http_client().expect("connections"),
            dynamodb: client,
            secrets: aws.secrets(),
            ses: aws.ses(),
            s3: aws.s3(),
            elsewhere,
        };
        // Whose calls are not counted.
        let own = clients.dynamodb(&Plan::default(), "the test".to_owned());
        let table = Table::new(own, dynamodb.table).await;
        let policy = Arc::new(policy);
        let process = process(&clients, dynamodb.table, &plan, &others, &policy, &time, 0);
        Self {
            process: RefCell::new(Arc::new(process)),
            processes: Cell::new(0),
            plan,
            others,
            table,
            policy,
            time,
            clients,
            dynamodb,
        }
    }

    /// The process is gone; the next event is handled by a new one.
    pub fn restart(&self) {
        let n = self.processes.get() + 1;
        self.processes.set(n);
        // What is left to chance is the same each time. Never the same twice: the SDK makes the tokens of
        // transactions by it, and DynamoDB does not do again what it did under the same.
        fastrand::seed(n);
        let Self { clients, dynamodb, plan, others, policy, time, .. } = self;
        let process = process(clients, dynamodb.table, plan, others, policy, time, n);
        *self.process.borrow_mut() = Arc::new(process);
    }

    fn process(&self) -> Arc<Process> {
        self.process.borrow().clone()
    }

    /// The store, the policy and the time.
    pub fn desk(&self) -> Desk<DynamoDbStore> {
        self.process().desk.clone()
    }

    /// How much time has passed.
    pub fn elapsed(&self) -> SignedDuration {
        self.desk().clock.now().duration_since(start())
    }

    /// It is so much later than at the start.
    pub fn at(&self, elapsed: SignedDuration) {
        *self.time.lock().unwrap_or_else(PoisonError::into_inner) = (elapsed, Instant::now());
    }

    /// Time passes.
    pub async fn pass(&self, seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    /// Asks the HTTP API, as API Gateway hands it on.
    pub async fn ask(&self, request: Request<Body>) -> Reply {
        send(&self.process().api, request).await
    }

    /// A message of the queue comes in, of a mail that is in the bucket.
    pub async fn receive(&self, notification: &Value) -> Ended {
        let mut event = SqsEvent::default();
        event.records.push(SqsMessage::default());
        event.records[0].body = Some(notification.to_string());
        event.records[0].message_id = Some("1".to_owned());
        let it = self.process();
        let answer = receive_email::handle(&it.desk, &it.keys, &it.objects, event).await;
        Ended::done_if(answer.batch_item_failures.is_empty())
    }

    /// The schedule fires.
    pub async fn sweep(&self) -> Ended {
        let desk = self.desk();
        let report = check_deadlines::sweep(&desk, desk.clock.now(), Timestamp::MAX).await;
        Ended::done_if(report.is_ok_and(|report| report.failed == 0))
    }

    /// SES tells of an e-mail.
    pub async fn ses_says(&self, event: Value) -> Ended {
        Ended::done_if(record_delivery::handle(&self.desk(), event).await.is_ok())
    }

    /// The stream hands these out.
    pub async fn hand_out(&self, ids: &[(String, String)]) -> Ended {
        let records = |kind| {
            let of_kind = ids.iter().filter(move |(_, sk)| sk.starts_with(kind));
            let records = of_kind.enumerate().map(|(n, (pk, sk))| keyed(n, pk, sk));
            Batch { records: records.collect() }
        };
        let it = self.process();
        let (emails, webhooks) = (records("EMAIL#"), records("WEBHOOK#"));
        let mut failed = 0;
        if !emails.records.is_empty() {
            let answer = dispatch_email::handle(&it.desk, &it.mailer, &it.links, emails).await;
            failed += answer.batch_item_failures.len();
        }
        if !webhooks.records.is_empty() {
            let keys = WebhookKeys::new(&written(&[7; 32]), None).expect("a key");
            let answer = dispatch_webhook::handle(&it.desk, &keys, &it.poster, webhooks).await;
            failed += answer.batch_item_failures.len();
        }
        Ended::done_if(failed == 0)
    }

    /// What has come to be pending, which the stream hands out.
    pub async fn pending(&self) -> Vec<(String, String)> {
        waiting(&self.table.read().await, &["pending"]).cloned().collect()
    }

    /// All that is pending goes out, but for what is `kept`.
    pub async fn all_goes_out_but(&self, kept: &[&str]) {
        let mut pending = self.pending().await;
        pending.retain(|(_, sk)| !kept.contains(&sk.as_str()));
        for some in pending.chunks(10) {
            assert!(matches!(self.hand_out(some).await, Ended::Done(_)));
        }
    }

    /// Everything is as it was, at this time, and from now on calls fail as the case says.
    pub async fn begin(&self, case: Case, was: &Items, is: &Items, elapsed: SignedDuration) {
        self.table.put_back(was, is).await;
        drop(self.others.take());
        self.restart();
        self.at(elapsed);
        self.plan.begin(case);
    }
}

impl Clients {
    fn dynamodb(&self, plan: &Plan, name: String) -> aws_sdk_dynamodb::Client {
        let wire = OverHttp::new(plan.clone(), self.connections.clone(), self.elsewhere.clone());
        aws_sdk_dynamodb::Client::from_conf(on_wire!(self.dynamodb, wire, name))
    }
}

fn process(
    clients: &Clients,
    table: &str,
    plan: &Plan,
    others: &Others,
    policy: &Arc<Policy>,
    time: &Time,
    process: u64,
) -> Process {
    let name = format!("{:?}-{process}", std::thread::current().id());
    let wire = |service| Wire { plan: plan.clone(), service, server: others.server(service) };
    let time = time.clone();
    let clock = Clock::of(move || {
        let (elapsed, since) = *time.lock().unwrap_or_else(PoisonError::into_inner);
        start() + elapsed + SignedDuration::try_from(since.elapsed()).unwrap_or_default()
    });
    let store = DynamoDbStore::new(clients.dynamodb(plan, name.clone()), table);
    let desk = Desk { store, policy: policy.clone(), clock };
    let secrets = on_wire!(clients.secrets, wire(Service::Secrets).client(), name.clone());
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let keys = KeyRing::new(configured(), move || secrets.clone());
    let ses = on_wire!(clients.ses, wire(Service::Ses).client(), name.clone());
    let s3 = on_wire!(clients.s3, wire(Service::S3).client(), name);
    Process {
        api: escalation_desk::gateway::router(desk.clone(), keys.clone()),
        links: link_writer(keys.clone()),
        mailer: SesMailer::new(aws_sdk_sesv2::Client::from_conf(ses)),
        objects: Objects::new(aws_sdk_s3::Client::from_conf(s3), configured()),
        poster: Poster::new(SharedHttpConnector::new(wire(Service::Receiver))),
        keys,
        desk,
    }
}
