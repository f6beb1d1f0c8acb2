//! To customers, in French.

use jiff::Timestamp;

use super::{name, promised};
use crate::email::letter::{Letter, Tone};
use crate::email::when::When;
use crate::email::{OutboxEmail, Promise};
use crate::incident::clock::ClockName;
use crate::incident::values::{Channel, Justification, Message, Name, Note};

pub(super) fn escalation_received(
    email: &OutboxEmail,
    when: &When<'_>,
    requester: &Name,
    business_justification: &Justification,
    promised_at: Timestamp,
    overdue: bool,
    again: bool,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let (done, headline, told) = if again {
        (
            "message ajouté",
            format!("Votre message a été ajouté à l’escalade de l’incident {number}"),
            "Merci de ces précisions. Cet incident est déjà escaladé. Les équipes qui y travaillent, dont la direction du \
             service client, ont été informées de votre message.",
        )
    } else {
        (
            "escalade reçue",
            format!("Nous avons bien reçu votre escalade de l’incident {number}"),
            "Merci de nous avoir prévenus. Plusieurs équipes, dont la direction du service client, ont été alertées et \
             disposent de votre justification métier.",
        )
    };
    let stake = if overdue {
        format!("{done}, notre réponse est en retard")
    } else {
        format!("{done}, réponse avant {short}")
    };
    let letter = Letter::new(Tone::Plain, stake, headline).say(format!("Bonjour {requester},"));
    let letter = if overdue {
        letter
            .say(told)
            .say(
                "La réponse que nous vous avions promise est en retard, et nous vous prions de \
                 nous en excuser. L’escalade se poursuit jusqu’à ce qu’une personne vous réponde.",
            )
            .deadline("Nous devions vous répondre au plus tard le", when.full(promised_at))
    } else {
        letter
            .say(told)
            .deadline("Une personne vous répondra au plus tard le", when.full(promised_at))
    };
    letter.quote("Votre justification métier", business_justification.as_str()).step(format!(
        "Rien pour l’instant\u{a0}: nous revenons vers vous. Si la situation s’aggrave, escaladez \
         de nouveau avec le numéro d’incident {number} en précisant ce qui a changé."
    ))
    .escalates()
}

pub(super) fn incident_opened(
    email: &OutboxEmail,
    when: &When<'_>,
    channel: Channel,
    promise: Promise,
) -> Letter {
    let number = &email.id.thread;
    let opened = match channel {
        Channel::Phone => {
            "Un conseiller l’a ouvert avec vous par téléphone et a mobilisé les équipes \
             compétentes."
        }
        Channel::Chat => {
            "Un conseiller l’a ouvert avec vous par chat et a mobilisé les équipes compétentes."
        }
        Channel::Email => "Nous avons bien reçu votre e-mail, et l’incident est en qualification.",
        Channel::Api => {
            "Nous avons bien reçu votre signalement, et l’incident est en qualification."
        }
    };
    let due = name(promise.clock);
    // Care may open it long after it arrived.
    let late = when.is_past(promise.due_at);
    let label = match promise.clock {
        _ if late => "Vous deviez avoir de nos nouvelles au plus tard le",
        ClockName::InitialResponse => "Vous aurez une première réponse au plus tard le",
        ClockName::Update => "Vous aurez un point d’avancement au plus tard le",
        ClockName::EscalationResponse => "Vous aurez une réponse au plus tard le",
    };
    let letter = Letter::new(
        Tone::Plain,
        if late {
            format!("incident ouvert, {due} en retard")
        } else {
            format!("incident ouvert, {due} avant {}", when.short(promise.due_at))
        },
        format!("Votre incident {number} est ouvert"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(opened);
    let letter = if late {
        letter.say("Nous sommes en retard, et nous vous prions de nous en excuser.")
    } else {
        letter
    };
    letter
        .deadline(label, when.full(promise.due_at))
        .step(format!(
            "Rien pour l’instant\u{a0}: nous revenons vers vous. Si cela ne peut pas attendre, \
             escaladez-le avec le numéro d’incident {number} et votre justification métier\u{a0}: \
             pourquoi la direction doit s’en occuper maintenant."
        ))
        .escalates()
}

pub(super) fn promise_broken(
    email: &OutboxEmail,
    when: &When<'_>,
    broken: Promise,
    promised_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let late = name(broken.clock);
    let letter = Letter::new(
        Tone::Warning,
        match promised_at {
            Some(at) => {
                format!("{late} en retard, incident escaladé, réponse avant {}", when.short(at))
            }
            None => format!("{late} en retard de notre part"),
        },
        format!("Nous n’avons pas tenu notre promesse sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!(
        "Vous devriez déjà avoir reçu {}. Ce n’est pas le cas, et nous vous prions de nous en \
         excuser.",
        promised(broken.clock)
    ))
    .say(match promised_at {
        Some(_) => "L’incident est escaladé à la direction du service client.",
        None => "L’incident reste escaladé jusqu’à ce qu’une personne vous réponde.",
    });
    let letter = match promised_at {
        Some(at) => letter.deadline("Une personne vous répondra au plus tard le", when.full(at)),
        None => letter,
    };
    letter
        .deadline("Nous avons manqué notre échéance du", when.full(broken.due_at))
        .step("Rien\u{a0}: vous n’avez pas à l’escalader vous-même. Nous revenons vers vous.")
}

pub(super) fn response_given(
    email: &OutboxEmail,
    when: &When<'_>,
    author: &Name,
    message: &Message,
    next_update_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Plain,
        match next_update_at {
            Some(at) => format!("{author} a répondu, prochain point avant {}", when.short(at)),
            None => format!("{author} a répondu"),
        },
        format!("{author} a répondu sur l’incident {number}"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!("{author} vous a répondu\u{202f}; voici son message."))
    .quote(format!("{author} vous écrit"), message.as_str());
    let letter = match next_update_at {
        Some(at) => letter.deadline("Prochain point d’avancement au plus tard le", when.full(at)),
        None => letter,
    };
    letter.step(format!(
        "Si cela ne vous aide pas à temps, escaladez l’incident avec le numéro {number} et votre \
         justification métier\u{a0}: pourquoi la direction doit s’en occuper maintenant."
    ))
    .escalates()
}

pub(super) fn incident_resolved(email: &OutboxEmail, by: &Name, note: Option<&Note>) -> Letter {
    let number = &email.id.thread;
    let letter = Letter::new(
        Tone::Good,
        format!("résolu par {by}"),
        format!("Votre incident {number} est résolu"),
    )
    .say(format!("Bonjour {},", email.customer))
    .say(format!("{by} l’a résolu. Aucun autre point d’avancement n’est prévu."));
    let letter = match note {
        Some(note) => letter.quote(format!("{by} vous écrit"), note.as_str()),
        None => letter,
    };
    letter
        .step(format!(
            "Rien si tout va bien. Si l’incident n’est pas résolu pour vous, escaladez-le avec le \
             numéro d’incident {number} et votre justification métier\u{a0}: il sera rouvert."
        ))
        .escalates()
}
