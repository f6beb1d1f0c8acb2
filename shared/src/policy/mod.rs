//! The policy: every target, team, ladder and calendar, as `infra/policy.toml` says them.
//!
//! Pure: text in, a [`Policy`] or every mistake out. It must never read a file, a clock or the
//! environment, and a `Policy` that exists has been checked whole.

mod calendar;
mod inbound;
mod limits;
mod period;
mod read;
mod recurrence;
mod references;
mod table;
mod warning;
mod webhook;

use deserr::{Deserr, ValuePointerRef};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use calendar::{Calendar, WorkingTime};
pub use inbound::{Alias, Inbound};
pub use limits::{Allowance, Limits};
pub use period::Period;
pub use read::{PolicyMistake, PolicyMistakes};
pub use recurrence::Recurrence;
pub use table::Table;
pub use warning::Warning;
pub use webhook::{MAX_WEBHOOKS, Webhook, WebhookUrl};

use crate::incident::clock::ClockName;
use crate::incident::values::{Domain, EmailAddress, Invalid, Language, Line, Name, Priority};
use crate::wrong_fields::WrongFields;

/// How many recipients one step may reach, so that an incident, its entries and its e-mails fit
/// into one DynamoDB transaction of 100 items. Beside them go up to 11 customers, a handful of
/// entries, and what is kept along: the answer, the account, the figures. Each webhook takes the
/// place of one.
pub const MAX_RECIPIENTS: usize = 70;

/// How many may be told of an undeliverable e-mail: that happens in one transaction with the
/// alert of a whole level.
pub const MAX_UNDELIVERABLE_RECIPIENTS: usize = 10;

/// How many warnings one promise may have.
pub const MAX_WARNINGS: usize = 10;

/// How long an incident may wait on the customer where the policy does not say.
const LONGEST_PAUSE_DAYS: i64 = 5;

/// How long the desk waits for word of an e-mail where the policy does not say. Mail servers that
/// make an unknown sender try again (greylisting) let it in after 5 to 10 minutes.
const UNCONFIRMED_AFTER_MINUTES: i64 = 15;

/// A team's, ladder's, calendar's or webhook's id: the word behind `[teams.` and so on.
pub type Id = Line<1, 64>;
/// The id of a team.
pub type TeamId = Id;

/// All promises of the desk, and who is told when.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Policy {
    /// What holds for the whole desk.
    pub desk: Desk,
    /// Who can be told.
    pub teams: Table<Team>,
    /// The promises, by priority.
    pub targets: Targets,
    /// The ladders that targets name.
    pub ladders: Table<Ladder>,
    /// The business calendars that targets may name.
    #[deserr(default)]
    pub calendars: Table<Calendar>,
    /// When an account's manager is told that its incidents recur; without it, only when a customer
    /// or care says so.
    #[deserr(default)]
    pub recurrence: Option<Recurrence>,
    /// How often customers may ask.
    #[deserr(default)]
    pub limits: Limits,
    /// The other systems that hear of every change.
    #[deserr(default)]
    pub webhooks: Table<Webhook>,
    /// Mail that comes in.
    #[deserr(default)]
    pub inbound: Option<Inbound>,
}

/// What holds for the whole desk.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Desk {
    /// The name that customers see.
    pub name: Name,
    /// Whom e-mails are from.
    pub sender: Sender,
    /// For recipients who have not chosen one.
    pub default_language: Language,
    /// The zone in which e-mails state instants.
    #[deserr(try_from(String) = zone -> Invalid)]
    pub time_zone: TimeZone,
    /// The priority of an incident that is created by an escalation.
    pub unknown_incident_priority: Priority,
    /// Told when an e-mail cannot be delivered.
    pub undeliverable_teams: Vec<TeamId>,
    /// How long an incident may wait on the customer, from the start of the pause. A policy that was
    /// written before there were pauses does not say.
    #[deserr(default = Period::of_days(LONGEST_PAUSE_DAYS))]
    pub longest_pause: Period,
    /// Whether a broken promise escalates the incident by itself. If not, the customer is invited to
    /// escalate, and the responsible teams are reminded until somebody responds.
    #[deserr(default = true)]
    pub automatic_escalation: bool,
    /// How long after it was sent an e-mail of which SES has said nothing is shown as unconfirmed.
    #[deserr(default = Period::of_minutes(UNCONFIRMED_AFTER_MINUTES))]
    pub unconfirmed_after: Period,
}

fn zone(name: String) -> Result<TimeZone, Invalid> {
    TimeZone::get(&name)
        .map_err(|_| Invalid("must be an IANA time zone such as \"Europe/Paris\"".to_owned()))
}

/// Whom e-mails are from; SES must have verified the address or its domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Sender {
    /// The display name.
    pub name: Name,
    /// The address.
    pub address: EmailAddress,
}

/// People who are told together.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Team {
    /// As e-mails and the timeline name it.
    pub name: Name,
    /// All of them are told. An empty list is a team that is not staffed yet.
    pub addresses: Vec<EmailAddress>,
    /// Told in this order when one of `addresses` cannot be reached.
    #[deserr(default)]
    pub backup: Vec<EmailAddress>,
    /// The language of its e-mails; without it the desk's default.
    #[deserr(default)]
    pub language: Option<Language>,
    /// Whoever writes from these domains is of the team, beside its own addresses.
    #[deserr(default)]
    pub domains: Vec<Domain>,
}

/// The promises by priority; every priority has its own, so that no open incident is without one.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Targets {
    /// Promises of a P1.
    #[deserr(rename = "P1")]
    pub p1: PriorityTargets,
    /// Promises of a P2.
    #[deserr(rename = "P2")]
    pub p2: PriorityTargets,
    /// Promises of a P3.
    #[deserr(rename = "P3")]
    pub p3: PriorityTargets,
    /// Promises of a P4.
    #[deserr(rename = "P4")]
    pub p4: PriorityTargets,
}

/// The promises of one priority.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct PriorityTargets {
    /// A first response, from when the incident reached care.
    pub initial_response: Target,
    /// A further response, from the last one.
    pub update: Target,
    /// A response, from the escalation.
    pub escalation_response: Target,
    /// Told when the incident opens, and by warnings.
    pub responsible: Vec<TeamId>,
    /// The ladder that is climbed.
    pub ladder: Id,
}

impl PriorityTargets {
    /// The promise that a clock keeps.
    #[must_use]
    pub fn target(&self, clock: ClockName) -> &Target {
        match clock {
            ClockName::InitialResponse => &self.initial_response,
            ClockName::Update => &self.update,
            ClockName::EscalationResponse => &self.escalation_response,
        }
    }
}

/// One promise. With a calendar, all its durations are working time.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = warnings_come_before_the_deadline -> Invalid)]
pub struct Target {
    /// From start to deadline.
    pub within: Period,
    /// In whose hours time counts; without one it always counts (24x7).
    #[deserr(default)]
    pub calendar: Option<Id>,
    /// When warnings are given, at most 10. Those that fall on one instant are given once.
    #[deserr(default)]
    pub warnings: Vec<Warning>,
}

fn warnings_come_before_the_deadline(
    target: Target,
    _: ValuePointerRef<'_>,
) -> Result<Target, Invalid> {
    let mut wrong = Vec::new();
    if target.warnings.len() > MAX_WARNINGS {
        let many = target.warnings.len();
        wrong.push(format!("has {many} warnings; write at most {MAX_WARNINGS}"));
    }
    if let Some(early) = target.warnings.iter().find(|w| w.passed(target.within).is_none()) {
        wrong.push(format!(
            "has a warning {early} ahead of a deadline that is only {} away; \
             write a warning shorter than `within`",
            target.within
        ));
    }
    if wrong.is_empty() { Ok(target) } else { Err(Invalid(wrong.join("; "))) }
}

impl Target {
    /// How long from the start it takes until something is due: the first warning, or without one
    /// the deadline.
    fn first_due(&self) -> Period {
        let warnings = self.warnings.iter().filter_map(|warning| warning.passed(self.within));
        warnings.min().map_or(self.within, Period::of_at_least_a_second)
    }
}

/// The ordered steps of an escalation. Kept in the incident while it is climbed, so that a change
/// of policy does not move a ladder under somebody's feet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = ladder_is_bounded -> Invalid)]
pub struct Ladder {
    /// How often all levels are gone through; 1 to 10.
    pub rounds: u32,
    /// How long an acknowledgement holds without a response.
    pub acknowledged_for: Period,
    /// How often the alarm repeats once the ladder is exhausted.
    pub alarm_every: Period,
    /// The steps, at most 10.
    pub levels: Vec<Level>,
}

fn ladder_is_bounded(ladder: Ladder, _: ValuePointerRef<'_>) -> Result<Ladder, Invalid> {
    let mut wrong = Vec::new();
    if !(1..=10).contains(&ladder.rounds) {
        wrong.push(format!("`rounds` is {}; write 1 to 10", ladder.rounds));
    }
    if !(1..=10).contains(&ladder.levels.len()) {
        wrong.push(format!("has {} levels; write 1 to 10", ladder.levels.len()));
    }
    if wrong.is_empty() { Ok(ladder) } else { Err(Invalid(wrong.join("; "))) }
}

/// One step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Level {
    /// The teams that are alerted.
    pub teams: Vec<TeamId>,
    /// How long they have before the next level is alerted.
    pub within: Period,
}

impl Policy {
    /// The promises of `priority`.
    #[must_use]
    pub fn targets(&self, priority: Priority) -> &PriorityTargets {
        match priority {
            Priority::P1 => &self.targets.p1,
            Priority::P2 => &self.targets.p2,
            Priority::P3 => &self.targets.p3,
            Priority::P4 => &self.targets.p4,
        }
    }

    /// The ladder of `priority`.
    ///
    /// # Panics
    ///
    /// Never: a policy whose target names a ladder that is not there is refused when read.
    #[must_use]
    pub fn ladder(&self, priority: Priority) -> &Ladder {
        &self.ladders.0[&self.targets(priority).ladder]
    }

    /// A team by its id; `None` when a later policy no longer has it.
    #[must_use]
    pub fn team(&self, id: &TeamId) -> Option<&Team> {
        self.teams.0.get(id)
    }

    /// A calendar by its id; `None` when a later policy no longer has it.
    #[must_use]
    pub fn calendar(&self, id: &Id) -> Option<&Calendar> {
        self.calendars.0.get(id)
    }

    /// How time counts for a promise that names that calendar. When a later policy no longer has
    /// it, all time counts: a deadline may then come early, and is never forgotten.
    #[must_use]
    pub fn working_time(&self, calendar: Option<&Id>) -> WorkingTime<'_> {
        WorkingTime::of(calendar.and_then(|id| self.calendar(id)))
    }

    /// The shortest duration that the policy promises anybody, from start to what is due first.
    /// With a calendar it is working time, so that what people wait may be longer, never shorter.
    #[must_use]
    pub fn shortest_period(&self) -> Period {
        let targets = [Priority::P1, Priority::P2, Priority::P3, Priority::P4]
            .map(|priority| self.targets(priority));
        let deadlines = targets
            .iter()
            .flat_map(|t| [&t.initial_response, &t.update, &t.escalation_response])
            .map(Target::first_due);
        let steps = self.ladders.0.values().flat_map(|ladder| {
            let levels = ladder.levels.iter().map(|level| level.within);
            levels.chain([ladder.acknowledged_for, ladder.alarm_every])
        });
        deadlines.chain(steps).min().unwrap_or(Period::LONGEST)
    }
}
