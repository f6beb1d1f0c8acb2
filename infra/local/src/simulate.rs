//! `simulate`: what would follow of a scenario, as a table to read.
//!
//! Only words are put here around what [`shared::simulation`] says; it starts no desk, and stores
//! and sends nothing.

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use shared::incident::timeline::Event;
use shared::incident::values::Invalid;
use shared::simulation::{
    Cut, Happened, MOST_EMAILS, MOST_STEPS, Scenario, SimulatedEmail, SimulatedInstant, Simulation,
    simulate,
};

use crate::arguments::Simulate;
use crate::options::{PolicyError, policy_of};

/// Why nothing was simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The scenario is wrong: every mistake.
    #[error("the scenario {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       the scenario "))]
    Scenario(Vec<Invalid>),
}

/// The width of the columns for the local time and for the time since the opening.
const WIDTHS: (usize, usize) = (21, 9);

/// What would follow of the scenario that was asked for at `now`.
///
/// # Errors
///
/// [`SimulateError`].
pub fn table(asked: &Simulate, now: Timestamp) -> Result<String, SimulateError> {
    let (from, policy) = policy_of(asked.policy.as_deref())?;
    let mut scenario = Scenario::read(&asked.scenario).map_err(SimulateError::Scenario)?;
    if let Some(watch_for) = asked.watch_for {
        scenario = scenario.watched_for(watch_for).map_err(SimulateError::Scenario)?;
    }
    let now = asked.now.unwrap_or(now);
    let simulation = simulate(&policy, &scenario, now, false)
        .map_err(|invalid| SimulateError::Scenario(vec![invalid]))?;
    let Table(text) = Table::of(&simulation, &policy.desk.time_zone);
    Ok(format!("Policy: {from}. Nothing is stored, and nothing is sent.\n\n{text}"))
}

struct Table(String);

impl Table {
    fn of(simulation: &Simulation, zone: &TimeZone) -> Self {
        let mut table = Self(String::new());
        table.line(&simulation.time_zone, "after", "what happens, and who is told");
        let mut instants = simulation.instants.as_slice();
        while let Some((instant, rest)) = instants.split_first() {
            table.instant(instant, zone);
            // Alarms and reminders go on until somebody acts: the first is told, and how many follow.
            let same = rest.iter().take_while(|next| repeats(instant, next)).count();
            if let Some(last) = same.checked_sub(1).and_then(|last| rest.get(last)) {
                let every = last.at.duration_since(instant.at) / i32::try_from(same).unwrap_or(1);
                let until = local(last.at, zone);
                let what = format!("… the same every {every:#} until {until}: {same} times more");
                table.line("", "", &what);
            }
            instants = &rest[same..];
        }
        table.end(simulation, zone);
        table
    }

    fn line(&mut self, local: &str, after: &str, what: &str) {
        let (wide, narrow) = WIDTHS;
        let line = format!("{local:wide$}  {after:>narrow$}  {what}");
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn instant(&mut self, instant: &SimulatedInstant, zone: &TimeZone) {
        let (mut at, mut after) = (local(instant.at, zone), format!("+{}", instant.after));
        let refused = instant.refused.iter().map(|why| format!("refused: {why}"));
        let happened = instant.events.iter().map(|happened| said(happened, zone));
        for what in happened.chain(refused) {
            self.line(&std::mem::take(&mut at), &std::mem::take(&mut after), &what);
        }
        for (subject, to) in by_subject(&instant.emails) {
            self.line("", "", &format!("  “{subject}”"));
            self.line("", "", &format!("    to {}", to.join(", ")));
        }
    }

    fn end(&mut self, simulation: &Simulation, zone: &TimeZone) {
        let next = simulation.instants.last().and_then(|instant| instant.next_due_at);
        let next = match next {
            Some(due) => format!("The desk acts next at {}.", local(due, zone)),
            None => "Nothing is due any more.".to_owned(),
        };
        let until = local(simulation.watched_until, zone);
        let watched = match simulation.cut {
            None => format!("Watched until {until}."),
            Some(Cut::Steps) => format!("Cut at {until}, after {MOST_STEPS} steps."),
            Some(Cut::Emails) => format!("Cut at {until}, before more than {MOST_EMAILS} e-mails."),
        };
        let emails: usize = simulation.instants.iter().map(|instant| instant.emails.len()).sum();
        // Writing into a string does not fail.
        let end = format!("\n{watched} {next} E-mails: {emails}.");
        if self.0.write_str(&end).is_err() {
            self.0.clear();
        }
    }
}

/// Whether the same repeats: an alarm or a reminder, to the same people.
fn repeats(one: &SimulatedInstant, other: &SimulatedInstant) -> bool {
    let is_repeat = |instant: &SimulatedInstant| {
        instant.actions.is_empty()
            && instant.refused.is_empty()
            && matches!(
                instant.events.as_slice(),
                [Happened { event: Event::AlarmRepeated { .. } | Event::ReminderGiven { .. }, .. }]
            )
    };
    is_repeat(one) && is_repeat(other) && by_subject(&one.emails) == by_subject(&other.emails)
}

/// Subjects in their order, each with all that read it.
fn by_subject(emails: &[SimulatedEmail]) -> Vec<(&str, Vec<&str>)> {
    let mut subjects: Vec<(&str, Vec<&str>)> = Vec::new();
    for email in emails {
        let to = email.to.as_str();
        match subjects.iter_mut().find(|(subject, _)| *subject == email.subject) {
            Some((_, readers)) => readers.push(to),
            None => subjects.push((&email.subject, vec![to])),
        }
    }
    subjects
}

fn local(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned_datetime(zone.clone()).strftime("%a %-d %b %H:%M:%S %Z").to_string()
}

/// The facts of an event that are worth a word in a table, by their name in the API.
const FACTS: [&str; 12] = [
    "priority",
    "from",
    "to",
    "channel",
    "clock",
    "deadline",
    "escalation",
    "level",
    "round",
    "levels",
    "by",
    "because",
];

/// What happened, and until when that promises what.
fn said(happened: &Happened, zone: &TimeZone) -> String {
    let event = serde_json::to_value(&happened.event).unwrap_or_default();
    let mut text = happened.event.name().replace('_', " ");
    let facts =
        FACTS.iter().filter_map(|name| Some(format!("{name} {}", fact(event.get(*name)?, zone))));
    let due = ["until", "remind_at", "alarm_at"].iter().filter_map(|name| {
        let name_said =
            name.trim_end_matches("_at").replace("remind", "again").replace("alarm", "again");
        Some(format!("{name_said} {}", fact(event.get(*name)?, zone)))
    });
    let started = happened.started.iter().map(|started| {
        format!("{} due {}", started.clock.name().replace('_', " "), local(started.due_at, zone))
    });
    let facts: Vec<_> = facts.chain(due).chain(started).collect();
    if !facts.is_empty() {
        text = format!("{text}: {}", facts.join(", "));
    }
    text
}

fn fact(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(instant) => local(instant, zone),
            Err(_) => text.replace('_', " "),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(scenario: &str) -> String {
        let now = Some("2026-11-24T09:00:00+01:00".parse().unwrap());
        let asked = Simulate { scenario: scenario.to_owned(), policy: None, now, watch_for: None };
        match table(&asked, Timestamp::UNIX_EPOCH) {
            Ok(text) => text,
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn nobody_answers_on_a_saturday_night() {
        insta::assert_snapshot!(told("P1 by e-mail, Saturday 23:10, nobody answers"));
    }

    #[test]
    fn somebody_takes_it_waits_and_resolves_it() {
        insta::assert_snapshot!(told(
            "P2 by phone, 2026-11-24 10:00, acknowledged after 10m, raised to P1 after 20m, \
             waits on the customer after 1h until 1d, the customer replies after 3h, \
             escalated after 4h, acknowledged after 4h 5m, answered after 5h, resolved after 6h"
        ));
    }

    #[test]
    fn a_scenario_that_is_not_understood_says_what_would_be() {
        insta::assert_snapshot!(told(
            "P5 by fax, Caturday 23:10, nobody answers, answered soon, answered after 2h, \
             waits on the customer after 1h, resolved after 3 fortnights, reopened after 1h until 2h"
        ));
    }
}
