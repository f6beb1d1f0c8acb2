//! What happened to an incident, line by line, in English.
//!
//! A line for care may say everything. A line for a customer never names a team, an address, or
//! another customer.

use jiff::Timestamp;

use super::{incidents_counted, name, nth_time, promised};
use crate::email::when::When;
use crate::incident::timeline::{Event, PauseEnd};
use crate::incident::values::{Channel, EmailAddress};
use crate::policy::TeamId;

/// For care and for account managers.
pub(in crate::email) fn care_line(event: &Event, when: &When<'_>) -> String {
    use Event as E;
    match event {
        E::Opened { priority, channel, teams, .. } => {
            format!(
                "Opened as a {priority} by {}{}.",
                channel_name(*channel),
                listed("; teams engaged", teams)
            )
        }
        E::Reopened { by, note, times } => {
            format!("{by} reopened it {}{}", nth_time(*times), said(note.as_ref()))
        }
        E::Completed { priority, channel, summary } => format!(
            "Care added what it knows: {priority}, by {}: “{summary}”",
            channel_name(*channel)
        ),
        E::PriorityChanged { by, from, to, reason } => {
            format!("{by} changed the priority from {from} to {to}{}", said(reason.as_ref()))
        }
        E::WaitingOnCustomer { by, reason, until } => {
            format!("{by} waits on the customer until {} at most: “{reason}”", when.short(*until))
        }
        E::PauseEnded { because, due_at, .. } => {
            format!("{}{}.", pause_end(*because), update_due(*because, *due_at, when))
        }
        E::CustomerReplied { from, message, .. } => match message {
            Some(message) => format!("{from} wrote or called: “{message}”"),
            None => format!("{from} wrote or called."),
        },
        E::EscalatedByCustomer { requester, business_justification, due_at, .. } => format!(
            "{requester} escalated it, response due {}: “{business_justification}”",
            when.short(*due_at)
        ),
        E::JustificationAdded { requester, business_justification, .. } => {
            format!("{requester} escalated it again: “{business_justification}”")
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
            format!("{by} looped in the account manager, {manager}: “{reason}”")
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
            let which: Vec<_> = levels.iter().map(u32::to_string).collect();
            let word = if levels.len() == 1 { "Level" } else { "Levels" };
            format!("{word} {} skipped: nobody is to be reached there.", which.join(", "))
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
        E::AcknowledgementExpired { by, .. } => {
            format!("The acknowledgement by {by} expired without a response; the ladder resumed.")
        }
        E::Responded { author, message, .. } => match message {
            Some(message) => format!("{author} responded to the customer: “{message}”"),
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
            let instead: Vec<_> = told_instead.iter().map(EmailAddress::as_str).collect();
            if instead.is_empty() {
                format!("An e-mail to {to} could not be delivered; nobody was told instead.")
            } else {
                format!(
                    "An e-mail to {to} could not be delivered; told instead: {}.",
                    instead.join(", ")
                )
            }
        }
    }
}

/// For the incident's customer; `None` when it is not for the customer to read.
pub(in crate::email) fn customer_line(event: &Event, when: &When<'_>) -> Option<String> {
    use Event as E;
    let line = match event {
        E::Opened { priority, channel, .. } => {
            format!("Opened as a {priority} by {}.", channel_name(*channel))
        }
        // Who reopened it may be another customer.
        E::Reopened { .. } => "Opened again.".to_owned(),
        E::Completed { priority, .. } => format!("Customer care took it up as a {priority}."),
        E::PriorityChanged { from, to, reason, .. } => {
            format!("Priority changed from {from} to {to}{}", said(reason.as_ref()))
        }
        E::WaitingOnCustomer { by, reason, until } => format!(
            "{by} needs something from you: “{reason}” We go on at {} all the same.",
            when.short(*until)
        ),
        E::PauseEnded { because: PauseEnd::Resolved | PauseEnd::Responded, .. } => return None,
        E::PauseEnded { due_at, .. } => {
            format!("We no longer wait on you; next update by {}.", when.short(*due_at))
        }
        E::CustomerReplied { .. } => "We heard from you.".to_owned(),
        E::EscalatedByCustomer { due_at, .. } => {
            format!("Escalated to customer-care management; response by {}.", when.short(*due_at))
        }
        E::JustificationAdded { .. } => {
            "Escalated again; the business justification was added to the escalation.".to_owned()
        }
        E::EscalatedByDeadline { due_at, .. } => format!(
            "Escalated to customer-care management, because we were late; response by {}.",
            when.short(*due_at)
        ),
        E::EscalatedByReopening { times, due_at, .. } => format!(
            "Escalated to customer-care management, because it was reopened {}; response by {}.",
            nth_time(*times),
            when.short(*due_at)
        ),
        E::CustomerInvited { .. } => "We were late, and invited you to escalate.".to_owned(),
        E::AccountManagerEngaged { manager, .. } => {
            format!("Your account manager, {manager}, was looped in.")
        }
        E::RecurrenceReported { manager, .. } => {
            format!("Recurring incidents were reported to your account manager, {manager}.")
        }
        E::DeadlineMissed { clock, lateness, .. } => format!(
            "We missed our deadline: you should have had {} by {}.",
            promised(*clock),
            when.short(lateness.due_at)
        ),
        E::Acknowledged { .. } => "A person in customer care has taken the escalation.".to_owned(),
        E::Responded { author, message, .. } => match message {
            Some(message) => format!("{author} responded to you: “{message}”"),
            None => format!("{author} responded to you."),
        },
        E::Resolved { by, note, .. } => format!("{by} resolved it{}", said(note.as_ref())),
        E::RecurrenceNoticed { .. }
        | E::ReminderGiven { .. }
        | E::WarningGiven { .. }
        | E::LevelAlerted { .. }
        | E::LevelsSkipped { .. }
        | E::LevelRanOut { .. }
        | E::LadderExhausted { .. }
        | E::AlarmRepeated { .. }
        | E::AcknowledgementExpired { .. }
        | E::NotEverybodyTold { .. }
        | E::Undeliverable { .. } => return None,
    };
    Some(line)
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
    words.map_or_else(|| ".".to_owned(), |words| format!(": “{words}”"))
}

fn listed(label: &str, teams: &[TeamId]) -> String {
    if teams.is_empty() {
        return String::new();
    }
    let teams: Vec<_> = teams.iter().map(TeamId::as_str).collect();
    format!("{label} {}", teams.join(", "))
}

fn pause_end(because: PauseEnd) -> &'static str {
    match because {
        PauseEnd::CustomerReplied => "The wait is over: the customer wrote or called",
        PauseEnd::Escalated => "The wait is over: the customer escalated",
        PauseEnd::Responded => "The wait is over: care responded",
        PauseEnd::Resolved => "The wait is over: resolved",
        PauseEnd::MaximumReached => "The wait is over: the customer did not write or call in time",
    }
}

/// Nothing is due once it is resolved, and a response brings its own deadline.
fn update_due(because: PauseEnd, due_at: Timestamp, when: &When<'_>) -> String {
    match because {
        PauseEnd::Resolved | PauseEnd::Responded => String::new(),
        PauseEnd::CustomerReplied | PauseEnd::Escalated | PauseEnd::MaximumReached => {
            format!("; update due {}", when.short(due_at))
        }
    }
}
