//! The timeline, entry by entry, into deadlines.

mod clocks;
mod steps;

use super::Deadline;
use super::told::Outbox;
use crate::incident::Incident;
use crate::incident::clock::ClockName;
use crate::incident::timeline::TimelineEntry;
use crate::policy::TeamId;

/// What is known after some entries.
pub(super) struct Fold<'a> {
    outbox: &'a Outbox<'a>,
    deadlines: Vec<Deadline>,
    /// Of each clock, the deadline that runs: its place among the deadlines.
    running: [Option<usize>; 3],
    /// Of each clock, the deadline that was missed last and the version that says so.
    missed: [Option<(usize, u64)>; 3],
    /// The step that the ladder stands on.
    step: Option<usize>,
    /// The reminder that is to come.
    reminder: Option<usize>,
    /// The teams alerted by the running escalation.
    told: Vec<TeamId>,
}

pub(super) fn fold<'a>(
    incident: &Incident,
    timeline: &[TimelineEntry],
    outbox: &'a Outbox<'a>,
) -> Vec<Deadline> {
    let mut fold = Fold {
        outbox,
        deadlines: Vec::new(),
        running: [None; 3],
        missed: [None; 3],
        step: None,
        reminder: None,
        told: Vec::new(),
    };
    for entry in timeline {
        fold.clock_event(entry);
        fold.step_event(entry);
    }
    fold.complete_from(incident);
    fold.deadlines
}

/// The place of a clock among three.
fn place(name: ClockName) -> usize {
    match name {
        ClockName::InitialResponse => 0,
        ClockName::Update => 1,
        ClockName::EscalationResponse => 2,
    }
}
