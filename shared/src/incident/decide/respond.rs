//! A human acts: responds to the customer, or resolves the incident.

use jiff::{SignedDuration, Timestamp};

use crate::email::EmailKind;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::{Clock, ClockName, Lateness};
use crate::incident::escalation::Climb;
use crate::incident::timeline::{Event, StoppedClock};
use crate::incident::values::{Message, Name, Note};
use crate::incident::{Incident, Status};

/// Stops the initial response and the escalation, and starts the next update.
pub(super) fn respond(
    mut draft: Draft<'_>,
    author: Name,
    message: Option<Message>,
    at: Option<Timestamp>,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let responded_at = not_quite_now(at.unwrap_or(draft.now), draft.now);
    refuse_out_of_range(responded_at, draft.now, "/at")?;
    if responded_at < draft.incident.opened_at {
        return Err(Refusal::BeforeTheIncident { opened_at: draft.incident.opened_at });
    }
    let targets = draft.policy.targets(draft.incident.priority);
    let mut stopped = Vec::new();
    // A response older than the last one is told on the timeline and moves no clock: what it could
    // have stopped was stopped since.
    if draft.incident.responded_at.is_none_or(|last| responded_at >= last) {
        let running = draft.incident.running_escalation();
        let answers = running.is_some_and(|escalation| escalation.is_answered_by(responded_at));
        stopped = stop_clocks(&mut draft, responded_at, answers);
        let update = Clock::start(draft.policy, &targets.update, responded_at, draft.now);
        if answers {
            stop_escalation(&mut draft, &author, Some(update.due_at));
        }
        draft.incident.responded_at = Some(responded_at);
        draft.incident.update = Some(update);
    }
    if let Some(message) = message.clone() {
        let next_update_at = draft.incident.next_promise().map(|(_, due_at)| due_at);
        let author = author.clone();
        draft.tell_customers(&EmailKind::ResponseGiven { author, message, next_update_at });
    }
    draft.record(Event::Responded { author, responded_at, message, stopped });
    Ok(draft.finish())
}

/// Ends every promise.
pub(super) fn resolve(
    mut draft: Draft<'_>,
    by: Name,
    note: Option<Note>,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let now = draft.now;
    let stopped = stop_clocks(&mut draft, now, true);
    stop_escalation(&mut draft, &by, None);
    draft.incident.status = Status::Resolved { by: by.clone(), at: now };
    draft.tell_customers(&EmailKind::IncidentResolved { by: by.clone(), note: note.clone() });
    draft.record(Event::Resolved { by, note, stopped });
    Ok(draft.finish())
}

/// How far the caller's clock may be ahead of the desk's.
const SKEW: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_AGO: SignedDuration = SignedDuration::from_hours(366 * 24);

/// An instant that is ahead of now by no more than clocks differ is now.
pub(super) fn not_quite_now(instant: Timestamp, now: Timestamp) -> Timestamp {
    if instant > now && instant.duration_since(now) <= SKEW { now } else { instant }
}

/// Refuses an instant that cannot be meant.
pub(super) fn refuse_out_of_range(
    instant: Timestamp,
    now: Timestamp,
    pointer: &'static str,
) -> Result<(), Refusal> {
    if instant > now {
        return Err(Refusal::InTheFuture { pointer });
    }
    if now.duration_since(instant) > LONGEST_AGO {
        return Err(Refusal::TooLongAgo { pointer });
    }
    Ok(())
}

fn refuse_resolved(incident: &Incident) -> Result<(), Refusal> {
    match &incident.status {
        Status::Open => Ok(()),
        Status::Resolved { by, .. } => Err(Refusal::AlreadyResolved { by: by.clone() }),
    }
}

/// Stops every clock at `at`. One that ran out a moment ago, before any sweep saw it, is a breach
/// all the same: it is recorded here, and escalates nobody any more.
fn stop_clocks(draft: &mut Draft<'_>, at: Timestamp, escalation_too: bool) -> Vec<StoppedClock> {
    let mut stopped = Vec::new();
    let names = ClockName::ALL.into_iter();
    for name in names.filter(|name| escalation_too || *name != ClockName::EscalationResponse) {
        let Some(clock) = draft.incident.clock(name).cloned() else { continue };
        if clock.due_at < at && !clock.breached {
            draft.record(Event::DeadlineMissed {
                clock: name,
                started_at: clock.started_at,
                lateness: Lateness::of(clock.due_at, draft.now).known_since(clock.set_at),
            });
            if let (ClockName::EscalationResponse, Some(escalation)) =
                (name, draft.incident.escalation.as_mut())
            {
                escalation.clock.breached = true;
            }
        }
        let overrun_ms = Lateness::of(clock.due_at, at).late_ms;
        stopped.push(StoppedClock { clock: name, due_at: clock.due_at, overrun_ms });
    }
    draft.incident.initial_response = None;
    draft.incident.update = None;
    stopped
}

/// Stops the ladder and tells those it alerted that they can stand down. Without a next update the
/// incident is resolved.
fn stop_escalation(draft: &mut Draft<'_>, by: &Name, next_update_at: Option<Timestamp>) {
    let Some(mut escalation) = draft.incident.running_escalation().cloned() else { return };
    draft.tell_teams(
        &escalation.told,
        &EmailKind::EscalationStopped {
            by: by.clone(),
            resolved: next_update_at.is_none(),
            next_update_at,
        },
    );
    escalation.climb = Climb::Stopped { at: draft.now };
    draft.incident.escalation = Some(escalation);
}
