//! Which link an e-mail carries: one at most, for the one thing its reader may want to do.
//!
//! Pure.

use jiff::{SignedDuration, Timestamp};

use super::token::{Action, Link};
use crate::email::{EmailKind, OutboxEmail};
use crate::incident::clock::after;

/// For teams. An escalation is over within hours, and a link takes no escalation but its own; a week
/// is for whoever comes back from a long weekend, and what lies in a mailbox for longer does nothing.
const TEAMS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// For customers, who come back to the last e-mail they have. Longer than incidents usually stay
/// open; each further e-mail brings a new link.
const CUSTOMERS_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The link of an e-mail; `None` when there is nothing that it could do.
#[must_use]
pub fn link_of(email: &OutboxEmail) -> Option<Link> {
    let action = action(&email.kind)?;
    let lasts = match action {
        Action::Acknowledge { .. } | Action::Resume { .. } => TEAMS_FOR,
        Action::View | Action::Escalate => CUSTOMERS_FOR,
    };
    let expires_at = after(email.created_at, lasts);
    Some(Link {
        incident: email.id.thread.number()?.clone(),
        recipient: email.recipient.clone(),
        language: email.language,
        action,
        // Whole seconds are all that a token holds.
        expires_at: Timestamp::from_second(expires_at.as_second()).unwrap_or(expires_at),
    })
}

fn action(kind: &EmailKind) -> Option<Action> {
    use EmailKind as K;
    let acknowledge =
        |escalation: u32| (escalation > 0).then_some(Action::Acknowledge { escalation });
    match kind {
        K::EscalationReceived { .. }
        | K::IncidentOpened { .. }
        | K::PromiseBroken { .. }
        | K::ResponseGiven { .. }
        | K::IncidentResolved { .. }
        | K::IncidentReopened { .. }
        | K::WaitingOnYou { .. }
        | K::PriorityChanged { .. }
        | K::AccountManagerInvolved { .. } => Some(Action::View),
        K::EscalationInvited { .. } => Some(Action::Escalate),
        K::EscalationAlert { alert, .. } => acknowledge(alert.escalation),
        K::JustificationAdded { escalation, .. }
        | K::DeadlineMissed { escalation, .. }
        | K::LadderExhausted { escalation, .. }
        | K::AcknowledgementWithdrawn { escalation, .. } => acknowledge(*escalation),
        K::EscalationAcknowledged { escalation, .. } => {
            (*escalation > 0).then_some(Action::Resume { escalation: *escalation })
        }
        // Who reports that incidents recur need not be the customer of the last of them.
        K::RecurrenceReceived { .. }
        | K::AccountManagerEngaged { .. }
        | K::RecurrenceReported { .. }
        | K::RecurrenceNoticed { .. }
        | K::TeamEngaged { .. }
        | K::NoteAdded { .. }
        | K::RequestIncomplete { .. }
        | K::MailHeld { .. }
        | K::TeamEngagedAgain { .. }
        | K::TargetsChanged { .. }
        | K::CustomerReplied { .. }
        | K::PauseEnded { .. }
        | K::PromiseOverdue { .. }
        | K::DeadlineNear { .. }
        | K::EscalationStopped { .. }
        | K::EmailUndeliverable { .. } => None,
    }
}
