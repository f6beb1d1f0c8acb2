//! One e-mail for every thing that the desk can say. Time and ids are values here too.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::email::render::WaysBack;
use crate::email::{Alert, EmailId, EmailKind, OutboxEmail, Promise};
use crate::incident::clock::ClockName::{self, EscalationResponse, InitialResponse, Update};
use crate::incident::escalation::Cause;
use crate::incident::values::{Channel, Language, Priority};
use crate::links::{LinkKeys, link_of};
use crate::policy::{Desk, Sender};

/// An e-mail to look at: the snapshot it is kept in, and what led to it.
pub struct Sample {
    pub name: &'static str,
    pub given: &'static str,
    pub kind: EmailKind,
}

/// Whatever is parsed from text.
pub fn the<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// So many minutes after the e-mail was written, on a Tuesday at 09:15 in Paris.
pub fn minutes(after: i64) -> Timestamp {
    the::<Timestamp>("2026-11-24T08:15:00Z") + SignedDuration::from_mins(after)
}

pub fn desk() -> Desk {
    Desk {
        name: the("Customer Care"),
        sender: Sender { name: the("Customer Care"), address: the("care@example.com") },
        default_language: Language::En,
        time_zone: TimeZone::get("Europe/Paris").unwrap(),
        unknown_incident_priority: Priority::P1,
        undeliverable_teams: Vec::new(),
        longest_pause: "5d".to_owned().try_into().unwrap(),
        unconfirmed_after: "15m".to_owned().try_into().unwrap(),
        automatic_escalation: true,
    }
}

pub fn email(kind: EmailKind, language: Language) -> OutboxEmail {
    OutboxEmail {
        id: EmailId { thread: super::inbound::thread(&kind), version: 3, index: 1 },
        recipient: the("somebody@example.org"),
        language,
        priority: match &kind {
            EmailKind::PriorityChanged { to, .. } | EmailKind::TargetsChanged { to, .. } => *to,
            _ => Priority::P1,
        },
        summary: Some(the("Payments fail at every checkout")),
        customer: the("Zoë Marchand"),
        created_at: minutes(0),
        answers: None,
        kind,
    }
}

/// The ways back from an e-mail: its link, about an incident the address that is its own, and where
/// customers escalate.
pub fn ways_back(email: &OutboxEmail) -> WaysBack {
    let reply_to = the("care+uinc-1042-0123456789abcdef@example.com");
    let of_incident = email.kind.is_about_incident();
    WaysBack {
        url: url(email),
        reply_to: Some(reply_to).filter(|_| of_incident),
        escalation_address: Some(the("escalations@example.com")),
    }
}

/// Where the link of an e-mail leads.
pub fn url(email: &OutboxEmail) -> Option<String> {
    let keys = r#"{"key_id": "1", "key": "a key of the tests, and of nobody else"}"#;
    let token = LinkKeys::read(keys).unwrap().sign(&link_of(email)?);
    Some(format!("https://desk.example.com/links/{token}"))
}

pub fn promise(clock: ClockName, after: i64) -> Promise {
    Promise { clock, due_at: minutes(after) }
}

const WHY: &str = "All 212 shops are closed to card payments since 08:40.\n\nEvery hour costs us \
                   about 90,000 EUR & the trust of our customers; we have no way round it, and our \
                   own hotline cannot take more calls.\n- Terminals: \"declined <51>\"\n- Since: \
                   release 4.2";
const NEWS: &str = "We found the cause: a certificate of the payment gateway ran out.\n\nA new one \
                    is being rolled out, shop by shop.";

fn by_customer() -> Cause {
    Cause::Customer { requester: the("Zoë Marchand"), business_justification: the(WHY) }
}

fn by_deadline() -> Cause {
    Cause::Deadline { clock: InitialResponse, due_at: minutes(0) }
}

fn received(promised: i64, overdue: bool, again: bool) -> EmailKind {
    EmailKind::EscalationReceived {
        requester: the("Zoë Marchand"),
        business_justification: the(WHY),
        promised_at: minutes(promised),
        overdue,
        again,
    }
}

fn alert(cause: Cause, (level, round): (u32, u32), promised: i64, taken: bool) -> EmailKind {
    EmailKind::EscalationAlert {
        alert: Alert { escalation: 1, level, levels: 3, round, rounds: 2 },
        cause,
        promised_at: minutes(promised),
        level_until: minutes(20),
        unanswered_since_taken_by: taken.then(|| the("Ada Novak")),
    }
}

fn added(promised: i64) -> EmailKind {
    EmailKind::JustificationAdded {
        escalation: 1,
        requester: the("Zoë Marchand"),
        business_justification: the("The bank has called: they close our account at noon."),
        promised_at: minutes(promised),
    }
}

/// Every e-mail that reads differently, those to customers first.
#[rustfmt::skip]
pub fn samples() -> Vec<Sample> {
    use EmailKind as K;
    let sample = |name, given, kind| Sample { name, given, kind };
    let opened = |channel, promise| K::IncidentOpened { channel, promise };
    let engaged = |channel, promise| K::TeamEngaged { channel, promise, message: None };
    let broken = |clock, promised: Option<i64>| {
        K::PromiseBroken { broken: promise(clock, 0), promised_at: promised.map(minutes) }
    };
    let response = |next: Option<i64>| K::ResponseGiven {
        author: the("Ada Novak"), message: the(NEWS), next_update_at: next.map(minutes),
    };
    let resolved = |note: Option<&str>| K::IncidentResolved { by: the("Ada Novak"), note: note.map(the) };
    let exhausted = |cause, rounds| K::LadderExhausted { escalation: 1, rounds, cause, promised_at: minutes(-60), alarm_at: minutes(30) };
    let withdrawn = |by: &str, cause, level: Option<i64>| K::AcknowledgementWithdrawn {
        escalation: 1, by: the(by), taken_by: the("Ada Novak"), cause, promised_at: minutes(40), level_until: level.map(minutes),
    };
    let stopped = |resolved| K::EscalationStopped { by: the("Ada Novak"), resolved, next_update_at: (!resolved).then(|| minutes(360)) };
    let undeliverable = |recipient: Option<&str>, told: &[&str]| K::EmailUndeliverable {
        recipient: recipient.map(the),
        reason: "MessageRejected: Address is on the suppression list for your account".to_owned(),
        told_instead: told.iter().map(|address| the(address)).collect(),
    };
    let mut samples = vec![
        sample("escalation_received", "a customer escalates", received(60, false, false)),
        sample("escalation_received.again", "a customer escalates what is escalated", received(35, false, true)),
        sample("escalation_received.overdue", "a customer escalates again, after the deadline", received(-5, true, true)),
        sample("incident_opened.by_phone", "a representative opens a P1 on the phone", opened(Channel::Phone, promise(Update, 360))),
        sample("incident_opened.by_chat", "a representative opens a P1 in a chat", opened(Channel::Chat, promise(Update, 360))),
        sample("incident_opened.by_email", "a P1 came by e-mail", opened(Channel::Email, promise(InitialResponse, 60))),
        sample("incident_opened.by_api", "an incident came from another system, due in two days", opened(Channel::Api, promise(InitialResponse, 2880))),
        sample("incident_opened.late", "an e-mail is opened hours after it arrived", opened(Channel::Email, promise(InitialResponse, -60))),
        sample("promise_broken.initial_response", "nobody responded in time", broken(InitialResponse, Some(60))),
        sample("promise_broken.update", "no update came, and the escalation is late too", broken(Update, None)),
        sample("promise_broken.escalation_response", "nobody responded to an escalation", broken(EscalationResponse, None)),
        sample("response_given", "care responds", response(Some(360))),
        sample("response_given.no_promise_left", "care responds, every promise is broken", response(None)),
        sample("incident_resolved", "care resolves with a note", resolved(Some("The new certificate is in all shops."))),
        sample("incident_resolved.without_note", "care resolves", resolved(None)),
        sample("team_engaged.by_phone", "a representative engages the teams on the phone", engaged(Channel::Phone, promise(Update, 360))),
        sample("team_engaged.by_chat", "a representative engages the teams in a chat", engaged(Channel::Chat, promise(Update, 360))),
        sample("team_engaged.by_email", "a P1 came by e-mail", engaged(Channel::Email, promise(InitialResponse, 60))),
        sample("team_engaged.by_api", "a P1 came from another system", engaged(Channel::Api, promise(InitialResponse, 60))),
        sample("deadline_near.initial_response", "an initial response is due soon", K::DeadlineNear { promise: promise(InitialResponse, 15) }),
        sample("deadline_near.update", "an update is due soon", K::DeadlineNear { promise: promise(Update, 60) }),
        sample("deadline_near.escalation_response", "an escalation's response is due soon", K::DeadlineNear { promise: promise(EscalationResponse, 15) }),
        sample("escalation_alert.by_customer", "a customer escalates", alert(by_customer(), (1, 1), 60, false)),
        sample("escalation_alert.by_deadline", "a missed deadline escalates", alert(by_deadline(), (2, 1), 40, false)),
        sample("escalation_alert.overdue", "the second round begins after the deadline", alert(by_customer(), (1, 2), -1, false)),
        sample("escalation_alert.acknowledgement_expired", "whoever acknowledged did not respond", alert(by_customer(), (1, 1), -10, true)),
        sample("justification_added", "a customer escalates again", added(35)),
        sample("justification_added.overdue", "a customer escalates again, after the deadline", added(-5)),
        sample("deadline_missed.initial_response", "nobody responded in time, escalated already", K::DeadlineMissed { escalation: 1, broken: promise(InitialResponse, 0), promised_at: Some(minutes(20)) }),
        sample("deadline_missed.update", "no update came, escalated already", K::DeadlineMissed { escalation: 1, broken: promise(Update, 0), promised_at: None }),
        sample("deadline_missed.escalation_response", "nobody responded to an escalation", K::DeadlineMissed { escalation: 1, broken: promise(EscalationResponse, 0), promised_at: None }),
        sample("ladder_exhausted.by_customer", "two rounds brought nobody", exhausted(by_customer(), 2)),
        sample("ladder_exhausted.by_deadline", "one round brought nobody", exhausted(by_deadline(), 1)),
        sample("escalation_acknowledged", "a person acknowledges", K::EscalationAcknowledged { escalation: 1, by: the("Ada Novak"), until: minutes(60), promised_at: minutes(40) }),
        sample("acknowledgement_withdrawn", "a person reopens what another one had acknowledged", withdrawn("Luc Roy", by_customer(), Some(12))),
        sample("acknowledgement_withdrawn.own", "whoever acknowledged cannot act after all", withdrawn("Ada Novak", by_deadline(), Some(12))),
        sample("acknowledgement_withdrawn.exhausted", "the acknowledgement of an exhausted ladder is withdrawn", withdrawn("Luc Roy", by_deadline(), None)),
        sample("escalation_stopped.answered", "a person responds", stopped(false)),
        sample("escalation_stopped.resolved", "a person resolves", stopped(true)),
        sample("email_undeliverable", "an alert is refused, a backup is told", undeliverable(Some("triage@example.com"), &["triage-on-call@example.com"])),
        sample("email_undeliverable.nobody_told", "an e-mail is refused", undeliverable(Some("zoe@example.org"), &[])),
        sample("email_undeliverable.unreadable", "a stored e-mail cannot be read", undeliverable(None, &[])),
    ];
    samples.extend(super::course::samples());
    samples.extend(super::inbound::samples());
    samples
}
