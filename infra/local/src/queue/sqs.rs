//! The event source mapping: a batch of the queue as Lambda is handed it by SQS.
//!
//! `BatchSize` 10 and `ReportBatchItemFailures`. An answer that names a message that is none of the
//! batch, or names none where it should, fails all of it, as in Lambda.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use super::Received;
use super::worker::{Deliver, Failed};

/// What a function answers to a batch.
pub type Answer = Result<SqsBatchResponse, lambda_runtime::Error>;

/// Calls a function with a batch.
pub type Invoke = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, Answer> + Send + Sync>;

/// The mapping of the queue with this name.
pub fn mapping(queue: &str, invoke: Invoke) -> Deliver {
    let arn = format!("arn:aws:sqs:eu-west-1:000000000000:{queue}");
    Arc::new(move |batch| {
        let event = event(&batch, &arn);
        let invoke = Arc::clone(&invoke);
        async move { failed(&batch, &invoke(event?).await?) }.boxed()
    })
}

fn event(batch: &[Received], arn: &str) -> Result<SqsEvent, serde_json::Error> {
    let records: Vec<_> = batch
        .iter()
        .map(|message| {
            let sent_at = message.sent_at.as_millisecond().to_string();
            json!({
                "messageId": message.id,
                "receiptHandle": format!("{}-{}", message.id, message.receives),
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": message.receives.to_string(),
                    "SentTimestamp": sent_at,
                    "SenderId": "local",
                    "ApproximateFirstReceiveTimestamp": sent_at,
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": "eu-west-1",
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records }))
}

fn failed(batch: &[Received], answer: &SqsBatchResponse) -> Failed {
    let failures = answer.batch_item_failures.iter().map(|failure| &failure.item_identifier);
    let failed: Vec<String> = failures.cloned().collect();
    let is_of_batch = |id: &String| batch.iter().any(|message| message.id == *id);
    if failed.iter().all(is_of_batch) {
        Ok(failed)
    } else {
        Err("the answer names a message that is none of the batch".into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::super::{Queue, Settings};
    use super::*;

    async fn delivered(answer: &str) -> (Result<Vec<String>, String>, SqsEvent, Vec<Received>) {
        let queue = Queue::passing("mail", Settings::default());
        queue.send("first".to_owned(), Timestamp::UNIX_EPOCH).unwrap();
        queue.send("second".to_owned(), Timestamp::UNIX_EPOCH).unwrap();
        let batch = queue.receive(10);
        let answer = answer.replace("SECOND", &batch[1].id);
        let seen = Arc::new(Mutex::new(SqsEvent::default()));
        let invoke: Invoke = {
            let seen = Arc::clone(&seen);
            Arc::new(move |event| {
                *seen.lock().unwrap() = event;
                let answer = serde_json::from_str(&answer).map_err(Into::into);
                std::future::ready(answer).boxed()
            })
        };
        let failed = mapping("mail", invoke)(batch.clone()).await;
        let seen = seen.lock().unwrap().clone();
        (failed.map_err(|error| error.to_string()), seen, batch)
    }

    #[tokio::test]
    async fn a_function_is_handed_records_as_sqs_writes_them() {
        let (failed, event, batch) = delivered(r#"{"batchItemFailures": []}"#).await;
        assert_eq!(failed, Ok(vec![]));
        let record = &event.records[1];
        assert_eq!(record.message_id.as_ref(), Some(&batch[1].id));
        assert_eq!(record.body.as_deref(), Some("second"));
        assert_eq!(record.attributes["ApproximateReceiveCount"], "1");
        assert_eq!(record.attributes["SentTimestamp"], "0");
        assert_eq!(record.event_source.as_deref(), Some("aws:sqs"));
        let arn = "arn:aws:sqs:eu-west-1:000000000000:mail";
        assert_eq!(record.event_source_arn.as_deref(), Some(arn));
    }

    #[tokio::test]
    async fn the_messages_that_an_answer_names_have_failed() {
        let answer = r#"{"batchItemFailures": [{"itemIdentifier": "SECOND"}]}"#;
        let (failed, _, batch) = delivered(answer).await;
        assert_eq!(failed, Ok(vec![batch[1].id.clone()]));
    }

    #[tokio::test]
    async fn an_answer_that_names_no_message_of_the_batch_fails_all_of_it() {
        for name in ["other", ""] {
            let answer = format!(r#"{{"batchItemFailures": [{{"itemIdentifier": "{name}"}}]}}"#);
            let (failed, ..) = delivered(&answer).await;
            let expected = "the answer names a message that is none of the batch";
            assert_eq!(failed, Err(expected.to_owned()), "{name:?}");
        }
    }
}
