//! Items in DynamoDB's own JSON, and the shape that they have.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

pub fn to_json(item: &Item) -> Value {
    item.iter().map(|(name, value)| (name.clone(), value_to_json(value))).collect()
}

fn value_to_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::Null(is) => json!({ "NULL": is }),
        AttributeValue::L(list) => {
            json!({ "L": list.iter().map(value_to_json).collect::<Vec<_>>() })
        }
        AttributeValue::M(map) => json!({ "M": to_json(map) }),
        other => panic!("the desk writes no such attribute: {other:?}"),
    }
}

pub fn from_json(item: &Value) -> Item {
    let members = item.as_object().unwrap().iter();
    members.map(|(name, value)| (name.clone(), value_from_json(value))).collect()
}

fn value_from_json(value: &Value) -> AttributeValue {
    let (kind, value) = typed(value);
    match kind {
        "S" => AttributeValue::S(value.as_str().unwrap().to_owned()),
        "N" => AttributeValue::N(value.as_str().unwrap().to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(elements(value).map(value_from_json).collect()),
        "M" => AttributeValue::M(from_json(value)),
        other => panic!("no type of an attribute: {other}"),
    }
}

/// The type of an attribute, and what it has.
fn typed(value: &Value) -> (&str, &Value) {
    let (kind, value) = value.as_object().and_then(|map| map.iter().next()).unwrap();
    (kind, value)
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

/// A text of an item, by its path.
pub fn text<'a>(item: &'a Value, path: &[&str]) -> Option<&'a str> {
    let (last, maps) = path.split_last()?;
    let map = maps.iter().try_fold(item, |map, name| map.get(name)?.get("M"))?;
    map.get(last)?.get("S")?.as_str()
}

/// Every attribute of an item by its path, with its type. What a list has comes to one; so do counters
/// and the kinds of a tagged value.
pub fn shape(item: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    of_map("", item.as_object().unwrap(), &mut lines);
    lines
}

fn of_map(path: &str, map: &Map<String, Value>, lines: &mut BTreeSet<String>) {
    for (name, value) in map {
        of_value(&format!("{path}{name}"), value, lines);
    }
}

fn of_value(path: &str, value: &Value, lines: &mut BTreeSet<String>) {
    let (kind, value) = typed(value);
    match kind {
        "M" => of_map(&format!("{path}."), value.as_object().unwrap(), lines),
        "L" => elements(value).for_each(|element| of_value(&format!("{path}[]"), element, lines)),
        _ => drop(lines.insert(format!("{path} {kind}"))),
    }
}
