//! `dispatch-webhook`: posts each outbox webhook to the system that is to hear of a change.
//!
//! Claim, sign, post, settle. A function of its own, with a stream mapping of its own, so that a
//! receiver that is down holds up no e-mail. At least once, and in no order: the id of a webhook
//! tells a repeat, the incident's version says what came before what. No rule lives here.

mod attempt;
mod post;

use aws_lambda_events::streams::DynamoDbEventResponse;
use shared::desk::Desk;
use shared::dispatch;
pub use shared::dispatch::Batch;
use shared::signing_keys::KeySource;
use shared::store::Store;
use shared::store::dynamodb::keys;
use shared::webhook::WebhookId;
use shared::webhook::keys::WebhookKeys;

pub use post::{Outcome, Poster};

/// What it reads of its environment beside what every function does: where the keys of webhooks are.
pub type Variables = KeySource<WebhookKeys>;

/// Handles a batch of stream records. The answer names the records to hand out again: those for
/// which the store was unavailable.
pub async fn handle<S: Store>(
    desk: &Desk<S>,
    keys: &WebhookKeys,
    poster: &Poster,
    batch: Batch,
) -> DynamoDbEventResponse {
    let attempt = async |id: WebhookId| attempt::attempt(desk, keys, poster, &id).await;
    dispatch::each(desk, batch, keys::webhook_id, attempt).await
}
