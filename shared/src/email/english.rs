//! Every e-mail in English.

mod account;
mod customer;
mod inbound;
mod invitation;
mod pause;
mod priority;
mod recurrence;
mod reopening;
pub(super) mod story;
mod team;

use super::letter::{Frame, Letter};
use super::when::When;
use super::{Audience, EmailKind, OutboxEmail, Promise};
use crate::incident::Breaches;
use crate::incident::clock::ClockName;
use crate::incident::values::EmailAddress;
use crate::policy::Desk;

/// What stands at the foot of every e-mail, behind the name of the desk.
pub(super) const FOOT: &str = "sent automatically by Escalation Desk";

pub(super) fn frame(desk: &Desk, writing_back: Option<Audience>) -> Frame {
    Frame {
        lang: "en",
        steps_title: "What to do next",
        page_says: "Where your incident stands at any time, and how to escalate it",
        page_label: "See your incident",
        colon: ":",
        repeat_notice: "You may have received this e-mail before: we could not be certain that it \
                        arrived, so it is sent again.",
        writing_back: writing_back.map(|audience| match audience {
            Audience::Customer => "You can write back to this e-mail: it reaches the people who work on your incident.",
            Audience::Team => "What you write back to this e-mail goes to the customer and counts as a response. Begin with \
             #internal, and only customer care reads it.",
            Audience::AccountManager => "What you write back to this e-mail goes on the incident’s timeline and to customer care.",
        }),
        foot: format!("{} · {FOOT}", desk.name),
    }
}

/// Where a customer escalates by mail.
pub(super) fn to_escalate(address: &EmailAddress) -> String {
    format!("To escalate, write to {address}.")
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
        K::TeamEngaged { channel, promise, message } => {
            team::engaged(email, when, *channel, *promise, message.as_ref())
        }
        K::NoteAdded { from, role, message, promise } => {
            inbound::note_added(email, when, from, *role, message, *promise)
        }
        K::RequestIncomplete { requester, missing, number, message } => {
            inbound::request_incomplete(requester, *missing, number.as_ref(), message.as_ref())
        }
        K::MailHeld { mails, more, waiting, reminder } => {
            inbound::mail_held(when, mails, *more, *waiting, *reminder)
        }
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
        K::IncidentReopened { by, promise, escalated } => {
            reopening::reopened(email, when, by, *promise, *escalated)
        }
        K::WaitingOnYou { by, reason, until } => {
            pause::waiting_on_you(email, when, by, reason, *until)
        }
        K::PriorityChanged { by, from, to, reason, promise } => {
            let change = priority::Change { by, from: *from, to: *to, reason: reason.as_ref() };
            priority::changed(email, when, &change, *promise)
        }
        K::EscalationInvited { broken } => invitation::escalation_invited(email, when, *broken),
        K::AccountManagerInvolved { by, manager } => account::involved(email, by, manager),
        K::RecurrenceReceived { manager, message, incidents } => {
            recurrence::received(email, manager, message, *incidents)
        }
        K::AccountManagerEngaged {
            manager,
            by,
            reason,
            account,
            promise,
            breaches,
            story,
            left_out,
        } => {
            let (promise, left_out) = (*promise, *left_out);
            let engaged = account::Engagement {
                manager,
                by,
                reason,
                account,
                promise,
                breaches,
                story,
                left_out,
            };
            account::engaged(email, when, &engaged)
        }
        K::RecurrenceReported {
            manager,
            reporter,
            reply_to,
            message,
            account,
            since,
            incidents,
        } => {
            let report = recurrence::Report { manager, reporter, reply_to, message };
            recurrence::reported(when, &report, account, *since, incidents)
        }
        K::RecurrenceNoticed { manager, account, since, incidents } => {
            recurrence::noticed(when, manager, account, *since, incidents)
        }
        K::TeamEngagedAgain { by, note, times, promise } => {
            reopening::engaged_again(email, when, by, note.as_ref(), *times, *promise)
        }
        K::TargetsChanged { by, from, to, reason, promise } => {
            let change = priority::Change { by, from: *from, to: *to, reason: reason.as_ref() };
            priority::targets_changed(email, when, &change, *promise)
        }
        K::CustomerReplied { from, message, promise } => {
            pause::customer_replied(email, when, from, message.as_ref(), *promise)
        }
        K::PauseEnded { reason, since, promise } => {
            pause::pause_ended(email, when, reason, *since, *promise)
        }
        K::PromiseOverdue { broken, remind_at } => {
            invitation::promise_overdue(email, when, *broken, *remind_at)
        }
    };
    if !email.kind.is_about_incident() {
        return letter;
    }
    letter
        .fact("Incident", format!("{} ({})", email.id.thread, email.priority))
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

/// "for the second time".
fn nth_time(times: u32) -> String {
    let suffix = match (times % 10, times % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    match times {
        0 | 1 => "for the first time".to_owned(),
        2 => "for the second time".to_owned(),
        3 => "for the third time".to_owned(),
        _ => format!("for the {times}{suffix} time"),
    }
}

fn incidents_counted(incidents: usize) -> String {
    if incidents == 1 { "1 incident".to_owned() } else { format!("{incidents} incidents") }
}

fn escalations_counted(escalations: u64) -> String {
    if escalations == 1 { "1 escalation".to_owned() } else { format!("{escalations} escalations") }
}

/// "1 initial response, 2 updates": only what was broken.
fn breaches_counted(breaches: &Breaches) -> String {
    let counted = [
        (breaches.initial_response, "initial response", "initial responses"),
        (breaches.update, "update", "updates"),
        (breaches.escalation_response, "escalation response", "escalation responses"),
    ];
    let counted = counted.into_iter().filter(|(times, ..)| *times > 0);
    let counted = counted.map(|(times, one, many)| match times {
        1 => format!("1 {one}"),
        _ => format!("{times} {many}"),
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// Over a deadline, to care.
fn due_label(when: &When<'_>, promise: Promise) -> &'static str {
    let past = when.is_past(promise.due_at);
    match promise.clock {
        ClockName::InitialResponse if past => "Initial response to the customer was due",
        ClockName::InitialResponse => "Initial response to the customer due",
        ClockName::Update if past => "Update to the customer was due",
        ClockName::Update => "Update to the customer due",
        ClockName::EscalationResponse if past => "Response to the customer was due",
        ClockName::EscalationResponse => "Response to the customer due",
    }
}

/// Over a deadline, to the customer.
fn customer_due_label(when: &When<'_>, promise: Promise) -> &'static str {
    match promise.clock {
        _ if when.is_past(promise.due_at) => "You should have heard from us by",
        ClockName::InitialResponse => "You will have an initial response by",
        ClockName::Update => "You will have an update by",
        ClockName::EscalationResponse => "A person will respond to you by",
    }
}
