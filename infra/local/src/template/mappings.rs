//! Which function the table's stream calls, and for which records.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Template, TemplateError, known};
use crate::stream::filter::Filter;

/// What a mapping says of the records that it is for; how they are handed over is
/// [`crate::stream`]'s own.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    stream: Value,
    #[serde(default)]
    filter_criteria: Criteria,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Criteria {
    filters: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Pattern {
    pattern: String,
}

impl Template {
    /// The filter of each mapping of the table's stream, by the crate of the function that it calls.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when a filter has what is not known here, or a function has two mappings.
    pub fn stream_filters(&self) -> Result<BTreeMap<String, Filter>, TemplateError> {
        let stream = json!({ "Fn::GetAtt": ["Table", "StreamArn"] });
        let mut filters = BTreeMap::new();
        for (function, resource) in self.resources("AWS::Serverless::Function") {
            let events = resource["Properties"]["Events"].as_object().into_iter().flatten();
            for (event, said) in events.filter(|(_, said)| said["Type"] == "DynamoDB") {
                let place = format!("{function}.Events.{event}");
                let mapping: Mapping = known(&place, &said["Properties"])?;
                if mapping.stream != stream {
                    return Err(TemplateError::at(place, "of another stream than the table's"));
                }
                let patterns = mapping.filter_criteria.filters.iter().map(|f| f.pattern.as_str());
                let filter =
                    Filter::read(patterns).map_err(|what| TemplateError::at(&place, what))?;
                let binary = &resource["Metadata"]["BuildProperties"]["Binary"];
                if filters.insert(known(&place, binary)?, filter).is_some() {
                    return Err(TemplateError::at(place, "the second of its function"));
                }
            }
        }
        Ok(filters)
    }

    /// The filters of these functions, where the stream calls these and no others.
    ///
    /// # Errors
    ///
    /// As [`Template::stream_filters`]; and when the template has one mapping more or less.
    pub fn stream_filters_of<const N: usize>(
        &self,
        functions: [&str; N],
    ) -> Result<[Filter; N], TemplateError> {
        let filters = self.stream_filters()?;
        if let Some(other) = filters.keys().find(|called| !functions.contains(&called.as_str())) {
            return Err(TemplateError::at("the stream", format!("calls {other}, too")));
        }
        let missing = functions.iter().find(|&&function| !filters.contains_key(function));
        match missing {
            Some(function) => {
                Err(TemplateError::at("the stream", format!("does not call {function}")))
            }
            None => Ok(functions.map(|function| filters[function].clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = r#"
Resources:
  Function:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: dispatch-email } }
    Properties:
      Events:
        Sweep: { Type: ScheduleV2 }
        Outbox:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            FilterCriteria: { Filters: [{ Pattern: '{"eventName": ["INSERT"]}' }] }
            BatchSize: 10
"#;

    fn refused(text: &str) -> String {
        let filters = Template::read(text).unwrap().stream_filters();
        filters.map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_mapping_is_known_by_the_crate_that_it_calls() {
        let filters = Template::read(FUNCTION).unwrap().stream_filters().unwrap();
        assert_eq!(filters.keys().collect::<Vec<_>>(), ["dispatch-email"]);
        assert!(filters["dispatch-email"].passes(&json!({ "eventName": "INSERT" })));
        assert!(!filters["dispatch-email"].passes(&json!({ "eventName": "MODIFY" })));
    }

    #[test]
    fn the_stream_calls_the_functions_that_are_called_here_and_no_others() {
        let template = Template::read(FUNCTION).unwrap();
        assert!(template.stream_filters_of(["dispatch-email"]).is_ok());
        let said =
            |called: Result<_, TemplateError>| called.map(|_: ()| ()).unwrap_err().to_string();
        let none = template.stream_filters_of([]).map(|_| ());
        assert!(said(none).contains("calls dispatch-email, too"));
        let both = template.stream_filters_of(["dispatch-email", "dispatch-webhook"]).map(|_| ());
        assert!(said(both).contains("does not call dispatch-webhook"));
    }

    #[test]
    fn a_pattern_that_is_no_text_and_one_of_another_stream_are_refused() {
        let yaml = FUNCTION.replace(r#"'{"eventName": ["INSERT"]}'"#, "{ eventName: [INSERT] }");
        assert!(refused(&yaml).contains("Function.Events.Outbox: invalid type: map"));
        let another = FUNCTION.replace("Table.StreamArn", "Another.StreamArn");
        assert!(refused(&another).contains("of another stream"));
        let operator = FUNCTION.replace(r#"["INSERT"]"#, r#"[{"prefix": "INS"}]"#);
        assert!(refused(&operator).contains("prefix"), "{}", refused(&operator));
    }
}
