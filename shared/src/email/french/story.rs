//! The story of an incident, in French.

use super::{name, promised};
use crate::email::story::row;
use crate::email::when::When;
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::timeline::Event;
use crate::incident::values::Channel;

pub(in crate::email) fn customer_line(event: &Event, when: &When<'_>) -> Option<String> {
    use Event as E;
    Some(match event {
        E::Opened { channel: Channel::Phone, .. } => {
            "Nous avons ouvert l’incident par téléphone.".to_owned()
        }
        E::Opened { channel: Channel::Chat, .. } => {
            "Nous avons ouvert l’incident par chat.".to_owned()
        }
        E::Opened { channel: Channel::Email, .. } => {
            "Nous avons ouvert l’incident à la réception d’un e-mail.".to_owned()
        }
        E::Opened { channel: Channel::Api, .. } => "L’incident a été ouvert.".to_owned(),
        E::Reopened { .. } => "L’incident a été rouvert.".to_owned(),
        E::EscalatedByCustomer { due_at, .. } => format!(
            "L’incident a été escaladé à la direction du service client. Réponse promise au plus \
             tard le {}.",
            when.full(*due_at)
        ),
        E::JustificationAdded { .. } => {
            "L’incident a été escaladé de nouveau, et les équipes ont été informées de ce qui a \
             été ajouté."
                .to_owned()
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "Nous avons escaladé l’incident nous-mêmes (retard\u{a0}: {}). Réponse promise au plus \
             tard le {}.",
            name(*clock),
            when.full(*due_at)
        ),
        E::DeadlineMissed { clock, lateness, .. } => missed(*clock, lateness, when),
        E::Acknowledged { .. } => {
            "Une personne du service client a pris l’escalade en charge.".to_owned()
        }
        E::AcknowledgementWithdrawn { .. } => {
            "La personne chargée de l’escalade ne peut finalement pas agir\u{202f}; l’escalade se poursuit."
                .to_owned()
        }
        E::AcknowledgementExpired { .. } => {
            "La personne chargée de l’escalade n’a pas répondu à temps\u{202f}; l’escalade se poursuit.".to_owned()
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} a répondu\u{a0}:\n{message}")
        }
        E::Responded { author, message: None, .. } => format!("{author} a répondu."),
        E::Resolved { by, note: Some(note), .. } => {
            format!("{by} a résolu l’incident\u{a0}:\n{note}")
        }
        E::Resolved { by, note: None, .. } => format!("{by} a résolu l’incident."),
        E::WarningGiven { .. }
        | E::LevelAlerted { .. }
        | E::LevelsSkipped { .. }
        | E::LevelRanOut { .. }
        | E::LadderExhausted { .. }
        | E::AlarmRepeated { .. }
        | E::NotEverybodyTold { .. }
        | E::Undeliverable { .. } => return None,
    })
}

fn missed(clock: ClockName, lateness: &Lateness, when: &When<'_>) -> String {
    let (what, due) = (promised(clock), when.full(lateness.due_at));
    format!("Nous n’avons pas tenu une promesse\u{a0}: {what} au plus tard le {due}.")
}

pub(in crate::email) fn care_line(event: &Event, when: &When<'_>) -> String {
    use Event as E;
    match event {
        E::Opened { priority, channel, teams, .. } => {
            let by = match channel {
                Channel::Phone => "téléphone",
                Channel::Chat => "chat",
                Channel::Email => "e-mail",
                Channel::Api => "API",
            };
            let teams = row(teams, "personne");
            format!("Ouvert en {priority}, par {by}. Équipes mobilisées\u{a0}: {teams}.")
        }
        E::Reopened { by } => format!("Rouvert par {by}."),
        E::EscalatedByCustomer { requester, due_at, business_justification, .. } => format!(
            "{requester} a escaladé l’incident. Réponse au plus tard le {}.\n{business_justification}",
            when.full(*due_at)
        ),
        E::JustificationAdded { requester, business_justification, .. } => {
            format!("{requester} a escaladé l’incident de nouveau.\n{business_justification}")
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "Escaladé automatiquement (échéance manquée\u{a0}: {}). Réponse au plus tard le {}.",
            name(*clock),
            when.full(*due_at)
        ),
        E::WarningGiven { clock, deadline, teams, .. } => format!(
            "Avertissement ({}, au plus tard le {})\u{a0}: {}.",
            name(*clock),
            when.full(*deadline),
            row(teams, "personne")
        ),
        E::DeadlineMissed { clock, lateness, .. } => format!(
            "Promesse rompue\u{a0}: {} au plus tard le {}.",
            promised(*clock),
            when.full(lateness.due_at)
        ),
        E::LevelAlerted { level, round, teams, until, .. } => format!(
            "Niveau {level} alerté au tour {round}, jusqu’au {}\u{a0}: {}.",
            when.full(*until),
            row(teams, "personne")
        ),
        E::LevelsSkipped { levels, .. } => {
            format!("Niveau sans personne à alerter, sauté\u{a0}: {}.", row(levels, "aucun"))
        }
        E::LevelRanOut { level, round, .. } => {
            format!("Personne ne s’en est chargé au niveau {level}, tour {round}.")
        }
        E::LadderExhausted { teams, alarm_at, .. } => format!(
            "L’échelle d’escalade est épuisée. Alarmés\u{a0}: {}. Prochaine alarme le {}.",
            row(teams, "personne"),
            when.full(*alarm_at)
        ),
        E::AlarmRepeated { alarm_at, .. } => {
            format!(
                "Personne n’agit, alarme répétée. Prochaine alarme le {}.",
                when.full(*alarm_at)
            )
        }
        E::Acknowledged { by, until, .. } => {
            format!("{by} a pris l’escalade en charge, jusqu’au {}.", when.full(*until))
        }
        E::AcknowledgementWithdrawn { by, taken_by, .. } => {
            format!(
                "{by} a mis fin à la prise en charge par {taken_by}\u{202f}; l’escalade reprend."
            )
        }
        E::AcknowledgementExpired { by, .. } => {
            format!(
                "Aucune réponse n’a suivi la prise en charge par {by}\u{202f}; l’escalade reprend."
            )
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} a répondu\u{a0}:\n{message}")
        }
        E::Responded { author, responded_at, message: None, .. } => {
            format!("{author} a répondu, le {}.", when.full(*responded_at))
        }
        E::Resolved { by, note: Some(note), .. } => {
            format!("{by} a résolu l’incident\u{a0}:\n{note}")
        }
        E::Resolved { by, note: None, .. } => format!("{by} a résolu l’incident."),
        E::NotEverybodyTold { left_out } => {
            format!(
                "Trop de destinataires pour une seule étape\u{202f}; non alertés\u{a0}: {left_out}."
            )
        }
        E::Undeliverable { recipient, reason, told_instead, .. } => {
            let to = recipient.as_ref().map_or("un inconnu", |address| address.as_str());
            let instead = row(told_instead, "personne");
            format!(
                "Un e-mail à {to} n’a pas pu être remis ({reason}). Alertés à la place\u{a0}: {instead}."
            )
        }
    }
}
