//! Counting the requests that go out, at the SDK's boundary.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Counts attempts by operation. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<Mutex<BTreeMap<String, usize>>>);

impl Counter {
    /// Takes the count since the last time, such as `GetItem 1, TransactWriteItems 1`.
    pub fn take(&self) -> String {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let counts = counts.into_iter().map(|(operation, count)| format!("{operation} {count}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// A DynamoDB client whose requests are counted.
    #[must_use]
    pub fn dynamodb(&self, client: &aws_sdk_dynamodb::Client) -> aws_sdk_dynamodb::Client {
        let config = client.config().to_builder().interceptor(self.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An S3 client whose requests are counted.
    #[must_use]
    pub fn s3(&self, client: &aws_sdk_s3::Client) -> aws_sdk_s3::Client {
        let config = client.config().to_builder().interceptor(self.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// An SES client whose requests are counted.
    #[must_use]
    pub fn ses(&self, client: &aws_sdk_sesv2::Client) -> aws_sdk_sesv2::Client {
        let config = client.config().to_builder().interceptor(self.clone());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    /// Once for each attempt, retries included.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name).to_owned();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(operation).or_default() += 1;
        Ok(())
    }
}
