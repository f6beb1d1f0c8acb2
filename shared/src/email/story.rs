//! What happened to an incident, in words: for e-mails, and for the customer's own page.
//!
//! Never tells a customer what is care's own: teams, addresses, other customers.

use super::when::When;
use super::{english, french};
use crate::incident::timeline::Event;
use crate::incident::values::Language;

/// What happened, for care and for account managers.
pub(super) fn care_line(event: &Event, when: &When<'_>) -> String {
    match when.language {
        Language::En => english::story::care_line(event, when),
        Language::Fr => french::story::care_line(event, when),
    }
}

/// What happened, for the incident's customer; `None` when it is not for the customer to read.
pub(super) fn customer_line(event: &Event, when: &When<'_>) -> Option<String> {
    match when.language {
        Language::En => english::story::customer_line(event, when),
        Language::Fr => french::story::customer_line(event, when),
    }
}
