//! Every e-mail in French.

use super::letter::{Fact, Frame, Letter, Quote, Tone, fact, list, quote};
use super::when::When;
use super::{EmailKind, OutboxEmail};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::values::Channel;
use crate::policy::Desk;

pub(super) fn frame(desk: &Desk) -> Frame {
    Frame {
        lang: "fr",
        next_steps_title: "Et maintenant",
        repeat_notice: "Vous avez peut-être déjà reçu cet e-mail : nous n'étions pas certains \
                        qu'il soit arrivé, il est donc envoyé de nouveau.",
        foot: format!("{} · envoyé automatiquement par Escalation Desk", desk.name),
    }
}

pub(super) fn letter(email: &OutboxEmail, when: &When<'_>) -> Letter {
    let number = &email.id.number;
    let promised = |label, at| fact(label, when.full(at), true);
    let mut letter = match &email.kind {
        EmailKind::EscalationReceived {
            requester,
            business_justification,
            promised_at,
            overdue,
            again,
        } => Letter {
            stake: if *overdue {
                "nous avons reçu votre nouveau message".to_owned()
            } else {
                format!("escalade reçue, réponse avant {}", when.short(*promised_at))
            },
            tone: Tone::Plain,
            headline: if *again {
                format!("Votre message a été ajouté à l'escalade de {number}")
            } else {
                format!("Nous avons reçu votre escalade de {number}")
            },
            paragraphs: vec![
                format!("Bonjour {requester},"),
                if *again {
                    "Cet incident est déjà escaladé. Les équipes qui s'en occupent, dont la \
                     direction du service client, ont été informées de votre message."
                } else {
                    "Plusieurs équipes, dont la direction du service client, ont été alertées."
                }
                .to_owned(),
                if *overdue {
                    "La réponse promise est en retard, et nous vous prions de nous en excuser. \
                     L'escalade se poursuit jusqu'à ce qu'une personne vous réponde."
                        .to_owned()
                } else {
                    format!("Une personne vous répondra avant le {}.", when.full(*promised_at))
                },
            ],
            facts: vec![promised(
                if *overdue { "Était due le" } else { "Réponse avant le" },
                *promised_at,
            )],
            quote: quote("Votre justification métier", business_justification.as_str()),
            next_steps: vec![
                "Rien : nous vous recontactons. Si la situation s'aggrave, escaladez de nouveau \
                 avec le même numéro d'incident en indiquant ce qui a changé."
                    .to_owned(),
            ],
        },
        EmailKind::IncidentOpened { channel, promise } => Letter {
            stake: format!("nous nous en occupons, nouvelles avant {}", when.short(promise.due_at)),
            tone: Tone::Plain,
            headline: format!("Votre incident {number} est ouvert"),
            paragraphs: vec![
                format!("Bonjour {},", email.customer),
                if channel.is_live() {
                    format!(
                        "Un conseiller l'a ouvert avec vous par {} et a mobilisé les bonnes \
                         équipes. Vous aurez de nos nouvelles avant le {}.",
                        channel_name(*channel),
                        when.full(promise.due_at)
                    )
                } else {
                    format!(
                        "Il est en cours de qualification. Vous aurez une première réponse avant \
                         le {}.",
                        when.full(promise.due_at)
                    )
                },
            ],
            facts: vec![promised(
                if channel.is_live() {
                    "Prochain point avant le"
                } else {
                    "Première réponse avant le"
                },
                promise.due_at,
            )],
            quote: None,
            next_steps: vec![format!(
                "S'il faut aller plus vite, escaladez-le : envoyez le numéro d'incident {number} \
                 et votre justification métier."
            )],
        },
        EmailKind::PromiseBroken { broken, promised_at } => Letter {
            stake: if promised_at.is_some() {
                "délai manqué de notre part, votre incident est escaladé".to_owned()
            } else {
                "notre réponse à votre escalade est en retard".to_owned()
            },
            tone: Tone::Warning,
            headline: format!("Nous n'avons pas tenu notre promesse sur {number}"),
            paragraphs: vec![
                format!("Bonjour {},", email.customer),
                format!(
                    "Vous deviez recevoir {} avant le {}. Ce n'est pas le cas, et nous vous \
                     prions de nous en excuser.",
                    promise_name(broken.clock),
                    when.full(broken.due_at)
                ),
                promised_at.map_or_else(
                    || {
                        "L'incident reste escaladé, et des responsables de plus en plus haut \
                         placés sont alertés jusqu'à ce qu'une personne vous réponde."
                            .to_owned()
                    },
                    |at| {
                        format!(
                            "L'incident est escaladé à la direction du service client. Une \
                             personne vous répondra avant le {}.",
                            when.full(at)
                        )
                    },
                ),
            ],
            facts: [
                Some(fact("Était dû le", when.full(broken.due_at), false)),
                promised_at.map(|at| promised("Réponse avant le", at)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            quote: None,
            next_steps: vec!["Rien : vous n'avez pas à l'escalader vous-même.".to_owned()],
        },
        EmailKind::ResponseGiven { author, message, next_update_at } => Letter {
            stake: format!("réponse de {author}"),
            tone: Tone::Plain,
            headline: format!("{author} a répondu sur {number}"),
            paragraphs: vec![format!("Bonjour {},", email.customer)],
            facts: next_update_at
                .map(|at| promised("Prochain point avant le", at))
                .into_iter()
                .collect(),
            quote: quote(&format!("{author} écrit"), message.as_str()),
            next_steps: vec![format!(
                "Si cela ne suffit pas à temps, escaladez l'incident : envoyez le numéro {number} \
                 et votre justification métier."
            )],
        },
        EmailKind::IncidentResolved { by, note } => Letter {
            stake: "résolu".to_owned(),
            tone: Tone::Good,
            headline: format!("Votre incident {number} est résolu"),
            paragraphs: vec![
                format!("Bonjour {},", email.customer),
                format!("{by} l'a résolu. Aucun autre point n'est promis."),
            ],
            facts: Vec::new(),
            quote: note.as_ref().and_then(|note| quote(&format!("{by} écrit"), note.as_str())),
            next_steps: vec![format!(
                "S'il n'est pas résolu pour vous, escaladez-le avec le numéro {number} et dites \
                 pourquoi : il sera rouvert."
            )],
        },
        EmailKind::TeamEngaged { channel, promise } => Letter {
            stake: format!(
                "nouveau par {}, {} avant {}",
                channel_name(*channel),
                clock_name(promise.clock),
                when.short(promise.due_at)
            ),
            tone: Tone::Plain,
            headline: if channel.is_live() {
                format!("Vous êtes mobilisés sur {number}")
            } else {
                format!("{number} est à qualifier et attend une première réponse")
            },
            paragraphs: vec![format!(
                "Un {} est arrivé au service client par {}. Le client doit recevoir {} avant le {}.",
                email.priority,
                channel_name(*channel),
                promise_name(promise.clock),
                when.full(promise.due_at)
            )],
            facts: vec![promised(due_label(promise.clock), promise.due_at)],
            quote: None,
            next_steps: vec![
                "Répondez au client et enregistrez la réponse sur l'incident. Seule une réponse \
                 publique d'une personne arrête l'horloge."
                    .to_owned(),
            ],
        },
        EmailKind::DeadlineNear { promise } => Letter {
            stake: format!("{} avant {}", clock_name(promise.clock), when.short(promise.due_at)),
            tone: Tone::Warning,
            headline: format!("Une promesse sur {number} est sur le point d'être rompue"),
            paragraphs: vec![format!(
                "Le client doit recevoir {} avant le {} et ne l'a pas encore.",
                promise_name(promise.clock),
                when.full(promise.due_at)
            )],
            facts: vec![promised(due_label(promise.clock), promise.due_at)],
            quote: None,
            next_steps: vec![
                "Répondez au client et enregistrez la réponse sur l'incident. Sans elle, \
                 l'incident s'escalade de lui-même."
                    .to_owned(),
            ],
        },
        EmailKind::EscalationAlert {
            alert,
            cause,
            promised_at,
            level_until,
            unanswered_since_taken_by,
        } => Letter {
            stake: format!("ESCALADÉ, réponse avant {}", when.short(*promised_at)),
            tone: Tone::Alarm,
            headline: format!("{number} vous est escaladé"),
            paragraphs: [
                unanswered_since_taken_by.as_ref().map(|by| {
                    format!("{by} l'avait pris en charge, mais aucune réponse au client n'a suivi.")
                }),
                Some(why(cause, when)),
                Some(format!(
                    "Vous êtes le niveau {} sur {}, tour {}. Si personne ne le prend en charge ni \
                     ne répond, le niveau suivant sera alerté le {}.",
                    alert.level,
                    alert.levels,
                    alert.round,
                    when.full(*level_until)
                )),
            ]
            .into_iter()
            .flatten()
            .collect(),
            facts: vec![
                promised("Réponse attendue avant le", *promised_at),
                fact("Niveau suivant alerté le", when.full(*level_until), false),
            ],
            quote: justification(cause),
            next_steps: vec![
                "Prenez l'escalade en charge à votre nom, pour que les autres le sachent."
                    .to_owned(),
                "Répondez au client et enregistrez la réponse sur l'incident.".to_owned(),
            ],
        },
        EmailKind::JustificationAdded { requester, business_justification, promised_at } => {
            Letter {
                stake: format!("escaladé de nouveau par {requester}"),
                tone: Tone::Alarm,
                headline: format!("{requester} a escaladé {number} de nouveau"),
                paragraphs: vec![
                    "L'escalade en cours se poursuit ; voici ce qui a été ajouté.".to_owned(),
                ],
                facts: vec![promised("Réponse attendue avant le", *promised_at)],
                quote: quote("Justification métier", business_justification.as_str()),
                next_steps: vec![
                    "Répondez au client et enregistrez la réponse sur l'incident.".to_owned(),
                ],
            }
        }
        EmailKind::DeadlineMissed { broken } => Letter {
            stake: format!("{} : délai MANQUÉ", clock_name(broken.clock)),
            tone: Tone::Alarm,
            headline: format!("Une promesse sur {number} a été rompue"),
            paragraphs: vec![format!(
                "Le client devait recevoir {} avant le {} et ne l'a pas. L'incident est déjà \
                 escaladé, et l'escalade se poursuit.",
                promise_name(broken.clock),
                when.full(broken.due_at)
            )],
            facts: vec![fact("Était dû le", when.full(broken.due_at), true)],
            quote: None,
            next_steps: vec![
                "Répondez au client maintenant et enregistrez la réponse sur l'incident."
                    .to_owned(),
            ],
        },
        EmailKind::LadderExhausted { rounds, cause, alarm_at } => Letter {
            stake: "PERSONNE N'A AGI sur cette escalade".to_owned(),
            tone: Tone::Alarm,
            headline: format!("Tous les niveaux sont alertés et personne n'agit sur {number}"),
            paragraphs: vec![
                why(cause, when),
                format!(
                    "Tous les niveaux ont été alertés (tours : {rounds}). Toutes les personnes de \
                     l'échelle reçoivent cette alarme jusqu'à ce que l'une d'elles agisse."
                ),
            ],
            facts: vec![fact("Prochaine alarme le", when.full(*alarm_at), true)],
            quote: justification(cause),
            next_steps: vec![
                "Appelez-vous : décidez maintenant qui s'en charge.".to_owned(),
                "Cette personne prend l'escalade en charge, puis répond au client.".to_owned(),
            ],
        },
        EmailKind::EscalationAcknowledged { by, until } => Letter {
            stake: format!("pris en charge par {by}"),
            tone: Tone::Good,
            headline: format!("{by} prend en charge l'escalade de {number}"),
            paragraphs: vec![format!(
                "L'échelle s'arrête jusqu'au {}. Sans réponse au client d'ici là, elle reprend où \
                 elle en était. Les promesses faites au client courent toujours.",
                when.full(*until)
            )],
            facts: vec![fact("Prise en charge valable jusqu'au", when.full(*until), true)],
            quote: None,
            next_steps: vec![format!("Aidez {by} ; sauf si c'est vous, vous n'avez rien à faire.")],
        },
        EmailKind::EscalationStopped { by, resolved } => Letter {
            stake: if *resolved {
                format!("résolu par {by}, escalade terminée")
            } else {
                format!("{by} a répondu, escalade terminée")
            },
            tone: Tone::Good,
            headline: if *resolved {
                format!("{by} a résolu {number}")
            } else {
                format!("{by} a répondu au client sur {number}")
            },
            paragraphs: vec!["L'escalade est terminée ; vous n'avez plus rien à faire.".to_owned()],
            facts: Vec::new(),
            quote: None,
            next_steps: Vec::new(),
        },
        EmailKind::EmailUndeliverable { recipient, reason, told_instead } => Letter {
            stake: "un e-mail n'a pas pu être remis".to_owned(),
            tone: Tone::Warning,
            headline: recipient.as_ref().map_or_else(
                || format!("Un e-mail sur {number} n'a pas pu être envoyé"),
                |address| format!("{address} n'a pas été informé de {number}"),
            ),
            paragraphs: vec![
                "Le système de messagerie a refusé un e-mail définitivement.".to_owned(),
            ],
            facts: vec![
                fact("Raison", reason.clone(), false),
                fact("Informés à sa place", list(told_instead, "personne"), true),
            ],
            quote: None,
            next_steps: vec![
                "Assurez-vous par téléphone que la personne est au courant, et corrigez l'adresse."
                    .to_owned(),
            ],
        },
    };
    letter.facts.splice(0..0, about(email));
    letter
}

fn about(email: &OutboxEmail) -> Vec<Fact> {
    let summary = email.summary.as_ref().map(|summary| fact("Objet", summary.to_string(), false));
    let mut facts =
        vec![fact("Incident", format!("{} ({})", email.id.number, email.priority), true)];
    facts.extend(summary);
    facts.push(fact("Client", email.customer.to_string(), false));
    facts
}

fn justification(cause: &Cause) -> Option<Quote> {
    match cause {
        Cause::Customer { business_justification, .. } => {
            quote("Justification métier", business_justification.as_str())
        }
        Cause::Deadline { .. } => None,
    }
}

fn why(cause: &Cause, when: &When<'_>) -> String {
    match cause {
        Cause::Customer { requester, .. } => {
            format!("{requester} demande que la direction s'en occupe maintenant.")
        }
        Cause::Deadline { clock, due_at } => format!(
            "Le client devait recevoir {} avant le {} et ne l'a pas.",
            promise_name(*clock),
            when.full(*due_at)
        ),
    }
}

fn clock_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "première réponse",
        ClockName::Update => "point d'avancement",
        ClockName::EscalationResponse => "réponse à l'escalade",
    }
}

fn due_label(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "Première réponse avant le",
        ClockName::Update => "Point d'avancement avant le",
        ClockName::EscalationResponse => "Réponse à l'escalade avant le",
    }
}

fn promise_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::InitialResponse => "une première réponse",
        ClockName::Update => "un point d'avancement",
        ClockName::EscalationResponse => "une réponse à l'escalade",
    }
}

fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "téléphone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    }
}
