//! Who calls the functions beside the API: the stream, the schedule, the queue of mails, and what SES tells
//! EventBridge, as the desk on one machine has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use escalation_desk::queue::{sqs, worker};
use escalation_desk::schedule::Schedule;
use escalation_desk::ses::events;
use escalation_desk::stream::Record;
use escalation_desk::stream::pump;
use escalation_desk::template::Template;
use futures::FutureExt;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};
use shared::policy::Policy;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::lambda::Function;
use super::region::Region;
use super::services::Services;
use crate::simulation::dice::Dice;

/// How many of SES's e-mails are those of which it tells nothing, so that repeats are seen.
const UNTOLD: f64 = 0.3;
/// Lanes of the stream: two for each of some shards.
const LANES: usize = 10;

/// Starts them.
pub fn start(
    region: &Arc<Region>,
    services: &Services,
    functions: &BTreeMap<&str, Arc<Function>>,
    policy: &Policy,
    template: &Template,
) -> Vec<JoinHandle<()>> {
    let [emails, webhooks] =
        template.stream_filters_of(["dispatch-email", "dispatch-webhook"]).expect("filters");
    let function = |name: &str| functions[name].clone();
    let mappings = pump::Mappings {
        emails: pump::Mapping { filter: emails, invoke: dispatch(function("dispatch-email")) },
        webhooks: pump::Mapping {
            filter: webhooks,
            invoke: dispatch(function("dispatch-webhook")),
        },
    };
    let settings = pump::Settings { lanes: LANES, ..pump::Settings::default() };
    let stream = services.dynamodb.stream();
    let (stop, stopped) = watch::channel(false);
    let stopping = stopped.clone();
    let pumping = tokio::spawn(async move {
        // Nobody ever says so: the parts are ended with the run.
        let _stop = stop;
        pump::run(stream, settings, mappings, stopping).await;
    });
    let receiving = sqs::mapping("mail", receive(function("receive-email")));
    let mail = worker::Settings { batch: 1, at_once: 4, ..worker::Settings::default() };
    let recording = events::target(record(region.clone(), function("record-delivery")));
    let told = worker::Settings { at_once: 5, ..events::settings() };
    vec![
        pumping,
        tokio::spawn(worker::run(services.received.clone(), mail, receiving, stopped.clone())),
        tokio::spawn(worker::run(services.told.clone(), told, recording, stopped)),
        tokio::spawn(sweep(region.clone(), function("check-deadlines"), policy)),
    ]
}

fn dispatch(function: Arc<Function>) -> pump::Invoke {
    Arc::new(move |records: Vec<Record>| {
        let function = function.clone();
        async move {
            let batch = json!({ "Records": records }).to_string().into_bytes();
            let answer = function.invoke(batch).await?;
            Ok(serde_json::from_slice(&answer)?)
        }
        .boxed()
    })
}

fn receive(function: Arc<Function>) -> sqs::Invoke {
    Arc::new(move |event: SqsEvent| {
        let function = function.clone();
        async move {
            let answer = function.invoke(serde_json::to_vec(&event)?).await?;
            Ok(serde_json::from_slice::<SqsBatchResponse>(&answer)?)
        }
        .boxed()
    })
}

/// Of some e-mails nothing that SES tells arrives.
fn record(region: Arc<Region>, function: Arc<Function>) -> events::Invoke {
    Arc::new(move |event: Value| {
        let (region, function) = (region.clone(), function.clone());
        async move {
            let message = event["detail"]["mail"]["messageId"].as_str().unwrap_or_default();
            let mut dice = Dice::of(region.seed, ("told", message));
            if !region.is_calm() && dice.happens(UNTOLD) {
                region.tally().events_lost += 1;
                return Ok(());
            }
            function.invoke(serde_json::to_vec(&event)?).await?;
            Ok(())
        }
        .boxed()
    })
}

fn sweep(
    region: Arc<Region>,
    function: Arc<Function>,
    policy: &Policy,
) -> impl Future<Output = ()> + use<> {
    let schedule = Schedule::for_policy(policy);
    let clock = region.clock.clone();
    async move {
        let run = schedule.run(clock, |event: LambdaEvent<Value>| {
            let function = function.clone();
            async move {
                let payload = event.payload.to_string().into_bytes();
                function.invoke(payload).await.map_err(Error::from)
            }
        });
        run.await;
    }
}
