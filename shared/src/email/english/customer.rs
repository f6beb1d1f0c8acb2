//! To customers, in English.

use jiff::Timestamp;

use super::{name, promised};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::clock::ClockName;
use crate::incident::values::{Channel, Justification, Message, Name, Note};

pub(super) fn escalation_received(
    email: &OutboxEmail,
    when: &When<'_>,
    requester: &Name,
    business_justification: &Justification,
    promised_at: Timestamp,
    overdue: bool,
    again: bool,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let (done, headline, told) = if again {
        (
            "message added",
            format!("Your message was added to the escalation of {number}"),
            "Thank you for telling us more. This incident is escalated already. The teams working on it, customer-care \
             management among them, have been told what you wrote.",
        )
    } else {
        (
            "escalation received",
            format!("We received your escalation of {number}"),
            "Thank you for telling us. Several teams, customer-care management among them, have been alerted and have your \
             business justification.",
        )
    };
    let stake = if overdue {
        format!("{done}, our response is overdue")
    } else {
        format!("{done}, response by {short}")
    };
    let letter = Letter::new(Tone::Plain, stake, headline).say(format!("Dear {requester},"));
    let letter = if overdue {
        letter
            .say(told)
            .say(
                "The response we promised you is overdue, and we apologise. The escalation goes \
                 on until a person responds to you.",
            )
            .deadline("Our response was due", when.full(promised_at))
    } else {
        letter.say(told).deadline("A person will respond to you by", when.full(promised_at))
    };
    letter.quote("Your business justification", business_justification.as_str()).step(format!(
        "Nothing for now: we will come back to you. If the situation gets worse, escalate again \
         with the incident number {number} and tell us what has changed."
    ))
    .escalates()
}

pub(super) fn incident_opened(
    email: &OutboxEmail,
    when: &When<'_>,
    channel: Channel,
    promise: Promise,
) -> Letter {
    let number = &email.id.thread;
    let opened = match channel {
        Channel::Phone => {
            "A representative opened it with you by phone and has engaged the right teams."
        }
        Channel::Chat => {
            "A representative opened it with you by chat and has engaged the right teams."
        }
        Channel::Email => "We have your e-mail, and the incident is in triage.",
        Channel::Api => "We have your report, and the incident is in triage.",
    };
    let due = name(promise.clock);
    // Care may open it long after it arrived.
    let late = when.is_past(promise.due_at);
    let label = match promise.clock {
        _ if late => "You should have heard from us by",
        ClockName::InitialResponse => "You will have an initial response by",
        ClockName::Update => "You will have an update by",
        ClockName::EscalationResponse => "You will have a response by",
    };
    let letter = Letter::new(
        Tone::Plain,
        if late {
            format!("incident open, {due} overdue")
        } else {
            format!("incident open, {due} by {}", when.short(promise.due_at))
        },
        format!("Your incident {number} is open"),
    )
    .say(format!("Dear {},", email.customer))
    .say(opened);
    let letter = if late { letter.say("We are late, and we apologise.") } else { letter };
    letter.deadline(label, when.full(promise.due_at)).step(format!(
        "Nothing for now: we will come back to you. If it cannot wait that long, escalate it with \
         the incident number {number} and your business justification: why management should look \
         at it now."
    ))
    .escalates()
}

pub(super) fn promise_broken(
    email: &OutboxEmail,
    when: &When<'_>,
    broken: Promise,
    promised_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let late = name(broken.clock);
    let letter = Letter::new(
        Tone::Warning,
        match promised_at {
            Some(at) => format!("{late} late, escalated, response by {}", when.short(at)),
            None => format!("our {late} is late"),
        },
        format!("We did not keep our promise on {number}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!(
        "You should have had {} by now. You have not, and we apologise.",
        promised(broken.clock)
    ))
    .say(match promised_at {
        Some(_) => "The incident is escalated to customer-care management.",
        None => "The incident stays escalated until a person responds to you.",
    });
    let letter = match promised_at {
        Some(at) => letter.deadline("A person will respond to you by", when.full(at)),
        None => letter,
    };
    letter
        .deadline("We missed our deadline of", when.full(broken.due_at))
        .step("Nothing: you need not escalate it yourself. We will come back to you.")
}

pub(super) fn response_given(
    email: &OutboxEmail,
    when: &When<'_>,
    author: &Name,
    message: &Message,
    next_update_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Plain,
        match next_update_at {
            Some(at) => format!("response from {author}, next update by {}", when.short(at)),
            None => format!("response from {author}"),
        },
        format!("{author} responded on {number}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!("{author} has responded to you; the message is below."))
    .quote(format!("{author} writes"), message.as_str());
    let letter = match next_update_at {
        Some(at) => letter.deadline("You will have the next update by", when.full(at)),
        None => letter,
    };
    letter
        .step(format!(
            "If this does not help you in time, escalate the incident with the number {number} and \
             your business justification: why management should look at it now."
        ))
        .escalates()
}

pub(super) fn incident_resolved(email: &OutboxEmail, by: &Name, note: Option<&Note>) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Good,
        format!("resolved by {by}"),
        format!("Your incident {number} is resolved"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!("{by} has resolved it. No further update is due."));
    let letter = match note {
        Some(note) => letter.quote(format!("{by} writes"), note.as_str()),
        None => letter,
    };
    letter
        .step(format!(
            "Nothing, if all is well. If it is not resolved for you, escalate it with the incident \
             number {number} and your business justification: that opens it again."
        ))
        .escalates()
}
