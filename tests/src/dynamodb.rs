//! DynamoDB, embedded, behind the real SDK over HTTP.

use escalation_desk::dynamodb::EmbeddedDynamoDb;
use escalation_desk::table;
use shared::aws::Aws;
use shared::config::Environment;
use tokio::net::TcpListener;

/// A DynamoDB with the desk's table, empty, on a free port. It goes away when it is dropped.
pub struct TestDynamoDb {
    /// The SDK's configuration for it.
    pub aws: Aws,
    /// The table.
    pub table: &'static str,
    _database: EmbeddedDynamoDb,
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
        table::ensure(&aws.dynamodb()).await.expect("a table");
        Self { aws, table: table::TABLE, _database: database }
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
