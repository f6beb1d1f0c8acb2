//! Wires `submit-escalation`: configuration, telemetry, clients, handler.

use shared::config::Function;
use submit_escalation::Variables;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, .. }, ()) = Function::start::<Variables>()?;
    let handler = submit_escalation::router(desk);
    lambda_http::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
