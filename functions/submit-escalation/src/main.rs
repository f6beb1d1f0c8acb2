//! Wires `submit-escalation`: telemetry, configuration, clients, handler.

use shared::config::Function;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let Function { desk, .. } = Function::start()?;
    let handler = submit_escalation::router(desk);
    lambda_http::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
