//! Wires `check-deadlines`: configuration, telemetry, clients, handler.

use check_deadlines::Variables;
use lambda_runtime::{Error, service_fn};
use shared::config::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, .. }, ()) = Function::start::<Variables>()?;
    let handler =
        service_fn(async |event| check_deadlines::handle(&desk, event).await.map_err(Error::from));
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
