//! A list in a letter: what happened so far, or an account's incidents.
//!
//! The rows are laid out here for the text part, and in the template for the HTML part.

use jiff::Timestamp;

use super::story::care_line;
use super::when::When;
use super::wrap;
use crate::account::AccountIncident;
use crate::email::HeldMail;
use crate::inbound::Quarantined;
use crate::incident::Breaches;
use crate::incident::timeline::{Event, TimelineEntry};
use crate::incident::values::EmailAddress;

/// Labels up to this width stand beside their row in the text part, longer ones above it.
const WIDEST_LABEL: usize = 26;

/// Rows under a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    pub title: String,
    pub rows: Vec<Row>,
}

/// What stands beside a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// When it happened, or which incident it is.
    pub label: String,
    /// The first says it, the others say more about it.
    pub lines: Vec<String>,
    /// What a person said, in that person's words.
    pub words: Option<String>,
}

impl Row {
    /// What the person said, line by line.
    pub fn word_lines(&self) -> Vec<String> {
        self.words.as_deref().map(wrap::lines).unwrap_or_default()
    }
}

impl List {
    /// What happened, in the order in which it happened: what was entered later stands where it
    /// belongs.
    pub fn story(title: String, story: &[TimelineEntry], when: &When<'_>) -> Self {
        let mut entries: Vec<_> =
            story.iter().map(|entry| (happened_at(entry), &entry.event)).collect();
        entries.sort_by_key(|(at, _)| *at);
        let dated = !entries.iter().all(|(at, _)| when.is_same_day(*at));
        let row = |(at, event): (Timestamp, &Event)| {
            let line = care_line(event, when);
            let (line, words) = match line.split_once('\n') {
                Some((line, words)) => (line.to_owned(), Some(words.to_owned())),
                None => (line, None),
            };
            Row { label: when.in_row(at, dated), lines: vec![line], words }
        };
        Self { title, rows: entries.into_iter().map(row).collect() }
    }

    /// An account's incidents, the most affected first. `state` says how one stands.
    pub fn incidents(
        title: String,
        incidents: &[AccountIncident],
        state: impl Fn(&AccountIncident) -> Vec<String>,
    ) -> Self {
        let mut incidents: Vec<_> = incidents.iter().collect();
        incidents.sort_by_key(|incident| {
            let hurt = total(&incident.breaches).saturating_add(incident.escalations.into());
            (std::cmp::Reverse(hurt), incident.priority, std::cmp::Reverse(incident.opened_at))
        });
        let row = |incident: &AccountIncident| {
            let summary = incident.summary.as_ref().map(ToString::to_string);
            Row {
                label: format!("{} ({})", incident.number, incident.priority),
                lines: summary.into_iter().chain(state(incident)).collect(),
                words: None,
            }
        };
        Self { title, rows: incidents.into_iter().map(row).collect() }
    }

    /// Mails in quarantine, in the order in which they are given: who says to have written what, and
    /// `because` of what it is held.
    pub fn held(
        title: String,
        mails: &[HeldMail],
        when: &When<'_>,
        because: impl Fn(Quarantined) -> &'static str,
    ) -> Self {
        let dated = !mails.iter().all(|mail| when.is_same_day(mail.received_at));
        let row = |mail: &HeldMail| {
            let from = mail.from.as_ref().map_or("—", EmailAddress::as_str);
            Row {
                label: when.in_row(mail.received_at, dated),
                lines: vec![
                    from.to_owned(),
                    because(mail.because).to_owned(),
                    format!("id {}", mail.id),
                ],
                words: Some(mail.subject.clone()).filter(|subject| !subject.is_empty()),
            }
        };
        Self { title, rows: mails.iter().map(row).collect() }
    }

    /// The rows as text, the labels in a column.
    pub fn as_text(&self) -> String {
        let wide = |row: &Row| row.label.chars().count();
        let fits = self.rows.iter().map(wide).filter(|width| *width <= WIDEST_LABEL);
        let column = fits.max().unwrap_or(0) + 2;
        let rows: Vec<_> = self.rows.iter().map(|row| row.as_text(column)).collect();
        rows.join("\n")
    }
}

impl Row {
    fn as_text(&self, column: usize) -> String {
        let indent = " ".repeat(column);
        let gap = column.saturating_sub(self.label.chars().count());
        let mut first = if gap < 2 {
            format!("{}\n{indent}", self.label)
        } else {
            format!("{}{}", self.label, " ".repeat(gap))
        };
        let mut text = String::new();
        for line in &self.lines {
            // What is filled starts behind the column; a label above it is no part of the line.
            text.push_str(&first);
            text.push_str(wrap::fill(line, &indent, &indent).trim_start());
            first = format!("\n{indent}");
        }
        let mark = format!("{indent}> ");
        for line in self.word_lines() {
            text.push('\n');
            text.push_str(wrap::fill(&line, &mark, &mark).trim_end());
        }
        text
    }
}

/// When it happened, which may be earlier than when the desk was told of it.
fn happened_at(entry: &TimelineEntry) -> Timestamp {
    match &entry.event {
        Event::Opened { opened_at, .. } => *opened_at,
        Event::CustomerReplied { replied_at, .. } => *replied_at,
        Event::PauseEnded { ended_at, .. } => *ended_at,
        Event::Responded { responded_at, .. } => *responded_at,
        _ => entry.at,
    }
}

/// How often they were escalated.
pub(super) fn escalations(incidents: &[AccountIncident]) -> u64 {
    incidents.iter().map(|incident| u64::from(incident.escalations)).sum()
}

/// The promises that were broken on all of them.
pub(super) fn breaches(incidents: &[AccountIncident]) -> Breaches {
    incidents.iter().fold(Breaches::default(), |sum, incident| Breaches {
        initial_response: sum.initial_response.saturating_add(incident.breaches.initial_response),
        update: sum.update.saturating_add(incident.breaches.update),
        escalation_response: sum
            .escalation_response
            .saturating_add(incident.breaches.escalation_response),
    })
}

/// How many whole days a period that ends now covers, at least one.
pub(super) fn days(since: Timestamp, when: &When<'_>) -> i64 {
    let hours = when.written_at.duration_since(since).as_hours();
    hours.saturating_add(23).div_euclid(24).max(1)
}

fn total(breaches: &Breaches) -> u64 {
    [breaches.initial_response, breaches.update, breaches.escalation_response]
        .into_iter()
        .map(u64::from)
        .sum()
}
