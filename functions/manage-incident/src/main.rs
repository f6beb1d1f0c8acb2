//! Wires `manage-incident`: configuration, telemetry, clients, handler.

use manage_incident::Variables;
use shared::config::Function;
use shared::links::KeyRing;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, aws }, keys) = Function::start::<Variables>()?;
    let handler = manage_incident::router(desk, KeyRing::new(keys, move || aws.secrets()));
    lambda_http::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
