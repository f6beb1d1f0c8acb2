//! Wires `dispatch-email`: telemetry, configuration, clients, handler.

use anyhow::Context;
use dispatch_email::Batch;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::clock::Clock;
use shared::config::FunctionConfig;
use shared::desk::Desk;
use shared::mailer::ses::SesMailer;
use shared::store::dynamodb::DynamoDbStore;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let config = FunctionConfig::from_process()?;
    let mailer = SesMailer::new(config.aws.ses());
    let desk = Desk {
        store: DynamoDbStore::new(config.aws.dynamodb(), config.table),
        policy: config.policy.context("there is no policy")?,
        clock: Clock::system(),
    };
    let handler = service_fn(async |event: LambdaEvent<Batch>| {
        Ok::<_, Error>(dispatch_email::handle(&desk, &mailer, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
