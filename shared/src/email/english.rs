//! Every e-mail in English.

use super::letter::{Fact, Frame, Letter, Quote, Tone, fact, list, quote};
use super::when::When;
use super::{EmailKind, OutboxEmail};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::values::Channel;
use crate::policy::Desk;

pub(super) fn frame(desk: &Desk) -> Frame {
    Frame {
        lang: "en",
        next_steps_title: "What to do next",
        repeat_notice: "You may have received this e-mail before: we could not be certain that it \
                        arrived, so it is sent again.",
        foot: format!("{} · sent automatically by Escalation Desk", desk.name),
    }
}

pub(super) fn letter(email: &OutboxEmail, when: &When<'_>) -> Letter {
    let number = &email.id.number;
    let promised = |label, at| fact(label, when.full(at), true);
    let mut letter = match &email.kind {
        EmailKind::EscalationReceived {
            requester,
            business_justification,
            promised_at,
            overdue,
            again,
        } => Letter {
            stake: if *overdue {
                "we have your further message".to_owned()
            } else {
                format!("escalation received, answer by {}", when.short(*promised_at))
            },
            tone: Tone::Plain,
            headline: if *again {
                format!("Your message was added to the escalation of {number}")
            } else {
                format!("We received your escalation of {number}")
            },
            paragraphs: vec![
                format!("Dear {requester},"),
                if *again {
                    "This incident is escalated already. The teams working on it, customer-care \
                     management among them, have been told what you wrote."
                } else {
                    "Several teams, customer-care management among them, have been alerted."
                }
                .to_owned(),
                if *overdue {
                    "The answer we promised is overdue, and we apologise. The escalation goes on \
                     until a person answers you."
                        .to_owned()
                } else {
                    format!("A person will answer you by {}.", when.full(*promised_at))
                },
            ],
            facts: vec![promised(if *overdue { "Was due" } else { "Answer by" }, *promised_at)],
            quote: quote("Your business justification", business_justification.as_str()),
            next_steps: vec![
                "Nothing: we contact you. If the situation gets worse, escalate again with the \
                 same incident number and tell us what changed."
                    .to_owned(),
            ],
        },
        EmailKind::IncidentOpened { channel, promise } => Letter {
            stake: format!("we are on it, next news by {}", when.short(promise.due_at)),
            tone: Tone::Plain,
            headline: format!("Your incident {number} is open"),
            paragraphs: vec![
                format!("Dear {},", email.customer),
                match (channel.is_live(), promise.clock) {
                    (true, _) => format!(
                        "A representative opened it with you by {} and engaged the right teams. \
                         You will hear from us again by {}.",
                        channel_name(*channel),
                        when.full(promise.due_at)
                    ),
                    (false, _) => format!(
                        "It is being triaged. You will have a first response by {}.",
                        when.full(promise.due_at)
                    ),
                },
            ],
            facts: vec![promised(
                if channel.is_live() { "Next update by" } else { "First response by" },
                promise.due_at,
            )],
            quote: None,
            next_steps: vec![format!(
                "If it needs attention sooner, escalate it: send the incident number {number} and \
                 your business justification."
            )],
        },
        EmailKind::PromiseBroken { broken, promised_at } => Letter {
            stake: if promised_at.is_some() {
                "we missed our deadline; your incident is escalated".to_owned()
            } else {
                "our answer to your escalation is late".to_owned()
            },
            tone: Tone::Warning,
            headline: format!("We did not keep our promise on {number}"),
            paragraphs: vec![
                format!("Dear {},", email.customer),
                format!(
                    "You should have had {} by {}. You did not, and we apologise.",
                    promise_name(broken.clock),
                    when.full(broken.due_at)
                ),
                promised_at.map_or_else(
                    || {
                        "The incident stays escalated, and ever more senior people are alerted \
                         until a person answers you."
                            .to_owned()
                    },
                    |at| {
                        format!(
                            "The incident is escalated to customer-care management. A person will \
                             answer you by {}.",
                            when.full(at)
                        )
                    },
                ),
            ],
            facts: [
                Some(fact("Was due", when.full(broken.due_at), false)),
                promised_at.map(|at| promised("Answer by", at)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            quote: None,
            next_steps: vec!["Nothing: you need not escalate it yourself.".to_owned()],
        },
        EmailKind::ResponseGiven { author, message, next_update_at } => Letter {
            stake: format!("response from {author}"),
            tone: Tone::Plain,
            headline: format!("{author} responded on {number}"),
            paragraphs: vec![format!("Dear {},", email.customer)],
            facts: next_update_at.map(|at| promised("Next update by", at)).into_iter().collect(),
            quote: quote(&format!("{author} writes"), message.as_str()),
            next_steps: vec![format!(
                "If this does not help in time, escalate the incident: send the number {number} \
                 and your business justification."
            )],
        },
        EmailKind::IncidentResolved { by, note } => Letter {
            stake: "resolved".to_owned(),
            tone: Tone::Good,
            headline: format!("Your incident {number} is resolved"),
            paragraphs: vec![
                format!("Dear {},", email.customer),
                format!("{by} resolved it. No further updates are promised."),
            ],
            facts: Vec::new(),
            quote: note.as_ref().and_then(|note| quote(&format!("{by} writes"), note.as_str())),
            next_steps: vec![format!(
                "If it is not resolved for you, escalate it with the number {number} and say why: \
                 that opens it again."
            )],
        },
        EmailKind::TeamEngaged { channel, promise } => Letter {
            stake: format!(
                "new by {}, {} due {}",
                channel_name(*channel),
                clock_name(promise.clock),
                when.short(promise.due_at)
            ),
            tone: Tone::Plain,
            headline: if channel.is_live() {
                format!("You are engaged on {number}")
            } else {
                format!("{number} needs triage and a first response")
            },
            paragraphs: vec![format!(
                "{} reached care by {}. The customer was promised {} by {}.",
                email.priority,
                channel_name(*channel),
                promise_name(promise.clock),
                when.full(promise.due_at)
            )],
            facts: vec![promised(due_label(promise.clock), promise.due_at)],
            quote: None,
            next_steps: vec![
                "Respond to the customer and record the response on the incident. Only a public \
                 response by a person stops the clock."
                    .to_owned(),
            ],
        },
        EmailKind::DeadlineNear { promise } => Letter {
            stake: format!("{} due {}", clock_name(promise.clock), when.short(promise.due_at)),
            tone: Tone::Warning,
            headline: format!("A promise on {number} is about to be broken"),
            paragraphs: vec![format!(
                "The customer was promised {} by {} and does not have it yet.",
                promise_name(promise.clock),
                when.full(promise.due_at)
            )],
            facts: vec![promised(due_label(promise.clock), promise.due_at)],
            quote: None,
            next_steps: vec![
                "Respond to the customer and record the response on the incident. Without it the \
                 desk escalates by itself."
                    .to_owned(),
            ],
        },
        EmailKind::EscalationAlert {
            alert,
            cause,
            promised_at,
            level_until,
            unanswered_since_taken_by,
        } => Letter {
            stake: format!("ESCALATED, answer due {}", when.short(*promised_at)),
            tone: Tone::Alarm,
            headline: format!("{number} is escalated to you"),
            paragraphs: [
                unanswered_since_taken_by.as_ref().map(|by| {
                    format!("{by} had acknowledged it, but no response to the customer followed.")
                }),
                Some(why(cause, when)),
                Some(format!(
                    "You are level {} of {}, round {}. Unless a person acknowledges it or \
                     responds, the next level is alerted at {}.",
                    alert.level,
                    alert.levels,
                    alert.round,
                    when.full(*level_until)
                )),
            ]
            .into_iter()
            .flatten()
            .collect(),
            facts: vec![
                promised("Customer expects answer by", *promised_at),
                fact("Next level alerted at", when.full(*level_until), false),
            ],
            quote: justification(cause),
            next_steps: vec![
                "Acknowledge the escalation under your name, so that the others know.".to_owned(),
                "Respond to the customer and record the response on the incident.".to_owned(),
            ],
        },
        EmailKind::JustificationAdded { requester, business_justification, promised_at } => {
            Letter {
                stake: format!("escalated again by {requester}"),
                tone: Tone::Alarm,
                headline: format!("{requester} escalated {number} again"),
                paragraphs: vec![
                    "The escalation that runs already goes on; this is what was added.".to_owned(),
                ],
                facts: vec![promised("Customer expects answer by", *promised_at)],
                quote: quote("Business justification", business_justification.as_str()),
                next_steps: vec![
                    "Respond to the customer and record the response on the incident.".to_owned(),
                ],
            }
        }
        EmailKind::DeadlineMissed { broken } => Letter {
            stake: format!("{} MISSED", clock_name(broken.clock)),
            tone: Tone::Alarm,
            headline: format!("A promise on {number} was broken"),
            paragraphs: vec![format!(
                "The customer was promised {} by {} and did not get it. The incident is escalated \
                 already, and the ladder goes on.",
                promise_name(broken.clock),
                when.full(broken.due_at)
            )],
            facts: vec![fact("Was due", when.full(broken.due_at), true)],
            quote: None,
            next_steps: vec![
                "Respond to the customer now and record the response on the incident.".to_owned(),
            ],
        },
        EmailKind::LadderExhausted { rounds, cause, alarm_at } => Letter {
            stake: "NOBODY HAS ACTED on this escalation".to_owned(),
            tone: Tone::Alarm,
            headline: format!("Every level was alerted and nobody acts on {number}"),
            paragraphs: vec![
                why(cause, when),
                format!(
                    "All levels were alerted ({rounds} rounds). You are among all who are on the \
                     ladder, and all get this alarm until one person acts."
                ),
            ],
            facts: vec![fact("Alarm repeats at", when.full(*alarm_at), true)],
            quote: justification(cause),
            next_steps: vec![
                "Call each other: agree now who takes it.".to_owned(),
                "That person acknowledges the escalation, then responds to the customer."
                    .to_owned(),
            ],
        },
        EmailKind::EscalationAcknowledged { by, until } => Letter {
            stake: format!("taken by {by}"),
            tone: Tone::Good,
            headline: format!("{by} acknowledged the escalation of {number}"),
            paragraphs: vec![format!(
                "The ladder stops until {}. If the customer has no response by then, it resumes \
                 where it stood. The promises to the customer run on.",
                when.full(*until)
            )],
            facts: vec![fact("Acknowledgement holds until", when.full(*until), true)],
            quote: None,
            next_steps: vec![format!("Support {by}; unless you are {by}, you need not act.")],
        },
        EmailKind::EscalationStopped { by, resolved } => Letter {
            stake: if *resolved {
                format!("resolved by {by}, escalation over")
            } else {
                format!("{by} responded, escalation over")
            },
            tone: Tone::Good,
            headline: if *resolved {
                format!("{by} resolved {number}")
            } else {
                format!("{by} responded to the customer on {number}")
            },
            paragraphs: vec!["The escalation is over; you can stand down.".to_owned()],
            facts: Vec::new(),
            quote: None,
            next_steps: Vec::new(),
        },
        EmailKind::EmailUndeliverable { recipient, reason, told_instead } => Letter {
            stake: "an e-mail could not be delivered".to_owned(),
            tone: Tone::Warning,
            headline: recipient.as_ref().map_or_else(
                || format!("An e-mail about {number} could not be sent"),
                |address| format!("{address} was not told about {number}"),
            ),
            paragraphs: vec!["The mail system refused an e-mail for good.".to_owned()],
            facts: vec![
                fact("Reason", reason.clone(), false),
                fact("Told instead", list(told_instead, "nobody"), true),
            ],
            quote: None,
            next_steps: vec![
                "Make sure by phone that the person knows, and correct the address.".to_owned(),
            ],
        },
    };
    letter.facts.splice(0..0, about(email));
    letter
}

fn about(email: &OutboxEmail) -> Vec<Fact> {
    let summary = email.summary.as_ref().map(|summary| fact("About", summary.to_string(), false));
    let mut facts =
        vec![fact("Incident", format!("{} ({})", email.id.number, email.priority), true)];
    facts.extend(summary);
    facts.push(fact("Customer", email.customer.to_string(), false));
    facts
}

fn justification(cause: &Cause) -> Option<Quote> {
    match cause {
        Cause::Customer { business_justification, .. } => {
            quote("Business justification", business_justification.as_str())
        }
        Cause::Deadline { .. } => None,
    }
}

fn why(cause: &Cause, when: &When<'_>) -> String {
    match cause {
        Cause::Customer { requester, .. } => {
            format!("{requester} asks that management looks at it now.")
        }
        Cause::Deadline { clock, due_at } => format!(
            "The customer was promised {} by {} and did not get it.",
            promise_name(*clock),
            when.full(*due_at)
        ),
    }
}

fn clock_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "initial response",
        ClockName::Update => "update",
        ClockName::EscalationResponse => "escalation response",
    }
}

fn due_label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Initial response due",
        ClockName::Update => "Update due",
        ClockName::EscalationResponse => "Escalation response due",
    }
}

fn promise_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "an initial response",
        ClockName::Update => "an update",
        ClockName::EscalationResponse => "an answer to the escalation",
    }
}

fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "phone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    }
}
