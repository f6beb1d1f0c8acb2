//! Everything that the desk can say, as facts: the words come when it is rendered.
//!
//! Kinds are stored in the outbox, so a field that is added needs a default. A kind must hold all that
//! its words need: nothing is looked up when it is sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::AccountIncident;
use crate::inbound::{MailId, Missing, Quarantined};
use crate::incident::Breaches;
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::timeline::{Role, TimelineEntry};
use crate::incident::values::{
    Channel, EmailAddress, IncidentNumber, Justification, Message, Name, Note, Priority,
};

/// The step of a ladder that an e-mail alerts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alert {
    /// Which escalation of the incident, from 1.
    pub escalation: u32,
    /// Which level, from 1.
    pub level: u32,
    /// How many levels there are.
    pub levels: u32,
    /// In which round, from 1.
    pub round: u32,
    /// How many rounds there are.
    pub rounds: u32,
}

impl Alert {
    /// Whether the ladder is exhausted when this step runs out.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.level >= self.levels && self.round >= self.rounds
    }
}

/// A promise with its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Promise {
    /// Which promise.
    pub clock: ClockName,
    /// When it runs out.
    pub due_at: Timestamp,
}

/// A mail in quarantine, as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldMail {
    /// Its id, by which it is released or refused.
    pub id: MailId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The address that it says it is from; unknown when it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EmailAddress>,
    /// Its subject, cut.
    pub subject: String,
    /// Why it is held.
    pub because: Quarantined,
}

/// To what kind of reader an e-mail speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The incident's customer, or one who escalated it.
    Customer,
    /// People in care.
    Team,
    /// The account's manager.
    AccountManager,
}

/// Everything the desk can say by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum EmailKind {
    /// To a customer who escalated: it was taken in, and the promised response.
    EscalationReceived {
        /// Who escalated.
        requester: Name,
        /// Why.
        business_justification: Justification,
        /// The promised response.
        promised_at: Timestamp,
        /// Whether that promise has been broken already.
        overdue: bool,
        /// Whether the incident was escalated before this request.
        again: bool,
    },
    /// To the customer: care opened the incident, and the promise that runs.
    IncidentOpened {
        /// How it reached care.
        channel: Channel,
        /// The promise that runs.
        promise: Promise,
    },
    /// To the customer: a promise was broken, and what the desk did about it.
    PromiseBroken {
        /// The broken promise.
        broken: Promise,
        /// The promise of the escalation, unless that is the broken one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promised_at: Option<Timestamp>,
    },
    /// To the customer: what care responds.
    ResponseGiven {
        /// Who responds.
        author: Name,
        /// The response.
        message: Message,
        /// The next promised response; `None` when every running promise is broken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_update_at: Option<Timestamp>,
    },
    /// To the customer: the incident is resolved.
    IncidentResolved {
        /// Who resolved it.
        by: Name,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
    },
    /// To the customer: the incident is open again, and the promise that runs.
    IncidentReopened {
        /// Who asked.
        by: Name,
        /// The promise that runs out first.
        promise: Promise,
        /// Whether that also escalated it.
        #[serde(default)]
        escalated: bool,
    },
    /// To the customer: care needs something from the customer to go on.
    WaitingOnYou {
        /// Who waits.
        by: Name,
        /// For what.
        reason: Note,
        /// When care goes on all the same.
        until: Timestamp,
    },
    /// To the customer: the priority was changed.
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
        /// The promise that runs out first from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
    },
    /// To the customer: a promise was broken, and by the policy it is the customer who may escalate.
    EscalationInvited {
        /// The broken promise.
        broken: Promise,
    },
    /// To the customer: the account manager was looped in.
    AccountManagerInvolved {
        /// Who asked.
        by: Name,
        /// The manager.
        manager: Name,
    },
    /// To the customer who reported recurring incidents: the manager has it.
    RecurrenceReceived {
        /// The manager.
        manager: Name,
        /// What was reported.
        message: Justification,
        /// How many incidents were listed.
        incidents: usize,
    },
    /// To the account manager: care asks for help with an incident.
    AccountManagerEngaged {
        /// The manager.
        manager: Name,
        /// Who asks.
        by: Name,
        /// What for.
        reason: Note,
        /// The account.
        account: Name,
        /// The promise that runs out first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
        /// The promises that were broken.
        breaches: Breaches,
        /// What happened so far: the latest, with long texts cut.
        story: Vec<TimelineEntry>,
        /// How many earlier entries are not among them.
        left_out: usize,
    },
    /// To the account manager: a customer reports that incidents recur.
    RecurrenceReported {
        /// The manager.
        manager: Name,
        /// Who reports.
        reporter: Name,
        /// Where to answer.
        reply_to: EmailAddress,
        /// What, in the customer's words.
        message: Justification,
        /// The account.
        account: Name,
        /// The start of the period.
        since: Timestamp,
        /// The account's incidents of the period, latest first.
        incidents: Vec<AccountIncident>,
    },
    /// To the account manager: the desk sees that incidents recur.
    RecurrenceNoticed {
        /// The manager.
        manager: Name,
        /// The account.
        account: Name,
        /// The start of the period.
        since: Timestamp,
        /// The account's incidents of the period, latest first.
        incidents: Vec<AccountIncident>,
    },
    /// To the responsible teams: the incident is theirs again.
    TeamEngagedAgain {
        /// Who reopened it.
        by: Name,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
        /// How often that has happened.
        times: u32,
        /// The promise that runs.
        promise: Promise,
    },
    /// To the teams concerned: the priority was changed, and deadlines with it.
    TargetsChanged {
        /// Who found that.
        by: Name,
        /// What it was.
        from: Priority,
        /// What it is.
        to: Priority,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Note>,
        /// The promise that runs out first from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
    },
    /// To the teams concerned: the customer wrote or called.
    CustomerReplied {
        /// Who.
        from: Name,
        /// What.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
        /// The promise that runs out first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
    },
    /// To the responsible teams: the customer did not reply in the time that was agreed.
    PauseEnded {
        /// What was waited for.
        reason: Note,
        /// Since when.
        since: Timestamp,
        /// The promise that runs on.
        promise: Promise,
    },
    /// To the responsible teams: a promise is broken, and nobody has escalated.
    PromiseOverdue {
        /// The broken promise.
        broken: Promise,
        /// When the next reminder is due.
        remind_at: Timestamp,
    },
    /// To the responsible teams: the incident is theirs.
    TeamEngaged {
        /// How it reached care.
        channel: Channel,
        /// The promise that runs.
        promise: Promise,
        /// What the customer wrote, when it was opened by a mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
    },
    /// To the teams concerned: somebody wrote, without speaking for care to the customer or for the
    /// customer.
    NoteAdded {
        /// Who.
        from: Name,
        /// As whom.
        role: Role,
        /// What.
        message: Message,
        /// The promise that runs out first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
    },
    /// To whoever escalated by a mail that says too little: what is missing, and how to give it.
    RequestIncomplete {
        /// Who escalated.
        requester: Name,
        /// What is missing.
        missing: Missing,
        /// The incident that was named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<IncidentNumber>,
        /// What was written so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Message>,
    },
    /// To people who look after the quarantine: mails wait for them.
    MailHeld {
        /// Those that they have not been told of, or, in a reminder, all: oldest first, at most 20.
        mails: Vec<HeldMail>,
        /// How many more of these there are.
        #[serde(default)]
        more: usize,
        /// How many wait in all.
        waiting: usize,
        /// Whether they have been told before.
        #[serde(default)]
        reminder: bool,
    },
    /// To the responsible teams, ahead of a deadline.
    DeadlineNear {
        /// The promise at risk.
        promise: Promise,
    },
    /// To a level of the ladder.
    EscalationAlert {
        /// Which step of the ladder.
        alert: Alert,
        /// Why the incident is escalated.
        cause: Cause,
        /// The promised response.
        promised_at: Timestamp,
        /// When the next level is alerted.
        level_until: Timestamp,
        /// Who had acknowledged it without a response following, when that is why it is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unanswered_since_taken_by: Option<Name>,
    },
    /// To the teams told so far: the customer escalated again.
    JustificationAdded {
        /// Which escalation of the incident; 0 in what an earlier version wrote.
        #[serde(default)]
        escalation: u32,
        /// Who asks.
        requester: Name,
        /// Why.
        business_justification: Justification,
        /// The promised response.
        promised_at: Timestamp,
    },
    /// To the teams told so far: one more promise was broken while the escalation runs.
    DeadlineMissed {
        /// Which escalation of the incident; 0 in what an earlier version wrote.
        #[serde(default)]
        escalation: u32,
        /// The broken promise.
        broken: Promise,
        /// The promise of the escalation, unless that is broken too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promised_at: Option<Timestamp>,
    },
    /// To everybody on the ladder: it is exhausted and nobody acts.
    LadderExhausted {
        /// Which escalation of the incident; 0 in what an earlier version wrote.
        #[serde(default)]
        escalation: u32,
        /// How many rounds were gone through.
        rounds: u32,
        /// Why the incident is escalated.
        cause: Cause,
        /// The promised response.
        promised_at: Timestamp,
        /// When this alarm repeats.
        alarm_at: Timestamp,
    },
    /// To the teams told so far: a person took the escalation.
    EscalationAcknowledged {
        /// Which escalation of the incident; 0 in what an earlier version wrote.
        #[serde(default)]
        escalation: u32,
        /// Who.
        by: Name,
        /// Until when that holds without a response.
        until: Timestamp,
        /// The promised response, which runs on.
        promised_at: Timestamp,
    },
    /// To the teams told so far: nobody has the escalation any more, and the ladder goes on.
    AcknowledgementWithdrawn {
        /// Which escalation of the incident.
        escalation: u32,
        /// Who withdrew the acknowledgement.
        by: Name,
        /// Who had taken it.
        taken_by: Name,
        /// Why the incident is escalated.
        cause: Cause,
        /// The promised response.
        promised_at: Timestamp,
        /// When the next level is alerted; `None` when the ladder is exhausted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level_until: Option<Timestamp>,
    },
    /// To the teams told so far: the escalation is over.
    EscalationStopped {
        /// Who responded or resolved.
        by: Name,
        /// Whether the incident is resolved, and not only answered.
        resolved: bool,
        /// The next promised response.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_update_at: Option<Timestamp>,
    },
    /// To the teams that the policy names: somebody was not told.
    EmailUndeliverable {
        /// Who was to be told; unknown when the e-mail could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recipient: Option<EmailAddress>,
        /// Why it failed.
        reason: String,
        /// Who was told instead.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        told_instead: Vec<EmailAddress>,
    },
}

impl EmailKind {
    /// Whether it only makes sense while the incident is open: such an e-mail is cancelled when it
    /// was held up until after the resolution.
    #[must_use]
    pub fn calls_for_action(&self) -> bool {
        matches!(
            self,
            Self::TeamEngaged { .. }
                | Self::DeadlineNear { .. }
                | Self::EscalationAlert { .. }
                | Self::JustificationAdded { .. }
                | Self::DeadlineMissed { .. }
                | Self::LadderExhausted { .. }
                | Self::EscalationAcknowledged { .. }
                | Self::TeamEngagedAgain { .. }
                | Self::TargetsChanged { .. }
                | Self::PauseEnded { .. }
                | Self::PromiseOverdue { .. }
                | Self::WaitingOnYou { .. }
                | Self::EscalationInvited { .. }
                | Self::AcknowledgementWithdrawn { .. }
        )
    }

    /// Whether it is about the incident with which it is kept. One about an account's incidents is
    /// kept with the last of them, which is none of its reader's business; one about mail is kept with
    /// no incident.
    #[must_use]
    pub fn is_about_incident(&self) -> bool {
        !matches!(
            self,
            Self::RecurrenceReceived { .. }
                | Self::RecurrenceReported { .. }
                | Self::RecurrenceNoticed { .. }
                | Self::RequestIncomplete { .. }
                | Self::MailHeld { .. }
        )
    }

    /// To what kind of reader it speaks.
    #[must_use]
    pub fn audience(&self) -> Audience {
        match self {
            Self::EscalationReceived { .. }
            | Self::IncidentOpened { .. }
            | Self::PromiseBroken { .. }
            | Self::ResponseGiven { .. }
            | Self::IncidentResolved { .. }
            | Self::IncidentReopened { .. }
            | Self::WaitingOnYou { .. }
            | Self::PriorityChanged { .. }
            | Self::EscalationInvited { .. }
            | Self::AccountManagerInvolved { .. }
            | Self::RequestIncomplete { .. }
            | Self::RecurrenceReceived { .. } => Audience::Customer,
            Self::AccountManagerEngaged { .. }
            | Self::RecurrenceReported { .. }
            | Self::RecurrenceNoticed { .. } => Audience::AccountManager,
            Self::TeamEngaged { .. }
            | Self::NoteAdded { .. }
            | Self::MailHeld { .. }
            | Self::DeadlineNear { .. }
            | Self::EscalationAlert { .. }
            | Self::JustificationAdded { .. }
            | Self::DeadlineMissed { .. }
            | Self::LadderExhausted { .. }
            | Self::EscalationAcknowledged { .. }
            | Self::AcknowledgementWithdrawn { .. }
            | Self::EscalationStopped { .. }
            | Self::EmailUndeliverable { .. }
            | Self::TeamEngagedAgain { .. }
            | Self::TargetsChanged { .. }
            | Self::CustomerReplied { .. }
            | Self::PauseEnded { .. }
            | Self::PromiseOverdue { .. } => Audience::Team,
        }
    }

    /// The step of the ladder that it alerts for, if it is an alert.
    #[must_use]
    pub fn alert(&self) -> Option<Alert> {
        match self {
            Self::EscalationAlert { alert, .. } => Some(*alert),
            _ => None,
        }
    }
}
