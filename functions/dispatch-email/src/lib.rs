//! `dispatch-email`: sends each outbox e-mail through SES.
//!
//! Claim, render, send, settle. The stream only says which e-mail; what is sent is the item itself,
//! under a lease, so that a record that comes twice sends nothing twice. No rule lives here.

mod attempt;

use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use shared::desk::Desk;
use shared::email::EmailId;
use shared::links::LinkWriter;
use shared::mailer::Mailer;
use shared::store::dynamodb::keys;
use shared::store::{Store, StoreError};
use shared::telemetry::{Metric, emit};

/// A batch of stream records. They are kept as they came, and read one by one: a record that is not
/// what the types of `aws_lambda_events` expect would fail the whole batch.
#[derive(Debug, Clone, Deserialize)]
pub struct Batch {
    /// The records.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// How many e-mails of a batch are on their way at the same time.
/// A whole batch, so that its time is that of one e-mail.
const CONCURRENCY: usize = 10;

/// Handles a batch of stream records. The answer names the records to hand out again: those for
/// which the store was unavailable. A record that cannot be read is alarmed and let go: its e-mail
/// stays due, and the sweep comes to it.
pub async fn handle<S: Store, M: Mailer>(
    desk: &Desk<S>,
    mailer: &M,
    links: &LinkWriter,
    batch: Batch,
) -> DynamoDbEventResponse {
    let attempts = stream::iter(batch.records).map(|record| on_record(desk, mailer, links, record));
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

/// Sends the e-mail of one record; returns the record's sequence number when it is to come again.
async fn on_record<S: Store, M: Mailer>(
    desk: &Desk<S>,
    mailer: &M,
    links: &LinkWriter,
    record: Value,
) -> Option<String> {
    let Some(id) = email_id(&record) else {
        tracing::error!(event.id = text(&record, "/eventID"), "a stream record is not an e-mail's");
        emit(Metric::Unreadable, 1, desk.clock.now());
        return None;
    };
    match attempt::attempt(desk, mailer, links, &id).await {
        Ok(()) => None,
        // Somebody else has it, or it moved on: there is nothing to repeat.
        Err(StoreError::Conflict) => {
            tracing::warn!(incident.number = %id.number, email.id = %id, "the claim on an e-mail was lost");
            None
        }
        Err(error @ StoreError::Corrupt(_)) => {
            tracing::error!(incident.number = %id.number, email.id = %id, %error, "an e-mail stays due");
            emit(Metric::Unreadable, 1, desk.clock.now());
            None
        }
        Err(error @ StoreError::Unavailable(_)) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(incident.number = %id.number, email.id = %id, %error, source, "the batch goes on without an e-mail");
            text(&record, "/dynamodb/SequenceNumber").map(str::to_owned)
        }
    }
}

/// The e-mail of a record. Its keys are all that is needed: the rest is read under the claim.
fn email_id(record: &Value) -> Option<EmailId> {
    let key = |name: &str| text(record, &format!("/dynamodb/Keys/{name}/S"));
    keys::email_id(key(keys::PK)?, key(keys::SK)?)
}

fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record.pointer(pointer)?.as_str()
}
