//! Counting capacity units, as DynamoDB itself says what it consumed.
//!
//! A write in a transaction costs double, and what it writes into the index does not. What a condition
//! refuses is charged too, and its answer does not say how much: only jobs without any can be counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut, Input,
    Output,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use shared::store::dynamodb::keys;

/// What a job consumed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
    /// How many e-mails it wrote into the outbox.
    pub emails: usize,
    /// How many of its requests were refused, and so are not in the units.
    pub refused: usize,
}

/// Adds up what is consumed. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Capacity(Arc<Mutex<Spent>>);

impl Capacity {
    /// Takes what was consumed since the last time.
    #[must_use]
    pub fn take(&self) -> Spent {
        std::mem::take(&mut *self.spent())
    }

    /// A client whose requests ask what they consume.
    #[must_use]
    pub fn dynamodb(&self, client: &aws_sdk_dynamodb::Client) -> aws_sdk_dynamodb::Client {
        let config = client.config().to_builder().interceptor(self.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, output: &Output) {
        let units = |consumed: Option<&ConsumedCapacity>| {
            let units = consumed.and_then(ConsumedCapacity::capacity_units);
            units.expect("DynamoDB says what it consumed")
        };
        let all = |consumed: &[ConsumedCapacity]| {
            assert!(!consumed.is_empty(), "DynamoDB says what it consumed");
            consumed.iter().map(|table| units(Some(table))).sum::<f64>()
        };
        let mut spent = self.spent();
        if let Some(output) = output.downcast_ref::<GetItemOutput>() {
            spent.read += units(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<QueryOutput>() {
            spent.read += units(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            spent.read += all(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            spent.write += units(output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            spent.write += all(output.consumed_capacity());
        } else {
            panic!("asked of the table and not known here: {output:?}");
        }
    }
}

/// Has the answer say what was consumed.
fn asks(input: &mut Input) {
    let total = Some(ReturnConsumedCapacity::Total);
    if let Some(input) = input.downcast_mut::<GetItemInput>() {
        input.return_consumed_capacity = total;
    } else if let Some(input) = input.downcast_mut::<QueryInput>() {
        input.return_consumed_capacity = total;
    } else if let Some(input) = input.downcast_mut::<BatchGetItemInput>() {
        input.return_consumed_capacity = total;
    } else if let Some(input) = input.downcast_mut::<UpdateItemInput>() {
        input.return_consumed_capacity = total;
    } else if let Some(input) = input.downcast_mut::<TransactWriteItemsInput>() {
        input.return_consumed_capacity = total;
    }
}

/// How many e-mails a request writes into the outbox.
fn emails(input: &Input) -> usize {
    let writes = input.downcast_ref::<TransactWriteItemsInput>();
    let writes = writes.into_iter().flat_map(TransactWriteItemsInput::transact_items);
    let kinds = writes.filter_map(|write| write.put()?.item().get(keys::ITEM)?.as_s().ok());
    kinds.filter(|kind| *kind == keys::EMAIL).count()
}

impl Intercept for Capacity {
    fn name(&self) -> &'static str {
        "Capacity"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.spent().emails += emails(context.input());
        asks(context.input_mut());
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.output_or_error() {
            Ok(output) => self.add(output),
            Err(_) => self.spent().refused += 1,
        }
        Ok(())
    }
}
