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

/// More numbers than this are a list, and no mail names its incident in the ninth place.
const MOST: usize = 8;

/// The incident numbers that a mail may name, the likeliest first, none twice: those in the subject,
/// then in what its author wrote, then in the rest, then those that stand only in links. In each, one
/// behind a word such as "incident" comes before one that stands alone, and digits alone are none
/// without such a word.
#[must_use]
pub fn all(mail: &Mail, pattern: &NumberPattern) -> Vec<IncidentNumber> {
    let texts = || [&mail.subject, &mail.new_text, &mail.whole_text].into_iter();
    let said = texts().flat_map(|text| all_in(text, pattern));
    let linked = texts().flat_map(|text| linked_in(text, pattern));
    let mut all = Vec::new();
    for number in said.chain(linked) {
        if !all.contains(&number) {
            all.push(number);
        }
        if all.len() == MOST {
            break;
        }
    }
    all
}

/// The incident number that a mail names, as far as it says: the first of [`all`].
#[must_use]
pub fn find(mail: &Mail, pattern: &NumberPattern) -> Option<IncidentNumber> {
    all(mail, pattern).into_iter().next()
}

/// The incident number that a text names.
#[must_use]
pub fn find_in(text: &str, pattern: &NumberPattern) -> Option<IncidentNumber> {
    all_in(text, pattern).into_iter().next()
}

/// The incident numbers that a text names, as in [`all`].
fn all_in(text: &str, pattern: &NumberPattern) -> Vec<IncidentNumber> {
    let text = tokens::masked(&tokens::plain(text));
    let (mut named, mut alone) = (Vec::new(), Vec::new());
    for token in tokens::of(&text) {
        let found = pattern.number(token.text, token.is_whole());
        let found = found.or_else(|| pattern.parted(&text[token.start..]));
        let Some(found) = found else { continue };
        let numbers = match context::weight(&text, &token, &found, pattern) {
            Weight::Named => &mut named,
            Weight::Alone => &mut alone,
            Weight::None => continue,
        };
        if numbers.len() < MOST && !numbers.contains(&found.number) {
            numbers.push(found.number);
        }
    }
    named.append(&mut alone);
    named
}

/// The incident numbers in the links of a text: only those that the policy spells out, for links are
/// full of digits.
fn linked_in(text: &str, pattern: &NumberPattern) -> Vec<IncidentNumber> {
    let mut linked = Vec::new();
    for link in tokens::links(&tokens::plain(text)) {
        let found =
            tokens::of(&link).filter_map(|token| pattern.number(token.text, token.is_whole()));
        let spelled_out = found.filter(|f| !f.is_raised && pattern.spells_out(&f.number));
        linked.extend(spelled_out.map(|found| found.number).take(MOST - linked.len()));
        if linked.len() == MOST {
            break;
        }
    }
    linked
}
