//! An escalation: the promise to the customer, and the ladder that is climbed until a human acts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::{Clock, ClockName};
use super::values::{Customer, Justification, Name};
use crate::policy::{Ladder, Level, TeamId};

/// Why an escalation was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "raised_by", rename_all = "snake_case")]
pub enum Cause {
    /// A customer asked for it.
    Customer {
        /// Who asked.
        requester: Name,
        /// Why, in the customer's words.
        business_justification: Justification,
    },
    /// The incident was reopened once too often.
    Reopening {
        /// Who reopened it.
        by: Name,
        /// How often it has been.
        times: u32,
    },
    /// A promise was broken.
    Deadline {
        /// Which clock ran out.
        clock: ClockName,
        /// When.
        due_at: Timestamp,
    },
}

/// Where the climb of a ladder stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Climb {
    /// A level was alerted and has until `due_at`.
    Climbing {
        /// When the level runs out.
        due_at: Timestamp,
    },
    /// A person took it; the ladder resumes where it stood unless a response follows in time.
    Acknowledged {
        /// Who took it.
        by: Name,
        /// When.
        at: Timestamp,
        /// When the acknowledgement expires.
        until: Timestamp,
        /// What the level had left, in milliseconds; `None` when the ladder was exhausted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_ms: Option<i64>,
    },
    /// Every level was alerted in every round; an alarm repeats until a human acts.
    Exhausted {
        /// When the next alarm is due.
        alarm_at: Timestamp,
    },
    /// A response or a resolution ended the escalation.
    Stopped {
        /// When.
        at: Timestamp,
    },
}

/// One escalation of an incident, the last one if there were several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// 1 for the incident's first escalation.
    pub sequence: u32,
    /// Why it was raised. Not flattened: a missed deadline has a `clock` too.
    pub cause: Cause,
    /// The promise to the customer: a response in time.
    pub clock: Clock,
    /// The policy's ladder as it was when the climb began.
    pub ladder: Ladder,
    /// The level last alerted, from 1.
    pub level: u32,
    /// The round it is in, from 1.
    pub round: u32,
    /// Where the climb stands.
    pub climb: Climb,
    /// Teams alerted so far, in that order.
    pub told: Vec<TeamId>,
    /// The last justification that a customer added to an escalation of the desk's own, so that
    /// those who are alerted later read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<Cause>,
    /// Customers other than the incident's own who escalated and were promised a response: the
    /// first ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requesters: Vec<Customer>,
}

impl Escalation {
    /// Whether it still waits for a response.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !matches!(self.climb, Climb::Stopped { .. })
    }

    /// The level last alerted.
    #[must_use]
    pub fn current_level(&self) -> Option<&Level> {
        self.ladder.levels.get((self.level as usize).checked_sub(1)?)
    }

    /// Why those who are alerted now should act, in a customer's words if there are any.
    #[must_use]
    pub fn reason(&self) -> &Cause {
        match (&self.cause, &self.justification) {
            (Cause::Deadline { .. } | Cause::Reopening { .. }, Some(justification)) => {
                justification
            }
            (cause, _) => cause,
        }
    }

    /// Whether a response of that instant responds to it: one given before a customer escalated
    /// does not. A missed deadline is responded to by whatever the customer got.
    #[must_use]
    pub fn is_answered_by(&self, responded_at: Timestamp) -> bool {
        let by_deadline_alone =
            matches!(self.cause, Cause::Deadline { .. }) && self.justification.is_none();
        by_deadline_alone || responded_at >= self.clock.started_at
    }

    /// When the ladder itself has something to do next.
    #[must_use]
    pub fn climb_due(&self) -> Option<Timestamp> {
        match self.climb {
            Climb::Climbing { due_at } => Some(due_at),
            Climb::Acknowledged { until, .. } => Some(until),
            Climb::Exhausted { alarm_at } => Some(alarm_at),
            Climb::Stopped { .. } => None,
        }
    }
}
