//! Wires `receive-email`: configuration, telemetry, clients, handler.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use receive_email::{Objects, Variables};
use shared::config::Function;
use shared::links::KeyRing;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (Function { desk, aws }, (keys, bucket)) = Function::start::<Variables>()?;
    let objects = Objects::new(aws.s3(), bucket);
    let keys = KeyRing::new(keys, move || aws.secrets());
    let handler = service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(receive_email::handle(&desk, &keys, &objects, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
