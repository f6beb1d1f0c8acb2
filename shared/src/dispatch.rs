//! What every function that empties the outbox does with the stream's records.
//!
//! The stream only says what waits; what is sent is the item itself, under a lease, so that a record
//! that comes twice sends nothing twice. It must never decide what an attempt comes to.

use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::Value;

use crate::desk::Desk;
use crate::outbox::OutboxId;
use crate::store::StoreError;
use crate::store::dynamodb::keys;
use crate::telemetry::{Metric, emit};

/// A batch of stream records. They are kept as they came, and read one by one: a record that is not
/// what the types of `aws_lambda_events` expect would fail the whole batch.
#[derive(Debug, Clone, Deserialize)]
pub struct Batch {
    /// The records.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// How many of a batch are on their way at the same time: a whole batch, so that its time is that
/// of one attempt.
const CONCURRENCY: usize = 10;

/// Attempts each of a batch, `id_of` being what its keys say it is. The answer names the records to
/// hand out again: those for which the store was unavailable. A record that cannot be read is
/// alarmed and let go: what it is of stays due, and the sweep comes to it.
pub async fn each<S, I, F>(
    desk: &Desk<S>,
    batch: Batch,
    id_of: impl Fn(&str, &str) -> Option<I>,
    attempt: impl Fn(I) -> F,
) -> DynamoDbEventResponse
where
    I: Clone + Into<OutboxId>,
    F: Future<Output = Result<(), StoreError>>,
{
    let attempts = stream::iter(batch.records).map(|record| one(desk, record, &id_of, &attempt));
    let failed: Vec<_> = attempts.buffered(CONCURRENCY).filter_map(|f| async { f }).collect().await;
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|sequence_number| {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            failure
        })
        .collect();
    response
}

/// Attempts what one record is of; returns its sequence number when it is to come again.
async fn one<S, I, F>(
    desk: &Desk<S>,
    record: Value,
    id_of: &impl Fn(&str, &str) -> Option<I>,
    attempt: &impl Fn(I) -> F,
) -> Option<String>
where
    I: Clone + Into<OutboxId>,
    F: Future<Output = Result<(), StoreError>>,
{
    let key = |name: &str| text(&record, &format!("/dynamodb/Keys/{name}/S"));
    let Some(id) = key(keys::PK).zip(key(keys::SK)).and_then(|(pk, sk)| id_of(pk, sk)) else {
        let event = text(&record, "/eventID");
        tracing::error!(event.id = event, "a stream record is not of this function's outbox");
        emit(Metric::Unreadable, 1, desk.clock.now());
        return None;
    };
    let outcome = attempt(id.clone()).await;
    let again = is_to_come_again(desk, &id.into(), outcome);
    text(&record, "/dynamodb/SequenceNumber").filter(|_| again).map(str::to_owned)
}

/// Whether the record of this attempt is to come again.
fn is_to_come_again<S>(desk: &Desk<S>, id: &OutboxId, outcome: Result<(), StoreError>) -> bool {
    let thread = id.thread();
    let number = thread.number().map(tracing::field::display);
    match outcome {
        Ok(()) => false,
        // Somebody else has it, or it moved on: there is nothing to repeat.
        Err(StoreError::Conflict) => {
            tracing::warn!(incident.number = number, outbox.id = %id, "a claim was lost");
            false
        }
        Err(error @ (StoreError::Corrupt(_) | StoreError::Newer(_))) => {
            tracing::error!(incident.number = number, outbox.id = %id, %error, "it stays due");
            emit(Metric::Unreadable, 1, desk.clock.now());
            false
        }
        Err(error @ StoreError::Unavailable(_)) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(incident.number = number, outbox.id = %id, %error, source, "the batch goes on without it");
            true
        }
    }
}

/// An id for a claim that nobody else has.
#[must_use]
pub fn claim_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Clock;
    use crate::email::EmailId;

    fn record(sequence: u32, sk: &str) -> Value {
        let keys = json!({ "pk": { "S": "INCIDENT#INC-1" }, "sk": { "S": sk } });
        json!({ "dynamodb": { "SequenceNumber": sequence.to_string(), "Keys": keys } })
    }

    #[tokio::test]
    async fn only_what_the_store_was_unavailable_for_comes_again_and_nobody_waits_for_another() {
        let policy = crate::policy::Policy::read(include_str!("../../infra/policy.toml")).unwrap();
        let clock = Clock::of(|| jiff::Timestamp::UNIX_EPOCH);
        let desk = Desk { store: (), policy: policy.into(), clock };
        let poison = [json!(null), record(90, "WEBHOOK#0000000001#000"), record(91, "EMAIL#x")];
        let mut records: Vec<_> =
            (0..6).map(|n| record(n, &format!("EMAIL#0000000001#{n:03}"))).collect();
        records.extend(poison);
        let attempt = async |id: EmailId| match id.index {
            1 => Err(StoreError::Unavailable("down".into())),
            2 => Err(StoreError::Conflict),
            3 => Err(StoreError::Corrupt("strange".to_owned())),
            4 => Err(StoreError::Unavailable("still down".into())),
            _ => Ok(()),
        };
        let answer = each(&desk, Batch { records }, keys::email_id, attempt).await;
        let failed = answer.batch_item_failures.into_iter();
        let failed: Vec<_> = failed.filter_map(|failure| failure.item_identifier).collect();
        assert_eq!(failed, ["1", "4"]);
    }
}
