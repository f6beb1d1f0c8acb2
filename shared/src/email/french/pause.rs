//! Waiting on the customer, in French: to the customer, and to the teams when the wait is over.

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
        format!("nous avons besoin de vous avant {}", when.short(until)),
        format!("Nous avons besoin de vous pour avancer sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!(
        "{by} ne peut pas avancer sans ce qui est demandé ci-dessous. D’ici là, aucun point \
         d’avancement n’est prévu."
    ))
    .deadline("Sans nouvelles de vous, nous reprenons le", when.full(until))
    .quote(format!("{by} vous écrit"), reason.as_str())
    .step(format!(
        "Écrivez à votre interlocuteur habituel du service client, ou appelez-le, en rappelant le \
         numéro d’incident {number}. La promesse d’un point d’avancement court alors de nouveau."
    ))
    .step(format!(
        "Si la situation ne peut pas attendre, escaladez l’incident avec le numéro {number} et \
         votre justification métier\u{a0}: pourquoi la direction doit s’en occuper maintenant."
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
    let did = if message.is_some() { "a écrit" } else { "a écrit ou appelé" };
    let letter = Letter::new(
        Tone::Warning,
        match promise {
            Some(promise) => format!(
                "{from} {did}, {} avant {}",
                name(promise.clock),
                when.short(promise.due_at)
            ),
            None => format!("{from} {did}"),
        },
        format!("{from} {did} au sujet de l’incident {number}"),
    )
    .say("Si l’incident était en attente du client, cette attente est terminée.");
    let letter = match promise {
        Some(promise) => letter.deadline(due_label(when, promise), when.full(promise.due_at)),
        None => {
            letter.say("Toutes les promesses en cours sont déjà rompues\u{a0}: le client attend.")
        }
    };
    let letter = match message {
        Some(message) => letter.quote(format!("{from} écrit"), message.as_str()),
        None => letter.step("Renseignez-vous sur ce qui a été dit\u{a0}: rien n’est noté ici."),
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
    let short = when.short(promise.due_at);
    let letter = Letter::new(
        Tone::Warning,
        format!("client sans réaction, {} avant {short}", name(promise.clock)),
        format!("L’incident {number} n’est plus en attente du client"),
    )
    .say(format!(
        "L’incident était en attente du client depuis le {}. Le client n’a ni écrit ni appelé à \
         temps, et la promesse d’un point d’avancement court de nouveau.",
        when.full(since)
    ))
    .deadline(due_label(when, promise), when.full(promise.due_at))
    .quote("Ce qui était demandé au client", reason.as_str())
    .step("Appelez le client. Avancez ensuite sans ce qui était demandé, ou convenez d’un nouveau délai.");
    respond(letter, email)
}
