//! One running promise: when it started, when it was paused, when it runs out, and when the
//! responsible are warned ahead.
//!
//! A clock never looks at the time itself: instants come in, and it only says which of them is
//! next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::{Id, Policy, Target, Warning, WorkingTime};

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
    /// In whose hours time counts; without one it always counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Id>,
    /// Since when it is paused. Its deadline and warnings stand as if it had gone on; they move
    /// when it is resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// The pauses that ended, earliest first: at most the latest [`Clock::MAX_PAUSES`]. One that is
    /// forgotten stays taken out of `due_at`, until the clock is recomputed for another target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
}

/// A time that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ClockPause)]
pub struct Pause {
    /// When the clock was paused.
    pub from: Timestamp,
    /// When it was resumed.
    pub to: Timestamp,
}

impl Clock {
    /// How many pauses a clock remembers, so that an incident always fits into one stored item.
    pub const MAX_PAUSES: usize = 50;

    /// A clock for `target` that starts at `started_at` and is set now. Warnings that would have
    /// been due before are left out.
    #[must_use]
    pub fn start(policy: &Policy, target: &Target, started_at: Timestamp, now: Timestamp) -> Self {
        Self {
            started_at,
            set_at: now,
            due_at: started_at,
            warnings: Vec::new(),
            breached: false,
            calendar: None,
            paused_at: None,
            pauses: Vec::new(),
        }
        .recomputed_for(policy, target, now)
    }

    /// The same clock with another target, as if it had been that from the start: it started when
    /// it started, and its pauses do not count. A paused one stays paused, unless the new deadline
    /// was before the pause: then it ran out and is due at once. A breach is never undone: a
    /// breached clock stays as it is.
    #[must_use]
    pub fn recomputed_for(&self, policy: &Policy, target: &Target, now: Timestamp) -> Self {
        if self.breached {
            return self.clone();
        }
        let time = policy.working_time(target.calendar.as_ref());
        let counted = |passed| after_pauses(time, &self.pauses, self.started_at, passed);
        let due_at = counted(target.within.duration());
        let paused_at = self.paused_at.filter(|paused_at| *paused_at < due_at);
        let given_until = paused_at.unwrap_or(now);
        let warnings = target.warnings.iter().filter_map(|warning| match warning {
            // Pauses need no care here: a warning that falls into or before one is in the past.
            Warning::Before(ahead) => Some(time.before(due_at, ahead.duration())),
            Warning::Share(_) => warning.passed(target.within).map(counted),
        });
        let coming = warnings.filter(|warning| *warning > given_until && *warning < due_at);
        Self {
            started_at: self.started_at,
            set_at: now,
            due_at,
            warnings: in_order(coming.collect()),
            breached: false,
            calendar: target.calendar.clone(),
            paused_at,
            pauses: self.pauses.clone(),
        }
    }

    /// Stops the time from counting, from `at` on. Changes nothing when it is paused or has run
    /// out by then, whether or not anybody has acted on that yet: a pause hides no breach.
    pub fn pause(&mut self, at: Timestamp) {
        let last = self.pauses.last().map_or(self.started_at, |pause| pause.to);
        let at = at.max(last);
        if !self.breached && !self.is_paused() && at < self.due_at {
            self.paused_at = Some(at);
        }
    }

    /// Lets the time count again, from `at` on: what was left of it in the clock's calendar when
    /// it was paused is left then. An `at` before the pause is the pause's start. Changes nothing
    /// when it is not paused.
    pub fn resume(&mut self, policy: &Policy, at: Timestamp) {
        let Some(from) = self.paused_at.take() else { return };
        let to = at.max(from);
        let time = policy.working_time(self.calendar.as_ref());
        let was_due_at = self.due_at;
        self.due_at = time.after(to, time.between(from, was_due_at));
        // A warning keeps its distance to the deadline. One that was to be given when the clock was
        // paused is given now.
        let moved = self
            .warnings
            .iter()
            .map(|warning| time.before(self.due_at, time.between(*warning, was_due_at)).max(to));
        self.warnings = in_order(moved.collect());
        self.pauses.push(Pause { from, to });
        let forgotten = self.pauses.len().saturating_sub(Self::MAX_PAUSES);
        self.pauses.drain(..forgotten);
    }

    /// Whether its time does not count at the moment.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// The next instant at which something is to be done for it; `None` once it ran out, and while
    /// it is paused.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.breached || self.is_paused() {
            return None;
        }
        Some(self.warnings.first().map_or(self.due_at, |warning| self.due_at.min(*warning)))
    }
}

/// Instants in their order, each once.
fn in_order(mut instants: Vec<Timestamp>) -> Vec<Timestamp> {
    instants.sort_unstable();
    instants.dedup();
    instants
}

/// When `left` has been counted since `start`, outside `pauses`, which are in their order.
fn after_pauses(
    time: WorkingTime<'_>,
    pauses: &[Pause],
    mut start: Timestamp,
    mut left: SignedDuration,
) -> Timestamp {
    for pause in pauses {
        let until_pause = time.between(start, pause.from);
        if left <= until_pause {
            break;
        }
        left -= until_pause;
        start = pause.to;
    }
    time.after(start, left)
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
