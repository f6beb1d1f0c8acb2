//! DynamoDB, embedded, behind the real SDK over HTTP, with the table of `infra/template.yaml`.

use std::net::SocketAddr;

use escalation_desk::dynamodb::EmbeddedDynamoDb;
use escalation_desk::stream::source::{StreamSource, StreamedRecord};
use escalation_desk::table;
use escalation_desk::template::Template;
use serde_json::Value;
use shared::aws::Aws;
use shared::config::Environment;
use tokio::net::TcpListener;

/// A DynamoDB with the desk's table, empty, on a free port. It goes away when it is dropped.
pub struct TestDynamoDb {
    /// The SDK's configuration for it.
    pub aws: Aws,
    /// Where it is.
    pub address: SocketAddr,
    /// The table.
    pub table: &'static str,
    database: EmbeddedDynamoDb,
}

impl TestDynamoDb {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Self {
        let database = EmbeddedDynamoDb::open(None).expect("a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(database.serve(listener, std::future::pending()));
        let aws = aws_at(&format!("http://{address}"));
        let template = Template::shipped().expect("a template");
        table::ensure(&aws.dynamodb(), &template).await.expect("a table");
        Self { aws, address, table: table::TABLE, database }
    }

    /// The stream of the table.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn stream(&self) -> StreamSource {
        self.database.stream(self.table).expect("a stream")
    }

    /// All that the stream of the table has told so far, as Lambda hands it on.
    ///
    /// # Panics
    ///
    /// When the stream cannot be read.
    pub async fn streamed(&self) -> Vec<Value> {
        let stream = self.stream();
        let mut position = stream.trim_horizon().expect("its beginning");
        let mut told = Vec::new();
        loop {
            let (records, next) = stream.read(&position, 1_000).await.expect("records");
            if records.is_empty() {
                return told;
            }
            told.extend(records.into_iter().map(|StreamedRecord { record, .. }| record));
            position = next;
        }
    }
}

/// The SDK's configuration for a service at this address.
///
/// # Panics
///
/// Never: nothing is missing.
#[must_use]
pub fn aws_at(endpoint: &str) -> Aws {
    let lookup = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        _ => None,
    };
    Environment::read(&lookup).expect("nothing is missing")
}
