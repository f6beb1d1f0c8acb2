//! Waiting on the customer, in English: to the customer, and to the teams when the wait is over.

use jiff::Timestamp;

use super::team::respond;
use super::{due_label, name};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::values::{Message, Name, Note};

pub(super) fn waiting_on_you(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    reason: &Note,
    until: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    Letter::new(
        Tone::Warning,
        format!("we need something from you by {}", when.short(until)),
        format!("We need something from you to go on with {number}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!(
        "{by} cannot go on without what is written below. Until we hear from you, no update is due."
    ))
    .deadline("Without word from you, we go on all the same at", when.full(until))
    .quote(format!("{by} writes"), reason.as_str())
    .step(format!(
        "Write to the person in customer care with whom you are in touch, or call, and name the \
         incident number {number}. The promise of an update then runs again."
    ))
    .step(format!(
        "If it cannot wait for that, escalate the incident with the number {number} and your \
         business justification: why management should look at it now."
    ))
    .escalates()
}

pub(super) fn customer_replied(
    email: &OutboxEmail,
    when: &When<'_>,
    from: &Name,
    message: Option<&Message>,
    promise: Option<Promise>,
) -> Letter {
    let number = &email.id.thread;
    let did = if message.is_some() { "wrote" } else { "wrote or called" };
    let letter = Letter::new(
        Tone::Warning,
        match promise {
            Some(promise) => {
                format!("{from} {did}, {} due {}", name(promise.clock), when.short(promise.due_at))
            }
            None => format!("{from} {did}"),
        },
        format!("{from} {did} about {number}"),
    )
    .say("If the incident waited on the customer, the wait is over.");
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter.say("Every running promise is broken already: the customer is waiting."),
    };
    let letter = match message {
        Some(message) => letter.quote(format!("{from} writes"), message.as_str()),
        None => letter.step("Find out what was said: nobody has written it down here."),
    };
    respond(letter, email)
}

pub(super) fn pause_ended(
    email: &OutboxEmail,
    when: &When<'_>,
    reason: &Note,
    since: Timestamp,
    promise: Promise,
) -> Letter {
    let number = &email.id.thread;
    let due = name(promise.clock);
    let letter = Letter::new(
        Tone::Warning,
        format!("no word from the customer, {due} due {}", when.short(promise.due_at)),
        format!("{number} no longer waits on the customer"),
    )
    .say(format!(
        "The incident has waited on the customer since {}. The customer did not write or call in \
         time, and the promise of an {due} runs again.",
        when.full(since)
    ))
    .deadline(due_label(when, promise), when.full(promise.due_at))
    .quote("What the customer was asked for", reason.as_str())
    .step("Call the customer. Then go on without what was asked for, or agree on how much longer to wait.");
    respond(letter, email)
}
