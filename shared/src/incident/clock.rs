//! One running promise: when it started, when it runs out, and who was warned ahead.
//!
//! A clock never looks at the time itself: instants come in, and it only says which of them is
//! next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::{Id, Policy, Target};

/// Which promise a clock keeps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
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

    /// As the policy and the API name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InitialResponse => "initial_response",
            Self::Update => "update",
            Self::EscalationResponse => "escalation_response",
        }
    }
}

/// A running promise. Instants have millisecond precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Clock {
    /// When the promise was given.
    pub started_at: Timestamp,
    /// When the desk set it; later than its start when the desk heard of it later.
    pub set_at: Timestamp,
    /// The deadline: the instant at which the clock runs out.
    pub due_at: Timestamp,
    /// Warnings not yet given, earliest first, all before the deadline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Timestamp>,
    /// Whether it ran out. The breach itself is a timeline entry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breached: bool,
    /// The calendar it was set with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Id>,
    /// Since when it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
}

impl Clock {
    /// A clock for `target` that starts at `started_at` and is set now. Warnings that would have
    /// been due before are left out.
    #[must_use]
    pub fn start(_policy: &Policy, target: &Target, started_at: Timestamp, now: Timestamp) -> Self {
        let due_at = after(started_at, target.within.duration());
        let mut warnings: Vec<_> =
            target.warnings.iter().map(|ahead| after(due_at, -ahead.duration())).collect();
        warnings.retain(|warning| *warning > now);
        warnings.sort_unstable();
        Self {
            started_at,
            set_at: now,
            due_at,
            warnings,
            breached: false,
            calendar: None,
            paused_at: None,
        }
    }

    /// Pauses.
    pub fn pause(&mut self, at: Timestamp) {
        self.paused_at = Some(at);
    }

    /// Resumes.
    pub fn resume(&mut self, _policy: &Policy, at: Timestamp) {
        if let Some(paused_at) = self.paused_at.take() {
            let by = at.duration_since(paused_at);
            self.due_at = after(self.due_at, by);
            for warning in &mut self.warnings {
                *warning = after(*warning, by);
            }
        }
    }

    /// Whether paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// With another target from the same start.
    #[must_use]
    pub fn restart_as(&self, policy: &Policy, target: &Target, now: Timestamp) -> Self {
        Self { paused_at: self.paused_at, ..Self::start(policy, target, self.started_at, now) }
    }

    /// The next instant at which something is to be done for it; `None` once it ran out.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.breached || self.is_paused() {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lateness {
    /// The deadline.
    pub due_at: Timestamp,
    /// When the desk acted on it.
    pub fired_at: Timestamp,
    /// `fired_at - due_at` in milliseconds, counted from when the desk knew.
    pub late_ms: i64,
}

impl Lateness {
    /// The lateness of acting at `fired_at` on what was due at `due_at`.
    #[must_use]
    pub fn of(due_at: Timestamp, fired_at: Timestamp) -> Self {
        let late_ms = fired_at.as_millisecond().saturating_sub(due_at.as_millisecond()).max(0);
        Self { due_at, fired_at, late_ms }
    }

    /// The same, of a deadline that the desk knows only since `set_at`: nobody can act on it before.
    #[must_use]
    pub fn known_since(self, set_at: Timestamp) -> Self {
        let late_ms = Self::of(self.due_at.max(set_at), self.fired_at).late_ms;
        Self { late_ms, ..self }
    }
}
