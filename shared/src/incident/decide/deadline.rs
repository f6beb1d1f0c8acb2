//! Time passed: the earliest instant that is due is acted on.
//!
//! One step a change, so that a change never outgrows a transaction; the sweep asks again until
//! nothing is due.

use jiff::Timestamp;

use super::ladder;
use crate::email::{EmailKind, Promise};
use crate::incident::Incident;
use crate::incident::change::{Change, Draft};
use crate::incident::clock::{Clock, ClockName, Lateness};
use crate::incident::escalation::Cause;
use crate::incident::timeline::Event;
use crate::policy::TeamId;

/// Acts on the earliest instant that has come; changes nothing when none has.
pub(super) fn deadline_passed(mut draft: Draft<'_>) -> Change {
    if draft.incident.next_due().is_none_or(|due_at| due_at > draft.now) {
        return draft.finish();
    }
    let due_first = ClockName::ALL
        .into_iter()
        .filter_map(|name| Some((draft.incident.clock(name)?.next_due()?, name)))
        .min_by_key(|(due_at, _)| *due_at);
    let climb_due = draft.incident.running_escalation().and_then(|e| e.climb_due());
    match due_first {
        Some((due_at, name)) if climb_due.is_none_or(|climb| due_at <= climb) => {
            clock_due(&mut draft, name);
        }
        _ => {
            if let Some(escalation) = draft.incident.running_escalation().cloned() {
                let stepped = ladder::step(&mut draft, escalation);
                draft.incident.escalation = Some(stepped);
            }
        }
    }
    draft.finish()
}

fn clock_mut(incident: &mut Incident, name: ClockName) -> Option<&mut Clock> {
    match name {
        ClockName::InitialResponse => incident.initial_response.as_mut(),
        ClockName::Update => incident.update.as_mut(),
        ClockName::EscalationResponse => incident.escalation.as_mut().map(|e| &mut e.clock),
    }
}

/// A warning is due, or the clock itself ran out. Warnings that nobody was given in time are moot
/// once the deadline has passed.
fn clock_due(draft: &mut Draft<'_>, name: ClockName) {
    let now = draft.now;
    let Some(clock) = clock_mut(&mut draft.incident, name) else { return };
    let promise = Promise { clock: name, due_at: clock.due_at };
    if clock.due_at > now {
        let warned_at = clock.warnings.remove(0);
        // Of several warnings that were held up, the last one says it all.
        clock.warnings.retain(|warning| *warning > now);
        warn(draft, promise, warned_at);
    } else {
        let (started_at, set_at) = (clock.started_at, clock.set_at);
        clock.warnings.clear();
        clock.breached = true;
        draft.record(Event::DeadlineMissed {
            clock: name,
            started_at,
            lateness: Lateness::of(promise.due_at, now).known_since(set_at),
        });
        breached(draft, promise);
    }
}

fn warn(draft: &mut Draft<'_>, promise: Promise, warned_at: Timestamp) {
    let teams = teams_at_risk(draft);
    draft.tell_teams(&teams, &EmailKind::DeadlineNear { promise });
    draft.record(Event::WarningGiven {
        clock: promise.clock,
        deadline: promise.due_at,
        lateness: Lateness::of(warned_at, draft.now),
        teams,
    });
}

/// Those on whom it now depends: the teams told of the running escalation, else the responsible.
fn teams_at_risk(draft: &Draft<'_>) -> Vec<TeamId> {
    draft.incident.running_escalation().map_or_else(
        || draft.policy.targets(draft.incident.priority).responsible.clone(),
        |escalation| escalation.told.clone(),
    )
}

/// A broken promise escalates the incident, unless it is escalated already; the customer is told.
fn breached(draft: &mut Draft<'_>, broken: Promise) {
    let promised_at = match draft.incident.running_escalation().cloned() {
        None => {
            let cause = Cause::Deadline { clock: broken.clock, due_at: broken.due_at };
            Some(ladder::start(draft, cause))
        }
        Some(running) => {
            let promised_at = (!running.clock.breached).then_some(running.clock.due_at);
            let escalation = running.sequence;
            draft.tell_teams(
                &running.told,
                &EmailKind::DeadlineMissed { escalation, broken, promised_at },
            );
            promised_at
        }
    };
    draft.tell_customers(&EmailKind::PromiseBroken { broken, promised_at });
}
