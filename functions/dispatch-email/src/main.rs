//! Wires `dispatch-email`: configuration, telemetry, clients, handler.

use dispatch_email::{Batch, Variables};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use shared::config::Function;
use shared::links::{KeyRing, LinkWriter};
use shared::mailer::ses::SesMailer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, aws }, (keys, public_url, configuration_set)) =
        Function::start::<Variables>()?;
    let mailer = SesMailer::new(aws.ses()).told_of_by(configuration_set);
    let links = LinkWriter::new(KeyRing::new(keys, move || aws.secrets()), public_url);
    let handler = service_fn(async |event: LambdaEvent<Batch>| {
        Ok::<_, Error>(dispatch_email::handle(&desk, &mailer, &links, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
