//! Every key of the table.
//!
//! | item | pk | sk | `due` index | written by | read by |
//! |---|---|---|---|---|---|
//! | incident | `INCIDENT#<number>` | `INCIDENT` | while open | `commit` | `load`, `due`, `open_incidents`, `story` |
//! | timeline entry | `INCIDENT#<number>` | `ENTRY#<version>#<index>` | never | `commit` | `entries_of`, `story` |
//! | outbox e-mail | `INCIDENT#<number>` | `EMAIL#<version>#<index>` | until sent, parked or cancelled | `commit`, `claim_email`, `learn`, `settle`, `requeue`, `cancel_email` | `load_email`, `due`, `story` |
//! | outbox webhook | `INCIDENT#<number>` | `WEBHOOK#<version>#<index>` | until sent or parked | `commit`, `claim_webhook`, `settle`, `requeue` | `due`, `story` |
//! | account | `ACCOUNT#<id>` | `ACCOUNT` | never | `put_account`, `commit` | `load_account` |
//! | an account's incident | `ACCOUNT#<id>` | `INCIDENT#<opened at>#<number>` | until the desk has looked whether it recurs | `commit`, `settle_recurrence` | `account_incidents`, `due` |
//! | whose a domain is | `DOMAIN#<domain>` | `DOMAIN` | never | `put_account` | `account_of` |
//! | what became of a mail | `MAIL#<id>` | `MAIL` | never; TTL `expires_at` unless it waits | `commit`, `keep_mail` | `load_mail` |
//! | a mail that waits | `QUARANTINE#DESK` | `HELD#<told at>#<id>` | never | `commit`, `keep_mail` | `held_mails` |
//! | what people know of those | `QUARANTINE#DESK` | `WATCH` | while one waits | `keep_mail`, `put_watch` | `load_watch`, `due` |
//! | outbox e-mail about a mail | `MAIL#<id>` | `EMAIL#<version>#<index>` | as an incident's | | |
//! | outbox e-mail about those that wait | `QUARANTINE#DESK` | `EMAIL#<version>#<index>` | as an incident's | | |
//! | request answered | `REQUEST#<caller>#<key>` | `REQUEST` | never; TTL `expires_at` | `commit`, `keep_mail` | `answered` |
//! | figures | `FIGURES#<yyyy-mm>` | `<dd>#<shard>` | never | `commit` | `figures` |
//! | requests counted | `LIMIT#<what>#<hash of whom>#<window's start, or LAST>` | `LIMIT` | never; TTL `expires_at` | `commit` | `commit`'s condition |
//!
//! The `due` index has the partition `due_shard` and the sort key `due_at` (epoch milliseconds).
//! An item has these attributes only while something is due for it. No other attribute may be
//! called so: DynamoDB refuses an index key of another type.
//!
//! Every item also has `item`, which kind it is, and `v`, in which [layout](super::schema) it is.

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use jiff::Timestamp;

use crate::account::RememberedId;
use crate::email::{EmailId, Thread};
use crate::inbound::MailId;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain, IncidentNumber, StoredAccountId};
use crate::outbox::OutboxId;
use crate::store::{DUE_SHARDS, DueTarget, Limit, RequestKey};
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
/// The kind of item that is what an account remembers of an incident.
pub const REMEMBERED: &str = "REMEMBERED";
/// The sort key of an answered request.
pub const REQUEST: &str = "REQUEST";
/// The sort key of what is counted in a window.
pub const LIMIT: &str = "LIMIT";
/// What the sort keys of e-mails begin with.
pub const EMAIL: &str = "EMAIL";
/// What the sort keys of webhooks begin with.
pub const WEBHOOK: &str = "WEBHOOK";
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
    let account: StoredAccountId = pk.strip_prefix(ACCOUNT)?.strip_prefix('#')?.parse().ok()?;
    let (millis, number) = sk.strip_prefix(INCIDENT)?.strip_prefix('#')?.split_once('#')?;
    let opened_at = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    Some(RememberedId { account: account.into(), opened_at, number: number.parse().ok()? })
}

/// What the partitions of figures begin with.
pub const FIGURES: &str = "FIGURES";
/// Over how many items the figures of a day are spread. More of them meet each other less often;
/// fewer are read faster.
pub const FIGURE_SHARDS: u8 = 64;

/// The sort key of what became of a mail that came in, and what the partitions of mails begin with.
pub const MAIL: &str = "MAIL";
/// The partition of all that is held in quarantine.
pub const QUARANTINE_PK: &str = "QUARANTINE#DESK";
/// The sort key of what people have been told of it.
pub const WATCH: &str = "WATCH";
/// What the sort keys of mails that wait begin with.
pub const HELD: &str = "HELD";
/// The sort key of whose a domain is, and what the partitions of domains begin with.
pub const DOMAIN: &str = "DOMAIN";

/// The sort key of a mail that waits; sorts by when people are told of it.
#[must_use]
pub fn held_sk(tell_at: Timestamp, id: &MailId) -> String {
    format!("{HELD}#{:015}#{id}", tell_at.as_millisecond().max(0))
}

/// When people are told of a mail that has this sort key.
#[must_use]
pub fn tell_at_of(sk: &str) -> Option<Timestamp> {
    let millis = sk.strip_prefix(HELD)?.strip_prefix('#')?.split('#').next()?;
    Timestamp::from_millisecond(millis.parse().ok()?).ok()
}

/// The partition of a domain.
#[must_use]
pub fn domain_pk(domain: &Domain) -> String {
    format!("{DOMAIN}#{domain}")
}

/// The partition of a mail that came in.
#[must_use]
pub fn mail_pk(id: &MailId) -> String {
    format!("{MAIL}#{id}")
}

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

/// The partition of what is counted in one window.
#[must_use]
pub fn limit_pk(limit: &Limit) -> String {
    let window = match limit.done_at {
        Some(_) => "LAST".to_owned(),
        None => limit.since.as_second().to_string(),
    };
    format!("{LIMIT}#{}#{}#{window}", limit.what, limit.whom)
}

/// The partition of a thread, and with it of its e-mails.
#[must_use]
pub fn thread_pk(thread: &Thread) -> String {
    match thread {
        Thread::Incident(number) => incident_pk(number),
        Thread::Mail(id) => mail_pk(id),
        Thread::Quarantine => QUARANTINE_PK.to_owned(),
    }
}

/// The thread of which this is the partition.
#[must_use]
pub fn thread_of(pk: &str) -> Option<Thread> {
    if pk == QUARANTINE_PK {
        return Some(Thread::Quarantine);
    }
    let mail = pk.strip_prefix(MAIL).and_then(|rest| rest.strip_prefix('#'));
    match mail {
        Some(id) => id.parse().ok().map(Thread::Mail),
        None => number_of(pk).map(Thread::Incident),
    }
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
    if pk == QUARANTINE_PK && sk == WATCH {
        return DueTarget::Quarantine;
    }
    let email = email_id(&pk, &sk).map(DueTarget::Email);
    email
        .or_else(|| webhook_id(&pk, &sk).map(DueTarget::Webhook))
        .or_else(|| remembered_id(&pk, &sk).map(DueTarget::Recurrence))
        .unwrap_or(DueTarget::Foreign { pk, sk })
}

/// The e-mail that has these keys.
#[must_use]
pub fn email_id(pk: &str, sk: &str) -> Option<EmailId> {
    let (version, index) = place(EMAIL, sk)?;
    Some(EmailId { thread: thread_of(pk)?, version, index })
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

/// The shard of the `due` index on which an incident, its e-mails and its webhooks are. A stable
/// hash: it must be the same for ever, whatever the compiler.
#[must_use]
pub fn shard_of(number: &IncidentNumber) -> u8 {
    shard(number.as_str())
}

/// The shard on which the e-mails of a thread are: of an incident's, the incident's own.
#[must_use]
pub fn shard_of_thread(thread: &Thread) -> u8 {
    shard(&thread.to_string())
}

fn shard(text: &str) -> u8 {
    Sha256::digest(text)[0] % DUE_SHARDS
}

/// The partition of the figures of a day's month.
#[must_use]
pub fn figures_pk(day: Date) -> String {
    format!("{FIGURES}#{:04}-{:02}", day.year(), day.month())
}

/// The sort key of a day's figures in one shard; sorts by day.
#[must_use]
pub fn figures_sk(day: Date, shard: u8) -> String {
    format!("{:02}#{shard:03}", day.day())
}

/// The shard in which a change counts. Changes of one incident are spread too: it costs nothing, and
/// a single incident cannot make one item grow.
#[must_use]
pub fn figures_shard(number: &IncidentNumber, version: u64) -> u8 {
    Sha256::digest(format!("{number}#{version}"))[0] % FIGURE_SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_what_they_were_made_of() {
        let id = EmailId { thread: Thread::Quarantine, version: 12, index: 7 };
        for thread in ["a-1.x", "_d6iitobk75ur44p8kdnnp7g2n800", "_"] {
            let id = EmailId { thread: thread.parse().unwrap(), ..id.clone() };
            assert_eq!(email_id(&thread_pk(&id.thread), &email_sk(&id)), Some(id.clone()));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        let id = WebhookId { number: "a-1.x".parse().unwrap(), version: 12, index: 4 };
        let (pk, sk) = (incident_pk(&id.number), webhook_sk(&id));
        assert_eq!((email_id(&pk, &sk), webhook_id(&pk, &sk)), (None, Some(id.clone())));
        assert_eq!(due_target(pk, sk), DueTarget::Webhook(id));
        let id = RememberedId {
            account: "acme-1".parse().unwrap(),
            opened_at: Timestamp::from_millisecond(1_790_000_000_123).unwrap(),
            number: "a-1.x".parse().unwrap(),
        };
        assert_eq!(remembered_id(&account_pk(&id.account), &remembered_sk(&id)), Some(id));
    }

    #[test]
    fn figures_sort_by_day_and_use_every_shard() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(figures_pk(day("2026-03-09")), "FIGURES#2026-03");
        assert!(figures_sk(day("2026-03-09"), u8::MAX) < figures_sk(day("2026-03-10"), 0));
        let number = "INC-1".parse().unwrap();
        let mut shards: Vec<_> =
            (1..2_000).map(|version| figures_shard(&number, version)).collect();
        shards.sort_unstable();
        shards.dedup();
        assert!(shards.into_iter().eq(0..FIGURE_SHARDS));
    }

    /// What is due stays where an older desk has put it.
    #[test]
    fn a_number_is_in_the_same_shard_for_ever_and_numbers_use_every_shard() {
        let known = [
            ("INC-1", 1),
            ("INC-2", 2),
            ("INC-3", 2),
            ("INC-4", 3),
            ("INC-5", 2),
            ("INC-6", 1),
            ("a-1.x", 0),
        ];
        for (number, shard) in known {
            let number: IncidentNumber = number.parse().unwrap();
            assert_eq!((shard_of(&number), shard_of_thread(&number.into())), (shard, shard));
        }
        assert_eq!(shard_of_thread(&Thread::Quarantine), 2);
        let mut shards: Vec<_> =
            (1..100).map(|n| shard_of(&format!("INC-{n}").parse().unwrap())).collect();
        shards.sort_unstable();
        shards.dedup();
        assert!(shards.into_iter().eq(0..DUE_SHARDS));
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
