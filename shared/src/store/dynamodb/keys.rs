//! Every key of the table.
//!
//! | item | pk | sk | `due` index | written by | read by |
//! |---|---|---|---|---|---|
//! | incident | `INCIDENT#<number>` | `INCIDENT` | while open | `commit` | `load`, `due`, `open_incidents`, `story` |
//! | timeline entry | `INCIDENT#<number>` | `ENTRY#<version>#<index>` | never | `commit` | `story` |
//! | outbox e-mail | `INCIDENT#<number>` | `EMAIL#<version>#<index>` | until sent, parked or cancelled | `commit`, `claim_email`, `settle_email`, `requeue_email`, `cancel_email` | `due`, `story` |
//! | account | `ACCOUNT#<id>` | `ACCOUNT` | never | `put_account`, `commit` | `load_account` |
//! | an account's incident | `ACCOUNT#<id>` | `INCIDENT#<opened at>#<number>` | until the desk has looked whether it recurs | `commit`, `settle_recurrence` | `account_incidents`, `due` |
//! | request answered | `REQUEST#<caller>#<key>` | `REQUEST` | never; TTL `expires_at` | `commit` | `answered` |
//! | requests counted | `LIMIT#<what>#<hash of whom>#<window's start>` | `LIMIT` | never; TTL `expires_at` | `commit` | `commit`'s condition |
//!
//! The `due` index has the partition `due_shard` and the sort key `due_at` (epoch milliseconds).
//! An item has these attributes only while something is due for it. No other attribute may be
//! called so: DynamoDB refuses an index key of another type.

use sha2::{Digest, Sha256};

use jiff::Timestamp;

use crate::account::RememberedId;
use crate::email::EmailId;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, IncidentNumber};
use crate::store::{DUE_SHARDS, DueTarget, Limit, RequestKey};

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
/// The kind of item that is what an account remembers of an incident.
pub const REMEMBERED: &str = "REMEMBERED";
/// The sort key of an answered request.
pub const REQUEST: &str = "REQUEST";
/// The sort key of what is counted in a window.
pub const LIMIT: &str = "LIMIT";
/// What the sort keys of e-mails begin with.
pub const EMAIL: &str = "EMAIL";
/// What the sort keys of timeline entries begin with.
pub const ENTRY: &str = "ENTRY";

/// The sort key of an account, and what the partitions of accounts begin with.
pub const ACCOUNT: &str = "ACCOUNT";

/// The partition of an account and all that belongs to it.
#[must_use]
pub fn account_pk(id: &AccountId) -> String {
    format!("{ACCOUNT}#{id}")
}

/// The sort key of what an account remembers of an incident; sorts by when it reached care.
#[must_use]
pub fn remembered_sk(id: &RememberedId) -> String {
    format!("{}{}", remembered_since(id.opened_at), id.number)
}

/// What sorts before every incident that reached care at or after an instant.
#[must_use]
pub fn remembered_since(instant: Timestamp) -> String {
    format!("{INCIDENT}#{:015}#", instant.as_millisecond().max(0))
}

/// What an account remembers under these keys.
#[must_use]
pub fn remembered_id(pk: &str, sk: &str) -> Option<RememberedId> {
    let account = pk.strip_prefix(ACCOUNT)?.strip_prefix('#')?.parse().ok()?;
    let (millis, number) = sk.strip_prefix(INCIDENT)?.strip_prefix('#')?.split_once('#')?;
    let opened_at = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    Some(RememberedId { account, opened_at, number: number.parse().ok()? })
}

/// The partition of an incident and all that belongs to it.
#[must_use]
pub fn incident_pk(number: &IncidentNumber) -> String {
    format!("{INCIDENT}#{number}")
}

/// The sort key of a timeline entry; sorts in the order of events.
#[must_use]
pub fn entry_sk(entry: &TimelineEntry) -> String {
    format!("{ENTRY}#{:010}#{:03}", entry.version, entry.index)
}

/// The sort key of an e-mail; sorts in the order of events.
#[must_use]
pub fn email_sk(id: &EmailId) -> String {
    format!("{EMAIL}#{:010}#{:03}", id.version, id.index)
}

/// The partition of an answered request. A `#` of the caller is escaped, so that no two pairs of
/// caller and key share a partition.
#[must_use]
pub fn request_pk(request: &RequestKey) -> String {
    let caller = request.caller.replace('%', "%25").replace('#', "%23");
    format!("{REQUEST}#{caller}#{}", request.key)
}

/// The partition of what is counted in one window.
#[must_use]
pub fn limit_pk(limit: &Limit) -> String {
    format!("{LIMIT}#{}#{}#{}", limit.what, limit.whom, limit.since.as_second())
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
    if let Some(id) = email_id(&pk, &sk) {
        return DueTarget::Email(id);
    }
    remembered_id(&pk, &sk).map_or(DueTarget::Foreign { pk, sk }, DueTarget::Recurrence)
}

/// The e-mail that has these keys.
#[must_use]
pub fn email_id(pk: &str, sk: &str) -> Option<EmailId> {
    let (version, index) = sk.strip_prefix(EMAIL)?.strip_prefix('#')?.split_once('#')?;
    let (version, index) = (version.parse().ok()?, index.parse().ok()?);
    Some(EmailId { number: number_of(pk)?, version, index })
}

/// The shard of the `due` index on which an incident and its e-mails are. A stable hash: it must
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
        let id = RememberedId {
            account: "acme-1".parse().unwrap(),
            opened_at: Timestamp::from_millisecond(1_790_000_000_123).unwrap(),
            number: "a-1.x".parse().unwrap(),
        };
        assert_eq!(remembered_id(&account_pk(&id.account), &remembered_sk(&id)), Some(id));
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
