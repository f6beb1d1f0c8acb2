//! `dispatch-email`: sends each outbox e-mail through SES.
//!
//! Claim, render, send, settle. The stream only says which e-mail; what is sent is the item itself,
//! under a lease, so that a record that comes twice sends nothing twice. An e-mail whose link cannot be
//! signed goes out without it. No rule lives here.

mod attempt;

use aws_lambda_events::streams::DynamoDbEventResponse;
use shared::desk::Desk;
use shared::dispatch;
pub use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::links::{KeySource, LinkWriter, PublicUrl};
use shared::mailer::Mailer;
use shared::mailer::ses::ConfigurationSet;
use shared::store::Store;
use shared::store::dynamodb::keys;

/// What it reads of its environment beside what every function does: where the keys of links are and
/// where links lead, and where SES tells what becomes of an e-mail.
pub type Variables = (KeySource, PublicUrl, Option<ConfigurationSet>);

/// Handles a batch of stream records. The answer names the records to hand out again: those for
/// which the store was unavailable.
pub async fn handle<S: Store, M: Mailer>(
    desk: &Desk<S>,
    mailer: &M,
    links: &LinkWriter,
    batch: Batch,
) -> DynamoDbEventResponse {
    let attempt = async |id: EmailId| attempt::attempt(desk, mailer, links, &id).await;
    dispatch::each(desk, batch, keys::email_id, attempt).await
}
