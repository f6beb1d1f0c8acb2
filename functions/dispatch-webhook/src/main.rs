//! Wires `dispatch-webhook`: configuration, telemetry, connections, handler.

use dispatch_webhook::{Batch, Poster, Variables};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::aws::connections_to_others;
use shared::config::Function;
use shared::signing_keys::KeyRing;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, aws }, source) = Function::start::<Variables>()?;
    let ring = KeyRing::new(source, move || aws.secrets());
    let poster = Poster::new(connections_to_others());
    let handler = service_fn(async |event: LambdaEvent<Batch>| {
        // Without keys nothing can be signed: the stream hands the batch out again.
        let keys = ring.keys(desk.clock.now()).await?;
        Ok::<_, Error>(dispatch_webhook::handle(&desk, &keys, &poster, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
