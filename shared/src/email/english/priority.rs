//! A priority was changed, in English: to the customer and to the teams.

use super::team::respond;
use super::{customer_due_label, due_label, name};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::values::{Name, Note, Priority};

/// From what to what, who found that, and why.
pub(super) struct Change<'a> {
    pub by: &'a Name,
    pub from: Priority,
    pub to: Priority,
    pub reason: Option<&'a Note>,
}

impl Change<'_> {
    fn is_raised(&self) -> bool {
        self.to < self.from
    }

    /// As the subject says it.
    fn stake(&self) -> String {
        let done = if self.is_raised() { "raised" } else { "lowered" };
        format!("priority {done} from {} to {}", self.from, self.to)
    }

    /// As the letter says it.
    fn done(&self) -> String {
        let done = if self.is_raised() { "raised" } else { "lowered" };
        format!("{} has {done} the priority from {} to {}.", self.by, self.from, self.to)
    }

    fn quoted(&self, letter: Letter) -> Letter {
        match self.reason {
            Some(reason) => letter.quote(format!("{} writes", self.by), reason.as_str()),
            None => letter,
        }
    }
}

pub(super) fn changed(
    email: &OutboxEmail,
    when: &When<'_>,
    change: &Change<'_>,
    promise: Option<Promise>,
) -> Letter {
    let number = &email.id.thread;
    let (to, done, stake) = (change.to, change.done(), change.stake());
    let letter = Letter::new(
        Tone::Plain,
        match promise {
            Some(promise) if !when.is_past(promise.due_at) => {
                format!("{stake}, {} by {}", name(promise.clock), when.short(promise.due_at))
            }
            _ => stake,
        },
        format!("Your incident {number} now has priority {to}"),
    )
    .say(format!("Dear {},", email.customer))
    .say(if change.is_raised() {
        format!("{done} Our deadlines are now those of a {to}, counted from the start.")
    } else {
        format!("{done} What we promised you so far stays promised as it was.")
    });
    let is_late = promise.is_some_and(|promise| when.is_past(promise.due_at));
    let letter = if is_late { letter.say("We are late, and we apologise.") } else { letter };
    let letter = match promise {
        Some(promise) => {
            letter.deadline(customer_due_label(when, promise), when.full(promise.due_at))
        }
        None => letter,
    };
    let wait = if change.is_raised() {
        "Nothing for now: we will come back to you. If it cannot wait that long"
    } else {
        "Nothing, if you agree. If it hurts you more than that"
    };
    change.quoted(letter).step(format!(
        "{wait}, escalate it with the incident number {number} and your business justification: \
         why management should look at it now."
    ))
    .escalates()
}

pub(super) fn targets_changed(
    email: &OutboxEmail,
    when: &When<'_>,
    change: &Change<'_>,
    promise: Option<Promise>,
) -> Letter {
    let number = &email.id.thread;
    let (to, done, stake) = (change.to, change.done(), change.stake());
    let letter = Letter::new(
        if change.is_raised() { Tone::Warning } else { Tone::Plain },
        match promise {
            Some(promise) => {
                let (due, short) = (name(promise.clock), when.short(promise.due_at));
                format!("{stake}, {due} due {short}")
            }
            None => stake,
        },
        format!("{number} now has priority {to}"),
    )
    .say(if change.is_raised() {
        format!(
            "{done} The deadlines that still run are now those of a {to}, counted from \
             their original start."
        )
    } else {
        format!(
            "{done} The deadlines that still run stay as they were promised; later ones \
             are those of a {to}."
        )
    });
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter.say(
            "No deadline runs at the moment: each is missed already, or waits on the customer.",
        ),
    };
    respond(change.quoted(letter), email)
}
