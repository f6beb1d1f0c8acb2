//! Every key of the table.
//!
//! | item | pk | sk | `due` index | written by | read by |
//! |---|---|---|---|---|---|
//! | incident | `INCIDENT#<number>` | `INCIDENT` | while open | `commit` | `load`, `due`, `open_incidents`, `story` |
//! | timeline entry | `INCIDENT#<number>` | `ENTRY#<version>#<index>` | never | `commit` | `entries_of`, `story` |
//! | outbox e-mail | `INCIDENT#<number>` | `EMAIL#<version>#<index>` | until sent, parked or cancelled | `commit`, `claim_email`, `settle`, `requeue`, `cancel_email` | `due`, `story` |
//! | outbox webhook | `INCIDENT#<number>` | `WEBHOOK#<version>#<index>` | until sent or parked | `commit`, `claim_webhook`, `settle`, `requeue` | `due`, `story` |
//! | request answered | `REQUEST#<caller>#<key>` | `REQUEST` | never; TTL `expires_at` | `commit` | `answered` |
//!
//! The `due` index has the partition `due_shard` and the sort key `due_at` (epoch milliseconds).
//! An item has these attributes only while something is due for it. No other attribute may be
//! called so: DynamoDB refuses an index key of another type.

use sha2::{Digest, Sha256};

use crate::email::EmailId;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::IncidentNumber;
use crate::outbox::OutboxId;
use crate::store::{DUE_SHARDS, DueTarget, RequestKey};
use crate::webhook::WebhookId;

/// The partition key.
pub const PK: &str = "pk";
/// The sort key.
pub const SK: &str = "sk";
/// The index of what is due.
pub const DUE_INDEX: &str = "due";
/// The partition key of the index.
pub const DUE_SHARD: &str = "due_shard";
/// The sort key of the index: epoch milliseconds.
pub const DUE_AT: &str = "due_at";
/// The attribute by which DynamoDB forgets items: epoch seconds.
pub const EXPIRES_AT: &str = "expires_at";
/// Which kind of item it is; the stream's filter reads it.
pub const ITEM: &str = "item";

/// The sort key of an incident.
pub const INCIDENT: &str = "INCIDENT";
/// The sort key of an answered request.
pub const REQUEST: &str = "REQUEST";
/// What the sort keys of e-mails begin with.
pub const EMAIL: &str = "EMAIL";
/// What the sort keys of webhooks begin with.
pub const WEBHOOK: &str = "WEBHOOK";
/// What the sort keys of timeline entries begin with.
pub const ENTRY: &str = "ENTRY";

/// The partition of an incident and all that belongs to it.
#[must_use]
pub fn incident_pk(number: &IncidentNumber) -> String {
    format!("{INCIDENT}#{number}")
}

/// The sort key of a timeline entry; sorts in the order of events.
#[must_use]
pub fn entry_sk(entry: &TimelineEntry) -> String {
    placed(ENTRY, entry.version, entry.index)
}

/// What the sort keys of the timeline entries of one change begin with.
#[must_use]
pub fn entries_of(version: u64) -> String {
    format!("{ENTRY}#{version:010}#")
}

/// The sort key of an e-mail; sorts in the order of events.
#[must_use]
pub fn email_sk(id: &EmailId) -> String {
    placed(EMAIL, id.version, id.index)
}

/// The sort key of a webhook; sorts in the order of events.
#[must_use]
pub fn webhook_sk(id: &WebhookId) -> String {
    placed(WEBHOOK, id.version, id.index)
}

/// The sort key of what is in the outbox.
#[must_use]
pub fn outbox_sk(id: &OutboxId) -> String {
    match id {
        OutboxId::Email(id) => email_sk(id),
        OutboxId::Webhook(id) => webhook_sk(id),
    }
}

fn placed(item: &str, version: u64, index: u32) -> String {
    format!("{item}#{version:010}#{index:03}")
}

/// The partition of an answered request. A `#` of the caller is escaped, so that no two pairs of
/// caller and key share a partition.
#[must_use]
pub fn request_pk(request: &RequestKey) -> String {
    let caller = request.caller.replace('%', "%25").replace('#', "%23");
    format!("{REQUEST}#{caller}#{}", request.key)
}

/// The number in a partition key of an incident.
#[must_use]
pub fn number_of(pk: &str) -> Option<IncidentNumber> {
    pk.strip_prefix(INCIDENT)?.strip_prefix('#')?.parse().ok()
}

/// What an item of the `due` index is.
#[must_use]
pub fn due_target(pk: String, sk: String) -> DueTarget {
    let incident = if sk == INCIDENT { number_of(&pk) } else { None };
    if let Some(number) = incident {
        return DueTarget::Incident(number);
    }
    let email = email_id(&pk, &sk).map(DueTarget::Email);
    let outbox = email.or_else(|| webhook_id(&pk, &sk).map(DueTarget::Webhook));
    outbox.unwrap_or(DueTarget::Foreign { pk, sk })
}

/// The e-mail that has these keys.
#[must_use]
pub fn email_id(pk: &str, sk: &str) -> Option<EmailId> {
    let (version, index) = place(EMAIL, sk)?;
    Some(EmailId { number: number_of(pk)?, version, index })
}

/// The webhook that has these keys.
#[must_use]
pub fn webhook_id(pk: &str, sk: &str) -> Option<WebhookId> {
    let (version, index) = place(WEBHOOK, sk)?;
    Some(WebhookId { number: number_of(pk)?, version, index })
}

fn place(item: &str, sk: &str) -> Option<(u64, u32)> {
    let (version, index) = sk.strip_prefix(item)?.strip_prefix('#')?.split_once('#')?;
    Some((version.parse().ok()?, index.parse().ok()?))
}

/// The shard of the `due` index on which an incident, its e-mails and its webhooks are. A stable hash: it must
/// be the same for ever, whatever the compiler.
#[must_use]
pub fn shard_of(number: &IncidentNumber) -> u8 {
    Sha256::digest(number.as_str())[0] % DUE_SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_what_they_were_made_of() {
        let id = EmailId { number: "a-1.x".parse().unwrap(), version: 12, index: 7 };
        assert_eq!(email_id(&incident_pk(&id.number), &email_sk(&id)), Some(id.clone()));
        assert_eq!(id.to_string().parse(), Ok(id));
        let id = WebhookId { number: "a-1.x".parse().unwrap(), version: 12, index: 4 };
        let (pk, sk) = (incident_pk(&id.number), webhook_sk(&id));
        assert_eq!((email_id(&pk, &sk), webhook_id(&pk, &sk)), (None, Some(id.clone())));
        assert_eq!(due_target(pk, sk), DueTarget::Webhook(id));
    }

    #[test]
    fn no_two_callers_share_a_request() {
        let request = |caller: &str, key: &str| {
            request_pk(&RequestKey { caller: caller.to_owned(), key: key.to_owned() })
        };
        assert_ne!(request("a#b", "c"), request("a", "b#c"));
        assert_ne!(request("a%23b", "c"), request("a#b", "c"));
    }
}
