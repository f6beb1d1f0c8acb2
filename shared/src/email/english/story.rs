//! What happened to an incident, line by line, in English.
//!
//! A line for care may say everything. A line for a customer never names a team, an address, or
//! another customer.

use jiff::Timestamp;

use super::inbound::role_of;
use super::{incidents_counted, name, nth_time, promised};
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
                "Opened as a {priority} by {}{}",
                channel_name(*channel),
                listed("; teams engaged", teams)
            );
            match message {
                Some(message) => format!("{line}:\n{message}"),
                None => format!("{line}."),
            }
        }
        E::NoteAdded { from, role, message } => {
            format!("{from}, {}, wrote:\n{message}", role_of(*role))
        }
        E::Reopened { by, note, times } => {
            format!("{by} reopened it {}{}", nth_time(*times), said(note.as_ref()))
        }
        E::Completed { priority, channel, summary } => format!(
            "Care added what it knows: {priority}, by {}:\n{summary}",
            channel_name(*channel)
        ),
        E::PriorityChanged { by, from, to, reason } => {
            format!("{by} changed the priority from {from} to {to}{}", said(reason.as_ref()))
        }
        E::WaitingOnCustomer { by, reason, until } => {
            format!("{by} waits on the customer until {} at most:\n{reason}", when.short(*until))
        }
        E::PauseEnded { because, due_at, .. } => {
            format!("{}{}.", pause_end(*because), update_due(*because, *due_at, when))
        }
        E::CustomerReplied { from, message, .. } => match message {
            Some(message) => format!("{from} wrote or called:\n{message}"),
            None => format!("{from} wrote or called."),
        },
        E::EscalatedByCustomer { requester, business_justification, due_at, .. } => format!(
            "{requester} escalated it, response due {}:\n{business_justification}",
            when.short(*due_at)
        ),
        E::JustificationAdded { requester, business_justification, .. } => {
            format!("{requester} escalated it again:\n{business_justification}")
        }
        E::EscalatedByDeadline { clock, due_at, .. } => format!(
            "Escalated by the desk, because the {} was missed; response due {}.",
            name(*clock),
            when.short(*due_at)
        ),
        E::EscalatedByReopening { times, due_at, .. } => format!(
            "Escalated by the desk, because it was reopened {}; response due {}.",
            nth_time(*times),
            when.short(*due_at)
        ),
        E::CustomerInvited { clock, .. } => {
            format!("The {} was missed, and the customer was invited to escalate.", name(*clock))
        }
        E::ReminderGiven { teams, .. } => {
            format!("Reminder of the missed deadline{}.", listed(" to", teams))
        }
        E::AccountManagerEngaged { by, manager, reason } => {
            format!("{by} looped in the account manager, {manager}:\n{reason}")
        }
        E::RecurrenceReported { reporter, manager, incidents, .. } => format!(
            "{reporter} reported recurring incidents to the account manager, {manager} ({} listed).",
            incidents_counted(*incidents)
        ),
        E::RecurrenceNoticed { manager, incidents, .. } => format!(
            "The desk told the account manager, {manager}, that incidents recur ({} listed).",
            incidents_counted(*incidents)
        ),
        E::WarningGiven { clock, deadline, teams, .. } => format!(
            "Warning: {} due {}{}.",
            name(*clock),
            when.short(*deadline),
            listed("; teams told", teams)
        ),
        E::DeadlineMissed { clock, lateness, .. } => {
            format!("Deadline missed: {} due {}.", name(*clock), when.short(lateness.due_at))
        }
        E::LevelAlerted { level, round, teams, until, .. } => format!(
            "Level {level} alerted in round {round}, until {}{}.",
            when.short(*until),
            listed(": teams", teams)
        ),
        E::LevelsSkipped { levels, .. } => {
            let which = row(levels, "");
            let word = if levels.len() == 1 { "Level" } else { "Levels" };
            format!("{word} {which} skipped: nobody is to be reached there.")
        }
        E::LevelRanOut { level, round, .. } => {
            format!("Level {level} ran out in round {round}: nobody acknowledged or responded.")
        }
        E::LadderExhausted { teams, .. } => {
            format!(
                "The ladder is exhausted: nobody has acted{}.",
                listed("; teams alarmed", teams)
            )
        }
        E::AlarmRepeated { .. } => "Alarm repeated: still nobody has acted.".to_owned(),
        E::Acknowledged { by, until, .. } => {
            format!("{by} acknowledged the escalation, until {}.", when.short(*until))
        }
        E::AcknowledgementWithdrawn { by, taken_by, .. } => {
            format!("{by} withdrew the acknowledgement by {taken_by}; the ladder resumed.")
        }
        E::AcknowledgementExpired { by, .. } => {
            format!("The acknowledgement by {by} expired without a response; the ladder resumed.")
        }
        E::Responded { author, message, .. } => match message {
            Some(message) => format!("{author} responded to the customer:\n{message}"),
            None => format!("{author} responded to the customer."),
        },
        E::Resolved { by, note, .. } => format!("{by} resolved it{}", said(note.as_ref())),
        E::NotEverybodyTold { left_out: 1 } => {
            "1 recipient was not told, because the step reaches too many.".to_owned()
        }
        E::NotEverybodyTold { left_out } => {
            format!("{left_out} recipients were not told, because the step reaches too many.")
        }
        E::Undeliverable { recipient, told_instead, .. } => {
            let to = recipient.as_ref().map_or("somebody unknown", EmailAddress::as_str);
            let instead = row(told_instead, "nobody");
            format!("An e-mail to {to} could not be delivered; told instead: {instead}.")
        }
    }
}

/// For the incident's customer; `None` when it is not for the customer to read.
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
            "That person cannot act on it after all, and the escalation goes on.".to_owned()
        }
        E::AcknowledgementExpired { .. } => {
            "That person did not respond in time, and the escalation goes on.".to_owned()
        }
        E::Responded { author, message: Some(message), .. } => {
            format!("{author} responded:\n{message}")
        }
        E::Responded { author, message: None, .. } => format!("{author} responded."),
        E::Resolved { by, note: Some(note), .. } => format!("{by} resolved the incident:\n{note}"),
        E::Resolved { by, note: None, .. } => format!("{by} resolved the incident."),
        E::Completed { .. } => "We recorded the incident.".to_owned(),
        E::PriorityChanged { by, from, to, reason } => {
            let line = format!("{by} changed the priority from {from} to {to}");
            line + &said(reason.as_ref())
        }
        E::WaitingOnCustomer { by, reason, until } => format!(
            "{by} needs something from you. Without it, we go on at: {}.\n{reason}",
            when.full(*until)
        ),
        E::PauseEnded { because: PauseEnd::Responded | PauseEnd::Resolved, .. } => return None,
        E::PauseEnded { due_at, .. } => {
            format!("We no longer wait on you. Next update promised by: {}.", when.full(*due_at))
        }
        E::CustomerReplied { .. } => "We heard from you.".to_owned(),
        E::EscalatedByReopening { times, due_at, .. } => format!(
            "We escalated the incident ourselves, because it was reopened {}. Response promised \
             by: {}.",
            nth_time(*times),
            when.full(*due_at)
        ),
        E::CustomerInvited { .. } => "We invited you to escalate the incident.".to_owned(),
        E::AccountManagerEngaged { manager, .. } => {
            format!("Your account manager, {manager}, was looped in.")
        }
        E::RecurrenceReported { manager, .. } => {
            format!("Recurring incidents were reported to your account manager, {manager}.")
        }
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
    format!(
        "We did not keep a promise: {} was due {}.",
        promised(clock),
        when.full(lateness.due_at)
    )
}

fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "phone",
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Api => "API",
    }
}

/// What a person added to it, and the end of the sentence.
fn said(words: Option<&impl std::fmt::Display>) -> String {
    words.map_or_else(|| ".".to_owned(), |words| format!(":\n{words}"))
}

fn listed(label: &str, teams: &[TeamId]) -> String {
    if teams.is_empty() { String::new() } else { format!("{label} {}", row(teams, "")) }
}

fn pause_end(because: PauseEnd) -> &'static str {
    match because {
        PauseEnd::CustomerReplied => "The wait is over: the customer wrote or called",
        PauseEnd::Escalated => "The wait is over: the customer escalated",
        PauseEnd::Responded => "The wait is over: care responded",
        PauseEnd::Resolved => "The wait is over: resolved",
        PauseEnd::MaximumReached => "The wait is over: the customer did not write or call in time",
        PauseEnd::PriorityRaised => {
            "The wait is over: with its new priority the update was due before"
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
            format!("; update due {}", when.short(due_at))
        }
    }
}
