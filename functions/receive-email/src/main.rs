//! Wires `receive-email`: telemetry, configuration, clients, handler.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use receive_email::{MailBucket, Objects};
use shared::config::Function;
use shared::links::KeyRing;
use shared::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    telemetry::init();
    let (Function { desk, aws }, (keys, bucket)) = Function::start_with::<(_, MailBucket)>()?;
    let objects = Objects::new(aws.s3(), bucket);
    let keys = KeyRing::new(keys, move || aws.secrets());
    let handler = service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(receive_email::handle(&desk, &keys, &objects, event.payload).await)
    });
    lambda_runtime::run(handler).await.map_err(|error| anyhow::anyhow!(error))
}
