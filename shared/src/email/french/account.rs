//! An account manager is looped in, in French: to the customer and to the manager.

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
        format!("{manager} intervient à nos côtés"),
        format!("Votre responsable de compte intervient sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!(
        "{by} a sollicité {manager}, responsable de votre compte, qui connaît désormais \
         l’incident. Ce que nous vous avons promis reste promis."
    ))
    .step(
        "Rien\u{a0}: le service client continue de traiter l’incident, et c’est toujours auprès de \
         lui que vous pouvez l’escalader.",
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
                "{by} a besoin de vous, {} avant {}",
                name(promise.clock),
                when.short(promise.due_at)
            ),
            None => format!("{by} a besoin de vous"),
        },
        format!("{by} a besoin de vous sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", engaged.manager))
    .say(format!(
        "Le service client vous sollicite sur un incident du compte {account}. La raison figure \
         ci-dessous."
    ))
    .say(if engaged.breaches.is_none() {
        "Jusqu’ici, toutes les promesses faites au client ont été tenues.".to_owned()
    } else {
        format!("Promesses rompues jusqu’ici\u{a0}: {}.", breaches_counted(engaged.breaches))
    });
    let letter = match engaged.promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => letter,
    };
    letter
        .quote(format!("{by} vous écrit"), engaged.reason.as_str())
        .step(format!("Contactez {by} maintenant, et convenez de qui dit quoi au client."))
        .step(format!(
            "Parlez à {customer}, qui sait que vous intervenez. L’incident et ses échéances \
             restent du ressort du service client."
        ))
        .list(List::story(story_title(engaged), engaged.story, when))
        .fact("Compte", account.as_str())
}

fn story_title(engaged: &Engagement<'_>) -> String {
    match engaged.left_out {
        0 => "Ce qui s’est passé jusqu’ici".to_owned(),
        1 => "Ce qui s’est passé jusqu’ici, sans la première entrée".to_owned(),
        left_out => format!("Ce qui s’est passé jusqu’ici, sans les {left_out} premières entrées"),
    }
}
