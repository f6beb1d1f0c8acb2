//! AWS behind the proxy: the embedded DynamoDB with the template's table, and SES, S3 and Secrets Manager
//! as the desk on one machine has them.

use std::sync::Arc;
use std::time::Duration;

use axum::routing::any;
use axum::{Json, Router};
use escalation_desk::inbound::{Addresses, Inbound};
use escalation_desk::mailbox::Mailbox;
use escalation_desk::mailbox::bounces::{Bounce, Bounces};
use escalation_desk::queue::{Queue, Settings};
use escalation_desk::s3::{self, Objects};
use escalation_desk::ses::{self, Ses};
use serde_json::{Value, json};
use shared::policy::Policy;
use shared::store::dynamodb::DynamoDbStore;
use tokio::net::TcpListener;

use super::proxy::Servers;
use super::receiver;
use super::region::Region;
use crate::LINK_KEYS;
use crate::dynamodb::TestDynamoDb;

/// An address that there is not.
pub const GONE: &str = "gone@home.example";

/// The services, and what lies in them.
pub struct Services {
    /// Where they are.
    pub servers: Servers,
    /// DynamoDB itself, past the proxy.
    pub dynamodb: TestDynamoDb,
    /// SES as it receives mail.
    pub inbound: Inbound,
    /// The mails that wait for `receive-email`.
    pub received: Queue,
    /// What SES tells of e-mails.
    pub told: Queue,
}

impl Services {
    /// Starts them.
    ///
    /// # Panics
    ///
    /// When one does not start.
    pub async fn start(region: &Arc<Region>, policy: &Policy) -> Self {
        let dynamodb = TestDynamoDb::start().await;
        let clock = region.clock.clone();
        // In AWS a mail is tried 80 times, in four hours; an event three times, in three minutes. Nobody
        // here has so long.
        let settings = Settings { visibility: Duration::from_secs(60), ..Settings::default() };
        let received = Queue::passing("mail", Settings { most_receives: 80, ..settings });
        // What SES tells of an e-mail comes after its answer to who sent it.
        let delay = Duration::from_millis(300);
        let told = Queue::passing("events", Settings { delay, most_receives: 3, ..settings });
        let (objects, mailbox) = (Objects::passing(), Mailbox::default());
        let inbound = Inbound {
            addresses: Addresses::of(policy),
            objects: objects.clone(),
            queue: received.clone(),
            mailbox: mailbox.clone(),
            clock: clock.clone(),
        };
        let bounces = Bounces::default();
        bounces.tell(GONE, Some(Bounce::Permanent)).expect("it is kept in memory");
        let (events, inbound_of_ses) = (told.clone(), inbound.clone());
        let ses = Ses { mailbox, bounces, events, inbound: inbound_of_ses, clock };
        let others = ses::router(ses).merge(s3::router(objects)).merge(secrets());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let others_at = listener.local_addr().expect("an address");
        let servers = Servers { dynamodb: dynamodb.address, others: others_at };
        tokio::spawn(async move { axum::serve(listener, others).await });
        Self { servers, dynamodb, inbound, received, told }
    }

    /// The store itself, past the proxy.
    #[must_use]
    pub fn store(&self) -> DynamoDbStore {
        DynamoDbStore::new(self.dynamodb.aws.dynamodb(), self.dynamodb.table)
    }
}

fn secrets() -> Router {
    Router::new().route("/secrets", any(|asked: String| async move { Json(secret(&asked)) }))
}

fn secret(asked: &str) -> Value {
    let asked: Value = serde_json::from_str(asked).unwrap_or_default();
    let id = asked["SecretId"].as_str().unwrap_or_default();
    let secret = match id.rsplit(':').next() {
        Some("links") => LINK_KEYS.to_owned(),
        Some("hooks") => json!({ "key": receiver::key() }).to_string(),
        _ => String::new(),
    };
    json!({ "ARN": id, "Name": id, "SecretString": secret })
}
