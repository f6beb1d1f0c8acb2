//! Every wrong field of an input, collected in one go.
//!
//! For request bodies and for the policy file: deserr walks the value, and this error type keeps
//! each finding instead of stopping at the first. It must never hold the value that was refused:
//! what people send may be private, and these findings are logged and answered.

use std::ops::ControlFlow;

use deserr::{
    DeserializeError, ErrorKind, IntoValue, MergeWithError, ValuePointerRef,
    errors::{helpers::did_you_mean, json::value_kinds_description_json},
};

use crate::incident::values::Invalid;

/// One finding: where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrongField {
    /// JSON pointer (RFC 6901) into the input; the empty pointer is the whole input.
    pub pointer: String,
    /// What is wrong and what is accepted, as a phrase without the value itself.
    pub detail: String,
}

/// All findings of one input; never empty when used as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrongFields(pub Vec<WrongField>);

impl WrongFields {
    /// Adds a finding.
    pub fn push(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(WrongField { pointer: pointer.into(), detail: detail.into() });
    }

    fn one(pointer: String, detail: String) -> Self {
        Self(vec![WrongField { pointer, detail }])
    }
}

impl std::fmt::Display for WrongFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, field) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", field.pointer, field.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for WrongFields {}

/// The JSON pointer of a place in the input.
fn pointer(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => {
            format!("{}/{}", pointer(*prev), key.replace('~', "~0").replace('/', "~1"))
        }
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
    }
}

impl DeserializeError for WrongFields {
    fn error<V: IntoValue>(
        self_: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let found = match error {
            ErrorKind::MissingField { field } => {
                Self::one(pointer(location.push_key(field)), "is missing".to_owned())
            }
            ErrorKind::UnknownKey { key, accepted } => Self::one(
                pointer(location.push_key(key)),
                format!(
                    "is not known here; {}known: {}",
                    did_you_mean(key, accepted),
                    accepted.join(", ")
                ),
            ),
            ErrorKind::UnknownValue { value, accepted } => Self::one(
                pointer(location),
                format!("{}must be one of {}", did_you_mean(value, accepted), accepted.join(", ")),
            ),
            ErrorKind::IncorrectValueKind { actual, accepted } => Self::one(
                pointer(location),
                format!(
                    "must be {}, not {}",
                    value_kinds_description_json(accepted),
                    value_kinds_description_json(&[actual.kind()])
                ),
            ),
            ErrorKind::BadSequenceLen { expected, .. } => {
                Self::one(pointer(location), format!("must have exactly {expected} elements"))
            }
            ErrorKind::Unexpected { msg } => Self::one(pointer(location), msg),
        };
        Self::merge(self_, found, location)
    }
}

impl MergeWithError<WrongFields> for WrongFields {
    fn merge(
        self_: Option<Self>,
        other: WrongFields,
        _location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut all = self_.unwrap_or_default();
        all.0.extend(other.0);
        ControlFlow::Continue(all)
    }
}

impl MergeWithError<Invalid> for WrongFields {
    fn merge(
        self_: Option<Self>,
        other: Invalid,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        Self::merge(self_, Self::one(pointer(location), other.to_string()), location)
    }
}
