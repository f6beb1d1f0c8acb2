//! One attempt to post one webhook.

use jiff::{SignedDuration, Timestamp};
use shared::desk::Desk;
use shared::dispatch::claim_id;
use shared::incident::clock::after;
use shared::outbox::{LEASE, Settlement, WebhookItem};
use shared::store::{Store, StoreError};
use shared::telemetry::{Metric, emit};
use shared::webhook::keys::WebhookKeys;
use shared::webhook::{LONGEST_RETRY_AFTER, WebhookId, next_attempt, payload};

use crate::post::{Outcome, Poster};

/// Claims the webhook, posts it and records what became of it. One that is not pending is not
/// touched.
pub(super) async fn attempt<S: Store>(
    desk: &Desk<S>,
    keys: &WebhookKeys,
    poster: &Poster,
    id: &WebhookId,
) -> Result<(), StoreError> {
    let claim_id = claim_id();
    let lease_until = after(desk.clock.now(), LEASE);
    let settlement = match desk.store.claim_webhook(id, &claim_id, lease_until).await {
        Ok(Some(item)) => match post(desk, keys, poster, &item).await {
            Err(StoreError::Corrupt(what)) => unreadable(desk, id, what),
            outcome => settlement(desk, &item, outcome?),
        },
        Ok(None) => return Ok(()),
        // What cannot be read was claimed all the same.
        Err(StoreError::Corrupt(what)) => unreadable(desk, id, what),
        Err(error) => return Err(error),
    };
    desk.store.settle(&id.clone().into(), &claim_id, &settlement).await
}

/// What posting came to; `None` when the policy has no such webhook any more.
async fn post<S: Store>(
    desk: &Desk<S>,
    keys: &WebhookKeys,
    poster: &Poster,
    item: &WebhookItem,
) -> Result<Option<Outcome>, StoreError> {
    let webhook = &item.webhook;
    let Some(receiver) = desk.policy.webhooks.0.get(&webhook.webhook) else { return Ok(None) };
    let WebhookId { number, version, .. } = &webhook.id;
    let entries = desk.store.entries_of(number, *version).await?;
    let body =
        payload(webhook, &entries).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let now = desk.clock.now();
    let signature = keys.sign(&webhook.id, now, &body);
    Ok(Some(poster.post(receiver.url.uri(), &webhook.id, now, signature, body).await))
}

fn settlement<S: Store>(
    desk: &Desk<S>,
    item: &WebhookItem,
    outcome: Option<Outcome>,
) -> Settlement {
    let (id, now) = (&item.webhook.id, desk.clock.now());
    match outcome {
        Some(Outcome::Taken) => Settlement::Sent { ses_message_id: None, sent_at: now },
        Some(Outcome::Gone) => parked(desk, id, "HTTP 410: the receiver wants no more".to_owned()),
        None => parked(desk, id, "the policy has no such webhook any more".to_owned()),
        Some(Outcome::Failed { error, may_have_arrived, retry_after }) => {
            let attempts = item.delivery.attempts;
            let Some(pause) = next_attempt(attempts, fastrand::f64()) else {
                return parked(desk, id, format!("given up after {attempts} attempts: {error}"));
            };
            tracing::warn!(incident.number = %id.number, webhook.id = %id, attempts, why = error, "a webhook is tried again");
            let due_at = after(now, pause.max(asked_for(retry_after, now)));
            Settlement::Retry { due_at, ambiguous: may_have_arrived, error }
        }
    }
}

/// For how long the receiver wants to be left alone: seconds, or an HTTP date; within bounds.
fn asked_for(retry_after: Option<String>, now: Timestamp) -> SignedDuration {
    let read = |text: String| match text.parse() {
        Ok(seconds) => Some(SignedDuration::from_secs(seconds)),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(&text).ok()?;
            Some(date.timestamp().duration_since(now))
        }
    };
    let asked = retry_after.and_then(read).unwrap_or_default();
    asked.clamp(SignedDuration::ZERO, LONGEST_RETRY_AFTER)
}

fn unreadable<S: Store>(desk: &Desk<S>, id: &WebhookId, what: String) -> Settlement {
    emit(Metric::Unreadable, 1, desk.clock.now());
    parked(desk, id, what)
}

fn parked<S: Store>(desk: &Desk<S>, id: &WebhookId, error: String) -> Settlement {
    emit(Metric::WebhooksParked, 1, desk.clock.now());
    tracing::error!(incident.number = %id.number, webhook.id = %id, why = error, "a webhook is parked");
    Settlement::Parked { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_ask_for_a_pause_of_at_most_a_day() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let seconds = |text: &str| asked_for(Some(text.to_owned()), now).as_secs();
        assert_eq!(seconds("120"), 120);
        assert_eq!(seconds("Tue, 24 Nov 2026 08:05:00 GMT"), 300);
        assert_eq!(seconds("Tue, 24 Nov 2026 07:00:00 GMT"), 0, "is over");
        assert_eq!(seconds("9999999999"), 86_400);
        for none in ["", "soon", "-5", "1e9", "Tue, 99 Nov 2026 08:05:00 GMT"] {
            assert_eq!(seconds(none), 0, "{none}");
        }
        assert_eq!(asked_for(None, now), SignedDuration::ZERO);
    }
}
