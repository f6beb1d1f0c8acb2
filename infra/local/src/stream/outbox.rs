//! The filter of the event source mapping: e-mails that wait to be sent, and nothing else.
//!
//! Says what `FilterCriteria` in `infra/template.yaml` says.

use aws_lambda_events::event::dynamodb::EventRecord;
use serde_dynamo::{AttributeValue, Item};

/// Whether the mapping hands this record to `dispatch-email`.
pub fn wants(record: &EventRecord) -> bool {
    let image = &record.change.new_image;
    matches!(record.event_name.as_str(), "INSERT" | "MODIFY")
        && text(image, "item") == Some("EMAIL")
        && text(image, "status") == Some("pending")
}

/// The partition key that decides on the lane; records without one share a lane.
pub fn partition_key(record: &EventRecord) -> &str {
    text(&record.change.keys, "pk").unwrap_or_default()
}

fn text<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    match item.get(attribute) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(event: &str, image: serde_json::Value) -> EventRecord {
        let record = json!({
            "awsRegion": "eu-west-1", "eventID": "1", "eventName": event,
            "dynamodb": {"Keys": {"pk": {"S": "INCIDENT#1"}}, "NewImage": image, "SizeBytes": 1},
        });
        serde_json::from_value(record).unwrap()
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
    }

    #[test]
    fn the_partition_key_is_the_incidents() {
        assert_eq!(partition_key(&record("INSERT", json!({}))), "INCIDENT#1");
    }
}
