//! Wires `record-delivery`: configuration, telemetry, clients, handler.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use record_delivery::Variables;
use serde_json::Value;
use shared::config::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, .. }, ()) = Function::start::<Variables>()?;
    let handler = service_fn(async |event: LambdaEvent<Value>| {
        record_delivery::handle(&desk, event.payload).await.map_err(Error::from)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
