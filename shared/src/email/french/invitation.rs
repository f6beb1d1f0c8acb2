//! A broken promise that the desk leaves to the customer to escalate, in French: to the customer,
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
        format!("{} en retard, vous pouvez escalader", name(broken.clock)),
        format!("Nous n’avons pas tenu notre promesse sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!(
        "Vous devriez déjà avoir reçu {}. Ce n’est pas le cas, et nous vous prions de nous en \
         excuser. Les équipes responsables en sont informées.",
        promised(broken.clock)
    ))
    .say(
        "Vous pouvez demander que la direction s’en occupe\u{a0}: si vous escaladez l’incident, \
         plusieurs équipes, dont la direction du service client, sont alertées aussitôt.",
    )
    .deadline("Nous avons manqué notre échéance du", when.full(broken.due_at))
    .offer(
        format!(
            "Si cela ne peut pas attendre, escaladez l’incident avec le numéro {number} et votre \
             justification métier\u{a0}: pourquoi la direction doit s’en occuper maintenant."
        ),
        "Escalader l’incident",
    )
    .escalates()
    .step(
        "Si cela peut attendre, ne faites rien\u{a0}: les équipes sont relancées jusqu’à ce qu’une \
         personne vous réponde.",
    )
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
        format!("{} EN RETARD depuis {}", name(broken.clock), when.short(broken.due_at)),
        format!("Incident {number}\u{a0}: le client attend toujours {}", promised(broken.clock)),
    )
    .say(
        "Le client sait que notre promesse est rompue et a été invité à escalader l’incident. \
         Personne ne l’a encore escaladé, et personne n’a répondu.",
    )
    .deadline("L’échéance manquée était le", when.full(broken.due_at))
    .deadline("Prochain rappel le", when.full(remind_at));
    respond(letter, email)
}
