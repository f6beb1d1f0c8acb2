//! The table: read whole, put back as it was, and compared.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, PutRequest, StreamSpecification, WriteRequest,
};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

type Item = HashMap<String, AttributeValue>;

/// All items of the table, by their keys.
pub type Items = BTreeMap<(String, String), Item>;

/// The table, as the test itself reads and writes it.
pub struct Table {
    client: Client,
    name: &'static str,
    hides: [Regex; 5],
}

fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

impl Table {
    /// Turns the stream off: the embedded DynamoDB keeps its records for ever and gets slower.
    pub async fn new(client: Client, name: &'static str) -> Self {
        let none = StreamSpecification::builder().stream_enabled(false).build().expect("whole");
        let off = client.update_table().table_name(name).stream_specification(none).send();
        off.await.expect("the stream is off");
        let hides = [
            // An instant; one in a key or a fact, in milliseconds or seconds; the digest of a body
            // in which there are instants; a time of day on a page; what was left of a level.
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z",
            r"\b0{0,2}1[0-9]{9,12}\b",
            r#""[0-9]+-[0-9a-f]{16}\\?""#,
            r"\b[0-9]{2}:[0-9]{2}\b",
            r#"left_ms[\\": ]{2,4}[0-9]+"#,
        ];
        Self { client, name, hides: hides.map(|hidden| Regex::new(hidden).expect("a pattern")) }
    }

    /// All of it.
    pub async fn read(&self) -> Items {
        let scan = self.client.scan().table_name(self.name).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let items = items.expect("the test's own reading");
        items.into_iter().map(|item| ((text(&item, "pk"), text(&item, "sk")), item)).collect()
    }

    /// Makes it again what it was.
    pub async fn put_back(&self, was: &Items, is: &Items) {
        let key = |name: &str, (pk, sk): &(String, String)| {
            AttributeValue::S(if name == "pk" { pk } else { sk }.clone())
        };
        let gone = is.keys().filter(|id| !was.contains_key(*id)).map(|id| {
            let delete = DeleteRequest::builder().key("pk", key("pk", id)).key("sk", key("sk", id));
            WriteRequest::builder().delete_request(delete.build().expect("keys")).build()
        });
        let changed =
            was.iter().filter(|(id, item)| is.get(*id) != Some(*item)).map(|(_, item)| {
                let put = PutRequest::builder().set_item(Some(item.clone()));
                WriteRequest::builder().put_request(put.build().expect("an item")).build()
            });
        let writes: Vec<_> = gone.chain(changed).collect();
        for some in writes.chunks(25) {
            let write = self.client.batch_write_item().request_items(self.name, some.to_vec());
            let left = write.send().await.expect("the test's own writing").unprocessed_items;
            assert!(left.unwrap_or_default().is_empty());
        }
    }

    /// A text of it in which stands all but what another course of events may change: instants, ids of
    /// claims, how often something was tried and with what ids SES took it. How often it may have been
    /// sent is compared as whether it may have been, unless `sends` says that this is what faults make.
    pub fn comparable(&self, items: &Items, sends: bool) -> String {
        let lines = items.values().map(|item| self.line(item, sends));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, item: &Item, sends: bool) -> String {
        let mut line = Map::new();
        for (name, value) in item {
            let value = match name.as_str() {
                "attempts" | "claim_id" | "ses_message_id" | "fingerprint" => continue,
                "ambiguous" if sends => continue,
                "ambiguous" => json!(value.as_n().is_ok_and(|n| n != "0")),
                _ => self.value(name, value),
            };
            // How long care took is counted by about how long, in the last part of the name.
            let about = name.strip_prefix("took_").and_then(|took| took.rsplit_once('_'));
            let name = about.map_or_else(|| name.clone(), |(clock, _)| format!("took_{clock}_~"));
            line.insert(name, value);
        }
        Value::Object(line).to_string()
    }

    fn value(&self, name: &str, value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!(self.hidden(text)),
            AttributeValue::N(number) => match name {
                _ if name.ends_with("_at") || name.ends_with("_until") => json!("~"),
                "late_ms" | "left_ms" => json!("~"),
                _ => json!(number),
            },
            AttributeValue::Bool(is) => json!(is),
            AttributeValue::Null(_) => Value::Null,
            AttributeValue::L(list) => list.iter().map(|it| self.value("", it)).collect(),
            AttributeValue::M(map) => {
                let fields = map.iter().map(|(name, it)| (name.clone(), self.value(name, it)));
                Value::Object(fields.collect())
            }
            other => panic!("not in an item: {other:?}"),
        }
    }

    /// The text without what another course of events may change.
    pub fn hidden(&self, text: &str) -> String {
        self.hides.iter().fold(text.to_owned(), |text, hide| hide.replace_all(&text, "~").into())
    }
}

/// The ids of what waits in the outbox: its keys, in their order.
pub fn waiting<'a>(
    items: &'a Items,
    status: &'a [&'a str],
) -> impl Iterator<Item = &'a (String, String)> {
    let in_outbox = |item: &Item| matches!(text(item, "item").as_str(), "EMAIL" | "WEBHOOK");
    items.iter().filter_map(move |(id, item)| {
        let waits = in_outbox(item) && status.contains(&text(item, "status").as_str());
        waits.then_some(id)
    })
}
