//! Wires `submit-escalation`: telemetry, configuration, clients, handler.

use anyhow::Context;
use shared::clock::Clock;
use shared::config::FunctionConfig;
use shared::desk::Desk;
use shared::store::dynamodb::DynamoDbStore;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let config = FunctionConfig::from_process()?;
    let desk = Desk {
        store: DynamoDbStore::new(config.aws.dynamodb(), config.table),
        policy: config.policy.context("there is no policy")?,
        clock: Clock::system(),
    };
    let handler = submit_escalation::router(desk);
    lambda_http::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
