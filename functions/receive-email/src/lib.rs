//! `receive-email`: acts on each mail that SES has put into the bucket.
//!
//! Fetch, read, act. SES's own receipt comes with the message and says whether the mail is to be
//! believed; the mail itself is never asked. A message that fails comes again, and holds up no other.
//! No rule lives here.

mod objects;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use shared::desk::Desk;
use shared::inbound::receipt::NoReceipt;
use shared::inbound::{Outcome, Receipt, act, reading};
use shared::links::{KeyRing, KeySource};
use shared::store::{Store, StoreError};
use shared::telemetry::{Metric, emit};

pub use objects::{MailBucket, Objects};

use objects::ObjectError;

/// What it reads of its environment beside what every function does: where the keys of links are, and
/// where mail is.
pub type Variables = (KeySource, MailBucket);

/// How many mails are handled at the same time: each may take a few megabytes.
const CONCURRENCY: usize = 4;

/// Handles a batch of the queue. The answer names the messages that are to come again: those for
/// which S3, the store or the keys of links were unavailable.
pub async fn handle<S: Store>(
    desk: &Desk<S>,
    keys: &KeyRing,
    objects: &Objects,
    event: SqsEvent,
) -> SqsBatchResponse {
    let messages = stream::iter(event.records).map(|message| one(desk, keys, objects, message));
    let failed: Vec<_> =
        messages.buffered(CONCURRENCY).filter_map(|failed| async { failed }).collect().await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}

/// Handles one message; returns its id when it is to come again.
async fn one<S: Store>(
    desk: &Desk<S>,
    keys: &KeyRing,
    objects: &Objects,
    message: SqsMessage,
) -> Option<String> {
    let now = || desk.clock.now();
    let receipt = match Receipt::read(message.body.as_deref().unwrap_or_default()) {
        Ok(receipt) => receipt,
        Err(NoReceipt::OfNoMail) => {
            tracing::info!("SES told of no mail: it tries out the topic of a new rule");
            return None;
        }
        Err(error) => {
            // The mail is in the bucket, and the message ends among the dead letters, where a
            // person finds it.
            tracing::error!(%error, "a notification cannot be read");
            emit(Metric::MailUnreadable, 1, now());
            return Some(message.message_id.unwrap_or_default());
        }
    };
    let outcome = match objects.fetch(&receipt.object_key).await {
        Ok(raw) => {
            let mail = reading::read(&raw, &receipt.envelope_from);
            act::receive(desk, keys, &receipt, mail).await
        }
        Err(ObjectError::Gone) => act::gone(desk, &receipt).await,
        Err(error @ ObjectError::Unavailable(_)) => Err(StoreError::Unavailable(error.into())),
    };
    match outcome {
        Ok(outcome) => {
            tell(&receipt, &outcome, now());
            None
        }
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(mail.id = %receipt.id, %error, source, "a mail comes again");
            if error.is_unreadable() {
                emit(Metric::Unreadable, 1, now());
            }
            Some(message.message_id.unwrap_or_default())
        }
    }
}

/// Logs what became of a mail: never an address or a word of it.
fn tell(receipt: &Receipt, outcome: &Outcome, now: Timestamp) {
    emit(Metric::Mails, 1, now);
    if outcome.is_waiting() {
        emit(Metric::MailsHeld, 1, now);
    }
    let number = match outcome {
        Outcome::Acted { number, .. } => Some(tracing::field::display(number)),
        _ => None,
    };
    tracing::info!(mail.id = %receipt.id, incident.number = number, %outcome, "mail handled");
}
