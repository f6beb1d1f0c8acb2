//! The story of a deadline: which rule set it, what happened to it, and how it ended.
//!
//! Pure. Everything is told from the timeline, which is written once and never changed. What an
//! entry of an older version does not say is left open: nothing here may compute what the timeline
//! does not tell, or a policy of today would explain a promise of yesterday.

mod fold;
mod told;

use jiff::Timestamp;
use serde::Serialize;

use super::Incident;
use super::clock::{ClockName, Lateness};
use super::timeline::{PauseEnd, TimelineEntry};
use super::values::{EmailAddress, Name, Note, Priority};
use crate::email::EmailId;
use crate::outbox::{DeliveryStatus, EmailItem};
use crate::policy::{Id, Period, TeamId};

/// An instant by which something had to be done, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "deadline", rename_all = "snake_case")]
pub enum Deadline {
    /// Of a clock: a promise to the customer.
    Clock(ClockDeadline),
    /// Of the desk's own: a level of a ladder, an acknowledgement, an alarm, a reminder.
    Step(StepDeadline),
}

/// The deadline of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ClockDeadline {
    /// Which promise.
    pub clock: ClockName,
    /// What set it; `null` where the timeline does not say.
    pub set_by: Option<SetBy>,
    /// From when it counts; `null` where the timeline does not say.
    pub started_at: Option<Timestamp>,
    /// When the desk recorded it; `null` where the timeline does not say.
    pub recorded_at: Option<Timestamp>,
    /// The deadline as it stands, or stood at the end.
    pub due_at: Timestamp,
    /// What it was before a raised priority recomputed it, earliest first.
    pub moved_from: Vec<MovedFrom>,
    /// The pauses, earliest first.
    pub pauses: Vec<PauseTold>,
    /// The warnings, those given and those that are or were planned, earliest first.
    pub warnings: Vec<WarningTold>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The rule that set a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SetBy {
    /// The place in the policy, such as `targets.P1.update`.
    pub rule: String,
    /// The target that stood there.
    pub within: Period,
    /// The calendar in which it counts; `null` is round the clock.
    pub calendar: Option<Id>,
}

/// A deadline before it was recomputed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MovedFrom {
    /// What had set it.
    pub set_by: Option<SetBy>,
    /// The deadline that it was.
    pub due_at: Timestamp,
    /// When it was recomputed.
    pub at: Timestamp,
    /// The priority that it was recomputed for.
    pub for_priority: Option<Priority>,
    /// Who raised it; `null` when care completed what an escalation had opened.
    pub by: Option<Name>,
}

/// A time that did not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PauseTold {
    /// Since when.
    pub from: Timestamp,
    /// What care asked of the customer, and again.
    pub asked: Vec<Asked>,
    /// When it ended; `null` while it lasts.
    pub to: Option<Timestamp>,
    /// How it ended.
    pub because: Option<PauseEnd>,
    /// The deadline when it began.
    pub due_was: Timestamp,
    /// The deadline after it.
    pub due_at: Option<Timestamp>,
}

/// Care waits on the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Name,
    /// For what.
    pub reason: Note,
    /// The longest.
    pub until: Timestamp,
}

/// A warning ahead of a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WarningTold {
    /// When it was to be given.
    pub due_at: Timestamp,
    /// That it was given; `null` when it is to come, or was not needed any more.
    pub given: Option<Given>,
}

/// That something was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Given {
    /// When.
    pub at: Timestamp,
    /// How long after it was due, in milliseconds.
    pub late_ms: i64,
    /// Whom it alerted.
    #[serde(flatten)]
    pub alerted: Alerted,
}

/// Whom something alerted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alerted {
    /// The teams.
    pub teams: Vec<TeamId>,
    /// The e-mails, also those that took the place of one that could not be delivered.
    pub emails: Vec<EmailTold>,
}

/// An e-mail and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EmailTold {
    /// Its id.
    pub id: EmailId,
    /// To whom.
    pub to: EmailAddress,
    /// How far it got.
    pub status: DeliveryStatus,
    /// When SES took it.
    pub sent_at: Option<Timestamp>,
}

/// How the deadline of a clock ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// The clock runs.
    Running,
    /// Care waits on the customer.
    Paused,
    /// A response came in time.
    Kept {
        /// Who responded.
        by: Name,
        /// When the customer had it.
        at: Timestamp,
    },
    /// A breach.
    Missed {
        /// When it was due, and when the desk noticed.
        #[serde(flatten)]
        lateness: Lateness,
        /// Whom it alerted.
        #[serde(flatten)]
        alerted: Alerted,
        /// The escalation that it raised; `null` when one ran already, the customer was invited to raise
        /// one, or nobody was to be alerted.
        escalation: Option<u32>,
        /// What stopped the clock in the end; `null` while nothing has.
        stopped: Option<Stopped>,
    },
    /// The incident was resolved before it was due.
    Ended {
        /// Who resolved it.
        by: Name,
        /// When.
        at: Timestamp,
    },
}

/// What stopped a clock after its deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stopped {
    /// By what.
    pub because: StoppedBy,
    /// By whom.
    pub by: Name,
    /// When.
    pub at: Timestamp,
    /// How long after the deadline, in milliseconds.
    pub overrun_ms: i64,
}

/// What stops clocks and ladders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// A response.
    Response,
    /// A resolution.
    Resolution,
}

/// A deadline of the desk's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StepDeadline {
    /// What has this time.
    #[serde(flatten)]
    pub step: Step,
    /// From when it counts.
    pub started_at: Timestamp,
    /// Until when.
    pub due_at: Timestamp,
    /// Whom it alerted when it began.
    #[serde(flatten)]
    pub alerted: Alerted,
    /// How it ended.
    pub outcome: StepOutcome,
}

/// What the desk itself gives a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A level of a ladder has so long to act.
    Level {
        /// Which escalation of the incident.
        escalation: u32,
        /// Which level, from 1.
        level: u32,
        /// In which round, from 1.
        round: u32,
    },
    /// An acknowledgement holds so long without a response.
    Acknowledgement {
        /// Which escalation of the incident.
        escalation: u32,
        /// Who took it.
        by: Name,
    },
    /// The ladder is exhausted; the alarm is repeated then.
    Alarm {
        /// Which escalation of the incident.
        escalation: u32,
    },
    /// A promise is broken and nobody has escalated; the responsible are reminded then.
    Reminder,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepOutcome {
    /// Its time runs.
    Running,
    /// Its time was over: the next step follows.
    RanOut(Lateness),
    /// A person took the escalation.
    Acknowledged {
        /// Who.
        by: Name,
        /// When.
        at: Timestamp,
    },
    /// A response or a resolution made it needless.
    Stopped {
        /// By what.
        because: StoppedBy,
        /// By whom.
        by: Name,
        /// When.
        at: Timestamp,
    },
    /// Another step took its place before its time was over: nobody could be reached on a level, an
    /// acknowledgement was withdrawn, or a reminder became an escalation.
    Replaced {
        /// When.
        at: Timestamp,
    },
}

impl Deadline {
    /// From when it counts, for the order in which they are told.
    fn began_at(&self) -> Timestamp {
        match self {
            Self::Clock(clock) => clock.started_at.unwrap_or(clock.due_at),
            Self::Step(step) => step.started_at,
        }
    }
}

/// Explains every deadline that there ever was on an incident, in order of their start. The timeline
/// must be whole and in order; `emails` are those that are at hand, none if there are none.
#[must_use]
pub fn explain(
    incident: &Incident,
    timeline: &[TimelineEntry],
    emails: &[EmailItem],
) -> Vec<Deadline> {
    let mut deadlines = fold::fold(incident, timeline, &told::Outbox::of(timeline, emails));
    deadlines.sort_by_key(Deadline::began_at);
    deadlines
}
