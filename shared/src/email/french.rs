//! Every e-mail in French. What must not be parted from the word before it stands behind a
//! non-breaking space: `\u{a0}` before a colon, the narrow `\u{202f}` before `;`, `!` and `?`.

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

use jiff::Timestamp;

use super::letter::{Frame, Letter};
use super::when::When;
use super::{Audience, EmailKind, OutboxEmail, Promise};
use crate::incident::Breaches;
use crate::incident::clock::ClockName;
use crate::incident::values::EmailAddress;
use crate::policy::Desk;

/// What stands at the foot of every e-mail, behind the name of the desk.
pub(super) const FOOT: &str = "envoyé automatiquement par Escalation Desk";

pub(super) fn frame(desk: &Desk, writing_back: Option<Audience>) -> Frame {
    Frame {
        lang: "fr",
        steps_title: "À faire maintenant",
        page_says: "À tout moment, l’état de votre incident, et comment l’escalader",
        page_label: "Voir votre incident",
        colon: "\u{a0}:",
        repeat_notice: "Vous avez peut-être déjà reçu cet e-mail\u{a0}: nous n’étions pas certains \
                        qu’il vous était parvenu, il vous est donc renvoyé.",
        writing_back: writing_back.map(|audience| match audience {
            Audience::Customer => "Vous pouvez répondre à cet e-mail\u{a0}: votre message parviendra aux personnes qui traitent votre incident.",
            Audience::Team => "Votre réponse à cet e-mail sera transmise au client et comptera comme une réponse du service client. Commencez-la \
             par #interne, et seul le service client la lira.",
            Audience::AccountManager => "Votre réponse à cet e-mail sera ajoutée au suivi de l’incident et transmise au service client.",
        }),
        foot: format!("{} · {FOOT}", desk.name),
    }
}

/// Where a customer escalates by mail.
pub(super) fn to_escalate(address: &EmailAddress) -> String {
    format!("Pour escalader, écrivez à {address}.")
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
        .fact("Client", email.customer.as_str())
}

/// A promise as the thing that the customer should have.
fn promised(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "une première réponse",
        ClockName::Update => "un point d’avancement",
        ClockName::EscalationResponse => "une réponse à l’escalade",
    }
}

/// A promise as a name.
fn name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "première réponse",
        ClockName::Update => "point d’avancement",
        ClockName::EscalationResponse => "réponse à l’escalade",
    }
}

/// "pour la deuxième fois".
fn nth_time(times: u32) -> String {
    match times {
        0 | 1 => "pour la première fois".to_owned(),
        2 => "pour la deuxième fois".to_owned(),
        3 => "pour la troisième fois".to_owned(),
        _ => format!("pour la {times}e\u{a0}fois"),
    }
}

fn incidents_counted(incidents: usize) -> String {
    if incidents <= 1 {
        format!("{incidents}\u{a0}incident")
    } else {
        format!("{incidents}\u{a0}incidents")
    }
}

fn escalations_counted(escalations: u64) -> String {
    if escalations <= 1 {
        format!("{escalations}\u{a0}escalade")
    } else {
        format!("{escalations}\u{a0}escalades")
    }
}

/// "1 première réponse, 2 points d’avancement": only what was broken.
fn breaches_counted(breaches: &Breaches) -> String {
    let counted = [
        (breaches.initial_response, "première réponse", "premières réponses"),
        (breaches.update, "point d’avancement", "points d’avancement"),
        (breaches.escalation_response, "réponse à l’escalade", "réponses à l’escalade"),
    ];
    let counted = counted.into_iter().filter(|(times, ..)| *times > 0);
    let counted = counted.map(|(times, one, many)| match times {
        1 => format!("1\u{a0}{one}"),
        _ => format!("{times}\u{a0}{many}"),
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// Over a deadline, to care.
fn due_label(when: &When<'_>, promise: Promise) -> &'static str {
    let past = when.is_past(promise.due_at);
    match promise.clock {
        ClockName::InitialResponse if past => "La première réponse au client était attendue le",
        ClockName::InitialResponse => "Première réponse au client au plus tard le",
        ClockName::Update if past => "Le point d’avancement au client était attendu le",
        ClockName::Update => "Point d’avancement au client au plus tard le",
        ClockName::EscalationResponse if past => "La réponse au client était attendue le",
        ClockName::EscalationResponse => "Réponse au client au plus tard le",
    }
}

/// Over a deadline, to the customer.
fn customer_due_label(when: &When<'_>, promise: Promise) -> &'static str {
    match promise.clock {
        _ if when.is_past(promise.due_at) => "Vous deviez avoir de nos nouvelles au plus tard le",
        ClockName::InitialResponse => "Vous aurez une première réponse au plus tard le",
        ClockName::Update => "Vous aurez un point d’avancement au plus tard le",
        ClockName::EscalationResponse => "Une personne vous répondra au plus tard le",
    }
}

/// "à 9 h 15", "le 24 novembre à 9 h 15".
fn at(instant: Timestamp, when: &When<'_>) -> String {
    let short = when.short(instant);
    if short.starts_with("le ") { short } else { format!("à {short}") }
}
