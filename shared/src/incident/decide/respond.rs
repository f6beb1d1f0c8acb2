//! A human acts: responds to the customer, or resolves the incident.

use jiff::{SignedDuration, Timestamp};

use super::pause;
use crate::email::EmailKind;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::escalation::Climb;
use crate::incident::timeline::{Event, PauseEnd, StoppedClock};
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
    let mut stopped = Vec::new();
    let mut started = Vec::new();
    if is_news(&draft.incident, responded_at) {
        pause::end_by_response(&mut draft, responded_at);
        let running = draft.incident.running_escalation();
        let answers = running.is_some_and(|escalation| escalation.is_answered_by(responded_at));
        stopped = stop_clocks(&mut draft, responded_at, answers);
        let (update, told) = draft.promise(ClockName::Update, responded_at);
        if answers {
            stop_escalation(&mut draft, &author, Some(update.due_at));
        }
        draft.incident.responded_at = Some(responded_at);
        draft.incident.update = Some(update);
        pause::go_on_waiting(&mut draft);
        draft.incident.remind_at = None;
        started.push(told);
    }
    if let Some(message) = message.clone() {
        let next_update_at = draft.incident.next_promise().map(|(_, due_at)| due_at);
        let author = author.clone();
        draft.tell_customers(&EmailKind::ResponseGiven { author, message, next_update_at });
    }
    draft.record_starting(Event::Responded { author, responded_at, message, stopped }, started);
    Ok(draft.finish())
}

/// Whether a response moves clocks. One older than the last one, or than the reopening, is told on the
/// timeline only: what it could have stopped was stopped since. So is one given at the instant from
/// which a missed update counts, for the update promised then is the one that was missed.
fn is_news(incident: &Incident, responded_at: Timestamp) -> bool {
    let update = incident.update.as_ref();
    let since = incident.responded_at.max(update.map(|update| update.started_at));
    let was_missed = update.is_some_and(|update| update.breached);
    since.is_none_or(|since| responded_at > since || responded_at == since && !was_missed)
}

/// Ends every promise.
pub(super) fn resolve(
    mut draft: Draft<'_>,
    by: Name,
    note: Option<Note>,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let now = draft.now;
    pause::end(&mut draft, PauseEnd::Resolved, now);
    let stopped = stop_clocks(&mut draft, now, true);
    draft.incident.remind_at = None;
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
    if instant.duration_since(now) <= SKEW { instant.min(now) } else { instant }
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

pub(super) fn refuse_resolved(incident: &Incident) -> Result<(), Refusal> {
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
        let breached = clock.breached || clock.due_at < at;
        if breached && !clock.breached {
            draft.record_breach(name, &clock);
            if let (ClockName::EscalationResponse, Some(escalation)) =
                (name, draft.incident.escalation.as_mut())
            {
                escalation.clock.breached = true;
            }
        }
        let overrun_ms = Lateness::of(clock.due_at, at).late_ms;
        stopped.push(StoppedClock {
            clock: name,
            started_at: Some(clock.started_at),
            due_at: clock.due_at,
            overrun_ms,
            breached,
        });
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
