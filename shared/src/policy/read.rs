//! From the text of a policy file to a [`Policy`], or to every mistake with its line.

use std::ops::Range;

use serde_json::{Map, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Policy, references};
use crate::wrong_fields::{WrongField, WrongFields};

/// One mistake in a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMistake {
    /// The line, from 1.
    pub line: usize,
    /// The dotted path, such as `targets.P1.update.within`; empty for broken TOML.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub detail: String,
}

/// Every mistake of a policy file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyMistakes(pub Vec<PolicyMistake>);

impl std::fmt::Display for PolicyMistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let many = if self.0.len() == 1 { "mistake" } else { "mistakes" };
        write!(f, "the policy has {} {many}:", self.0.len())?;
        for mistake in &self.0 {
            write!(f, "\n  {mistake}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for PolicyMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, path, detail } = self;
        let separator = if path.is_empty() { "" } else { " " };
        write!(f, "line {line}: {path}{separator}{detail}")
    }
}

impl Policy {
    /// Reads and checks a policy file.
    ///
    /// # Errors
    ///
    /// Every mistake: broken TOML, missing, unknown and malformed entries, and references to teams,
    /// ladders and calendars that are not there.
    pub fn read(text: &str) -> Result<Self, PolicyMistakes> {
        let (document, broken) = DeTable::parse_recoverable(text);
        if !broken.is_empty() {
            let mistakes = broken.iter().map(|error| PolicyMistake {
                line: error.span().map_or(1, |span| line(text, &span)),
                path: String::new(),
                detail: error.message().to_owned(),
            });
            return Err(PolicyMistakes(mistakes.collect()));
        }
        let value = Value::Object(object(document.get_ref()));
        let mut wrong = WrongFields::default();
        references::check(&value, &mut wrong);
        let policy = match deserr::deserialize::<Self, _, WrongFields>(value) {
            Ok(policy) if wrong.0.is_empty() => return Ok(policy),
            Ok(_) => wrong,
            Err(more) => {
                wrong.0.extend(more.0);
                wrong
            }
        };
        let mut mistakes: Vec<_> =
            policy.0.into_iter().map(|field| located(text, &document, field)).collect();
        mistakes.sort_by(|a, b| (a.line, &a.path).cmp(&(b.line, &b.path)));
        Err(PolicyMistakes(mistakes))
    }
}

/// TOML as JSON, which deserr walks. Dates become strings, as the holidays of a calendar are read.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(list) => list.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}

fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

/// A finding with the line of the deepest part of its path that is in the file.
fn located(text: &str, document: &Spanned<DeTable<'_>>, field: WrongField) -> PolicyMistake {
    let steps: Vec<String> = field
        .pointer
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let mut span = 0..0;
    let mut place = Place::Table(document.get_ref());
    for step in &steps {
        let Some((found, next)) = place.step(step) else { break };
        span = found;
        place = next;
    }
    PolicyMistake { line: line(text, &span), path: steps.join("."), detail: field.detail }
}

enum Place<'a> {
    Table(&'a DeTable<'a>),
    Value(&'a DeValue<'a>),
}

impl<'a> Place<'a> {
    fn step(self, step: &str) -> Option<(Range<usize>, Place<'a>)> {
        let table = match self {
            Place::Table(table) | Place::Value(DeValue::Table(table)) => table,
            Place::Value(DeValue::Array(list)) => {
                let item = list.get(step.parse::<usize>().ok()?)?;
                return Some((item.span(), Place::Value(item.get_ref())));
            }
            Place::Value(_) => return None,
        };
        let (key, value) = table.iter().find(|(key, _)| key.get_ref() == step)?;
        Some((key.span(), Place::Value(value.get_ref())))
    }
}

/// The line, from 1, on which a span starts.
fn line(text: &str, span: &Range<usize>) -> usize {
    let start = span.start.min(text.len());
    text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1
}
