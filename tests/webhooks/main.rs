//! Webhooks over real connections: what a receiver is handed, what each of its answers says, and the
//! whole way from a request to the desk to a receiver.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod answers;
mod desk;
mod request;
mod unreadable;

use desk_tests::world::start;
use dispatch_webhook::{Outcome, Poster};
use shared::webhook::WebhookId;
use shared::webhook::keys::WebhookKeys;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"type":"incident.changed","text":"Déjà vu"}"#;

/// Makes one attempt at this URL.
async fn post(url: &str) -> Outcome {
    let id = WebhookId { number: "ACME.1".parse().unwrap(), version: 3, index: 0 };
    let signature = WebhookKeys::new(KEY, None).unwrap().sign(&id, start(), BODY);
    let poster = Poster::new(shared::aws::connections_to_others());
    poster.post(&url.parse().unwrap(), &id, start(), signature, BODY.to_owned()).await
}
