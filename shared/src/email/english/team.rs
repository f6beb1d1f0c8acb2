//! To the teams of customer care, in English.

use jiff::Timestamp;

use super::{name, nth_time, promised};
use crate::email::letter::{Letter, Tone, acknowledgement, response};
use crate::email::when::When;
use crate::email::{Alert, OutboxEmail, Promise};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::values::{Channel, EmailAddress, Justification, Message, Name};

const ACKNOWLEDGE: &str = "Acknowledge";
const TAKE_IT: &str =
    "Acknowledge the escalation under your name, so that the others know you have it.";
const IF_NOBODY_HAS_IT: &str = "If nobody has it yet, acknowledge the escalation under your name.";

pub(super) fn engaged(
    email: &OutboxEmail,
    when: &When<'_>,
    channel: Channel,
    promise: Promise,
    message: Option<&Message>,
) -> Letter {
    let number = &email.id.thread;
    let customer = &email.customer;
    let by = match channel {
        Channel::Phone => "phone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    };
    let due = name(promise.clock);
    let letter = Letter::new(
        Tone::Plain,
        format!("new by {by}, {due} due {}", when.short(promise.due_at)),
        if channel.is_live() {
            format!("You are engaged on {number}")
        } else {
            format!("{number} needs triage and an initial response")
        },
    )
    .say(if channel.is_live() {
        format!("{customer} raised it by {by}. A representative opened it and engages your team.")
    } else {
        format!("{customer} raised it by {by}. Nobody has responded yet.")
    })
    .deadline(due_label(promise.clock), when.full(promise.due_at));
    let letter = match message {
        Some(message) => letter.quote(format!("{customer} writes"), message.as_str()),
        None => letter,
    };
    respond(letter, email)
}

pub(super) fn deadline_near(email: &OutboxEmail, when: &When<'_>, promise: Promise) -> Letter {
    let letter = Letter::new(
        Tone::Warning,
        format!("warning, {} due {}", name(promise.clock), when.short(promise.due_at)),
        format!("A deadline on {} is near", email.id.thread),
    )
    .say(format!(
        "The customer was promised {} and does not have it yet. Once the deadline has passed, the \
         customer is told that we broke our promise, and the incident is escalated if it is not \
         already.",
        promised(promise.clock)
    ))
    .deadline(due_label(promise.clock), when.full(promise.due_at));
    respond(letter, email)
}

pub(super) fn alert(
    email: &OutboxEmail,
    when: &When<'_>,
    alert: Alert,
    cause: &Cause,
    promised_at: Timestamp,
    level_until: Timestamp,
    taken_by: Option<&Name>,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let mut letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("ESCALATED, response overdue since {short}")
        } else {
            format!("ESCALATED, response due {short}")
        },
        format!("{number} is escalated to you"),
    );
    if let Some(by) = taken_by {
        letter = letter.say(format!(
            "{by} had acknowledged it, but no response to the customer followed in time."
        ));
    }
    let letter = why(letter, cause, when)
        .say(format!(
            "You are level {} of {}, in round {} of {}. If nobody acknowledges the escalation or \
             responds to the customer before your level ends, {}.",
            alert.level,
            alert.levels,
            alert.round,
            alert.rounds,
            if alert.is_last() {
                "the ladder is exhausted and everybody on it is alarmed"
            } else {
                "the alert goes further up the ladder"
            }
        ))
        .deadline(response_label(when, promised_at), when.full(promised_at))
        .deadline("Your level ends", when.full(level_until))
        .link(TAKE_IT, ACKNOWLEDGE, acknowledgement(number, "your name"));
    respond(letter, email)
}

pub(super) fn justification_added(
    email: &OutboxEmail,
    when: &When<'_>,
    requester: &Name,
    business_justification: &Justification,
    promised_at: Timestamp,
) -> Letter {
    let short = when.short(promised_at);
    let letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("escalated again, response overdue since {short}")
        } else {
            format!("escalated again, response due {short}")
        },
        format!("{requester} escalated {} again", email.id.thread),
    )
    .say("The escalation that is running goes on, with the same deadline. This was added:")
    .deadline(response_label(when, promised_at), when.full(promised_at))
    .quote(format!("Business justification from {requester}"), business_justification.as_str())
    .link(IF_NOBODY_HAS_IT, ACKNOWLEDGE, acknowledgement(&email.id.thread, "your name"));
    respond(letter, email)
}

pub(super) fn deadline_missed(
    email: &OutboxEmail,
    when: &When<'_>,
    broken: Promise,
    promised_at: Option<Timestamp>,
) -> Letter {
    let letter = Letter::new(
        Tone::Alarm,
        format!("{} MISSED, was due {}", name(broken.clock), when.short(broken.due_at)),
        format!("A promise on {} is broken", email.id.thread),
    )
    .say(format!(
        "The customer was promised {} and did not get it; we have told the customer so and \
         apologised. The incident is escalated already, and the escalation goes on.",
        promised(broken.clock)
    ))
    .deadline("The missed deadline", when.full(broken.due_at));
    let letter = match promised_at {
        Some(at) => letter.deadline(response_label(when, at), when.full(at)),
        None => letter,
    };
    let acknowledgement = acknowledgement(&email.id.thread, "your name");
    respond(letter.link(IF_NOBODY_HAS_IT, ACKNOWLEDGE, acknowledgement), email)
}

pub(super) fn ladder_exhausted(
    email: &OutboxEmail,
    when: &When<'_>,
    rounds: u32,
    cause: &Cause,
    promised_at: Timestamp,
    alarm_at: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    let rounds = if rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
    let letter = Letter::new(
        Tone::Alarm,
        "NOBODY HAS ACTED on this escalation",
        format!("Every level was alerted, and nobody has acted on {number}"),
    );
    let letter = why(letter, cause, when)
        .say(format!(
            "The ladder is exhausted after {rounds}. Everybody on it gets this alarm until one \
             person acts."
        ))
        .deadline(response_label(when, promised_at), when.full(promised_at))
        .deadline("This alarm repeats at", when.full(alarm_at))
        .step("Call each other, and agree now who takes it.")
        .link(
            "That person acknowledges the escalation.",
            ACKNOWLEDGE,
            acknowledgement(number, "your name"),
        );
    respond(letter, email)
}

pub(super) fn acknowledged(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    until: Timestamp,
    promised_at: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    Letter::new(
        Tone::Good,
        format!("acknowledged by {by}"),
        format!("{by} acknowledged the escalation of {number}"),
    )
    .say(
        "The ladder stops here. If the customer has no response when the acknowledgement ends, it \
         resumes where it stood. The deadlines promised to the customer stay as they are.",
    )
    .deadline(response_label(when, promised_at), when.full(promised_at))
    .deadline("The acknowledgement ends", when.full(until))
    .request(
        format!("{by}: respond to the customer. The desk e-mails your message."),
        response(number, "your name"),
    )
    .or_write_back(format!(
        "{by}: respond to the customer. Write back to this e-mail, and the desk passes it on. Or \
         over the API:"
    ))
    .step(format!("Everybody else: help {by} where you can. You need do nothing else."))
    .link(
        format!("If {by} cannot act on it after all: withdraw the acknowledgement, and the ladder goes on."),
        "Withdraw the acknowledgement",
        Vec::new(),
    )
}

pub(super) fn withdrawn(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    taken_by: &Name,
    cause: &Cause,
    promised_at: Timestamp,
    level_until: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("NOBODY HAS IT any more, response overdue since {short}")
        } else {
            format!("NOBODY HAS IT any more, response due {short}")
        },
        if by == taken_by {
            format!("{by} no longer has the escalation of {number}")
        } else {
            format!("{by} withdrew the acknowledgement of {number} by {taken_by}")
        },
    );
    let letter = why(letter, cause, when)
        .say(match level_until {
            Some(_) => {
                "Nobody has the escalation now, and the ladder goes on where it stood. If nobody \
                 acknowledges it or responds to the customer before the level ends, it goes further."
            }
            None => {
                "Nobody has the escalation now, and every level was alerted before. Everybody on \
                 the ladder is alarmed until one person acts."
            }
        })
        .deadline(response_label(when, promised_at), when.full(promised_at));
    let letter = match level_until {
        Some(until) => letter.deadline("The level ends", when.full(until)),
        None => letter,
    };
    let letter = letter.link(TAKE_IT, ACKNOWLEDGE, acknowledgement(number, "your name"));
    respond(letter, email)
}

pub(super) fn stopped(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    resolved: bool,
    next_update_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let letter = if resolved {
        Letter::new(
            Tone::Good,
            format!("resolved by {by}, escalation over"),
            format!("{by} resolved {number}"),
        )
        .say("The escalation is over, and no deadline is left on the incident.")
    } else {
        Letter::new(
            Tone::Good,
            format!("{by} responded, escalation over"),
            format!("{by} responded to the customer on {number}"),
        )
        .say("The escalation is over. The next update is promised to the customer.")
    };
    let letter = match next_update_at {
        Some(at) => letter.deadline("Next update to the customer due", when.full(at)),
        None => letter,
    };
    letter.step("Nothing: you can stand down. Thank you.")
}

pub(super) fn undeliverable(
    email: &OutboxEmail,
    recipient: Option<&EmailAddress>,
    reason: &str,
    told_instead: &[EmailAddress],
) -> Letter {
    let number = &email.id.thread;
    let told = told_instead.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", ");
    let letter = Letter::new(
        Tone::Warning,
        "an e-mail could not be delivered",
        match recipient {
            Some(address) => format!("{address} may not know about {number}"),
            None => format!("Somebody may not know about {number}"),
        },
    );
    let letter = match recipient {
        Some(address) => {
            letter.say(format!("The desk has given up on an e-mail to {address}.")).step(format!(
                "Make sure by phone that {address} knows, and correct the address if it is wrong."
            ))
        }
        None => letter
            .say("The desk has given up on an e-mail that it could not read. Whom it was for is unknown.")
            .request(
                "Look at the incident, and make sure by phone that everybody concerned knows.",
                vec![format!("GET /v1/incidents/{number}")],
            ),
    };
    letter
        .fact("Reason", reason)
        .fact("Told instead", if told.is_empty() { "nobody".to_owned() } else { told })
}

/// Why the incident is escalated, in the customer's words where there are any.
fn why(letter: Letter, cause: &Cause, when: &When<'_>) -> Letter {
    match cause {
        Cause::Customer { requester, business_justification } => letter
            .say(format!("{requester} escalated it and asks that management look at it now. The business justification is below."))
            .quote(
                format!("Business justification from {requester}"),
                business_justification.as_str(),
            ),
        Cause::Reopening { by, times } => letter.say(format!(
            "{by} reopened it {}: it was resolved, and the customer still needs help.",
            nth_time(*times)
        )),
        Cause::Deadline { clock, due_at } => letter.say(format!(
            "The customer was promised {} by {} and did not get it.",
            promised(*clock),
            when.full(*due_at)
        )),
    }
}

pub(super) fn respond(letter: Letter, email: &OutboxEmail) -> Letter {
    letter.request(
        "Respond to the customer. The desk e-mails your message; leave it out if the customer has \
         it already. Only a public response by a person stops the clock.",
        response(&email.id.thread, "your name"),
    )
    .or_write_back(
        "Respond to the customer: write back to this e-mail, and the desk passes it on; begin with \
         #internal for the teams alone. Only a public response by a person stops the clock. Or over \
         the API:",
    )
}

fn due_label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Initial response to the customer due",
        ClockName::Update => "Update to the customer due",
        ClockName::EscalationResponse => "Response to the customer due",
    }
}

fn response_label(when: &When<'_>, promised_at: Timestamp) -> &'static str {
    if when.is_past(promised_at) {
        "Response to the customer was due"
    } else {
        "Response to the customer due"
    }
}
