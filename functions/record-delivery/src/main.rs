//! Wires `record-delivery`: telemetry, configuration, clients, handler.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use shared::config::Function;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let Function { desk, .. } = Function::start()?;
    let handler = service_fn(async |event: LambdaEvent<Value>| {
        record_delivery::handle(&desk, event.payload).await.map_err(Error::from)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
