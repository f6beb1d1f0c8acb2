//! Wires `dispatch-webhook`: telemetry, configuration, connections, handler.

use dispatch_webhook::config::WebhookKeySource;
use dispatch_webhook::{Batch, Poster};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::aws::connections_to_others;
use shared::config::Function;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let (Function { desk, .. }, keys) = Function::start_with::<WebhookKeySource>()?;
    let (keys, poster) = (keys.keys()?, Poster::new(connections_to_others()));
    let handler = service_fn(async |event: LambdaEvent<Batch>| {
        Ok::<_, Error>(dispatch_webhook::handle(&desk, &keys, &poster, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
