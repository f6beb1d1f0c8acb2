//! The index has what is due at the same instant in no order that anybody promises. The embedded DynamoDB
//! has it in that of the keys, so here it is had the other way round.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use escalation_desk::table::TABLE;
use shared::store::dynamodb::{DynamoDbStore, keys};

use crate::contract;

/// Has the index asked from its end. Where all is due at one instant, that is only another order of it.
#[derive(Debug)]
struct FromTheEnd;

impl Intercept for FromTheEnd {
    fn name(&self) -> &'static str {
        "FromTheEnd"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(query) = context.input_mut().downcast_mut::<QueryInput>()
            && query.index_name() == Some(keys::DUE_INDEX)
        {
            query.scan_index_forward = Some(false);
        }
        Ok(())
    }
}

pub async fn pages_of_one_instant_are_whole_in_any_order(asking: Client, _: Client) {
    let config = asking.config().to_builder().interceptor(FromTheEnd).build();
    let store = DynamoDbStore::new(Client::from_conf(config), TABLE);
    contract::incidents_that_are_due_at_the_same_instant_are_listed_in_pages(store).await;
}
