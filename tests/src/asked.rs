//! What functions ask of the table, in the terms in which IAM allows it: actions, and what the
//! partitions begin with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Input,
};
use aws_smithy_types::config_bag::ConfigBag;
use shared::store::dynamodb::keys::PK;

type Item = HashMap<String, AttributeValue>;
/// Which actions were asked for, by what the partitions begin with.
type Actions = BTreeMap<String, BTreeSet<&'static str>>;

/// What one function asks. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<Actions>>);

impl Asked {
    /// All that was asked so far: `ACCOUNT#` or `index/due`, and the actions.
    #[must_use]
    pub fn actions(&self) -> Actions {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client whose requests are noted.
    #[must_use]
    pub fn dynamodb(&self, client: &aws_sdk_dynamodb::Client) -> aws_sdk_dynamodb::Client {
        let config = client.config().to_builder().interceptor(self.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn note(&self, action: &'static str, partition: Option<&AttributeValue>) {
        let partition = partition.and_then(|value| value.as_s().ok()).expect("a partition key");
        let (kind, _) = partition.split_once('#').expect("a kind");
        self.note_of(format!("{kind}#"), action);
    }

    fn note_of(&self, what: String, action: &'static str) {
        let mut actions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        actions.entry(what).or_default().insert(action);
    }

    fn note_key(&self, action: &'static str, key: Option<&Item>) {
        self.note(action, key.and_then(|key| key.get(PK)));
    }

    fn note_query(&self, query: &QueryInput) {
        if let Some(index) = query.index_name() {
            return self.note_of(format!("index/{index}"), "Query");
        }
        let condition = query.key_condition_expression().unwrap_or_default();
        let name = condition.strip_prefix("pk = ").and_then(|rest| rest.split(' ').next());
        assert!(name.is_some(), "not a query of one partition: {condition}");
        let values = query.expression_attribute_values();
        self.note("Query", values.zip(name).and_then(|(values, name)| values.get(name)));
    }

    fn note_write(&self, write: &TransactWriteItem) {
        if let Some(put) = write.put() {
            self.note_key("PutItem", Some(put.item()));
        }
        if let Some(update) = write.update() {
            self.note_key("UpdateItem", Some(update.key()));
        }
        if let Some(check) = write.condition_check() {
            self.note_key("ConditionCheckItem", Some(check.key()));
        }
        if let Some(delete) = write.delete() {
            self.note_key("DeleteItem", Some(delete.key()));
        }
    }

    fn note_input(&self, input: &Input) {
        if let Some(get) = input.downcast_ref::<GetItemInput>() {
            self.note_key("GetItem", get.key());
        } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
            self.note_key("PutItem", put.item());
        } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
            self.note_key("UpdateItem", update.key());
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            self.note_query(query);
        } else if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
            let tables = batch.request_items().into_iter().flatten();
            for key in tables.flat_map(|(_, wanted)| wanted.keys()) {
                self.note_key("BatchGetItem", Some(key));
            }
        } else if let Some(writes) = input.downcast_ref::<TransactWriteItemsInput>() {
            writes.transact_items().iter().for_each(|write| self.note_write(write));
        } else {
            panic!("asked of the table and not known here: {input:?}");
        }
    }
}

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "Asked"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.note_input(context.input());
        Ok(())
    }
}
