//! In which layout an item is.
//!
//! Every item says in `v` (one letter, for it is in every item) which layout it has; one without was
//! written before items said so, and has the first. Code reads its own layout and every older one. What
//! a newer desk wrote is neither read nor written over, so that a rollback destroys nothing: it stays
//! due, is told of ([`StoreError::Newer`]), and is acted on once the newer desk is back.
//!
//! What old code can read without loss, such as one more optional attribute, needs no new layout. A new
//! layout takes two releases, one that reads it and one that writes it, so that the first can take over
//! from the second. Counters (figures, and what is limited) are added to without being read, whoever
//! wrote them: a name means the same for ever, and another layout of them takes other keys.

use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{Item, corrupt, number};
use crate::store::StoreError;

/// The attribute. No counter and no fact is called so.
pub const SCHEMA: &str = "v";
/// The layout that is written, and the newest that is read.
pub const NEWEST: u32 = 1;

/// That what is there, if anything, may be written over. Goes with [`newest`] as `:v`.
pub(super) const KNOWN: &str = "(attribute_not_exists(v) OR v <= :v)";

/// The value of `:v`.
pub(super) fn newest() -> AttributeValue {
    number(NEWEST)
}

/// A condition that also wants what is there to be known.
pub(super) fn known_and(condition: &str) -> String {
    format!("{KNOWN} AND ({condition})")
}

/// Refuses what a newer desk wrote.
pub(super) fn known(item: &Item) -> Result<(), StoreError> {
    let Some(value) = item.get(SCHEMA) else { return Ok(()) };
    match value.as_n().ok().and_then(|layout| layout.parse::<u32>().ok()) {
        Some(0) | None => Err(corrupt(item, "has a layout that is none")),
        Some(layout) if layout <= NEWEST => Ok(()),
        Some(layout) => {
            let what = format!("has layout {layout}, and this version knows {NEWEST}");
            Err(StoreError::Newer(super::items::of(item, &what)))
        }
    }
}
