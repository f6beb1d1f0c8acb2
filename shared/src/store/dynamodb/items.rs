//! Items: how state is laid out in the table, and read back.
//!
//! What the core says is kept whole in one map attribute (`state`, `entry`, `email`, `webhook`); beside it
//! stand only the attributes that keys, conditions, the index and the stream's filter need.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use strum::VariantArray;

use super::{keys, schema};
use crate::account::{Account, AccountIncident, RememberedId};
use crate::email::{HeldMail, OutboxEmail, Thread};
use crate::inbound::MailRecord;
use crate::incident::Incident;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain};
use crate::outbox::{Delivery, EmailFact, EmailFacts, EmailItem, FactKind, OutboxId, WebhookItem};
use crate::store::{AnsweredRequest, RequestKey, StoreError, Watch};
use crate::webhook::OutboxWebhook;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const STATE: &str = "state";
pub(super) const VERSION: &str = "version";
const ACCOUNT: &str = "account";
pub(super) const REMEMBERED: &str = "remembered";
const ENTRY: &str = "entry";
const EMAIL: &str = "email";
const WEBHOOK: &str = "webhook";
const CREATED_AT: &str = "created_at";
pub(super) const STATUS: &str = "status";
pub(super) const ATTEMPTS: &str = "attempts";
pub(super) const AMBIGUOUS: &str = "ambiguous";
pub(super) const CLAIM_ID: &str = "claim_id";
pub(super) const SES_MESSAGE_ID: &str = "ses_message_id";
pub(super) const SENT_AT: &str = "sent_at";
pub(super) const ERROR: &str = "error";
pub(super) const CALLS_FOR_ACTION: &str = "calls_for_action";

pub(super) fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn millis(instant: Timestamp) -> AttributeValue {
    number(instant.as_millisecond())
}

fn keyed(pk: String, sk: String, item: &str) -> Item {
    [
        (keys::PK, string(pk)),
        (keys::SK, string(sk)),
        (keys::ITEM, string(item)),
        (schema::SCHEMA, schema::newest()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

pub(super) fn map<T: Serialize>(value: &T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn unmap<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, StoreError> {
    schema::known(item)?;
    let value = item.get(name).ok_or_else(|| corrupt(item, &format!("has no `{name}`")))?;
    from_value(value).map_err(|error| corrupt(item, &format!("`{name}`: {error}")))
}

/// What an attribute says. Of a type that the SDK does not know yet, serde_dynamo (4.3) panics, and one
/// such item would end every batch that it is in.
pub(super) fn from_value<T: DeserializeOwned>(value: &AttributeValue) -> Result<T, String> {
    if !is_known(value) {
        return Err("a type of DynamoDB that is not known".to_owned());
    }
    serde_dynamo::from_attribute_value(value.clone()).map_err(|error| error.to_string())
}

fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::M(fields) => fields.values().all(is_known),
        AttributeValue::L(values) => values.iter().all(is_known),
        value => !value.is_unknown(),
    }
}

pub(super) fn corrupt(item: &Item, what: &str) -> StoreError {
    StoreError::Corrupt(of(item, what))
}

/// Says it of an item.
pub(super) fn of(item: &Item, what: &str) -> String {
    let key = |name| text(item, name).unwrap_or_default();
    format!("item {} {} {what}", key(keys::PK), key(keys::SK))
}

pub(super) fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

fn integer<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn instant(item: &Item, name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(integer(item, name)?).ok()
}

fn due(item: &mut Item, shard: u8, due_at: Timestamp) {
    item.insert(keys::DUE_SHARD.to_owned(), string(shard.to_string()));
    item.insert(keys::DUE_AT.to_owned(), millis(due_at));
}

pub(super) fn incident(incident: &Incident) -> Result<Item, StoreError> {
    let pk = keys::incident_pk(&incident.number);
    let mut item = keyed(pk, keys::INCIDENT.to_owned(), keys::INCIDENT);
    item.insert(VERSION.to_owned(), number(incident.version));
    item.insert(STATE.to_owned(), map(incident)?);
    if let Some(due_at) = incident.next_due() {
        due(&mut item, keys::shard_of(&incident.number), due_at);
    }
    Ok(item)
}

pub(super) fn read_incident(item: &Item) -> Result<Incident, StoreError> {
    unmap(item, STATE)
}

pub(super) fn entry(entry: &TimelineEntry) -> Result<Item, StoreError> {
    let pk = keys::incident_pk(&entry.number);
    let mut item = keyed(pk, keys::entry_sk(entry), keys::ENTRY);
    item.insert(ENTRY.to_owned(), map(entry)?);
    Ok(item)
}

pub(super) fn read_entry(item: &Item) -> Result<TimelineEntry, StoreError> {
    unmap(item, ENTRY)
}

/// Something new in the outbox: pending, and due soon in case the stream does not hand it out.
fn pending(id: &OutboxId, kind: &str, created_at: Timestamp) -> Result<Item, StoreError> {
    let mut item = keyed(keys::thread_pk(&id.thread()), keys::outbox_sk(id), kind);
    let delivery = Delivery::pending(created_at);
    item.insert(STATUS.to_owned(), map(&delivery.status)?);
    item.insert(ATTEMPTS.to_owned(), number(delivery.attempts));
    item.insert(AMBIGUOUS.to_owned(), number(delivery.ambiguous));
    if let Some(due_at) = delivery.due_at {
        due(&mut item, keys::shard_of_thread(&id.thread()), due_at);
    }
    Ok(item)
}

pub(super) fn email(email: &OutboxEmail) -> Result<Item, StoreError> {
    let mut item = pending(&email.id.clone().into(), keys::EMAIL, email.created_at)?;
    item.insert(EMAIL.to_owned(), map(email)?);
    if email.kind.calls_for_action() {
        item.insert(CALLS_FOR_ACTION.to_owned(), AttributeValue::Bool(true));
    }
    Ok(item)
}

pub(super) fn read_email(item: &Item) -> Result<EmailItem, StoreError> {
    Ok(EmailItem::of(unmap(item, EMAIL)?, delivery(item)?, facts(item)?))
}

pub(super) fn webhook(webhook: &OutboxWebhook) -> Result<Item, StoreError> {
    let mut item = pending(&webhook.id.clone().into(), keys::WEBHOOK, webhook.created_at)?;
    item.insert(WEBHOOK.to_owned(), map(webhook)?);
    Ok(item)
}

pub(super) fn read_webhook(item: &Item) -> Result<WebhookItem, StoreError> {
    Ok(WebhookItem { webhook: unmap(item, WEBHOOK)?, delivery: delivery(item)? })
}

/// When what is in the outbox was written.
pub(super) fn created_at(item: &Item) -> Option<Timestamp> {
    let written = item.get(EMAIL).or_else(|| item.get(WEBHOOK))?.as_m().ok()?;
    text(written, CREATED_AT)?.parse().ok()
}

fn delivery(item: &Item) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        status: unmap(item, STATUS)?,
        due_at: instant(item, keys::DUE_AT),
        attempts: integer(item, ATTEMPTS).unwrap_or(0),
        ambiguous: integer(item, AMBIGUOUS).unwrap_or(0),
        claim_id: text(item, CLAIM_ID),
        ses_message_id: text(item, SES_MESSAGE_ID),
        sent_at: instant(item, SENT_AT),
        error: text(item, ERROR),
    })
}

/// The attribute of a fact. Each kind has its own, so that facts that come at once do not meet.
pub(super) fn fact_name(kind: FactKind) -> String {
    format!("fact_{}", kind.name())
}

/// A fact in one string: epoch milliseconds, a blank, the detail.
pub(super) fn fact(fact: &EmailFact) -> AttributeValue {
    string(format!("{} {}", fact.at.as_millisecond(), fact.detail))
}

/// All that is known of an e-mail; kinds of another version are not this one's business.
fn facts(item: &Item) -> Result<EmailFacts, StoreError> {
    let mut facts = EmailFacts::default();
    for kind in FactKind::VARIANTS {
        let name = fact_name(*kind);
        let Some(value) = item.get(&name) else { continue };
        let read = || {
            let (millis, detail) = value.as_s().ok()?.split_once(' ')?;
            let at = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
            Some(EmailFact { at, detail: detail.to_owned() })
        };
        facts.add(*kind, read().ok_or_else(|| corrupt(item, &format!("`{name}` is no fact")))?);
    }
    Ok(facts)
}

/// The keys of what is in the outbox.
pub(super) fn outbox_key(id: &OutboxId) -> [(String, AttributeValue); 2] {
    [
        (keys::PK.to_owned(), string(keys::thread_pk(&id.thread()))),
        (keys::SK.to_owned(), string(keys::outbox_sk(id))),
    ]
}

pub(super) fn account(account: &Account) -> Result<Item, StoreError> {
    let pk = keys::account_pk(&account.id);
    let mut item = keyed(pk, keys::ACCOUNT.to_owned(), keys::ACCOUNT);
    item.insert(VERSION.to_owned(), number(account.version));
    item.insert(ACCOUNT.to_owned(), map(account)?);
    Ok(item)
}

pub(super) fn read_account(item: &Item) -> Result<Account, StoreError> {
    unmap(item, ACCOUNT)
}

const MAIL: &str = "mail";
const HELD: &str = "held";
const TOLD_UNTIL: &str = "told_until";
const TOLD_AT: &str = "told_at";

pub(super) fn mail(record: &MailRecord) -> Result<Item, StoreError> {
    let mut item = keyed(keys::mail_pk(&record.id), keys::MAIL.to_owned(), keys::MAIL);
    item.insert(VERSION.to_owned(), number(record.version));
    item.insert(MAIL.to_owned(), map(record)?);
    if let Some(expires_at) = record.expires_at() {
        item.insert(keys::EXPIRES_AT.to_owned(), number(expires_at.as_second()));
    }
    Ok(item)
}

pub(super) fn read_mail(item: &Item) -> Result<MailRecord, StoreError> {
    unmap(item, MAIL)
}

pub(super) fn held(tell_at: Timestamp, held: &HeldMail) -> Result<Item, StoreError> {
    let sk = keys::held_sk(tell_at, &held.id);
    let mut item = keyed(keys::QUARANTINE_PK.to_owned(), sk, keys::HELD);
    item.insert(HELD.to_owned(), map(held)?);
    Ok(item)
}

pub(super) fn read_held(item: &Item) -> Result<(Timestamp, HeldMail), StoreError> {
    let sk = text(item, keys::SK).unwrap_or_default();
    let tell_at = keys::tell_at_of(&sk).ok_or_else(|| corrupt(item, "has no instant"))?;
    Ok((tell_at, unmap(item, HELD)?))
}

pub(super) fn watch(watch: &Watch) -> Item {
    let pk = keys::QUARANTINE_PK.to_owned();
    let mut item = keyed(pk, keys::WATCH.to_owned(), keys::WATCH);
    item.insert(VERSION.to_owned(), number(watch.version));
    for (name, instant) in [(TOLD_UNTIL, watch.told_until), (TOLD_AT, watch.told_at)] {
        if let Some(instant) = instant {
            item.insert(name.to_owned(), millis(instant));
        }
    }
    if let Some(due_at) = watch.due_at {
        due(&mut item, keys::shard_of_thread(&Thread::Quarantine), due_at);
    }
    item
}

pub(super) fn read_watch(item: &Item) -> Result<Watch, StoreError> {
    schema::known(item)?;
    Ok(Watch {
        version: integer(item, VERSION).unwrap_or(0),
        told_until: instant(item, TOLD_UNTIL),
        told_at: instant(item, TOLD_AT),
        due_at: instant(item, keys::DUE_AT),
    })
}

/// Whose a domain is.
pub(super) fn domain(domain: &Domain, account: &AccountId) -> Item {
    let mut item = keyed(keys::domain_pk(domain), keys::DOMAIN.to_owned(), keys::DOMAIN);
    item.insert(ACCOUNT.to_owned(), string(account.as_str()));
    item
}

pub(super) fn read_domain(item: &Item) -> Result<AccountId, StoreError> {
    unmap(item, ACCOUNT)
}

/// The keys of what an account remembers of an incident.
pub(super) fn remembered_key(id: &RememberedId) -> [(String, AttributeValue); 2] {
    [
        (keys::PK.to_owned(), string(keys::account_pk(&id.account))),
        (keys::SK.to_owned(), string(keys::remembered_sk(id))),
    ]
}

pub(super) fn read_remembered(item: &Item) -> Result<AccountIncident, StoreError> {
    unmap(item, REMEMBERED)
}

const FINGERPRINT: &str = "fingerprint";
const HTTP_STATUS: &str = "http_status";
const LOCATION: &str = "location";
const ETAG: &str = "etag";
const BODY: &str = "body";
const CALLER: &str = "caller";
const KEY: &str = "key";
const ANSWERED_AT: &str = "answered_at";

pub(super) fn answered(answered: &AnsweredRequest) -> Item {
    let mut item = keyed(keys::request_pk(&answered.key), keys::REQUEST.to_owned(), keys::REQUEST);
    item.insert(CALLER.to_owned(), string(&answered.key.caller));
    item.insert(KEY.to_owned(), string(&answered.key.key));
    item.insert(FINGERPRINT.to_owned(), string(&answered.fingerprint));
    item.insert(HTTP_STATUS.to_owned(), number(answered.status));
    if let Some(location) = &answered.location {
        item.insert(LOCATION.to_owned(), string(location));
    }
    if let Some(etag) = &answered.etag {
        item.insert(ETAG.to_owned(), string(etag));
    }
    item.insert(BODY.to_owned(), string(&answered.body));
    item.insert(ANSWERED_AT.to_owned(), millis(answered.answered_at));
    item.insert(keys::EXPIRES_AT.to_owned(), number(answered.expires_at.as_second()));
    item
}

pub(super) fn read_answered(item: &Item) -> Result<AnsweredRequest, StoreError> {
    schema::known(item)?;
    let read = || {
        let expires_at = Timestamp::from_second(integer(item, keys::EXPIRES_AT)?).ok()?;
        Some(AnsweredRequest {
            key: RequestKey { caller: text(item, CALLER)?, key: text(item, KEY)? },
            fingerprint: text(item, FINGERPRINT)?,
            status: integer(item, HTTP_STATUS)?,
            location: text(item, LOCATION),
            etag: text(item, ETAG),
            body: text(item, BODY)?,
            answered_at: instant(item, ANSWERED_AT)?,
            expires_at,
        })
    };
    read().ok_or_else(|| corrupt(item, "is not an answered request"))
}
