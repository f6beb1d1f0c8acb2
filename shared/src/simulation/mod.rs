//! What would follow: every instant and every e-mail of a scenario, under a policy.
//!
//! Pure, and nothing of it happens: the production rules run in virtual time on an incident that
//! exists nowhere. It must never store or send anything, and whatever policy and scenario it is
//! given, it ends: after so many steps, e-mails or days, and then it says so.

mod opened_at;
mod phrases;
mod run;
mod scenario;

use jiff::Timestamp;
use serde::Serialize;

pub use opened_at::OpenedAt;
pub use scenario::{Action, Doing, Scenario};

use crate::email::EmailId;
use crate::incident::timeline::{Event, StartedClock};
use crate::incident::values::{EmailAddress, Invalid, Language};
use crate::policy::Policy;

/// How many changes a simulation makes at most.
pub const MOST_STEPS: usize = 500;
/// How many e-mails it tells of at most.
pub const MOST_EMAILS: usize = 1_000;
/// How many actions a scenario may have.
pub const MOST_ACTIONS: usize = 20;
/// For how many days it may watch.
pub const MOST_DAYS: i64 = 31;
/// For how many days it watches if the scenario does not say so.
pub const DAYS: i64 = 3;

/// What would follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Simulation {
    /// When the incident reaches care.
    pub opened_at: Timestamp,
    /// The zone of local times, the policy's.
    pub time_zone: String,
    /// Up to when was watched.
    pub watched_until: Timestamp,
    /// Why it ended earlier than asked; `null` when it did not.
    pub cut: Option<Cut>,
    /// What would happen, in order; what happens at one instant is told together.
    pub instants: Vec<SimulatedInstant>,
}

/// Why a simulation ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// After the most steps that are simulated.
    Steps,
    /// After the most e-mails that are told of.
    Emails,
}

/// An instant at which something would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SimulatedInstant {
    /// When.
    pub at: Timestamp,
    /// The same as a clock on the wall shows it: `Saturday 28 November 2026, 23:10:00 CET`.
    pub local: String,
    /// How long after the opening, as people write it: `1h 30m`.
    pub after: String,
    /// What the people of the scenario do.
    pub actions: Vec<Doing>,
    /// What happens.
    pub events: Vec<Happened>,
    /// What was refused of what they do, and why.
    pub refused: Vec<String>,
    /// Who would be told.
    pub emails: Vec<SimulatedEmail>,
    /// When the desk acts next; `null` once the incident is resolved.
    pub next_due_at: Option<Timestamp>,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Happened {
    /// What happens.
    #[serde(flatten)]
    pub event: Event,
    /// The promises that this gives.
    pub started: Vec<StartedClock>,
}

/// An e-mail that would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SimulatedEmail {
    /// The id that it would have.
    pub id: EmailId,
    /// To whom.
    pub to: EmailAddress,
    /// In which language.
    pub language: Language,
    /// The name of what it says, as the API names it.
    pub kind: String,
    /// Its subject.
    pub subject: String,
    /// Its text, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Says what would follow of a scenario that is imagined at `now`; with the text of e-mails if
/// `bodies` are asked for.
///
/// # Errors
///
/// When the scenario opens at no instant, or at one that is too far from now.
pub fn simulate(
    policy: &Policy,
    scenario: &Scenario,
    now: Timestamp,
    bodies: bool,
) -> Result<Simulation, Invalid> {
    let opened_at = scenario.opened_at.resolve(now, &policy.desk.time_zone)?;
    Ok(run::run(policy, scenario, opened_at, bodies))
}
