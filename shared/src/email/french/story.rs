//! What happened to an incident, line by line, in French.
//!
//! A line for care may say everything. A line for a customer never names a team, an address, or
//! another customer.

use jiff::Timestamp;

use super::inbound::role_of;
use super::{at, incidents_counted, name, nth_time, promised};
use crate::email::story::row;
use crate::email::when::When;
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::timeline::{Event, PauseEnd};
use crate::incident::values::{Channel, EmailAddress};
use crate::policy::TeamId;

/// For care and for account managers.
pub(in crate::email) fn care_line(event: &Event, when: &When<'_>) -> String {
    use Event as E;
    match event {
        E::Opened { priority, channel, teams, message, .. } => {
            let line = format!(
                "Incident ouvert en {priority} par {}{}",
                channel_name(*channel),
                listed("\u{202f}; équipes mobilisées\u{a0}:", teams)
            );
            match message {
                Some(message) => format!("{line}. Le client écrit\u{a0}:\n{message}"),
                None => format!("{line}."),
            }
        }
        E::NoteAdded { from, role, message } => {
            format!("{from}, {}, a écrit\u{a0}:\n{message}", role_of(*role))
        }
        E::Reopened { by, note, times } => {
            format!("{by} l’a rouvert {}{}", nth_time(*times), said(note.as_ref()))
        }
        E::Completed { priority, channel, summary } => format!(
            "Le service client l’a complété\u{a0}: {priority}, par {}\u{a0}:\n{summary}",
            channel_name(*channel)
        ),
        E::PriorityChanged { by, from, to, reason } => {
            format!("{by} a changé la priorité de {from} en {to}{}", said(reason.as_ref()))
        }
        E::WaitingOnCustomer { by, reason, until } => format!(
            "{by} attend le client, reprise au plus tard {}\u{a0}:\n{reason}",
            at(*until, when)
        ),
        E::PauseEnded { because, due_at, .. } => {
            format!("{}{}.", pause_end(*because), update_due(*because, *due_at, when))
        }
        E::CustomerReplied { from, message, .. } => match message {
            Some(message) => format!("{from} a écrit ou appelé\u{a0}:\n{message}"),
            None => format!("{from} a écrit ou appelé."),
        },
        E::EscalatedByCustomer { requester, business_justification, due_at, .. } => format!(
            "{requester} l’a escaladé, réponse attendue avant {}\u{a0}:\n{business_justification}",
            when.short(*due_at)
        ),
        E::JustificationAdded { requester, business_justification, .. } => {
            format!("{requester} l’a escaladé de nouveau\u{a0}:\n{business_justification}")
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "Escaladé automatiquement, {} en retard\u{202f}; réponse attendue avant {}.",
            name(*clock),
            when.short(*due_at)
        ),
        E::EscalatedByReopening { times, due_at, .. } => format!(
            "Escaladé automatiquement, car rouvert {}\u{202f}; réponse attendue avant {}.",
            nth_time(*times),
            when.short(*due_at)
        ),
        E::CustomerInvited { clock, .. } => {
            format!("Le client a été invité à escalader\u{a0}: {} en retard.", name(*clock))
        }
        E::ReminderGiven { teams, .. } => {
            format!("Rappel de l’échéance manquée{}.", listed(" aux équipes", teams))
        }
        E::AccountManagerEngaged { by, manager, reason } => {
            format!("{by} a fait intervenir {manager}, responsable de compte\u{a0}:\n{reason}")
        }
        E::RecurrenceReported { reporter, manager, incidents, .. } => format!(
            "{reporter} a signalé des incidents récurrents à {manager}, responsable de compte ({}).",
            incidents_counted(*incidents)
        ),
        E::RecurrenceNoticed { manager, incidents, .. } => format!(
            "Escalation Desk a signalé des incidents récurrents à {manager}, responsable de compte ({}).",
            incidents_counted(*incidents)
        ),
        E::WarningGiven { clock, deadline, teams, .. } => format!(
            "Avertissement\u{a0}: {} avant {}{}.",
            name(*clock),
            when.short(*deadline),
            listed("\u{202f}; équipes prévenues\u{a0}:", teams)
        ),
        E::DeadlineMissed { clock, lateness, .. } => format!(
            "Échéance manquée\u{a0}: {} avant {}.",
            name(*clock),
            when.short(lateness.due_at)
        ),
        E::LevelAlerted { level, round, teams, until, .. } => format!(
            "Niveau {level} alerté au tour {round}, fin {}{}.",
            at(*until, when),
            listed("\u{202f}; équipes\u{a0}:", teams)
        ),
        E::LevelsSkipped { levels, .. } => {
            let which = row(levels, "");
            if levels.len() <= 1 {
                format!("Niveau {which} sauté\u{a0}: personne ne peut y être joint.")
            } else {
                format!("Niveaux {which} sautés\u{a0}: personne ne peut y être joint.")
            }
        }
        E::LevelRanOut { level, round, .. } => {
            format!("Fin du niveau {level} au tour {round}\u{a0}: ni prise en charge ni réponse.")
        }
        E::LadderExhausted { teams, .. } => format!(
            "L’échelle d’escalade est épuisée, personne n’a agi{}.",
            listed("\u{202f}; équipes alarmées\u{a0}:", teams)
        ),
        E::AlarmRepeated { .. } => "Nouvelle alarme\u{a0}: personne n’a encore agi.".to_owned(),
        E::Acknowledged { by, until, .. } => format!(
            "{by} a pris l’escalade en charge, fin {} sans réponse d’ici là.",
            at(*until, when)
        ),
        E::AcknowledgementWithdrawn { by, taken_by, .. } => format!(
            "{by} a mis fin à la prise en charge par {taken_by}\u{202f}; l’escalade a repris."
        ),
        E::AcknowledgementExpired { by, .. } => format!(
            "La prise en charge par {by} a pris fin sans réponse\u{202f}; l’escalade a repris."
        ),
        E::Responded { author, message, .. } => match message {
            Some(message) => format!("{author} a répondu au client\u{a0}:\n{message}"),
            None => format!("{author} a répondu au client."),
        },
        E::Resolved { by, note, .. } => format!("{by} l’a résolu{}", said(note.as_ref())),
        E::NotEverybodyTold { left_out } if *left_out <= 1 => {
            format!("{left_out} destinataire n’a pas été informé, car l’étape en touche trop.")
        }
        E::NotEverybodyTold { left_out } => {
            format!("{left_out} destinataires n’ont pas été informés, car l’étape en touche trop.")
        }
        E::Undeliverable { recipient, told_instead, .. } => {
            let to = recipient.as_ref().map_or("un destinataire inconnu", EmailAddress::as_str);
            let instead = row(told_instead, "personne");
            format!(
                "Un e-mail à {to} n’a pas pu être remis\u{202f}; alertés à la place\u{a0}: {instead}."
            )
        }
    }
}

/// For the incident's customer; `None` when it is not for the customer to read.
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
            "Cette personne ne peut finalement pas s’en charger, et l’escalade se poursuit."
                .to_owned()
        }
        E::AcknowledgementExpired { .. } => {
            "Cette personne n’a pas répondu à temps, et l’escalade se poursuit.".to_owned()
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} a répondu\u{a0}:\n{message}")
        }
        E::Responded { author, message: None, .. } => format!("{author} a répondu."),
        E::Resolved { by, note: Some(note), .. } => {
            format!("{by} a résolu l’incident\u{a0}:\n{note}")
        }
        E::Resolved { by, note: None, .. } => format!("{by} a résolu l’incident."),
        E::Completed { .. } => "Nous avons enregistré l’incident.".to_owned(),
        E::PriorityChanged { by, from, to, reason } => {
            let line = format!("{by} a changé la priorité de {from} en {to}");
            line + &said(reason.as_ref())
        }
        E::WaitingOnCustomer { by, reason, until } => format!(
            "{by} a besoin de votre aide. Sans nouvelles de vous, nous reprenons le {}.\n{reason}",
            when.full(*until)
        ),
        E::PauseEnded { because: PauseEnd::Responded | PauseEnd::Resolved, .. } => return None,
        E::PauseEnded { due_at, .. } => format!(
            "Nous avons repris. Prochain point d’avancement promis au plus tard le {}.",
            when.full(*due_at)
        ),
        E::CustomerReplied { .. } => "Nous avons bien reçu votre retour.".to_owned(),
        E::EscalatedByReopening { times, due_at, .. } => format!(
            "Nous avons escaladé l’incident nous-mêmes, car il a été rouvert {}. Réponse promise \
             au plus tard le {}.",
            nth_time(*times),
            when.full(*due_at)
        ),
        E::CustomerInvited { .. } => "Nous vous avons invité à escalader l’incident.".to_owned(),
        E::AccountManagerEngaged { manager, .. } => {
            format!("Votre responsable de compte, {manager}, intervient désormais.")
        }
        E::RecurrenceReported { manager, .. } => format!(
            "Des incidents récurrents ont été signalés à votre responsable de compte, {manager}."
        ),
        E::NoteAdded { .. }
        | E::RecurrenceNoticed { .. }
        | E::ReminderGiven { .. }
        | E::WarningGiven { .. }
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

fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "téléphone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    }
}

/// What a person added to it, and the end of the sentence.
fn said(words: Option<&impl std::fmt::Display>) -> String {
    words.map_or_else(|| ".".to_owned(), |words| format!("\u{a0}:\n{words}"))
}

fn listed(label: &str, teams: &[TeamId]) -> String {
    if teams.is_empty() { String::new() } else { format!("{label} {}", row(teams, "")) }
}

fn pause_end(because: PauseEnd) -> &'static str {
    match because {
        PauseEnd::CustomerReplied => "Fin de l’attente\u{a0}: le client a écrit ou appelé",
        PauseEnd::Escalated => "Fin de l’attente\u{a0}: le client a escaladé",
        PauseEnd::Responded => "Fin de l’attente\u{a0}: le service client a répondu",
        PauseEnd::Resolved => "Fin de l’attente\u{a0}: incident résolu",
        PauseEnd::MaximumReached => "Fin de l’attente\u{a0}: le client n’a pas répondu à temps",
        PauseEnd::PriorityRaised => {
            "Fin de l’attente\u{a0}: avec la nouvelle priorité, le point était attendu avant"
        }
    }
}

/// Nothing is due once it is resolved, and a response brings its own deadline.
fn update_due(because: PauseEnd, due_at: Timestamp, when: &When<'_>) -> String {
    match because {
        PauseEnd::Resolved | PauseEnd::Responded => String::new(),
        PauseEnd::CustomerReplied
        | PauseEnd::Escalated
        | PauseEnd::MaximumReached
        | PauseEnd::PriorityRaised => {
            format!("\u{202f}; point d’avancement attendu avant {}", when.short(due_at))
        }
    }
}
