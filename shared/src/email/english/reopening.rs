//! A resolved incident is open again, in English: to the customer and to the teams.

use super::team::respond;
use super::{customer_due_label, due_label, name, nth_time};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::values::{Name, Note};

pub(super) fn reopened(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    promise: Promise,
    escalated: bool,
) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Plain,
        format!("reopened, {} by {}", name(promise.clock), when.short(promise.due_at)),
        format!("Your incident {number} is open again"),
    )
    .say(format!("Dear {},", email.customer))
    .say(if escalated {
        format!(
            "{by} reopened it. Because it was resolved before and you still need help, it is \
             escalated to customer-care management."
        )
    } else {
        format!("{by} reopened it, and the responsible teams have been told.")
    })
    .deadline(customer_due_label(when, promise), when.full(promise.due_at));
    if escalated {
        return letter
            .step("Nothing: you need not escalate it yourself. We will come back to you.");
    }
    letter.step(format!(
        "Nothing for now: we will come back to you. If it cannot wait that long, escalate it with \
         the incident number {number} and your business justification: why management should look \
         at it now."
    ))
    .escalates()
}

pub(super) fn engaged_again(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    note: Option<&Note>,
    times: u32,
    promise: Promise,
) -> Letter {
    let number = &email.id.thread;
    let (due, short) = (name(promise.clock), when.short(promise.due_at));
    let nth = nth_time(times);
    let is_escalated = times >= 2;
    let letter = Letter::new(
        if is_escalated { Tone::Alarm } else { Tone::Warning },
        if is_escalated {
            format!("REOPENED {nth}, {due} due {short}")
        } else {
            format!("reopened, {due} due {short}")
        },
        format!("{number} is open again, and it is yours"),
    )
    .say(format!("{by} reopened it {nth}: it was resolved, and the customer still needs help."));
    let letter =
        if is_escalated { letter.say("It is escalated as well, for that reason.") } else { letter };
    let letter = letter.deadline(due_label(when, promise), when.full(promise.due_at));
    let letter = match note {
        Some(note) => letter.quote(format!("{by} writes"), note.as_str()),
        None => letter,
    };
    respond(letter, email)
}
