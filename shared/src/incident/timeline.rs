//! The timeline: what happened to an incident, told so that every deadline can be proved.
//!
//! An entry is written once, in the transaction of the change that it tells of, and never changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::{ClockName, Lateness};
use super::values::{
    AccountId, Channel, EmailAddress, IncidentNumber, Justification, Message, Name, Note, Priority,
    Summary,
};
use crate::email::EmailId;
use crate::inbound::MailId;
use crate::policy::{Id, Period, TeamId};

/// One thing that happened. Its place in the timeline is `(version, index)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimelineEntry {
    /// The incident.
    pub number: IncidentNumber,
    /// The incident's version that this change made.
    pub version: u64,
    /// The place among the entries of one change, from 0.
    pub index: u32,
    /// When the desk recorded it.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The promises that this gave, or gave anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<StartedClock>,
    /// The mail by which it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Source>,
}

/// The mail by which something came to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    /// Its id, under which all of it is kept for a while.
    pub id: MailId,
    /// Who released it from quarantine, and so vouches for its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<Name>,
}

/// A promise as it was given, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StartedClock {
    /// Which promise.
    pub clock: ClockName,
    /// The place in the policy that set it, such as `targets.P1.update`.
    pub rule: String,
    /// The target that stood there.
    pub within: Period,
    /// The calendar in which it counts; without one, round the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Id>,
    /// From when it counts.
    pub started_at: Timestamp,
    /// The deadline.
    pub due_at: Timestamp,
    /// When the responsible teams are warned, unless it has stopped by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Timestamp>,
}

/// How a pause came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseEnd {
    /// The customer replied.
    CustomerReplied,
    /// The customer escalated.
    Escalated,
    /// Care responded all the same.
    Responded,
    /// The incident was resolved.
    Resolved,
    /// The longest that was agreed had passed.
    MaximumReached,
    /// The priority was raised, and the promise had run out before the pause.
    PriorityRaised,
}

/// As whom somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Of a team of the policy, and for the teams alone.
    Team,
    /// The account's manager.
    AccountManager,
    /// Another person who has the thread.
    Other,
}

/// A clock that a response or a resolution stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StoppedClock {
    /// Which promise.
    pub clock: ClockName,
    /// When it was given; an older version did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Its deadline.
    pub due_at: Timestamp,
    /// How far past the deadline it was stopped, in milliseconds; 0 when the promise was kept.
    pub overrun_ms: i64,
    /// Whether it had run out. Also without an overrun: a response may be recorded late, and a
    /// breach is never erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breached: bool,
}

/// What can happen.
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, utoipa::ToSchema,
)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Event {
    /// The incident was opened, by care or by an escalation of an unknown number.
    Opened {
        /// Its priority.
        priority: Priority,
        /// How it reached care.
        channel: Channel,
        /// When it reached care.
        opened_at: Timestamp,
        /// The teams engaged.
        teams: Vec<TeamId>,
        /// What the customer wrote, when it was opened by a mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
    },
    /// A resolved incident was opened again.
    Reopened {
        /// Who asked.
        by: Name,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
        /// How often that has happened to this incident.
        #[serde(default)]
        times: u32,
    },
    /// Care added what it knows to an incident that an escalation had created.
    Completed {
        /// Its priority, as care sees it.
        priority: Priority,
        /// How it reached care.
        channel: Channel,
        /// What it is about.
        summary: Summary,
    },
    /// The incident turned out to hurt more, or less.
    PriorityChanged {
        /// Who found that.
        by: Name,
        /// What it was.
        from: Priority,
        /// What it is.
        to: Priority,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Note>,
    },
    /// The promise of an update pauses until the customer replies.
    WaitingOnCustomer {
        /// Who waits.
        by: Name,
        /// For what.
        reason: Note,
        /// The longest.
        until: Timestamp,
    },
    /// A pause came to its end, and the promise of an update runs on.
    PauseEnded {
        /// When it began.
        since: Timestamp,
        /// When it ended.
        ended_at: Timestamp,
        /// How.
        because: PauseEnd,
        /// The deadline from now on.
        due_at: Timestamp,
        /// The warnings from now on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Timestamp>,
    },
    /// The customer wrote or called.
    CustomerReplied {
        /// Who.
        from: Name,
        /// When.
        replied_at: Timestamp,
        /// What.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
    },
    /// Somebody wrote, without speaking for care to the customer or for the customer.
    NoteAdded {
        /// Who.
        from: Name,
        /// As whom.
        role: Role,
        /// What.
        message: Message,
    },
    /// A customer escalated.
    EscalatedByCustomer {
        /// Which escalation of the incident, from 1.
        escalation: u32,
        /// Who asked.
        requester: Name,
        /// Why.
        business_justification: Justification,
        /// The promised response.
        due_at: Timestamp,
    },
    /// A customer escalated what was already escalated.
    JustificationAdded {
        /// Which escalation of the incident.
        escalation: u32,
        /// Who asked.
        requester: Name,
        /// Why.
        business_justification: Justification,
    },
    /// The desk escalated because a promise was broken.
    EscalatedByDeadline {
        /// Which escalation of the incident, from 1.
        escalation: u32,
        /// The promise that was broken.
        clock: ClockName,
        /// The promised response to the escalation.
        due_at: Timestamp,
    },
    /// A second reopening escalated.
    EscalatedByReopening {
        /// Which escalation of the incident, from 1.
        escalation: u32,
        /// How often the incident was reopened.
        times: u32,
        /// The promised response to the escalation.
        due_at: Timestamp,
    },
    /// A promise was broken, and by the policy's choice it is the customer who may escalate: the
    /// customer was invited to.
    CustomerInvited {
        /// The promise that was broken.
        clock: ClockName,
        /// When the responsible teams are reminded.
        remind_at: Timestamp,
        /// Those teams, who were told of the broken promise; an older version did not say.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        teams: Vec<TeamId>,
    },
    /// The responsible teams were reminded of a broken promise that nobody has escalated.
    ReminderGiven {
        /// When it was due, and when it was given.
        #[serde(flatten)]
        lateness: Lateness,
        /// When the next one is due.
        remind_at: Timestamp,
        /// The teams told.
        teams: Vec<TeamId>,
    },
    /// Care looped the account manager in.
    AccountManagerEngaged {
        /// Who asked.
        by: Name,
        /// The manager.
        manager: Name,
        /// What for.
        reason: Note,
    },
    /// A customer reported recurring incidents to the account manager.
    RecurrenceReported {
        /// Who.
        reporter: Name,
        /// The account.
        account: AccountId,
        /// The manager.
        manager: Name,
        /// How many incidents of the period were listed.
        incidents: usize,
    },
    /// The desk told the account manager that incidents recur.
    RecurrenceNoticed {
        /// The account.
        account: AccountId,
        /// The manager.
        manager: Name,
        /// How many incidents of the period were listed.
        incidents: usize,
    },
    /// The responsible teams were told ahead of a deadline.
    WarningGiven {
        /// Which promise.
        clock: ClockName,
        /// Its deadline.
        deadline: Timestamp,
        /// When the warning was due, and when it was given.
        #[serde(flatten)]
        lateness: Lateness,
        /// The teams told.
        teams: Vec<TeamId>,
    },
    /// A breach: a deadline passed without what stops the clock.
    DeadlineMissed {
        /// Which promise.
        clock: ClockName,
        /// When it was given.
        started_at: Timestamp,
        /// When it was due, and when the desk noticed.
        #[serde(flatten)]
        lateness: Lateness,
    },
    /// A level of the ladder was alerted.
    LevelAlerted {
        /// Which escalation of the incident.
        escalation: u32,
        /// Which level, from 1.
        level: u32,
        /// In which round, from 1.
        round: u32,
        /// The teams alerted.
        teams: Vec<TeamId>,
        /// When the level runs out.
        until: Timestamp,
    },
    /// Levels that reach nobody were skipped.
    LevelsSkipped {
        /// Which escalation of the incident.
        escalation: u32,
        /// Which levels, from 1.
        levels: Vec<u32>,
    },
    /// A level had its time and nobody took the escalation.
    LevelRanOut {
        /// Which escalation of the incident.
        escalation: u32,
        /// Which level.
        level: u32,
        /// In which round.
        round: u32,
        /// When it was due, and when the desk acted.
        #[serde(flatten)]
        lateness: Lateness,
    },
    /// Every level was alerted in every round.
    LadderExhausted {
        /// Which escalation of the incident.
        escalation: u32,
        /// The teams alarmed.
        teams: Vec<TeamId>,
        /// When the alarm repeats.
        alarm_at: Timestamp,
    },
    /// The alarm of an exhausted ladder was repeated.
    AlarmRepeated {
        /// Which escalation of the incident.
        escalation: u32,
        /// When it was due, and when the desk acted.
        #[serde(flatten)]
        lateness: Lateness,
        /// When it repeats again.
        alarm_at: Timestamp,
    },
    /// A person took the escalation.
    Acknowledged {
        /// Which escalation of the incident.
        escalation: u32,
        /// When that was raised; an older version did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raised_at: Option<Timestamp>,
        /// Who.
        by: Name,
        /// Until when that holds without a response.
        until: Timestamp,
    },
    /// A person withdrew the acknowledgement; the ladder resumed.
    AcknowledgementWithdrawn {
        /// Which escalation of the incident.
        escalation: u32,
        /// Who withdrew it.
        by: Name,
        /// Who had taken it.
        taken_by: Name,
    },
    /// No response followed the acknowledgement in time; the ladder resumed.
    AcknowledgementExpired {
        /// Which escalation of the incident.
        escalation: u32,
        /// Who had taken it.
        by: Name,
        /// When it was due, and when the desk acted.
        #[serde(flatten)]
        lateness: Lateness,
    },
    /// Care responded to the customer.
    Responded {
        /// Who.
        author: Name,
        /// When.
        responded_at: Timestamp,
        /// What, when the desk passed it on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
        /// The promises that this kept or ended.
        stopped: Vec<StoppedClock>,
    },
    /// The incident was resolved.
    Resolved {
        /// Who.
        by: Name,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
        /// The promises that this ended.
        stopped: Vec<StoppedClock>,
    },
    /// A change of policy made this step reach more recipients than a transaction has room for.
    NotEverybodyTold {
        /// How many were not told.
        left_out: usize,
    },
    /// An e-mail could not be sent.
    Undeliverable {
        /// Which.
        email: EmailId,
        /// To whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recipient: Option<EmailAddress>,
        /// Why.
        reason: String,
        /// Who was told instead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        told_instead: Vec<EmailAddress>,
    },
}

impl TimelineEntry {
    /// The entry as it goes into an e-mail that tells a story: long texts are cut.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        match &mut self.event {
            Event::EscalatedByCustomer { business_justification, .. }
            | Event::JustificationAdded { business_justification, .. } => {
                *business_justification = business_justification.shortened(most);
            }
            Event::Responded { message: Some(message), .. }
            | Event::Opened { message: Some(message), .. }
            | Event::NoteAdded { message, .. }
            | Event::CustomerReplied { message: Some(message), .. } => {
                *message = message.shortened(most);
            }
            Event::Resolved { note: Some(note), .. }
            | Event::Reopened { note: Some(note), .. }
            | Event::PriorityChanged { reason: Some(note), .. }
            | Event::WaitingOnCustomer { reason: note, .. }
            | Event::AccountManagerEngaged { reason: note, .. } => *note = note.shortened(most),
            _ => {}
        }
        self
    }
}

impl Event {
    /// Its name, as in the timeline: for logs, which never say what people wrote.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// How late the desk acted, of what it did because an instant had come.
    #[must_use]
    pub fn lateness(&self) -> Option<&Lateness> {
        match self {
            Self::WarningGiven { lateness, .. }
            | Self::DeadlineMissed { lateness, .. }
            | Self::LevelRanOut { lateness, .. }
            | Self::AlarmRepeated { lateness, .. }
            | Self::AcknowledgementExpired { lateness, .. }
            | Self::ReminderGiven { lateness, .. } => Some(lateness),
            _ => None,
        }
    }
}
