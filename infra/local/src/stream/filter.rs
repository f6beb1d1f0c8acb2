//! Lambda's event filtering, as far as the template uses it: nested fields, and lists of the texts
//! that a field may have.
//!
//! Every other word of that language (`prefix`, `exists`, `numeric`, `$or` …) is refused when the
//! filter is read: a filter that is half understood lets the wrong records through.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Record;

/// Which records a mapping calls its function for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<Pattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Each of these fields is there and matches.
    Fields(BTreeMap<String, Pattern>),
    /// It is one of these texts.
    OneOf(Vec<String>),
}

impl Filter {
    /// Reads the patterns of a mapping. A record passes that matches one of them; without any, all
    /// do.
    ///
    /// # Errors
    ///
    /// What is not JSON, and what is not known here.
    pub fn read<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let read = |text| {
            let json = serde_json::from_str(text).map_err(|error| format!("{text}: {error}"))?;
            pattern("", json)
        };
        patterns.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the function is called for this record.
    #[must_use]
    pub fn passes(&self, record: &Record) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(record))
    }
}

fn pattern(path: &str, json: Value) -> Result<Pattern, String> {
    match json {
        Value::Object(fields) if !fields.is_empty() => {
            let mut known = BTreeMap::new();
            for (name, json) in fields {
                let path = format!("{path}/{name}");
                if name.starts_with('$') {
                    return Err(format!("{path} of a pattern is not known here"));
                }
                known.insert(name, pattern(&path, json)?);
            }
            Ok(Pattern::Fields(known))
        }
        Value::Array(values) if !values.is_empty() => {
            let text = |value| match value {
                Value::String(text) => Ok(text),
                other => Err(format!("{path} of a pattern has {other}, which is not known here")),
            };
            values.into_iter().map(text).collect::<Result<_, _>>().map(Pattern::OneOf)
        }
        other => Err(format!("{path} of a pattern is {other}, not fields or a list of texts")),
    }
}

impl Pattern {
    /// Of a list it is enough that one element matches.
    fn matches(&self, value: &Value) -> bool {
        if let Value::Array(elements) = value {
            return elements.iter().any(|element| self.matches(element));
        }
        match self {
            Self::Fields(fields) => fields
                .iter()
                .all(|(name, pattern)| value.get(name).is_some_and(|value| pattern.matches(value))),
            Self::OneOf(texts) => {
                value.as_str().is_some_and(|value| texts.iter().any(|text| text == value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_fields_of_one_pattern_have_to_match() {
        let patterns = [r#"{"a": {"b": ["x", "y"]}, "c": ["z"]}"#, r#"{"d": {"e": {"f": ["x"]}}}"#];
        let filter = Filter::read(patterns).unwrap();
        for passes in [
            json!({ "a": { "b": "x", "more": 1 }, "c": "z" }),
            json!({ "a": { "b": "y" }, "c": "z", "d": null }),
            json!({ "a": { "b": ["w", "y"] }, "c": "z" }),
            json!({ "d": { "e": { "f": "x" } } }),
        ] {
            assert!(filter.passes(&passes), "{passes}");
        }
        for stays in [
            json!({}),
            json!({ "a": { "b": "x" } }),
            json!({ "a": "x", "c": "z" }),
            json!({ "a": { "b": "w" }, "c": "z" }),
            json!({ "a": null, "c": "z" }),
            json!({ "a": { "b": { "x": "x" } }, "c": "z" }),
            json!({ "d": { "e": "x", "f": "x" } }),
        ] {
            assert!(!filter.passes(&stays), "{stays}");
        }
    }

    #[test]
    fn without_patterns_everything_passes() {
        assert!(Filter::read([]).unwrap().passes(&json!({ "eventName": "REMOVE" })));
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        for (pattern, said) in [
            (r#"{"a": {"b": [{"prefix": "x"}]}}"#, "/a/b of a pattern has {\"prefix\":\"x\"}"),
            (r#"{"a": [{"exists": false}]}"#, "/a of a pattern has"),
            (r#"{"a": ["x", null]}"#, "/a of a pattern has null"),
            (r#"{"a": [1]}"#, "/a of a pattern has 1"),
            (r#"{"$or": [{"a": ["x"]}]}"#, "/$or of a pattern is not known"),
            (r#"{"a": "x"}"#, "/a of a pattern is \"x\""),
            (r#"{"a": []}"#, "/a of a pattern is []"),
            ("{}", " of a pattern is {}"),
            ("eventName: [INSERT]", "expected value"),
        ] {
            let refused = Filter::read([pattern]).unwrap_err();
            assert!(refused.contains(said), "{pattern}: {refused}");
        }
    }
}
