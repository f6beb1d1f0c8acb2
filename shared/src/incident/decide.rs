//! The rules: one arm for each command.

mod deadline;
mod escalate;
mod ladder;
mod respond;
mod undeliverable;

use jiff::Timestamp;

use super::change::{Change, Draft, Refusal};
use super::clock::{Clock, ClockName};
use super::command::Command;
use super::timeline::Event;
use super::{Incident, Status};
use crate::email::{EmailKind, Promise};
use crate::policy::Policy;

/// Decides what a command comes to, at the instant `now`.
///
/// "Nothing to do" is a change without entries, not an error.
///
/// # Errors
///
/// A [`Refusal`] when the incident's state does not allow the command.
pub fn decide(
    state: Option<&Incident>,
    command: Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Change, Refusal> {
    match (command, state) {
        (Command::Escalate { number, requester, business_justification }, state) => {
            Ok(escalate::escalate(state, number, requester, business_justification, policy, now))
        }
        (Command::Open { .. }, Some(_)) => Err(Refusal::AlreadyOpen),
        (open @ Command::Open { .. }, None) => open_incident(open, policy, now),
        (_, None) => Err(Refusal::UnknownIncident),
        (command, Some(incident)) => {
            let draft = Draft::of(incident.clone(), policy, now);
            match command {
                Command::Respond { author, message, at } => {
                    respond::respond(draft, author, message, at)
                }
                Command::Acknowledge { by } => ladder::acknowledge(draft, by),
                Command::ResumeLadder { by } => Ok(ladder::resume(draft, by)),
                Command::Resolve { by, note } => respond::resolve(draft, by, note),
                Command::DeadlinePassed => Ok(deadline::deadline_passed(draft)),
                Command::Undeliverable { email, recipient, kind, reason } => {
                    Ok(undeliverable::undeliverable(draft, email, recipient, kind, reason))
                }
                Command::Escalate { .. } | Command::Open { .. } => Ok(draft.finish()),
            }
        }
    }
}

/// Opened by phone or chat, the initial response is met at once, because a representative is live;
/// by mail or another system it is due from when the incident reached care.
fn open_incident(command: Command, policy: &Policy, now: Timestamp) -> Result<Change, Refusal> {
    let Command::Open { number, priority, channel, summary, customer, received_at } = command
    else {
        return Err(Refusal::UnknownIncident);
    };
    let opened_at = respond::not_quite_now(received_at.unwrap_or(now), now);
    respond::refuse_out_of_range(opened_at, now, "/received_at")?;
    let targets = policy.targets(priority);
    let (clock, target) = if channel.is_live() {
        (ClockName::Update, &targets.update)
    } else {
        (ClockName::InitialResponse, &targets.initial_response)
    };
    let started = Clock::start(target, opened_at, now);
    let promise = Promise { clock, due_at: started.due_at };
    let (initial_response, update) =
        if channel.is_live() { (None, Some(started)) } else { (Some(started), None) };
    let incident = Incident {
        number,
        version: 0,
        priority,
        channel,
        summary: Some(summary),
        customer,
        opened_at,
        status: Status::Open,
        initial_response,
        update,
        responded_at: channel.is_live().then_some(opened_at),
        escalation: None,
        unreachable: Vec::new(),
    };
    let mut draft = Draft::of(incident, policy, now);
    let teams = targets.responsible.clone();
    draft.tell_teams(&teams, &EmailKind::TeamEngaged { channel, promise });
    draft.tell_customers(&EmailKind::IncidentOpened { channel, promise });
    draft.record(Event::Opened { priority, channel, opened_at, teams });
    Ok(draft.finish())
}
