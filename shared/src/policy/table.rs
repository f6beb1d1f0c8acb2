//! A table of the policy file whose keys people choose: `[teams.…]`, `[ladders.…]`,
//! `[calendars.…]`, `[webhooks.…]`.
//!
//! deserr's own reading of maps (0.6.4) forgets every mistake in them and drops the entry, which
//! would leave a team untold without anybody noticing; so the map is read here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, Map, MergeWithError, Value, ValueKind,
    ValuePointerRef,
};

use super::Id;
use crate::wrong_fields::WrongFields;

/// Entries by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<T>(pub BTreeMap<Id, T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Deserr<WrongFields>> Deserr<WrongFields> for Table<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, WrongFields> {
        let Value::Map(map) = value else {
            let accepted = &[ValueKind::Map];
            let error = ErrorKind::IncorrectValueKind { actual: value, accepted };
            return Err(whole(WrongFields::error(None, error, location)));
        };
        let mut wrong = None;
        let mut entries = BTreeMap::new();
        for (key, value) in map.into_iter() {
            let location = location.push_key(&key);
            let entry = T::deserialize_from_value(value.into_value(), location);
            match (key.parse::<Id>(), entry) {
                (Ok(id), Ok(entry)) => {
                    entries.insert(id, entry);
                }
                (Ok(_), Err(mistakes)) => {
                    wrong = Some(whole(WrongFields::merge(wrong, mistakes, location)));
                }
                (Err(invalid), _) => {
                    wrong = Some(whole(WrongFields::merge(wrong, invalid, location)));
                }
            }
        }
        wrong.map_or(Ok(Self(entries)), Err)
    }
}

fn whole<T>(flow: ControlFlow<T, T>) -> T {
    match flow {
        ControlFlow::Continue(all) | ControlFlow::Break(all) => all,
    }
}
