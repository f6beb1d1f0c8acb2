//! The table, made through the SDK as CloudFormation makes it from `infra/template.yaml`.
//!
//! Must say the same as the template does: keys, the `due` index, the stream, what expires.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TimeToLiveStatus,
};

/// The table's name.
pub const TABLE: &str = "escalation-desk";
const EXPIRES_AT: &str = "expires_at";

/// Why the table could not be made. Says everything itself: the SDK's errors are chains of five.
#[derive(Debug, thiserror::Error)]
#[error("the table could not be made: {0}")]
pub struct TableError(String);

impl From<BuildError> for TableError {
    fn from(error: BuildError) -> Self {
        Self(error.to_string())
    }
}

impl<E: std::error::Error + 'static> From<SdkError<E>> for TableError {
    fn from(error: SdkError<E>) -> Self {
        Self(DisplayErrorContext(error).to_string())
    }
}

/// Makes the table unless it is there already.
///
/// # Errors
///
/// [`TableError`] when DynamoDB refuses or does not answer.
pub async fn ensure(client: &Client) -> Result<(), TableError> {
    let created = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("due_shard", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("due_at", ScalarAttributeType::N)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name("due")
                .key_schema(key("due_shard", KeyType::Hash)?)
                .key_schema(key("due_at", KeyType::Range)?)
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
                .build()?,
        )
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewImage)
                .build()?,
        )
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => {}
        Err(error) => return Err(error.into()),
    }
    expire(client).await
}

/// Asked for separately: a desk that was killed between the two calls has a table without it.
async fn expire(client: &Client) -> Result<(), TableError> {
    let said = client.describe_time_to_live().table_name(TABLE).send().await?;
    let status = said.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    if status == Some(&TimeToLiveStatus::Enabled) {
        return Ok(());
    }
    let specification =
        TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build()?;
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(specification)
        .send()
        .await?;
    Ok(())
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}
