//! To the teams of customer care, in French.

use jiff::Timestamp;

use super::{name, nth_time, promised};
use crate::email::letter::{Letter, Tone, acknowledgement, response};
use crate::email::when::When;
use crate::email::{Alert, OutboxEmail, Promise};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::values::{Channel, EmailAddress, Justification, Message, Name};

const ACKNOWLEDGE: &str = "Prendre en charge";
const TAKE_IT: &str = "Prenez l’escalade en charge à votre nom, pour que les autres le sachent.";
const IF_NOBODY_HAS_IT: &str =
    "Si personne ne s’en charge encore, prenez l’escalade en charge à votre nom.";

pub(super) fn engaged(
    email: &OutboxEmail,
    when: &When<'_>,
    channel: Channel,
    promise: Promise,
    message: Option<&Message>,
) -> Letter {
    let number = &email.id.thread;
    let customer = &email.customer;
    let by = match channel {
        Channel::Phone => "téléphone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    };
    let due = name(promise.clock);
    let letter = Letter::new(
        Tone::Plain,
        format!("nouveau par {by}, {due} avant {}", when.short(promise.due_at)),
        if channel.is_live() {
            format!("Vous êtes mobilisés sur l’incident {number}")
        } else {
            format!("L’incident {number} est à qualifier et attend une première réponse")
        },
    )
    .say(if channel.is_live() {
        format!(
            "{customer} l’a signalé par {by}. Un conseiller l’a ouvert et mobilise votre équipe."
        )
    } else {
        format!("{customer} l’a signalé par {by}. Personne n’a encore répondu.")
    })
    .deadline(due_label(promise.clock), when.full(promise.due_at));
    let letter = match message {
        Some(message) => letter.quote(format!("{customer} écrit"), message.as_str()),
        None => letter,
    };
    respond(letter, email)
}

pub(super) fn deadline_near(email: &OutboxEmail, when: &When<'_>, promise: Promise) -> Letter {
    let letter = Letter::new(
        Tone::Warning,
        format!("avertissement, {} avant {}", name(promise.clock), when.short(promise.due_at)),
        format!("Une échéance approche sur l’incident {}", email.id.thread),
    )
    .say(format!(
        "Nous avons promis au client {}\u{202f}; rien ne lui est encore parvenu. L’échéance passée, le client \
         sera informé que notre promesse est rompue, et l’incident sera escaladé s’il ne l’est \
         pas déjà.",
        promised(promise.clock)
    ))
    .deadline(due_label(promise.clock), when.full(promise.due_at));
    respond(letter, email)
}

pub(super) fn alert(
    email: &OutboxEmail,
    when: &When<'_>,
    alert: Alert,
    cause: &Cause,
    promised_at: Timestamp,
    level_until: Timestamp,
    taken_by: Option<&Name>,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let mut letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("ESCALADÉ, réponse en retard depuis {short}")
        } else {
            format!("ESCALADÉ, réponse avant {short}")
        },
        format!("L’incident {number} vous est escaladé"),
    );
    if let Some(by) = taken_by {
        letter = letter.say(format!(
            "{by} l’avait pris en charge, mais aucune réponse au client n’a suivi à temps."
        ));
    }
    let letter = why(letter, cause, when)
        .say(format!(
            "Vous êtes le niveau {} sur {}, au tour {} sur {}. Si personne ne prend l’escalade en \
             charge ni ne répond au client avant la fin de votre niveau, {}.",
            alert.level,
            alert.levels,
            alert.round,
            alert.rounds,
            if alert.is_last() {
                "l’échelle d’escalade est épuisée et toutes les personnes qui y figurent sont \
                 alarmées"
            } else {
                "elle monte plus haut"
            }
        ))
        .deadline(response_label(when, promised_at), when.full(promised_at))
        .deadline("Votre niveau prend fin le", when.full(level_until))
        .link(TAKE_IT, ACKNOWLEDGE, acknowledgement(number, "votre nom"));
    respond(letter, email)
}

pub(super) fn justification_added(
    email: &OutboxEmail,
    when: &When<'_>,
    requester: &Name,
    business_justification: &Justification,
    promised_at: Timestamp,
) -> Letter {
    let short = when.short(promised_at);
    let letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("escaladé de nouveau, réponse en retard depuis {short}")
        } else {
            format!("escaladé de nouveau, réponse avant {short}")
        },
        format!("{requester} a de nouveau escaladé l’incident {}", email.id.thread),
    )
    .say("L’escalade en cours se poursuit, avec la même échéance. Voici ce qui a été ajouté.")
    .deadline(response_label(when, promised_at), when.full(promised_at))
    .quote(format!("Justification métier ({requester})"), business_justification.as_str())
    .link(IF_NOBODY_HAS_IT, ACKNOWLEDGE, acknowledgement(&email.id.thread, "votre nom"));
    respond(letter, email)
}

pub(super) fn deadline_missed(
    email: &OutboxEmail,
    when: &When<'_>,
    broken: Promise,
    promised_at: Option<Timestamp>,
) -> Letter {
    let letter = Letter::new(
        Tone::Alarm,
        format!("échéance MANQUÉE, {} en retard depuis {}", name(broken.clock), when.short(broken.due_at)),
        format!("Une promesse est rompue sur l’incident {}", email.id.thread),
    )
    .say(format!(
        "Nous avions promis au client {}\u{202f}; rien ne lui est parvenu à temps. Il en est informé, avec nos excuses. L’incident est déjà escaladé, et l’escalade se poursuit.",
        promised(broken.clock)
    ))
    .deadline("L’échéance manquée était le", when.full(broken.due_at));
    let letter = match promised_at {
        Some(at) => letter.deadline(response_label(when, at), when.full(at)),
        None => letter,
    };
    let acknowledgement = acknowledgement(&email.id.thread, "votre nom");
    respond(letter.link(IF_NOBODY_HAS_IT, ACKNOWLEDGE, acknowledgement), email)
}

pub(super) fn ladder_exhausted(
    email: &OutboxEmail,
    when: &When<'_>,
    rounds: u32,
    cause: &Cause,
    promised_at: Timestamp,
    alarm_at: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    let rounds = if rounds <= 1 { format!("{rounds} tour") } else { format!("{rounds} tours") };
    let letter = Letter::new(
        Tone::Alarm,
        "PERSONNE N’A AGI sur cette escalade",
        format!("Tous les niveaux ont été alertés et personne n’a agi sur l’incident {number}"),
    );
    let letter = why(letter, cause, when)
        .say(format!(
            "L’échelle d’escalade est épuisée après {rounds}. Toutes les personnes qui y figurent \
             reçoivent cette alarme jusqu’à ce que l’une d’elles agisse."
        ))
        .deadline(response_label(when, promised_at), when.full(promised_at))
        .deadline("Prochaine alarme le", when.full(alarm_at))
        .step("Appelez-vous, et décidez maintenant qui s’en charge.")
        .link(
            "Cette personne prend l’escalade en charge.",
            ACKNOWLEDGE,
            acknowledgement(number, "votre nom"),
        );
    respond(letter, email)
}

pub(super) fn acknowledged(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    until: Timestamp,
    promised_at: Timestamp,
) -> Letter {
    let number = &email.id.thread;
    Letter::new(
        Tone::Good,
        format!("pris en charge par {by}"),
        format!("{by} a pris en charge l’escalade de l’incident {number}"),
    )
    .say(
        "L’escalade ne monte plus. Si le client n’a pas de réponse à la fin de la prise en \
         charge, elle reprend où elle en était. Les échéances promises au client ne changent pas.",
    )
    .deadline(response_label(when, promised_at), when.full(promised_at))
    .deadline("La prise en charge prend fin le", when.full(until))
    .request(
        format!("{by}\u{a0}: répondez au client. Votre message lui est envoyé par e-mail."),
        response(number, "votre nom"),
    )
    .or_write_back(format!(
        "{by}\u{a0}: répondez au client. Il suffit de répondre à cet e-mail, et votre message lui \
         est transmis. Ou par l’API\u{a0}:"
    ))
    .step(format!("Les autres\u{a0}: aidez {by} si besoin. Vous n’avez rien d’autre à faire."))
    .link(
        format!("Si {by} ne peut finalement pas s’en charger\u{a0}: mettez fin à la prise en charge, et l’escalade reprend."),
        "Mettre fin à la prise en charge",
        Vec::new(),
    )
}

pub(super) fn withdrawn(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    taken_by: &Name,
    cause: &Cause,
    promised_at: Timestamp,
    level_until: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let short = when.short(promised_at);
    let letter = Letter::new(
        Tone::Alarm,
        if when.is_past(promised_at) {
            format!("PLUS PERSONNE NE S’EN CHARGE, réponse en retard depuis {short}")
        } else {
            format!("PLUS PERSONNE NE S’EN CHARGE, réponse avant {short}")
        },
        if by == taken_by {
            format!("{by} ne prend plus en charge l’escalade de l’incident {number}")
        } else {
            format!("{by} a mis fin à la prise en charge de l’incident {number} par {taken_by}")
        },
    );
    let letter = why(letter, cause, when)
        .say(match level_until {
            Some(_) => {
                "Plus personne ne s’en charge, et l’escalade reprend où elle en était. Si personne \
                 ne la prend en charge ni ne répond au client avant la fin du niveau, elle monte \
                 plus haut."
            }
            None => {
                "Plus personne ne s’en charge, et tous les niveaux ont déjà été alertés. Toutes \
                 les personnes de l’échelle d’escalade sont alarmées jusqu’à ce que l’une d’elles \
                 agisse."
            }
        })
        .deadline(response_label(when, promised_at), when.full(promised_at));
    let letter = match level_until {
        Some(until) => letter.deadline("Le niveau prend fin le", when.full(until)),
        None => letter,
    };
    let letter = letter.link(TAKE_IT, ACKNOWLEDGE, acknowledgement(number, "votre nom"));
    respond(letter, email)
}

pub(super) fn stopped(
    email: &OutboxEmail,
    when: &When<'_>,
    by: &Name,
    resolved: bool,
    next_update_at: Option<Timestamp>,
) -> Letter {
    let number = &email.id.thread;
    let letter = if resolved {
        Letter::new(
            Tone::Good,
            format!("résolu par {by}, escalade terminée"),
            format!("{by} a résolu l’incident {number}"),
        )
        .say("L’escalade est terminée, et plus aucune échéance ne court sur l’incident.")
    } else {
        Letter::new(
            Tone::Good,
            format!("{by} a répondu, escalade terminée"),
            format!("{by} a répondu au client sur l’incident {number}"),
        )
        .say("L’escalade est terminée. Le prochain point d’avancement est promis au client.")
    };
    let letter = match next_update_at {
        Some(at) => {
            letter.deadline("Prochain point d’avancement au client au plus tard le", when.full(at))
        }
        None => letter,
    };
    letter.step("Rien\u{a0}: vous pouvez reprendre vos activités. Merci à vous.")
}

pub(super) fn undeliverable(
    email: &OutboxEmail,
    recipient: Option<&EmailAddress>,
    reason: &str,
    told_instead: &[EmailAddress],
) -> Letter {
    let number = &email.id.thread;
    let told = told_instead.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", ");
    let letter = Letter::new(
        Tone::Warning,
        "un e-mail n’a pas pu être remis",
        match recipient {
            Some(address) => {
                format!("{address} n’est peut-être pas au courant de l’incident {number}")
            }
            None => format!("Quelqu’un n’est peut-être pas au courant de l’incident {number}"),
        },
    );
    let letter = match recipient {
        Some(address) => letter
            .say(format!("Escalation Desk a renoncé à envoyer un e-mail à {address}."))
            .step(format!(
                "Vérifiez par téléphone que {address} est au courant, et corrigez l’adresse si \
                 elle est erronée."
            )),
        None => letter
            .say(
                "Escalation Desk a renoncé à envoyer un e-mail illisible, dont le destinataire \
                 est inconnu.",
            )
            .request(
                "Consultez l’incident, et vérifiez par téléphone que toutes les personnes \
                 concernées sont au courant.",
                vec![format!("GET /v1/incidents/{number}")],
            ),
    };
    letter
        .fact("Raison", reason)
        .fact("Alertés à la place", if told.is_empty() { "personne".to_owned() } else { told })
}

/// Why the incident is escalated, in the customer's words where there are any.
fn why(letter: Letter, cause: &Cause, when: &When<'_>) -> Letter {
    match cause {
        Cause::Customer { requester, business_justification } => letter
            .say(format!(
                "{requester} a escaladé l’incident et demande que la direction s’en occupe maintenant. La justification métier figure ci-dessous."
            ))
            .quote(format!("Justification métier ({requester})"), business_justification.as_str()),
        Cause::Reopening { by, times } => letter.say(format!(
            "{by} l’a rouvert {}\u{a0}: il était résolu, et le client a encore besoin d’aide.",
            nth_time(*times)
        )),
        Cause::Deadline { clock, due_at } => letter.say(format!(
            "Nous avions promis au client {} au plus tard le {}\u{202f}; rien ne lui est parvenu à temps.",
            promised(*clock),
            when.full(*due_at)
        )),
    }
}

pub(super) fn respond(letter: Letter, email: &OutboxEmail) -> Letter {
    letter.request(
        "Répondez au client. Votre message lui est envoyé par e-mail\u{202f}; omettez-le s’il l’a \
         déjà. Seule une réponse publique d’une personne arrête l’horloge.",
        response(&email.id.thread, "votre nom"),
    )
    .or_write_back(
        "Répondez au client\u{a0}: il suffit de répondre à cet e-mail, et votre message lui est \
         transmis\u{202f}; commencez par #interne pour n’écrire qu’aux équipes. Seule une réponse \
         publique d’une personne arrête l’horloge. Ou par l’API\u{a0}:",
    )
}

fn due_label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Première réponse au client au plus tard le",
        ClockName::Update => "Point d’avancement au client au plus tard le",
        ClockName::EscalationResponse => "Réponse au client au plus tard le",
    }
}

fn response_label(when: &When<'_>, promised_at: Timestamp) -> &'static str {
    if when.is_past(promised_at) {
        "La réponse au client était attendue le"
    } else {
        "Réponse au client au plus tard le"
    }
}
