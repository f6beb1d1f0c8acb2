//! What the template gives each function.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Template, TemplateError, known};

/// What a function is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// After which time Lambda ends it.
    pub timeout: Duration,
    /// Its variables. What is known only once it is deployed is as CloudFormation's functions say it.
    pub variables: BTreeMap<String, Value>,
}

impl Template {
    /// The functions, by their crates.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when one does not say which crate it is, or has a time that is no number.
    pub fn functions(&self) -> Result<BTreeMap<String, Function>, TemplateError> {
        let globals = &self.0["Globals"]["Function"];
        let mut functions = BTreeMap::new();
        for (name, resource) in self.resources("AWS::Serverless::Function") {
            let own = &resource["Properties"];
            let said = |what: &str| own.get(what).unwrap_or(&globals[what]);
            let timeout = known(&format!("{name}.Timeout"), said("Timeout"))?;
            let variables = [globals, own].into_iter().flat_map(|of| {
                let variables = of["Environment"]["Variables"].as_object();
                variables.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()))
            });
            let function =
                Function { timeout: Duration::from_secs(timeout), variables: variables.collect() };
            let binary = &resource["Metadata"]["BuildProperties"]["Binary"];
            functions.insert(known(name, binary)?, function);
        }
        Ok(functions)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_function_is_given_what_all_are_and_what_is_its_own() {
        let functions = Template::shipped().unwrap().functions().unwrap();
        assert_eq!(functions.len(), 7);
        let submit = &functions["submit-escalation"];
        assert_eq!(submit.timeout, Duration::from_secs(15));
        let names: Vec<_> = submit.variables.keys().map(String::as_str).collect();
        assert_eq!(names, ["METRICS_NAMESPACE", "POLICY_FILE", "TABLE_NAME"]);
        let sweep = &functions["check-deadlines"];
        assert_eq!(sweep.timeout, Duration::from_secs(150));
        let dispatch = &functions["dispatch-email"].variables;
        assert_eq!(dispatch["TABLE_NAME"], json!({ "Ref": "Table" }));
        assert_eq!(dispatch["CONFIGURATION_SET"], json!({ "Ref": "ConfigurationSet" }));
    }
}
