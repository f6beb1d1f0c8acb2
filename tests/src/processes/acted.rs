//! When the desk acted on what was due: not early, and in time once it could.

use shared::incident::timeline::TimelineEntry;

use super::counted::Violations;
use super::seen::Sweep;

/// The latest that a deadline is acted on, after it or after recovery: DESIGN.md section 9, number 4.
pub const LATEST_MS: i64 = 120_000;

/// From when to when something was due that was known to be, in epoch milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Acted {
    since_ms: i64,
    at_ms: i64,
    /// How late that was.
    pub late_ms: i64,
    is_early: bool,
}

impl Acted {
    /// What an entry of the timeline tells of it.
    pub fn of(entry: &TimelineEntry) -> Option<Self> {
        let late = entry.event.lateness()?;
        let (at_ms, late_ms) = (late.fired_at.as_millisecond(), late.late_ms);
        let is_early = late.fired_at < late.due_at;
        Some(Self { since_ms: at_ms - late_ms, at_ms, late_ms, is_early })
    }

    /// Never early, by the first sweep that was left alone, and in time once there was one.
    pub fn on_time(&self, entry: &TimelineEntry, sweeps: &[Sweep]) -> Violations {
        let mut violations = Violations::new();
        let alone = sweeps.iter().filter(|sweep| {
            sweep.was_left_alone && sweep.began_ms > self.since_ms && sweep.began_ms < self.at_ms
        });
        let recovered_ms = alone.clone().map(|sweep| sweep.began_ms).min();
        if self.is_early || recovered_ms.is_some_and(|since_ms| self.at_ms - since_ms > LATEST_MS) {
            let what = format!("{}: {:?}", entry.number, entry.event);
            violations.push(("a deadline is acted on in time", what));
        }
        if let Some(sweep) = alone.clone().find(|sweep| sweep.ended_ms < self.at_ms) {
            let what = format!("{}, by {sweep:?}: {:?}", entry.number, entry.event);
            violations.push(("a sweep passes over nothing that is due", what));
        }
        violations
    }

    /// What was late because sweeps were killed, or their requests broke: no violation, and told.
    pub fn unrecovered(&self, entry: &TimelineEntry, sweeps: &[Sweep]) -> Option<String> {
        if self.late_ms <= LATEST_MS {
            return None;
        }
        let meanwhile = || {
            let within =
                |sweep: &&Sweep| sweep.began_ms > self.since_ms && sweep.ended_ms < self.at_ms;
            sweeps.iter().filter(within)
        };
        let longest_ms = meanwhile().map(|sweep| sweep.ended_ms - sweep.began_ms).max();
        Some(format!(
            "{} {}: {} ms; meanwhile {} sweeps, of at most {} ms, {} of them left alone",
            entry.number,
            entry.event.name(),
            self.late_ms,
            meanwhile().count(),
            longest_ms.unwrap_or_default(),
            meanwhile().filter(|sweep| sweep.was_left_alone).count(),
        ))
    }
}
