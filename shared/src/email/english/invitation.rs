//! A broken promise that the desk leaves to the customer to escalate, in English: to the customer,
//! and to the teams until somebody acts.

use jiff::Timestamp;

use super::team::respond;
use super::{name, promised};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};

pub(super) fn escalation_invited(email: &OutboxEmail, when: &When<'_>, broken: Promise) -> Letter {
    let number = &email.id.thread;
    Letter::new(
        Tone::Warning,
        format!("our {} is late, you can escalate it now", name(broken.clock)),
        format!("We did not keep our promise on {number}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!(
        "You should have had {} by now. You have not, and we apologise. The responsible teams have \
         been told.",
        promised(broken.clock)
    ))
    .say(
        "You can have management look at it: if you escalate the incident, several teams, \
         customer-care management among them, are alerted at once.",
    )
    .deadline("We missed our deadline of", when.full(broken.due_at))
    .offer(
        format!(
            "If it cannot wait, escalate the incident with the number {number} and your business \
             justification: why management should look at it now."
        ),
        "Escalate the incident",
    )
    .escalates()
    .step("If it can wait, do nothing: the teams are reminded until a person responds to you.")
}

pub(super) fn promise_overdue(
    email: &OutboxEmail,
    when: &When<'_>,
    broken: Promise,
    remind_at: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Alarm,
        format!("{} OVERDUE since {}", name(broken.clock), when.short(broken.due_at)),
        format!("The customer still waits for {} on {number}", promised(broken.clock)),
    )
    .say(
        "The customer has been told that we broke our promise, and was invited to escalate the \
         incident. Nobody has escalated it so far, and nobody has responded.",
    )
    .deadline("The missed deadline", when.full(broken.due_at))
    .deadline("The next reminder comes at", when.full(remind_at));
    respond(letter, email)
}
