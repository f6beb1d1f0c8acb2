//! Every e-mail in English.

mod customer;
pub(super) mod story;
mod team;

use super::letter::{Frame, Letter};
use super::when::When;
use super::{EmailKind, OutboxEmail};
use crate::incident::clock::ClockName;
use crate::policy::Desk;

pub(super) fn frame(desk: &Desk) -> Frame {
    Frame {
        lang: "en",
        steps_title: "What to do next",
        page_says: "Where your incident stands at any time, and how to escalate it",
        page_label: "See your incident",
        colon: ":",
        repeat_notice: "You may have received this e-mail before: we could not be certain that it \
                        arrived, so it is sent again.",
        foot: format!("{} · sent automatically by Escalation Desk", desk.name),
    }
}

pub(super) fn letter(email: &OutboxEmail, when: &When<'_>) -> Letter {
    use EmailKind as K;
    let letter = match &email.kind {
        K::EscalationReceived {
            requester,
            business_justification,
            promised_at,
            overdue,
            again,
        } => customer::escalation_received(
            email,
            when,
            requester,
            business_justification,
            *promised_at,
            *overdue,
            *again,
        ),
        K::IncidentOpened { channel, promise } => {
            customer::incident_opened(email, when, *channel, *promise)
        }
        K::PromiseBroken { broken, promised_at } => {
            customer::promise_broken(email, when, *broken, *promised_at)
        }
        K::ResponseGiven { author, message, next_update_at } => {
            customer::response_given(email, when, author, message, *next_update_at)
        }
        K::IncidentResolved { by, note } => customer::incident_resolved(email, by, note.as_ref()),
        K::TeamEngaged { channel, promise } => team::engaged(email, when, *channel, *promise),
        K::DeadlineNear { promise } => team::deadline_near(email, when, *promise),
        K::EscalationAlert {
            alert,
            cause,
            promised_at,
            level_until,
            unanswered_since_taken_by,
        } => {
            let taken_by = unanswered_since_taken_by.as_ref();
            team::alert(email, when, *alert, cause, *promised_at, *level_until, taken_by)
        }
        K::JustificationAdded { requester, business_justification, promised_at, .. } => {
            team::justification_added(email, when, requester, business_justification, *promised_at)
        }
        K::DeadlineMissed { broken, promised_at, .. } => {
            team::deadline_missed(email, when, *broken, *promised_at)
        }
        K::LadderExhausted { rounds, cause, promised_at, alarm_at, .. } => {
            team::ladder_exhausted(email, when, *rounds, cause, *promised_at, *alarm_at)
        }
        K::EscalationAcknowledged { by, until, promised_at, .. } => {
            team::acknowledged(email, when, by, *until, *promised_at)
        }
        K::AcknowledgementWithdrawn { by, taken_by, cause, promised_at, level_until, .. } => {
            team::withdrawn(email, when, by, taken_by, cause, *promised_at, *level_until)
        }
        K::EscalationStopped { by, resolved, next_update_at } => {
            team::stopped(email, when, by, *resolved, *next_update_at)
        }
        K::EmailUndeliverable { recipient, reason, told_instead } => {
            team::undeliverable(email, recipient.as_ref(), reason, told_instead)
        }
    };
    letter
        .fact("Incident", format!("{} ({})", email.id.number, email.priority))
        .fact("Customer", email.customer.as_str())
}

/// A promise as the thing that the customer should have.
fn promised(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "an initial response",
        ClockName::Update => "an update",
        ClockName::EscalationResponse => "a response to the escalation",
    }
}

/// A promise as a name.
fn name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "initial response",
        ClockName::Update => "update",
        ClockName::EscalationResponse => "escalation response",
    }
}
