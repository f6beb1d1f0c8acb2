//! An account manager is looped in, in English: to the customer and to the manager.

use super::{breaches_counted, due_label, name};
use crate::email::letter::{Letter, Tone};
use crate::email::list::List;
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::Breaches;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{Name, Note};

pub(super) fn involved(email: &OutboxEmail, by: &Name, manager: &Name) -> Letter {
    let number = &email.id.thread;
    Letter::new(
        Tone::Plain,
        format!("{manager} is looped in"),
        format!("Your account manager is looped in on {number}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(format!(
        "{by} looped in {manager}, who looks after your account and now knows the incident so far. \
         What we promised you stays promised."
    ))
    .step(
        "Nothing: customer care goes on working on the incident, and remains the place to escalate \
         it.",
    )
}

/// Why the manager is looped in, and what is known so far.
pub(super) struct Engagement<'a> {
    pub manager: &'a Name,
    pub by: &'a Name,
    pub reason: &'a Note,
    pub account: &'a Name,
    pub promise: Option<Promise>,
    pub breaches: &'a Breaches,
    pub story: &'a [TimelineEntry],
    pub left_out: usize,
}

pub(super) fn engaged(email: &OutboxEmail, when: &When<'_>, engaged: &Engagement<'_>) -> Letter {
    let number = &email.id.thread;
    let (by, account, customer) = (engaged.by, engaged.account, &email.customer);
    let letter = Letter::new(
        Tone::Warning,
        match engaged.promise {
            Some(promise) => format!(
                "{by} asks for your help, {} due {}",
                name(promise.clock),
                when.short(promise.due_at)
            ),
            None => format!("{by} asks for your help"),
        },
        format!("{by} asks for your help with {number}"),
    )
    .say(format!("Dear {},", engaged.manager))
    .say(format!("Customer care loops you in on an incident of {account}, for the reason below."))
    .say(if engaged.breaches.is_none() {
        "Every promise to the customer was kept so far.".to_owned()
    } else {
        format!("Promises broken so far: {}.", breaches_counted(engaged.breaches))
    });
    let letter = match engaged.promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter,
    };
    letter
        .quote(format!("{by} writes"), engaged.reason.as_str())
        .step(format!("Get in touch with {by} now, and agree on who tells the customer what."))
        .step(format!(
            "Speak to {customer}, who knows that you are looped in. The incident and its deadlines \
             stay with customer care."
        ))
        .list(List::story(story_title(engaged), engaged.story, when))
        .fact("Account", account.as_str())
}

fn story_title(engaged: &Engagement<'_>) -> String {
    match engaged.left_out {
        0 => "What happened so far".to_owned(),
        1 => "What happened so far, without the earliest entry".to_owned(),
        left_out => format!("What happened so far, without the {left_out} earliest entries"),
    }
}
