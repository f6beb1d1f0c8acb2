//! The story of an incident in words, a line for each event: for its customer, or for people in care
//! and account managers.
//!
//! Pure. A customer's line must never name a team, an address, or anybody but those in care who wrote
//! to the customer. Every event has its arm for both readers in both languages: a new event does not
//! compile without its lines.

use super::when::When;
use super::{english, french};
use crate::incident::timeline::Event;
use crate::incident::values::Language;

/// What a customer reads of an event; `None` for what is the desk's own business. What a person wrote
/// to the customer follows on lines of its own.
#[must_use]
pub fn customer_line(event: &Event, when: &When<'_>) -> Option<String> {
    match when.language {
        Language::En => english::story::customer_line(event, when),
        Language::Fr => french::story::customer_line(event, when),
    }
}

/// What people in care read of an event.
#[must_use]
pub fn care_line(event: &Event, when: &When<'_>) -> String {
    match when.language {
        Language::En => english::story::care_line(event, when),
        Language::Fr => french::story::care_line(event, when),
    }
}

/// Names in a row.
pub(super) fn row<T: ToString>(names: &[T], none: &str) -> String {
    if names.is_empty() {
        return none.to_owned();
    }
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
