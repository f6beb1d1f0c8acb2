//! The template of the stack, `infra/template.yaml`: what it says is what is made here, too.
//!
//! ```text
//! yaml       the template as JSON, CloudFormation's short tags written out
//! table      what it says of the table
//! mappings   which function the table's stream calls, and for what
//! functions  what each function is given: its variables, and its time
//! ```
//!
//! What it says and nobody here can keep to is refused, not passed over.

mod functions;
mod mappings;
mod table;
mod yaml;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use functions::Function;
pub use table::{Attribute, Index, Key, Table};

const SHIPPED: &str = include_str!("../../template.yaml");

/// What in the template cannot be kept to here.
#[derive(Debug, thiserror::Error)]
#[error("infra/template.yaml: {place}: {what}")]
pub struct TemplateError {
    place: String,
    what: String,
}

impl TemplateError {
    fn at(place: impl Into<String>, what: impl ToString) -> Self {
        Self { place: place.into(), what: what.to_string() }
    }
}

/// The template, as SAM reads it before it translates anything.
#[derive(Debug, Clone)]
pub struct Template(Value);

impl Template {
    /// The one of this repository.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when it is not YAML.
    pub fn shipped() -> Result<Self, TemplateError> {
        Self::read(SHIPPED)
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when it is not YAML, or uses what CloudFormation has no word for.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        yaml::long_form(text).map(Self).map_err(|what| TemplateError::at("the file", what))
    }

    /// Resources of a type, by their logical ids.
    fn resources(&self, of_type: &str) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.0["Resources"].as_object().into_iter().flatten();
        resources
            .filter(move |(_, resource)| resource["Type"] == of_type)
            .map(|(name, resource)| (name.as_str(), resource))
    }
}

/// Reads what stands at a place; says where, when it is not what is known here.
fn known<T: DeserializeOwned>(place: &str, value: &Value) -> Result<T, TemplateError> {
    T::deserialize(value).map_err(|error| TemplateError::at(place, error))
}
