//! Requests to DynamoDB: an action on the table or its index, for what the partition begins with.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use shared::store::dynamodb::keys::{DUE_INDEX, DUE_SHARD, PK};

use super::{Asked, Request, arn};

type Item = HashMap<String, AttributeValue>;

/// What IAM is asked for this input; `None` when it is no request to DynamoDB that is known.
pub(super) fn requests(asked: &Asked, input: &Input) -> Option<Vec<Request>> {
    let of = |action, table: Option<&str>, key: Option<&Item>| {
        vec![on_table(asked, action, table, [partition(key)])]
    };
    Some(if let Some(get) = input.downcast_ref::<GetItemInput>() {
        of("GetItem", get.table_name(), get.key())
    } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
        of("PutItem", put.table_name(), put.item())
    } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        of("UpdateItem", update.table_name(), update.key())
    } else if let Some(query) = input.downcast_ref::<QueryInput>() {
        vec![of_query(asked, query)]
    } else if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
        // One request for each table, and all its keys have to be allowed together.
        let tables = batch.request_items().into_iter().flatten();
        let request = |(table, wanted): (&String, &aws_sdk_dynamodb::types::KeysAndAttributes)| {
            let keys = wanted.keys().iter().map(|key| partition(Some(key)));
            on_table(asked, "BatchGetItem", Some(table), keys)
        };
        tables.map(request).collect()
    } else if let Some(writes) = input.downcast_ref::<TransactWriteItemsInput>() {
        of_writes(asked, writes.transact_items())
    } else {
        return None;
    })
}

/// The actions of a transaction are those of its items; there is none of its own. AWS does not say
/// whether it asks for each item or for all of an action at once. The second is more to ask, since one
/// statement has to allow all the keys, and has the first in it.
fn of_writes(asked: &Asked, writes: &[TransactWriteItem]) -> Vec<Request> {
    let mut keys: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (action, table, key) in writes.iter().map(of_write) {
        keys.entry((action, table)).or_default().push(partition(Some(key)));
    }
    let request = |((action, table), keys)| on_table(asked, action, Some(table), keys);
    keys.into_iter().map(request).collect()
}

fn of_write(write: &TransactWriteItem) -> (&'static str, &str, &Item) {
    match (write.put(), write.update(), write.condition_check(), write.delete()) {
        (Some(put), None, None, None) => ("PutItem", put.table_name(), put.item()),
        (None, Some(update), None, None) => ("UpdateItem", update.table_name(), update.key()),
        (None, None, Some(check), None) => ("ConditionCheckItem", check.table_name(), check.key()),
        (None, None, None, Some(delete)) => ("DeleteItem", delete.table_name(), delete.key()),
        _ => panic!("not one of what a transaction is made of: {write:?}"),
    }
}

fn of_query(asked: &Asked, query: &QueryInput) -> Request {
    let index = query.index_name();
    let partition_key = match index {
        None => PK,
        Some(DUE_INDEX) => DUE_SHARD,
        Some(index) => panic!("not an index that is known: {index}"),
    };
    let condition = query.key_condition_expression().unwrap_or_default();
    let name = condition.strip_prefix(&format!("{partition_key} = ") as &str);
    let name = name.and_then(|rest| rest.split(' ').next());
    let values = query.expression_attribute_values();
    let value = values.zip(name).and_then(|(values, name)| values.get(name));
    assert!(value.is_some(), "not a query of one partition: {condition}");
    // The leading key of an index is its own. Of shards, nobody tells one from another.
    let key = if index.is_some() { "0".to_owned() } else { kind(value) };
    let mut request = on_table(asked, "Query", query.table_name(), [key]);
    if let Some(index) = index {
        request.resource.push_str(&format!("/index/{index}"));
    }
    request
}

fn on_table(
    asked: &Asked,
    action: &str,
    table: Option<&str>,
    keys: impl IntoIterator<Item = String>,
) -> Request {
    let table = arn("dynamodb", &format!("table/{}", asked.variable(table)));
    Request::new(&format!("dynamodb:{action}"), table).with("dynamodb:LeadingKeys", keys)
}

fn partition(key: Option<&Item>) -> String {
    kind(key.and_then(|key| key.get(PK)))
}

/// `INCIDENT#` of `INCIDENT#INC-1`: what is allowed of the kind alone is allowed of each of them.
fn kind(partition: Option<&AttributeValue>) -> String {
    let partition = partition.and_then(|value| value.as_s().ok()).expect("a partition key");
    let (kind, _) = partition.split_once('#').expect("a kind");
    format!("{kind}#")
}
