//! Recurrence: when an account's incidents come back so often that its manager should know.

use jiff::Timestamp;

use super::{Account, AccountIncident};
use crate::incident::clock::after;
use crate::incident::timeline::Event;
use crate::policy::Recurrence;

/// How many incidents one e-mail lists: the latest.
pub const MOST_LISTED: usize = 50;

/// The start of the period that ends at `now`.
#[must_use]
pub fn since(rule: &Recurrence, now: Timestamp) -> Timestamp {
    after(now, -rule.within.duration())
}

/// Whether the account's manager is to be told now. `incidents` are those of the period that ends
/// at `now`. Once told, not again within a period.
#[must_use]
pub fn is_to_be_noticed(
    rule: &Recurrence,
    account: &Account,
    incidents: &[AccountIncident],
    now: Timestamp,
) -> bool {
    let is_rested = account.recurrence_noticed_at.is_none_or(|at| at <= since(rule, now));
    let escalations: u32 = incidents.iter().map(|incident| incident.escalations).sum();
    let recurs = incidents.len() >= rule.incidents as usize || escalations >= rule.escalations;
    is_rested && recurs
}

/// Whether an event is one of those that the rule counts; or of what was not counted before, because
/// only now the incident belongs to an account.
#[must_use]
pub fn counts(event: &Event) -> bool {
    matches!(
        event,
        Event::Opened { .. }
            | Event::Completed { .. }
            | Event::EscalatedByCustomer { .. }
            | Event::EscalatedByDeadline { .. }
            | Event::EscalatedByReopening { .. }
    )
}
