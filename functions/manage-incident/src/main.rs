//! Wires `manage-incident`: telemetry, configuration, clients, handler.

use shared::config::Function;
use shared::links::KeyRing;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let (Function { desk, aws }, keys) = Function::start_with()?;
    let handler = manage_incident::router(desk, KeyRing::new(keys, move || aws.secrets()));
    lambda_http::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
