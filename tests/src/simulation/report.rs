//! What a seed, or a campaign of seeds, came to.

use std::fmt;

use super::faults::{Fault, Faults};

/// An invariant that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number in DESIGN.md section 9; 0 is a panic.
    pub invariant: u8,
    /// How.
    pub why: String,
    /// When, in the world's milliseconds.
    pub at: u64,
}

/// How much of what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Worlds.
    pub seeds: u64,
    /// Incidents.
    pub incidents: u64,
    /// Changes that were committed.
    pub changes: u64,
    /// E-mails that were written.
    pub emails: u64,
    /// E-mails that SES took.
    pub taken: u64,
    /// Of these, those that it had taken before: repeats.
    pub repeats: u64,
    /// Takings after which SES's answer was lost: they may be repeated.
    pub ambiguous: u64,
    /// Takings after which the function died before it had marked them: the same.
    pub killed_unmarked: u64,
    /// Takings that nobody marked though the function lived: the store was away.
    pub unmarked: u64,
    /// E-mails that were cancelled.
    pub cancelled: u64,
    /// E-mails that were parked.
    pub parked: u64,
    /// Requests that people made and had answered.
    pub requests: u64,
    /// Mails that came in.
    pub mails: u64,
    /// Events of SES that were recorded.
    pub events: u64,
    /// Firings of the schedule.
    pub firings: u64,
    /// Of these, those at which nothing was due and the sweep was not run.
    pub idle: u64,
    /// Runs of functions.
    pub invocations: u64,
    /// Runs that ended in the middle.
    pub crashes: u64,
    /// Calls of functions to the store and to SES.
    pub calls: u64,
    /// Breaches that were recorded.
    pub breaches: u64,
    /// Steps of histories.
    pub steps: u64,
    /// Invariants that were broken.
    pub violations: u64,
    /// Faults.
    pub faults: Faults,
}

impl Counts {
    /// How many kinds of faults there are.
    pub const KINDS_OF_FAULTS: usize = <Fault as strum::VariantArray>::VARIANTS.len();

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.seeds, other.seeds),
            (&mut self.incidents, other.incidents),
            (&mut self.changes, other.changes),
            (&mut self.emails, other.emails),
            (&mut self.taken, other.taken),
            (&mut self.repeats, other.repeats),
            (&mut self.ambiguous, other.ambiguous),
            (&mut self.killed_unmarked, other.killed_unmarked),
            (&mut self.unmarked, other.unmarked),
            (&mut self.cancelled, other.cancelled),
            (&mut self.parked, other.parked),
            (&mut self.requests, other.requests),
            (&mut self.mails, other.mails),
            (&mut self.events, other.events),
            (&mut self.firings, other.firings),
            (&mut self.idle, other.idle),
            (&mut self.invocations, other.invocations),
            (&mut self.crashes, other.crashes),
            (&mut self.calls, other.calls),
            (&mut self.breaches, other.breaches),
            (&mut self.steps, other.steps),
            (&mut self.violations, other.violations),
        ];
        for (own, others) in pairs {
            *own += others;
        }
        for (fault, times) in &other.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("seeds", self.seeds),
            ("incidents", self.incidents),
            ("changes", self.changes),
            ("breaches", self.breaches),
            ("e-mails written", self.emails),
            ("e-mails taken by SES", self.taken),
            ("  of these repeats", self.repeats),
            ("  taken, answer lost", self.ambiguous),
            ("  taken, then killed", self.killed_unmarked),
            ("  taken, not marked", self.unmarked),
            ("e-mails cancelled", self.cancelled),
            ("e-mails parked", self.parked),
            ("requests answered", self.requests),
            ("mails handled", self.mails),
            ("events recorded", self.events),
            ("firings", self.firings),
            ("  of these idle", self.idle),
            ("runs of functions", self.invocations),
            ("  of these killed", self.crashes),
            ("calls", self.calls),
            ("steps", self.steps),
            ("faults", self.faults.values().sum()),
        ];
        for (what, count) in rows {
            writeln!(f, "{what:<24}{count:>14}")?;
        }
        for (fault, times) in &self.faults {
            writeln!(f, "  {:<22}{times:>14}", format!("{fault:?}"))?;
        }
        write!(f, "{:<24}{:>14}", "violations", self.violations)
    }
}
