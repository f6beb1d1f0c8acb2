//! The story of an incident, in English.

use super::{name, promised};
use crate::email::story::row;
use crate::email::when::When;
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::timeline::Event;
use crate::incident::values::Channel;

pub(in crate::email) fn customer_line(event: &Event, when: &When<'_>) -> Option<String> {
    use Event as E;
    Some(match event {
        E::Opened { channel: Channel::Phone, .. } => "We opened the incident by phone.".to_owned(),
        E::Opened { channel: Channel::Chat, .. } => "We opened the incident by chat.".to_owned(),
        E::Opened { channel: Channel::Email, .. } => {
            "We opened the incident from an e-mail.".to_owned()
        }
        E::Opened { channel: Channel::Api, .. } => "The incident was opened.".to_owned(),
        E::Reopened { .. } => "The incident was opened again.".to_owned(),
        E::EscalatedByCustomer { due_at, .. } => format!(
            "The incident was escalated to customer-care management. Response promised by: {}.",
            when.full(*due_at)
        ),
        E::JustificationAdded { .. } => {
            "It was escalated again, and the teams were told what was added.".to_owned()
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "We escalated the incident ourselves, because our {} was late. Response promised by: {}.",
            name(*clock),
            when.full(*due_at)
        ),
        E::DeadlineMissed { clock, lateness, .. } => missed(*clock, lateness, when),
        E::Acknowledged { .. } => "A person in customer care took the escalation.".to_owned(),
        E::AcknowledgementWithdrawn { .. } => {
            "Whoever took the escalation cannot act on it after all; it goes on.".to_owned()
        }
        E::AcknowledgementExpired { .. } => {
            "Whoever took the escalation did not respond in time; it goes on.".to_owned()
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} responded:\n{message}")
        }
        E::Responded { author, message: None, .. } => format!("{author} responded."),
        E::Resolved { by, note: Some(note), .. } => format!("{by} resolved the incident:\n{note}"),
        E::Resolved { by, note: None, .. } => format!("{by} resolved the incident."),
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
    format!(
        "We did not keep a promise: {} was due {}.",
        promised(clock),
        when.full(lateness.due_at)
    )
}

pub(in crate::email) fn care_line(event: &Event, when: &When<'_>) -> String {
    use Event as E;
    match event {
        E::Opened { priority, channel, teams, .. } => {
            let by = match channel {
                Channel::Phone => "phone",
                Channel::Chat => "chat",
                Channel::Email => "e-mail",
                Channel::Api => "API",
            };
            format!("Opened as {priority}, by {by}. Engaged: {}.", row(teams, "nobody"))
        }
        E::Reopened { by } => format!("Opened again by {by}."),
        E::EscalatedByCustomer { requester, due_at, business_justification, .. } => format!(
            "{requester} escalated it. Response due {}.\n{business_justification}",
            when.full(*due_at)
        ),
        E::JustificationAdded { requester, business_justification, .. } => {
            format!("{requester} escalated it again.\n{business_justification}")
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "The desk escalated it, because the {} was missed. Response due {}.",
            name(*clock),
            when.full(*due_at)
        ),
        E::WarningGiven { clock, deadline, teams, .. } => format!(
            "Warned that the {} is due {}: {}.",
            name(*clock),
            when.full(*deadline),
            row(teams, "nobody")
        ),
        E::DeadlineMissed { clock, lateness, .. } => {
            format!("Breach: {} was due {}.", promised(*clock), when.full(lateness.due_at))
        }
        E::LevelAlerted { level, round, teams, until, .. } => format!(
            "Alerted level {level} in round {round}, until {}: {}.",
            when.full(*until),
            row(teams, "nobody")
        ),
        E::LevelsSkipped { levels, .. } => {
            format!("Skipped what reaches nobody: level {}.", row(levels, "none"))
        }
        E::LevelRanOut { level, round, .. } => {
            format!("Nobody took it on level {level} in round {round}.")
        }
        E::LadderExhausted { teams, alarm_at, .. } => format!(
            "The ladder is exhausted. Alarmed: {}. Again {}.",
            row(teams, "nobody"),
            when.full(*alarm_at)
        ),
        E::AlarmRepeated { alarm_at, .. } => {
            format!("Nobody acts, alarmed again. Next alarm {}.", when.full(*alarm_at))
        }
        E::Acknowledged { by, until, .. } => {
            format!("{by} acknowledged the escalation, until {}.", when.full(*until))
        }
        E::AcknowledgementWithdrawn { by, taken_by, .. } => {
            format!("{by} withdrew the acknowledgement by {taken_by}; the ladder goes on.")
        }
        E::AcknowledgementExpired { by, .. } => {
            format!("No response followed the acknowledgement by {by}; the ladder goes on.")
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} responded:\n{message}")
        }
        E::Responded { author, responded_at, message: None, .. } => {
            format!("{author} responded, at {}.", when.full(*responded_at))
        }
        E::Resolved { by, note: Some(note), .. } => format!("{by} resolved it:\n{note}"),
        E::Resolved { by, note: None, .. } => format!("{by} resolved it."),
        E::NotEverybodyTold { left_out } => {
            format!("Too many recipients for one step; not told: {left_out}.")
        }
        E::Undeliverable { recipient, reason, told_instead, .. } => {
            let to = recipient.as_ref().map_or("somebody unknown", |address| address.as_str());
            let instead = row(told_instead, "nobody");
            format!("An e-mail to {to} could not be delivered ({reason}). Told instead: {instead}.")
        }
    }
}
