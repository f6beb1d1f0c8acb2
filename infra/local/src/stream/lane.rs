//! One lane: batches in order, one at a time, retried as Lambda retries them.
//!
//! `ReportBatchItemFailures`, `BisectBatchOnFunctionError` and `MaximumRetryAttempts`: a batch goes on
//! from the first record that failed; a batch that fails whole is halved; what keeps failing is given
//! up on with a log line, and the sweep hands out again what it was of.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::streams::DynamoDbEventResponse;
use futures::FutureExt;

use super::{Record, record};

/// What a function answers to a batch.
pub type Answer = Result<DynamoDbEventResponse, lambda_runtime::Error>;

/// How a batch is retried.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// How often, after the first attempt.
    pub most: u32,
    /// The pause before the first; each further one is twice as long, up to [`LONGEST_PAUSE`].
    pub pause: Duration,
}

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Hands `records` to `invoke` until each of them is done or given up on.
pub async fn deliver<I, F>(records: Vec<Record>, retries: Retries, invoke: &I)
where
    I: Fn(Vec<Record>) -> F,
    F: Future<Output = Answer>,
{
    let mut work = VecDeque::from([(records, 0)]);
    while let Some((mut batch, attempt)) = work.pop_front() {
        if attempt > 0 {
            tokio::time::sleep(pause(retries, attempt)).await;
        }
        let attempt = match outcome(&batch, invoke(batch.clone())).await {
            Outcome::Done => continue,
            Outcome::FailedFrom(0) => attempt + 1,
            // Something got done: what is left is a batch of its own.
            Outcome::FailedFrom(first) => {
                batch.drain(..first);
                1
            }
            // Halving is not an attempt: the halves have not been tried.
            Outcome::Failed if batch.len() > 1 => {
                let second = batch.split_off(batch.len() / 2);
                work.push_front((second, attempt));
                work.push_front((batch, attempt));
                continue;
            }
            Outcome::Failed => attempt + 1,
        };
        if attempt > retries.most {
            tracing::error!(
                records = batch.len(),
                "the function keeps failing: these records are given up on, \
                 and the sweep hands out again what they are of"
            );
        } else {
            work.push_front((batch, attempt));
        }
    }
}

enum Outcome {
    Done,
    FailedFrom(usize),
    Failed,
}

async fn outcome(batch: &[Record], answer: impl Future<Output = Answer>) -> Outcome {
    // As in Lambda, a function that panics has failed, and the next batch finds it alive again.
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(answer)) => first_failure(batch, &answer).map_or(Outcome::Done, Outcome::FailedFrom),
        Ok(Err(error)) => {
            tracing::warn!(error, "a function of the stream failed");
            Outcome::Failed
        }
        Err(_) => {
            tracing::warn!("a function of the stream panicked");
            Outcome::Failed
        }
    }
}

/// The first record that is to be retried. An identifier that is none of the batch's fails all of
/// it, as in Lambda.
fn first_failure(batch: &[Record], answer: &DynamoDbEventResponse) -> Option<usize> {
    let failures = answer.batch_item_failures.iter();
    failures
        .map(|failure| {
            let named = failure.item_identifier.as_deref();
            let is_it = |record| named.is_some() && record::sequence_number(record) == named;
            batch.iter().position(is_it).unwrap_or(0)
        })
        .min()
}

fn pause(retries: Retries, attempt: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    retries.pause.saturating_mul(factor).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    const AT_ONCE: Retries = Retries { most: 2, pause: Duration::ZERO };

    fn records(numbers: &[&str]) -> Vec<Record> {
        numbers.iter().map(|number| json!({"dynamodb": {"SequenceNumber": number}})).collect()
    }

    fn failed(numbers: &[&str]) -> Answer {
        let failures: Vec<_> =
            numbers.iter().map(|number| json!({ "itemIdentifier": number })).collect();
        Ok(serde_json::from_value(json!({ "batchItemFailures": failures })).unwrap())
    }

    /// Delivers `numbers` and returns the batches that `answer` saw.
    async fn batches(numbers: &[&str], answer: impl Fn(usize, &str) -> Answer) -> Vec<String> {
        let seen = Mutex::new(Vec::new());
        let invoke = |batch: Vec<Record>| {
            let ids: String = batch.iter().filter_map(record::sequence_number).collect();
            let mut seen = seen.lock().unwrap();
            seen.push(ids.clone());
            std::future::ready(answer(seen.len(), &ids))
        };
        deliver(records(numbers), AT_ONCE, &invoke).await;
        seen.into_inner().unwrap()
    }

    #[tokio::test]
    async fn what_succeeds_is_delivered_once() {
        assert_eq!(batches(&["1", "2", "3"], |_, _| failed(&[])).await, ["123"]);
    }

    #[tokio::test]
    async fn a_batch_goes_on_from_its_first_failure() {
        let answer = |call, _: &str| failed(if call == 1 { &["3", "2"] } else { &[] });
        assert_eq!(batches(&["1", "2", "3"], answer).await, ["123", "23"]);
    }

    #[tokio::test]
    async fn an_identifier_of_no_record_fails_the_whole_batch() {
        let answer = |call, _: &str| failed(if call == 1 { &["9"] } else { &[] });
        assert_eq!(batches(&["1", "2"], answer).await, ["12", "12"]);
    }

    #[tokio::test]
    async fn a_batch_that_fails_whole_is_halved_until_the_culprit_is_alone_and_given_up_on() {
        let answer = |_, ids: &str| {
            if ids.contains('3') { Err("poison".into()) } else { failed(&[]) }
        };
        let seen = batches(&["1", "2", "3", "4"], answer).await;
        assert_eq!(seen, ["1234", "12", "34", "3", "3", "3", "4"]);
    }

    #[tokio::test]
    async fn a_record_that_keeps_failing_does_not_stop_the_ones_before_it() {
        let seen = batches(&["1", "2"], |_, _| failed(&["2"])).await;
        assert_eq!(seen, ["12", "2", "2"]);
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        let retries = Retries { most: 9, pause: Duration::from_millis(100) };
        let pauses = [1, 2, 3, 99].map(|attempt| pause(retries, attempt).as_millis());
        assert_eq!(pauses, [100, 200, 400, 10_000]);
    }
}
