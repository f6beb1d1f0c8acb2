//! One running promise: when it started, when it runs out, and who was warned ahead.
//!
//! A clock never looks at the time itself: instants come in, and it only says which of them is
//! next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::Target;

/// Which promise a clock keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// A first response after the incident reached care.
    InitialResponse,
    /// A further response after the last one.
    Update,
    /// A response after an escalation.
    EscalationResponse,
}

impl ClockName {
    /// Every clock, in the order in which a customer meets them.
    pub const ALL: [Self; 3] = [Self::InitialResponse, Self::Update, Self::EscalationResponse];
}

/// A running promise. Instants have millisecond precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// When the promise was given.
    pub started_at: Timestamp,
    /// The deadline: the instant at which the clock runs out.
    pub due_at: Timestamp,
    /// Warnings not yet given, earliest first, all before the deadline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Timestamp>,
    /// Whether it ran out. The breach itself is a timeline entry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breached: bool,
}

impl Clock {
    /// A clock for `target` that starts at `started_at`.
    #[must_use]
    pub fn start(target: &Target, started_at: Timestamp) -> Self {
        let due_at = after(started_at, target.within.duration());
        let mut warnings: Vec<_> =
            target.warnings.iter().map(|ahead| after(due_at, -ahead.duration())).collect();
        warnings.sort_unstable();
        Self { started_at, due_at, warnings, breached: false }
    }

    /// The next instant at which something is to be done for it; `None` once it ran out.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.breached {
            return None;
        }
        Some(self.warnings.first().map_or(self.due_at, |warning| self.due_at.min(*warning)))
    }
}

/// An instant and a duration later. At the end of representable time (year 9999) it stays there.
#[must_use]
pub fn after(instant: Timestamp, duration: SignedDuration) -> Timestamp {
    instant.saturating_add(duration).unwrap_or(instant)
}

/// How long after its deadline something was done; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// The deadline.
    pub due_at: Timestamp,
    /// When the desk acted on it.
    pub fired_at: Timestamp,
    /// `fired_at - due_at` in milliseconds.
    pub late_ms: i64,
}

impl Lateness {
    /// The lateness of acting at `fired_at` on what was due at `due_at`.
    #[must_use]
    pub fn of(due_at: Timestamp, fired_at: Timestamp) -> Self {
        let late_ms = fired_at.as_millisecond().saturating_sub(due_at.as_millisecond()).max(0);
        Self { due_at, fired_at, late_ms }
    }
}
