//! The filters of the event source mappings: what waits to be sent, and nothing else.
//!
//! Says what `FilterCriteria` in `infra/template.yaml` says.

use super::Record;

/// Which items a function is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outbox {
    /// `dispatch-email`.
    Emails,
    /// `dispatch-webhook`.
    Webhooks,
}

/// What the record calls for, if it is of something that waits to be sent.
pub fn waits(record: &Record) -> Option<Outbox> {
    let is =
        |pointer, wanted: &[&str]| text(record, pointer).is_some_and(|is| wanted.contains(&is));
    let pending =
        is("/eventName", &["INSERT", "MODIFY"]) && is("/dynamodb/NewImage/status/S", &["pending"]);
    match text(record, "/dynamodb/NewImage/item/S").filter(|_| pending) {
        Some("EMAIL") => Some(Outbox::Emails),
        Some("WEBHOOK") => Some(Outbox::Webhooks),
        _ => None,
    }
}

/// The partition key that decides on the lane; records without one share a lane.
pub fn partition_key(record: &Record) -> &str {
    text(record, "/dynamodb/Keys/pk/S").unwrap_or_default()
}

/// The place in the stream, by which a function names a record that failed.
pub fn sequence_number(record: &Record) -> Option<&str> {
    text(record, "/dynamodb/SequenceNumber")
}

fn text<'a>(record: &'a Record, pointer: &str) -> Option<&'a str> {
    record.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(event: &str, image: Record) -> Record {
        let keys = json!({"pk": {"S": "INCIDENT#1"}});
        json!({"eventName": event, "dynamodb": {"Keys": keys, "NewImage": image}})
    }

    #[test]
    fn only_what_is_pending_is_wanted() {
        let pending = json!({"item": {"S": "EMAIL"}, "status": {"S": "pending"}});
        assert_eq!(waits(&record("INSERT", pending.clone())), Some(Outbox::Emails));
        assert_eq!(waits(&record("MODIFY", pending.clone())), Some(Outbox::Emails));
        assert_eq!(waits(&record("REMOVE", pending)), None);
        let webhook = |status| json!({"item": {"S": "WEBHOOK"}, "status": {"S": status}});
        assert_eq!(waits(&record("INSERT", webhook("pending"))), Some(Outbox::Webhooks));
        assert_eq!(waits(&record("MODIFY", webhook("retrying"))), None);
        let sent = json!({"item": {"S": "EMAIL"}, "status": {"S": "sent"}});
        assert_eq!(waits(&record("MODIFY", sent)), None);
        assert_eq!(waits(&record("INSERT", json!({"item": {"S": "INCIDENT"}}))), None);
        let strange = json!({"item": {"S": "EMAIL"}, "status": {"N": "1"}});
        assert_eq!(waits(&record("INSERT", strange)), None);
        assert_eq!(waits(&json!({"eventName": "REMOVE", "dynamodb": {}})), None);
    }

    #[test]
    fn the_partition_key_is_the_incidents() {
        assert_eq!(partition_key(&record("INSERT", json!({}))), "INCIDENT#1");
        assert_eq!(partition_key(&json!({})), "");
    }
}
