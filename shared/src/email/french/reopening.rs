//! A resolved incident is open again, in French: to the customer and to the teams.

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
        format!("incident rouvert, {} avant {}", name(promise.clock), when.short(promise.due_at)),
        format!("Votre incident {number} est rouvert"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(if escalated {
        format!(
            "{by} l’a rouvert. Comme il avait déjà été résolu et que vous avez toujours besoin \
             d’aide, il est escaladé à la direction du service client."
        )
    } else {
        format!("{by} l’a rouvert, et les équipes responsables en sont informées.")
    })
    .deadline(customer_due_label(when, promise), when.full(promise.due_at));
    if escalated {
        return letter.step(
            "Rien\u{a0}: vous n’avez pas besoin de l’escalader vous-même. Nous revenons vers vous.",
        );
    }
    letter
        .step(format!(
            "Rien pour l’instant\u{a0}: nous revenons vers vous. Si cela ne peut pas attendre, \
             escaladez-le avec le numéro d’incident {number} et votre justification métier\u{a0}: \
             pourquoi la direction doit s’en occuper maintenant."
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
            format!("ROUVERT {nth}, {due} avant {short}")
        } else {
            format!("rouvert, {due} avant {short}")
        },
        format!("L’incident {number} est rouvert et vous revient"),
    )
    .say(format!(
        "{by} l’a rouvert {nth}\u{a0}: il était résolu, et le client a encore besoin d’aide."
    ));
    let letter = if is_escalated {
        letter.say("Pour cette raison, il est aussi escaladé.")
    } else {
        letter
    };
    let letter = letter.deadline(due_label(when, promise), when.full(promise.due_at));
    let letter = match note {
        Some(note) => letter.quote(format!("{by} écrit"), note.as_str()),
        None => letter,
    };
    respond(letter, email)
}
