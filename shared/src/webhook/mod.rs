//! Webhooks: how other systems hear of every change, as <https://www.standardwebhooks.com> has it.
//!
//! Pure. An [`OutboxWebhook`] refers to the timeline entries of a change; [`payload`] says them when
//! it is sent, and [`keys`] signs them. Nothing here sends, and no URL comes from anywhere but the
//! policy: what people write must never decide whom the desk calls.

pub mod keys;
mod retry;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{IncidentNumber, Priority};
use crate::policy::Id;

pub use retry::{LONGEST_RETRY_AFTER, next_attempt};

/// The header that names a webhook: the same at each attempt, so that a receiver knows a repeat.
pub const ID_HEADER: &str = "webhook-id";
/// The header that says when this attempt was made, in seconds since the epoch.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// The id of an outbox webhook: derived from the change that caused it, unique for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WebhookId {
    /// The incident.
    pub number: IncidentNumber,
    /// The version that the change made.
    pub version: u64,
    /// The place among the webhooks of the change, from 0.
    pub index: u32,
}

/// As in the header. A dot separates what is signed, so an id must have none: one in the incident
/// number becomes `~`, which no number has, and no two ids are the same.
impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.as_str().replace('.', "~");
        write!(f, "{number}-{}-{}", self.version, self.index)
    }
}

/// One change that one system is to hear of. What happened is not copied: it stands in the
/// timeline, at this version, and is never changed there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxWebhook {
    /// Its id.
    #[serde(flatten)]
    pub id: WebhookId,
    /// Which webhook of the policy, whose URL is looked up when it is sent.
    pub webhook: Id,
    /// The incident's priority at that moment.
    pub priority: Priority,
    /// When the change happened.
    pub created_at: Timestamp,
}

/// What is posted, in the structure that the specification recommends.
#[derive(Debug, Serialize)]
struct Payload<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    number: &'a IncidentNumber,
    version: u64,
    priority: Priority,
    entries: &'a [TimelineEntry],
}

/// The body: the incident, its version, and the entries that the change wrote.
///
/// # Errors
///
/// Never in practice: all of it can be said in JSON.
pub fn payload(
    webhook: &OutboxWebhook,
    entries: &[TimelineEntry],
) -> Result<String, serde_json::Error> {
    let OutboxWebhook { id, priority, created_at, .. } = webhook;
    serde_json::to_string(&Payload {
        r#type: "incident.changed",
        timestamp: *created_at,
        data: Data { number: &id.number, version: id.version, priority: *priority, entries },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_dot_and_no_two_are_the_same() {
        let id = |number: &str| WebhookId { number: number.parse().unwrap(), version: 3, index: 1 };
        assert_eq!(id("INC-1").to_string(), "INC-1-3-1");
        let ids = ["a.b", "a-b", "a_b", "a..b"].map(|number| id(number).to_string());
        assert!(ids.iter().all(|id| !id.contains('.')), "{ids:?}");
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}
