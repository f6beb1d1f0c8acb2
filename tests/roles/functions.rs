//! Every function on one table and on scripted services, each with a note of what it asks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk_tests::asked::Asked;
use desk_tests::call::{Reply, send, with_token};
use desk_tests::dynamodb::{TestDynamoDb, aws_at};
use desk_tests::scripted::{Answer, Scripted};
use desk_tests::world::start;
use desk_tests::{DEFAULT_POLICY, LINK_KEYS};
use jiff::{SignedDuration, Timestamp};
use receive_email::{MailBucket, Objects};
use serde_json::json;
use shared::clock::Clock;
use shared::config::{Config, Environment};
use shared::desk::Desk;
use shared::links::KeyRing;
use shared::mailer::ses::{ConfigurationSet, SesMailer};
use shared::policy::Policy;
use shared::signing_keys::{self, KeySource, SigningKeys};
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::{WebhookKeys, written};

const FUNCTIONS: [&str; 7] = [
    "check-deadlines",
    "dispatch-email",
    "dispatch-webhook",
    "manage-incident",
    "receive-email",
    "record-delivery",
    "submit-escalation",
];
const EVERYTHING: &str = "escalations:write incidents:read incidents:write accounts:write";
/// All that any of them reads; the template says which function is given which. That of the table is
/// for [`TestDynamoDb`] to say.
const VARIABLES: [(&str, &str); 4] = [
    ("CONFIGURATION_SET", "desk"),
    ("LINK_KEYS_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:links"),
    ("MAIL_BUCKET", "mails"),
    ("WEBHOOK_KEYS_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhooks"),
];

fn configured<C: Config>() -> C {
    let lookup = |name: &str| {
        let found = VARIABLES.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Environment::read(&lookup).unwrap()
}

pub struct Functions {
    pub dynamodb: TestDynamoDb,
    pub policy: Arc<Policy>,
    seconds: Arc<AtomicI64>,
    asked: BTreeMap<&'static str, Asked>,
}

impl Functions {
    pub async fn start() -> Self {
        let policy =
            format!("{DEFAULT_POLICY}\n[webhooks.crm]\nurl = \"https://crm.example.com/hook\"");
        let dynamodb = TestDynamoDb::start().await;
        let variables = [&VARIABLES[..], &[("TABLE_NAME", dynamodb.table)]].concat();
        Self {
            dynamodb,
            policy: Arc::new(Policy::read(&policy).unwrap()),
            seconds: Arc::default(),
            asked: FUNCTIONS.map(|name| (name, Asked::by(&variables))).into(),
        }
    }

    pub fn desk(&self, function: &str) -> Desk<DynamoDbStore> {
        let client = self.asked[function].dynamodb(&self.dynamodb.aws.dynamodb());
        let seconds = self.seconds.clone();
        let now = move || start() + SignedDuration::from_secs(seconds.load(Ordering::Relaxed));
        let store = DynamoDbStore::new(client, self.dynamodb.table);
        Desk { store, policy: self.policy.clone(), clock: Clock::of(now) }
    }

    /// The keys of links, in their secret.
    pub async fn link_keys(&self, function: &'static str) -> KeyRing {
        self.keys(function, LINK_KEYS).await
    }

    /// The keys that webhooks are signed with, in theirs.
    pub async fn webhook_keys(&self, function: &'static str) -> signing_keys::KeyRing<WebhookKeys> {
        self.keys(function, &json!({ "key": written(&[7; 32]) }).to_string()).await
    }

    async fn keys<K>(&self, function: &'static str, keys: &str) -> signing_keys::KeyRing<K>
    where
        K: SigningKeys,
        KeySource<K>: Config,
    {
        let secret = json!({ "SecretString": keys }).to_string();
        let server = Scripted::start([Answer::json(200, &secret)]).await;
        let (asked, aws) = (self.asked[function].clone(), aws_at(server.url()));
        signing_keys::KeyRing::new(configured(), move || asked.secrets(&aws.secrets()))
    }

    /// The bucket with mails, which answers so.
    pub fn objects(&self, function: &str, s3: &Scripted) -> Objects {
        let client = self.asked[function].s3(&aws_at(s3.url()).s3());
        Objects::new(client, configured::<MailBucket>())
    }

    /// A mailer whose SES answers so.
    pub fn mailer(&self, function: &str, ses: &Scripted) -> SesMailer {
        let client = self.asked[function].ses(&aws_at(ses.url()).ses());
        SesMailer::new(client).told_of_by(configured::<Option<ConfigurationSet>>())
    }

    pub async fn ask(&self, router: &Router, request: Request<Body>) -> Reply {
        send(router, with_token(request, "ada", EVERYTHING)).await
    }

    pub async fn sweep_at(&self, seconds: i64) {
        self.seconds.store(seconds, Ordering::Relaxed);
        let desk = self.desk("check-deadlines");
        let sweep =
            async || check_deadlines::sweep(&desk, desk.clock.now(), Timestamp::MAX).await.unwrap();
        // Six incidents of one account meet each other at it; whoever lost comes again.
        let failed = sweep().await.failed;
        assert!(failed == 0 || sweep().await.failed == 0);
    }

    /// What each asked, a line for each request.
    pub fn asked(&self) -> String {
        let functions = self.asked.iter().map(|(name, asked)| {
            let requests = asked.requests();
            let lines = requests.iter().map(|request| format!("    {}", request.json()));
            format!("  \"{name}\": [\n{}\n  ]", lines.collect::<Vec<_>>().join(",\n"))
        });
        format!("{{\n{}\n}}\n", functions.collect::<Vec<_>>().join(",\n"))
    }
}
