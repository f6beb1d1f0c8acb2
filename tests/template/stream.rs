//! The filters of the stream's mappings, on all that real work writes: each function is woken for
//! what waits for it in the outbox, and for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use escalation_desk::template::Template;
use serde_json::Value;
use shared::outbox::{DeliveryStatus, OutboxId};
use shared::store::dynamodb::keys;

use crate::kinds::{Kind, kinds};
use crate::story;

/// The keys of the item that a record is of.
fn keys_of(record: &Value) -> (&str, &str) {
    let key = |name: &str| record["dynamodb"]["Keys"][name]["S"].as_str().unwrap();
    (key(keys::PK), key(keys::SK))
}

/// What of the outbox a record is of, by its keys.
fn in_outbox(record: &Value) -> Option<OutboxId> {
    let (pk, sk) = keys_of(record);
    let email = keys::email_id(pk, sk).map(OutboxId::Email);
    email.or_else(|| keys::webhook_id(pk, sk).map(OutboxId::Webhook))
}

/// How far it got by this record; nothing of it is left when it was deleted.
fn status(record: &Value) -> Option<DeliveryStatus> {
    let image = record["dynamodb"].get("NewImage")?;
    serde_json::from_value(image["status"]["S"].clone()).ok()
}

/// The function that is to be woken, if there is one.
pub fn waits_for(record: &Value) -> Option<&'static str> {
    let id = in_outbox(record).filter(|_| status(record) == Some(DeliveryStatus::Pending))?;
    Some(match id {
        OutboxId::Email(_) => "dispatch-email",
        OutboxId::Webhook(_) => "dispatch-webhook",
    })
}

/// The filters show nothing on what they were not shown.
fn everything_was_seen(records: &[Value]) {
    let kinds = kinds();
    assert!(kinds.len() > 10, "the table at the head of keys.rs cannot be read");
    let mut seen = BTreeSet::new();
    for record in records {
        let (pk, sk) = keys_of(record);
        let of: Vec<&Kind> = kinds.iter().filter(|kind| kind.is(pk, sk)).collect();
        assert_eq!(of.len(), 1, "{pk} {sk} is of one kind");
        seen.insert(of[0].name);
    }
    for Kind { name, .. } in &kinds {
        assert!(seen.contains(name), "the stream told of no {name}");
    }
    let events = records.iter().filter_map(|record| record["eventName"].as_str());
    assert!(events.collect::<BTreeSet<_>>().contains("REMOVE"), "nothing was deleted");

    let mut states: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        if let (Some(id), Some(status)) = (in_outbox(record), status(record)) {
            let of = if matches!(id, OutboxId::Email(_)) { "e-mails" } else { "webhooks" };
            let event = record["eventName"].as_str().unwrap();
            states.entry(of).or_default().insert(format!("{event} {status:?}"));
        }
    }
    let all = ["INSERT Pending", "MODIFY Cancelled", "MODIFY Parked", "MODIFY Pending"];
    let all = all.into_iter().chain(["MODIFY Retrying", "MODIFY Sending", "MODIFY Sent"]);
    let all: BTreeSet<_> = all.map(str::to_owned).collect();
    assert_eq!(states["e-mails"], all);
    // Nobody cancels a webhook.
    assert!(all.difference(&states["webhooks"]).eq(["MODIFY Cancelled"]), "{states:?}");
}

#[tokio::test]
async fn each_mapping_lets_through_what_waits_for_its_function_and_nothing_else() {
    let records = story::told().await;
    everything_was_seen(&records);
    let filters = Template::shipped().unwrap().stream_filters().unwrap();
    let woken: BTreeSet<_> = records.iter().filter_map(waits_for).collect();
    assert!(woken.into_iter().eq(filters.keys()), "the stream calls {:?}", filters.keys());
    for (function, filter) in filters {
        for record in &records {
            let (passes, waits) = (filter.passes(record), waits_for(record) == Some(&function));
            let does = if passes { "wakes" } else { "does not wake" };
            assert_eq!(passes, waits, "this {does} {function}: {record:#}");
        }
    }
}
