//! The table, made through the SDK from what `infra/template.yaml` says of it, as CloudFormation does.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, Projection, StreamSpecification,
    TableDescription, TimeToLiveSpecification, TimeToLiveStatus,
};

use crate::template::{Attribute, Index, Key, Table, Template, TemplateError};

/// The table's name. CloudFormation makes one up.
pub const TABLE: &str = "escalation-desk";

/// Why the table could not be made. Says everything itself: the SDK's errors are chains of five.
#[derive(Debug, thiserror::Error)]
#[error("the table could not be made: {0}")]
pub struct TableError(String);

impl From<TemplateError> for TableError {
    fn from(error: TemplateError) -> Self {
        Self(error.to_string())
    }
}

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

/// Makes the table of the template unless it is there already.
///
/// # Errors
///
/// [`TableError`] when the template has what cannot be made here, when the table that is there is
/// another, or when DynamoDB refuses or does not answer.
pub async fn ensure(client: &Client, template: &Template) -> Result<(), TableError> {
    let table = template.table()?;
    match create(client, &table)?.send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            is_that_of(client, &table).await?;
        }
        Err(error) => return Err(error.into()),
    }
    expire(client, &table).await
}

/// A table of kept data may be from before a change of the template, which nobody makes here.
async fn is_that_of(client: &Client, table: &Table) -> Result<(), TableError> {
    let there = client.describe_table().table_name(TABLE).send().await?.table;
    let there = there.unwrap_or_else(|| TableDescription::builder().build());
    let mut indexes = BTreeMap::new();
    for index in &table.global_secondary_indexes {
        indexes.insert(Some(index.index_name.as_str()), keys(&index.key_schema)?);
    }
    let indexes_there = there.global_secondary_indexes().iter();
    let indexes_there: BTreeMap<_, _> =
        indexes_there.map(|index| (index.index_name(), index.key_schema().to_vec())).collect();
    if there.key_schema() == keys(&table.key_schema)? && indexes_there == indexes {
        return Ok(());
    }
    let what = "the one in the data folder has other keys or indexes than infra/template.yaml says";
    Err(TableError(what.to_owned()))
}

fn create(client: &Client, table: &Table) -> Result<CreateTableFluentBuilder, BuildError> {
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(table.stream_specification.stream_view_type.as_str().into())
        .build()?;
    let mut create = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(table.billing_mode.as_str().into())
        .set_key_schema(Some(keys(&table.key_schema)?))
        .stream_specification(stream);
    for Attribute { attribute_name, attribute_type } in &table.attribute_definitions {
        let attribute = AttributeDefinition::builder()
            .attribute_name(attribute_name)
            .attribute_type(attribute_type.as_str().into());
        create = create.attribute_definitions(attribute.build()?);
    }
    for Index { index_name, key_schema, projection } in &table.global_secondary_indexes {
        let projection = Projection::builder()
            .projection_type(projection.projection_type.as_str().into())
            .set_non_key_attributes(projection.non_key_attributes.clone());
        let index = GlobalSecondaryIndex::builder()
            .index_name(index_name)
            .set_key_schema(Some(keys(key_schema)?))
            .projection(projection.build());
        create = create.global_secondary_indexes(index.build()?);
    }
    Ok(create)
}

fn keys(keys: &[Key]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |key: &Key| {
        KeySchemaElement::builder()
            .attribute_name(&key.attribute_name)
            .key_type(key.key_type.as_str().into())
            .build()
    };
    keys.iter().map(element).collect()
}

/// Asked for separately: a desk that was killed between the two calls has a table without it.
async fn expire(client: &Client, table: &Table) -> Result<(), TableError> {
    let said = client.describe_time_to_live().table_name(TABLE).send().await?;
    let status = said.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    let wanted = &table.time_to_live_specification;
    if (status == Some(&TimeToLiveStatus::Enabled)) == wanted.enabled {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(&wanted.attribute_name)
        .enabled(wanted.enabled)
        .build()?;
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(specification)
        .send()
        .await?;
    Ok(())
}
