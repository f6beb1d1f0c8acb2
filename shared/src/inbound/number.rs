//! Which incident a mail names.
//!
//! The policy says what numbers look like; here stands where people put them and what only looks
//! like one. Pure; nothing here knows which incidents there are.

mod context;
mod pattern;
#[cfg(test)]
mod tests;
mod tokens;

pub use pattern::{DEFAULT, NumberPattern};

use self::context::Weight;
use super::reading::Mail;
use crate::incident::values::IncidentNumber;

/// The incident number that a mail names: the first in the subject, else in what its author wrote,
/// else in the rest. In each, one behind a word such as "incident" is preferred to one that stands
/// alone, and digits alone are none without such a word.
#[must_use]
pub fn find(mail: &Mail, pattern: &NumberPattern) -> Option<IncidentNumber> {
    [&mail.subject, &mail.new_text, &mail.whole_text]
        .into_iter()
        .find_map(|text| find_in(text, pattern))
}

/// The incident number that a text names.
#[must_use]
pub fn find_in(text: &str, pattern: &NumberPattern) -> Option<IncidentNumber> {
    let text = tokens::masked(text);
    let mut alone = None;
    for token in tokens::of(&text) {
        let Some(number) = pattern.number(token.text, token.is_whole()) else { continue };
        match context::weight(&text, &token, &number, pattern) {
            Weight::Named => return Some(number.number),
            Weight::Alone if alone.is_none() => alone = Some(number.number),
            Weight::Alone | Weight::None => {}
        }
    }
    alone
}
