//! Wires `check-deadlines`: telemetry, configuration, clients, handler.

use lambda_runtime::{Error, service_fn};
use shared::config::Function;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let Function { desk, .. } = Function::start()?;
    let handler =
        service_fn(async |event| check_deadlines::handle(&desk, event).await.map_err(Error::from));
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
