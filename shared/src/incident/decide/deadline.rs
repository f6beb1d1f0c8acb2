//! Time passed: the earliest instant that is due is acted on.
//!
//! One step a change, so that a change never outgrows a transaction; the sweep asks again until
//! nothing is due.

use jiff::Timestamp;

use super::{ladder, pause};
use crate::email::{EmailKind, Promise};
use crate::incident::Incident;
use crate::incident::change::{Change, Draft};
use crate::incident::clock::{Clock, ClockName, Lateness, after};
use crate::incident::escalation::Cause;
use crate::incident::timeline::{Event, PauseEnd};

/// What can be due on an incident. Of what is due at the same instant, the first of these is acted
/// on first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A pause has lasted its longest.
    PauseOver,
    /// A warning is due, or a clock has run out.
    Clock(usize),
    /// The responsible teams are to be reminded.
    Reminder,
    /// The ladder has something to do.
    Ladder,
}

/// Acts on the earliest instant that has come; changes nothing when none has.
pub(super) fn deadline_passed(mut draft: Draft<'_>) -> Change {
    let due = next(&draft.incident).filter(|(due_at, _)| *due_at <= draft.now);
    match due {
        None => {}
        Some((until, Due::PauseOver)) => pause_over(&mut draft, until),
        Some((_, Due::Clock(place))) => clock_due(&mut draft, ClockName::ALL[place]),
        Some((due_at, Due::Reminder)) => remind(&mut draft, due_at),
        Some((_, Due::Ladder)) => {
            if let Some(escalation) = draft.incident.running_escalation().cloned() {
                let stepped = ladder::step(&mut draft, escalation);
                draft.incident.escalation = Some(stepped);
            }
        }
    }
    draft.finish()
}

/// The earliest instant and what is due then: the same instants as [`Incident::next_due`].
fn next(incident: &Incident) -> Option<(Timestamp, Due)> {
    incident.next_due()?;
    let clocks = ClockName::ALL.into_iter().enumerate();
    let clocks =
        clocks.filter_map(|(n, name)| Some((incident.clock(name)?.next_due()?, Due::Clock(n))));
    let pause = incident.pause.as_ref().map(|pause| (pause.until, Due::PauseOver));
    let reminder = incident.remind_at.map(|at| (at, Due::Reminder));
    let climb = incident.running_escalation().and_then(|e| Some((e.climb_due()?, Due::Ladder)));
    clocks.chain(pause).chain(reminder).chain(climb).min()
}

/// The customer did not reply in the time that was agreed: the clock goes on, and care is told.
fn pause_over(draft: &mut Draft<'_>, until: Timestamp) {
    let Some(reason) =
        draft.incident.pause.as_ref().map(|pause| (pause.reason.clone(), pause.since))
    else {
        return;
    };
    pause::end(draft, PauseEnd::MaximumReached, until);
    let Some(due_at) = draft.incident.update.as_ref().map(|update| update.due_at) else { return };
    let promise = Promise { clock: ClockName::Update, due_at };
    let teams = draft.teams_concerned();
    let (reason, since) = reason;
    draft.tell_teams(&teams, &EmailKind::PauseEnded { reason, since, promise });
}

/// A promise is broken and nobody has escalated: the responsible teams hear of it again.
fn remind(draft: &mut Draft<'_>, due_at: Timestamp) {
    let ladder = draft.policy.ladder(draft.incident.priority);
    let remind_at = after(draft.now, ladder.alarm_every.duration());
    draft.incident.remind_at = Some(remind_at);
    let teams = draft.teams_concerned();
    let broken = ClockName::ALL.into_iter().find_map(|name| {
        let clock = draft.incident.clock(name).filter(|clock| clock.breached)?;
        Some(Promise { clock: name, due_at: clock.due_at })
    });
    if let Some(broken) = broken {
        draft.tell_teams(&teams, &EmailKind::PromiseOverdue { broken, remind_at });
    }
    let lateness = Lateness::of(due_at, draft.now);
    draft.record(Event::ReminderGiven { lateness, remind_at, teams });
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
        clock.warnings.clear();
        clock.breached = true;
        let clock = clock.clone();
        draft.record_breach(name, &clock);
        breached(draft, promise);
    }
}

fn warn(draft: &mut Draft<'_>, promise: Promise, warned_at: Timestamp) {
    let teams = draft.teams_concerned();
    draft.tell_teams(&teams, &EmailKind::DeadlineNear { promise });
    draft.record(Event::WarningGiven {
        clock: promise.clock,
        deadline: promise.due_at,
        lateness: Lateness::of(warned_at, draft.now),
        teams,
    });
}

/// A broken promise escalates the incident, unless it is escalated already; the customer is told.
/// Where the policy leaves escalating to the customer, the customer is invited to.
fn breached(draft: &mut Draft<'_>, broken: Promise) {
    let promised_at = match draft.incident.running_escalation().cloned() {
        None if !draft.policy.desk.automatic_escalation => return invite(draft, broken),
        None => {
            let cause = Cause::Deadline { clock: broken.clock, due_at: broken.due_at };
            Some(ladder::start(draft, cause, 1))
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

fn invite(draft: &mut Draft<'_>, broken: Promise) {
    let ladder = draft.policy.ladder(draft.incident.priority);
    let remind_at = after(draft.now, ladder.alarm_every.duration());
    draft.incident.remind_at = Some(remind_at);
    let teams = draft.teams_concerned();
    draft.tell_teams(&teams, &EmailKind::PromiseOverdue { broken, remind_at });
    draft.tell_customers(&EmailKind::EscalationInvited { broken });
    draft.record(Event::CustomerInvited { clock: broken.clock, remind_at, teams });
}
