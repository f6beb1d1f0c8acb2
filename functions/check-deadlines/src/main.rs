//! Wires `check-deadlines`: telemetry, configuration, clients, handler.

use anyhow::Context;
use lambda_runtime::{Error, service_fn};
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
    let handler =
        service_fn(async |event| check_deadlines::handle(&desk, event).await.map_err(Error::from));
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
