//! The core: what an incident is, what can be asked of it, and the rules.
//!
//! Pure. No async, AWS, environment, clock or randomness: time is a value that comes in, and ids
//! are derived, so that doing a thing twice cannot do it twice over.

pub mod change;
pub mod clock;
pub mod command;
pub mod deadlines;
mod decide;
pub mod escalation;
pub mod timeline;
pub mod values;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use change::{Change, Refusal};
pub use command::Command;
pub use decide::decide;

use clock::{Clock, ClockName};
use escalation::Escalation;
use values::{Channel, Customer, EmailAddress, IncidentNumber, Name, Note, Priority, Summary};

/// A customer-care case and every promise that runs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// How care and the customer know it.
    pub number: IncidentNumber,
    /// Counts changes, from 1; a change is committed only on the version it was decided on.
    pub version: u64,
    /// How much it hurts.
    pub priority: Priority,
    /// How it reached care.
    pub channel: Channel,
    /// What it is about; unknown when an escalation created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Whose it is.
    pub customer: Customer,
    /// Whether that is the word of a mail alone, of somebody of no account. Anybody may name a number
    /// that is yet to come: care may say whose it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclaimed: bool,
    /// When it reached care: the start of its first promise.
    pub opened_at: Timestamp,
    /// Open or resolved.
    pub status: Status,
    /// The promise of a first response, until there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_response: Option<Clock>,
    /// The promise of a further response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Clock>,
    /// When care last responded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Timestamp>,
    /// The last escalation, running or stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// The pause of the update, while care waits on the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// When the responsible teams are reminded of a broken promise that nobody has escalated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<Timestamp>,
    /// How often it was reopened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopened: u32,
    /// The promises that were broken on it.
    #[serde(default, skip_serializing_if = "Breaches::is_none")]
    pub breaches: Breaches,
    /// The account manager whom care looped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_manager: Option<Name>,
    /// Addresses that turned out not to reach anybody, in the order in which that was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreachable: Vec<EmailAddress>,
}

/// Whether anything is still promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Status {
    /// Promises run.
    Open,
    /// Every promise has ended.
    Resolved {
        /// Who resolved it.
        by: Name,
        /// When.
        at: Timestamp,
    },
}

/// Care waits on the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Pause {
    /// Who waits.
    pub by: Name,
    /// For what.
    pub reason: Note,
    /// Since when.
    pub since: Timestamp,
    /// The longest; the clock goes on then by itself.
    pub until: Timestamp,
}

/// How many promises were broken, by clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Breaches {
    /// Initial responses.
    #[serde(default)]
    pub initial_response: u32,
    /// Updates.
    #[serde(default)]
    pub update: u32,
    /// Responses to escalations.
    #[serde(default)]
    pub escalation_response: u32,
}

impl Breaches {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// One more.
    pub fn add(&mut self, clock: ClockName) {
        match clock {
            ClockName::InitialResponse => self.initial_response += 1,
            ClockName::Update => self.update += 1,
            ClockName::EscalationResponse => self.escalation_response += 1,
        }
    }

    /// Of all clocks together.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.initial_response + self.update + self.escalation_response
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Incident {
    /// Whether promises still run on it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// The escalation that still waits for a response, if there is one.
    #[must_use]
    pub fn running_escalation(&self) -> Option<&Escalation> {
        self.escalation.as_ref().filter(|escalation| escalation.is_running())
    }

    /// A clock by its name.
    #[must_use]
    pub fn clock(&self, name: ClockName) -> Option<&Clock> {
        match name {
            ClockName::InitialResponse => self.initial_response.as_ref(),
            ClockName::Update => self.update.as_ref(),
            ClockName::EscalationResponse => self.running_escalation().map(|e| &e.clock),
        }
    }

    /// The promise to the customer that runs out first, with its deadline; broken and paused ones do
    /// not count.
    #[must_use]
    pub fn next_promise(&self) -> Option<(ClockName, Timestamp)> {
        let running = ClockName::ALL.into_iter().filter_map(|name| {
            let clock = self.clock(name).filter(|clock| !clock.breached && !clock.is_paused())?;
            Some((name, clock.due_at))
        });
        running.min_by_key(|(_, due_at)| *due_at)
    }

    /// The next instant at which the desk has something to do for it: the earliest of its clocks,
    /// warnings, ladder steps, reminders and the end of a pause. `None` exactly when it is resolved.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        if !self.is_open() {
            return None;
        }
        let clocks = ClockName::ALL.into_iter().filter_map(|name| self.clock(name)?.next_due());
        let climb = self.running_escalation().and_then(Escalation::climb_due);
        let pause = self.pause.as_ref().map(|pause| pause.until);
        clocks.chain(climb).chain(pause).chain(self.remind_at).min()
    }
}
