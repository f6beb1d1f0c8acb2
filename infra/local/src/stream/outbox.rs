//! The filter of the event source mapping: e-mails that wait to be sent, and nothing else.
//!
//! Says what `FilterCriteria` in `infra/template.yaml` says.

use super::Record;

/// Whether the mapping hands this record to `dispatch-email`.
pub fn wants(record: &Record) -> bool {
    let is =
        |pointer, wanted: &[&str]| text(record, pointer).is_some_and(|is| wanted.contains(&is));
    is("/eventName", &["INSERT", "MODIFY"])
        && is("/dynamodb/NewImage/item/S", &["EMAIL"])
        && is("/dynamodb/NewImage/status/S", &["pending"])
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
    fn only_pending_emails_are_wanted() {
        let pending = json!({"item": {"S": "EMAIL"}, "status": {"S": "pending"}});
        assert!(wants(&record("INSERT", pending.clone())));
        assert!(wants(&record("MODIFY", pending.clone())));
        assert!(!wants(&record("REMOVE", pending)));
        let sent = json!({"item": {"S": "EMAIL"}, "status": {"S": "sent"}});
        assert!(!wants(&record("MODIFY", sent)));
        assert!(!wants(&record("INSERT", json!({"item": {"S": "INCIDENT"}}))));
        let strange = json!({"item": {"S": "EMAIL"}, "status": {"N": "1"}});
        assert!(!wants(&record("INSERT", strange)));
        assert!(!wants(&json!({"eventName": "REMOVE", "dynamodb": {}})));
    }

    #[test]
    fn the_partition_key_is_the_incidents() {
        assert_eq!(partition_key(&record("INSERT", json!({}))), "INCIDENT#1");
        assert_eq!(partition_key(&json!({})), "");
    }
}
