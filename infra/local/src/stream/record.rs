//! What a mapping reads of a record itself; what else is in it concerns the filter and the function.

use super::Record;

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

    #[test]
    fn the_partition_key_is_the_incidents() {
        let record = json!({ "dynamodb": { "Keys": { "pk": { "S": "INCIDENT#1" } } } });
        assert_eq!(partition_key(&record), "INCIDENT#1");
        assert_eq!(partition_key(&json!({})), "");
    }
}
