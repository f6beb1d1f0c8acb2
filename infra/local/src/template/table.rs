//! What the template says of the table.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Template, TemplateError, known};

const TYPE: &str = "AWS::DynamoDB::Table";

/// The properties of the table. One that is not here is refused: a new property is either made here,
/// too, or known to be none of this machine's business.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Table {
    /// `PAY_PER_REQUEST`.
    pub billing_mode: String,
    /// The attributes that keys are made of.
    pub attribute_definitions: Vec<Attribute>,
    /// The table's own key.
    pub key_schema: Vec<Key>,
    /// The indexes.
    #[serde(default)]
    pub global_secondary_indexes: Vec<Index>,
    /// What the stream tells.
    pub stream_specification: Stream,
    /// What expires.
    pub time_to_live_specification: Expiry,
    // What protects data in AWS: from people, from other tenants, from a bad release.
    #[serde(default, rename = "PointInTimeRecoverySpecification")]
    _backups: IgnoredAny,
    #[serde(default, rename = "DeletionProtectionEnabled")]
    _deletion_protection: IgnoredAny,
    #[serde(default, rename = "SSESpecification")]
    _encryption: IgnoredAny,
    // What people find it by.
    #[serde(default, rename = "Tags")]
    _tags: IgnoredAny,
}

/// An attribute that a key is made of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// A part of a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Key {
    /// The name of the attribute.
    pub attribute_name: String,
    /// `HASH` or `RANGE`.
    pub key_type: String,
}

/// An index.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Index {
    /// Its name.
    pub index_name: String,
    /// Its key.
    pub key_schema: Vec<Key>,
    /// What of an item is in it.
    pub projection: Projection,
}

/// What of an item is in an index.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Projection {
    /// `KEYS_ONLY`, `INCLUDE` or `ALL`.
    pub projection_type: String,
    /// With `INCLUDE`, what beside keys.
    #[serde(default)]
    pub non_key_attributes: Option<Vec<String>>,
}

/// What the stream tells of a change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Stream {
    /// Which images.
    pub stream_view_type: String,
}

/// By which attribute items expire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Expiry {
    /// Its name.
    pub attribute_name: String,
    /// Whether they do.
    pub enabled: bool,
}

impl Template {
    /// What it says of its only table.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when there is not one, or when it has what is not made here.
    pub fn table(&self) -> Result<Table, TemplateError> {
        let tables: Vec<_> = self.resources(TYPE).collect();
        match tables.as_slice() {
            [(name, table)] => known(&format!("{name}.Properties"), &table["Properties"]),
            several => {
                Err(TemplateError::at(TYPE, format!("there are {}, not one", several.len())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_IMAGE }
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
      SSESpecification: { SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn }
";

    fn refused(text: &str) -> String {
        let table = Template::read(text).unwrap().table();
        table.map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_template_has_a_table_that_can_be_made_here() {
        Template::shipped().unwrap().table().unwrap();
    }

    #[test]
    fn what_is_not_made_here_is_refused_by_name() {
        assert!(Template::read(TABLE).unwrap().table().is_ok());
        let local_index = format!("{TABLE}      LocalSecondaryIndexes: []\n");
        let said = refused(&local_index);
        assert!(said.contains("Table.Properties: unknown field `LocalSecondaryIndexes`"), "{said}");
        let said = refused(&TABLE.replace("Enabled: true }", "Enabled: true, Disabled: 1 }"));
        assert!(said.contains("unknown field `Disabled`"), "{said}");
    }

    #[test]
    fn what_is_not_known_before_the_deployment_is_no_name() {
        let said = refused(&TABLE.replace("AttributeName: expires_at", "AttributeName: !Ref Name"));
        assert!(said.contains("expected a string"), "{said}");
    }

    #[test]
    fn two_tables_are_one_too_many() {
        let second = "  Second: { Type: 'AWS::DynamoDB::Table' }\n";
        assert!(refused(&format!("{TABLE}{second}")).contains("there are 2, not one"));
    }
}
