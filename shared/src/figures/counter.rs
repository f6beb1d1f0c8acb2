//! Counters and their names, under which a store keeps them.
//!
//! A name must mean the same for ever: what was counted under it stays.

use std::fmt;

use super::bucket::Bucket;
use super::fact::{Fact, Measured, RaisedBy};
use crate::incident::clock::ClockName;
use crate::incident::values::Priority;

/// One number that only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Incidents opened, by priority.
    Opened(Priority),
    /// Incidents opened again.
    Reopened,
    /// Incidents resolved.
    Resolved,
    /// Escalations raised, by reason.
    Escalated(RaisedBy),
    /// Promises broken.
    Breached(ClockName),
    /// Promises kept.
    Kept(ClockName),
    /// What took about so long.
    Took(Measured, Bucket),
}

impl Counter {
    /// The counter of a fact.
    #[must_use]
    pub fn of(fact: Fact) -> Self {
        match fact {
            Fact::Opened(priority) => Self::Opened(priority),
            Fact::Reopened => Self::Reopened,
            Fact::Resolved => Self::Resolved,
            Fact::Escalated(by) => Self::Escalated(by),
            Fact::Breached(clock) => Self::Breached(clock),
            Fact::Kept(clock) => Self::Kept(clock),
            Fact::Took { what, ms } => Self::Took(what, Bucket::of(ms)),
        }
    }

    /// The counter of that name; `None` for one of another version.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let clock = |name: &str| ClockName::ALL.into_iter().find(|clock| clock.name() == name);
        let (kind, which) = name.split_once('_').unwrap_or((name, ""));
        match (kind, which) {
            ("opened", which) => {
                let mut all = Priority::ALL.into_iter();
                all.find(|priority| priority.to_string() == which).map(Self::Opened)
            }
            ("reopened", "") => Some(Self::Reopened),
            ("resolved", "") => Some(Self::Resolved),
            ("escalated", which) => {
                let by = which.strip_prefix("by_")?;
                RaisedBy::ALL.into_iter().find(|raised| raised.name() == by).map(Self::Escalated)
            }
            ("breached", which) => clock(which).map(Self::Breached),
            ("kept", which) => clock(which).map(Self::Kept),
            ("took", which) => {
                let (what, bucket) = which.rsplit_once('_')?;
                let what = Measured::ALL.into_iter().find(|measured| measured.name() == what)?;
                Some(Self::Took(what, Bucket::numbered(bucket.parse().ok()?)?))
            }
            _ => None,
        }
    }
}

/// The name, such as `opened_P1`, `kept_update` or `took_acknowledgement_57`.
impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(priority) => write!(f, "opened_{priority}"),
            Self::Reopened => f.write_str("reopened"),
            Self::Resolved => f.write_str("resolved"),
            Self::Escalated(by) => write!(f, "escalated_by_{}", by.name()),
            Self::Breached(clock) => write!(f, "breached_{}", clock.name()),
            Self::Kept(clock) => write!(f, "kept_{}", clock.name()),
            Self::Took(what, bucket) => write!(f, "took_{}_{}", what.name(), bucket.number()),
        }
    }
}
