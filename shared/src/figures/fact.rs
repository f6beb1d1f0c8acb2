//! What happened that counts, read from the timeline.

use jiff::Timestamp;

use crate::incident::clock::{ClockName, Lateness};
use crate::incident::timeline::{Event, StoppedClock, TimelineEntry};
use crate::incident::values::Priority;

/// One thing that happened and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// An incident was opened, with this priority. What the priority becomes later changes nothing.
    Opened(Priority),
    /// A resolved incident was opened again.
    Reopened,
    /// An incident was resolved; one that is reopened can be resolved again.
    Resolved,
    /// An escalation was raised. A justification added to a running one raises none.
    Escalated(RaisedBy),
    /// A promise was broken.
    Breached(ClockName),
    /// A promise was kept: a response stopped its clock in time. One that the resolution ended was
    /// neither kept nor broken, so that nobody can close an incident to look good.
    Kept(ClockName),
    /// Something took so long.
    Took {
        /// What.
        what: Measured,
        /// How long, in milliseconds.
        ms: u64,
    },
}

/// Why an escalation was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RaisedBy {
    /// A customer asked for it.
    Customer,
    /// A promise was broken.
    Deadline,
    /// The incident was reopened once too often.
    Reopening,
}

impl RaisedBy {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Deadline, Self::Reopening];

    /// As an escalation's cause names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Deadline => "deadline",
            Self::Reopening => "reopening",
        }
    }
}

/// What is measured. All of it as the customer lives through it: by the wall, pauses included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measured {
    /// From when a clock started to the response that stopped it. A response that the customer had
    /// before the desk escalated took no time.
    Response(ClockName),
    /// From when an escalation was raised to when a person took it, each time that one did.
    Acknowledgement,
    /// From when the incident reached care to its resolution, each time that it was resolved.
    Resolution,
}

impl Measured {
    /// Everything that is measured.
    pub const ALL: [Self; 5] = [
        Self::Response(ClockName::InitialResponse),
        Self::Response(ClockName::Update),
        Self::Response(ClockName::EscalationResponse),
        Self::Acknowledgement,
        Self::Resolution,
    ];

    /// The clock's name, or its own.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response(clock) => clock.name(),
            Self::Acknowledgement => "acknowledgement",
            Self::Resolution => "resolution",
        }
    }
}

impl Fact {
    /// What an entry of an incident's timeline counts as; most entries count as nothing.
    #[must_use]
    pub fn of(entry: &TimelineEntry, opened_at: Timestamp) -> Vec<Self> {
        let took = |what, from, to| Self::Took { what, ms: between(from, to) };
        match &entry.event {
            Event::Opened { priority, .. } => vec![Self::Opened(*priority)],
            Event::Reopened { .. } => vec![Self::Reopened],
            Event::EscalatedByCustomer { .. } => vec![Self::Escalated(RaisedBy::Customer)],
            Event::EscalatedByDeadline { .. } => vec![Self::Escalated(RaisedBy::Deadline)],
            Event::EscalatedByReopening { .. } => vec![Self::Escalated(RaisedBy::Reopening)],
            Event::DeadlineMissed { clock, .. } => vec![Self::Breached(*clock)],
            Event::Acknowledged { raised_at, .. } => {
                let raised_at = raised_at.iter();
                raised_at.map(|at| took(Measured::Acknowledgement, *at, entry.at)).collect()
            }
            Event::Responded { responded_at, stopped, .. } => {
                let times = stopped.iter().filter_map(|stopped| {
                    let what = Measured::Response(stopped.clock);
                    Some(took(what, stopped.started_at?, *responded_at))
                });
                kept(stopped).chain(times).collect()
            }
            Event::Resolved { .. } => {
                vec![Self::Resolved, took(Measured::Resolution, opened_at, entry.at)]
            }
            _ => Vec::new(),
        }
    }
}

/// A clock that ran out before it was stopped was counted when it did.
fn kept(stopped: &[StoppedClock]) -> impl Iterator<Item = Fact> {
    let in_time = stopped.iter().filter(|stopped| !stopped.breached);
    in_time.map(|stopped| Fact::Kept(stopped.clock))
}

fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(Lateness::of(from, to).late_ms).unwrap_or(0)
}
