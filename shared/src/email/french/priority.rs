//! A priority was changed, in French: to the customer and to the teams.

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
        let done = if self.is_raised() { "relevée" } else { "abaissée" };
        format!("priorité {done} de {} à {}", self.from, self.to)
    }

    fn done(&self) -> String {
        let done = if self.is_raised() { "relevé" } else { "abaissé" };
        format!("{} a {done} la priorité de {} à {}.", self.by, self.from, self.to)
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
                format!("{stake}, {} avant {}", name(promise.clock), when.short(promise.due_at))
            }
            _ => stake,
        },
        format!("Votre incident {number} est désormais de priorité {to}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(if change.is_raised() {
        format!("{done} Nos échéances sont désormais celles d’un {to}, comptées depuis le début.")
    } else {
        format!("{done} Ce que nous vous avons promis jusqu’ici reste promis.")
    });
    let is_late = promise.is_some_and(|promise| when.is_past(promise.due_at));
    let letter = if is_late {
        letter.say("Nous sommes en retard, et nous vous prions de nous en excuser.")
    } else {
        letter
    };
    let letter = match promise {
        Some(promise) => {
            letter.deadline(customer_due_label(when, promise), when.full(promise.due_at))
        }
        None => letter,
    };
    let letter = match change.reason {
        Some(reason) => letter.quote(format!("{} vous écrit", change.by), reason.as_str()),
        None => letter,
    };
    let wait = if change.is_raised() {
        "Rien pour l’instant\u{a0}: nous revenons vers vous. Si cela ne peut pas attendre"
    } else {
        "Rien si cela vous convient. Si l’incident vous gêne davantage"
    };
    letter
        .step(format!(
            "{wait}, escaladez-le avec le numéro d’incident {number} et votre justification \
             métier\u{a0}: pourquoi la direction doit s’en occuper maintenant."
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
                format!("{stake}, {} avant {}", name(promise.clock), when.short(promise.due_at))
            }
            None => stake,
        },
        format!("L’incident {number} est désormais de priorité {to}"),
    )
    .say(if change.is_raised() {
        format!(
            "{done} Les échéances en cours sont désormais celles d’un {to}, comptées depuis leur \
             début."
        )
    } else {
        format!(
            "{done} Les échéances en cours restent celles qui ont été promises\u{202f}; les \
             suivantes seront celles d’un {to}."
        )
    });
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => {
            letter.say("Aucune échéance ne court pour l’instant\u{a0}: chacune est déjà manquée, ou en attente du client.")
        }
    };
    let letter = match change.reason {
        Some(reason) => letter.quote(format!("{} écrit", change.by), reason.as_str()),
        None => letter,
    };
    respond(letter, email)
}
