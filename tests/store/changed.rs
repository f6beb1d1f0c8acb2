//! A client of production whose requests are changed on their way out.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, Input,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use escalation_desk::table::TABLE;
use shared::store::dynamodb::DynamoDbStore;

struct Changed<F>(F);

impl<F> fmt::Debug for Changed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changed")
    }
}

impl<F: Fn(&mut Input) + Send + Sync> Intercept for Changed<F> {
    fn name(&self) -> &'static str {
        "Changed"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.0)(context.input_mut());
        Ok(())
    }
}

/// The store, each of whose requests goes through `change`.
pub(crate) fn changed(
    asking: &Client,
    change: impl Fn(&mut Input) + Send + Sync + 'static,
) -> DynamoDbStore {
    let config = asking.config().to_builder().interceptor(Changed(change)).build();
    DynamoDbStore::new(Client::from_conf(config), TABLE)
}
