//! The incident hurts more than was thought, or less.

use super::respond::refuse_resolved;
use crate::email::EmailKind;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::{Clock, ClockName};
use crate::incident::timeline::{Event, PauseEnd, StartedClock};
use crate::incident::values::{Name, Note, Priority};

/// Raised, the running promises are recomputed from their original start; lowered, what was promised
/// stays, and only later promises are those of the new priority.
pub(super) fn change(
    mut draft: Draft<'_>,
    by: Name,
    to: Priority,
    reason: Option<Note>,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let from = draft.incident.priority;
    if from == to {
        return Ok(draft.finish());
    }
    let before = draft.teams_concerned();
    let moved = move_deadlines(&mut draft, to);
    let promise = draft.next_promise();
    let (by_name, why) = (by.clone(), reason.clone());
    let changed = EmailKind::TargetsChanged { by: by_name, from, to, reason: why, promise };
    draft.tell_teams(&before, &changed);
    // Those who are responsible from now on, if they are others.
    let now_concerned = draft.teams_concerned();
    draft.tell_teams(&now_concerned, &changed);
    let (by_name, why) = (by.clone(), reason.clone());
    draft.tell_customers(&EmailKind::PriorityChanged {
        by: by_name,
        from,
        to,
        reason: why,
        promise,
    });
    draft.record_starting(Event::PriorityChanged { by, from, to, reason }, moved);
    Ok(draft.finish())
}

/// Gives the incident its priority, and the running promises the deadlines that it would have had
/// with it from their start. A deadline is never moved away from the customer, and one that was
/// missed is a fact. Returns the promises that moved.
pub(super) fn move_deadlines(draft: &mut Draft<'_>, to: Priority) -> Vec<StartedClock> {
    let is_raised = to < draft.incident.priority;
    draft.incident.priority = to;
    if !is_raised {
        return Vec::new();
    }
    let mut moved = Vec::new();
    for name in ClockName::ALL {
        // One that has run out is a breach, whether or not a sweep has seen it.
        let runs =
            |clock: &&Clock| !clock.breached && (clock.is_paused() || clock.due_at > draft.now);
        let Some(clock) = draft.incident.clock(name).filter(runs) else { continue };
        let target = draft.policy.targets(to).target(name);
        let anew = clock.recomputed_for(draft.policy, target, draft.now);
        if anew.due_at < clock.due_at {
            moved.push(draft.told_of(name, &anew));
            set(draft, name, anew);
        }
    }
    end_pause_of_what_ran_out(draft);
    moved
}

/// An update that ran out before care began to wait, as the new deadline has it, waits no more.
fn end_pause_of_what_ran_out(draft: &mut Draft<'_>) {
    let Some(update) = draft.incident.update.as_ref().filter(|update| !update.is_paused()) else {
        return;
    };
    let (due_at, warnings) = (update.due_at, update.warnings.clone());
    if let Some(pause) = draft.incident.pause.take() {
        draft.record(Event::PauseEnded {
            since: pause.since,
            ended_at: draft.now,
            because: PauseEnd::PriorityRaised,
            due_at,
            warnings,
        });
    }
}

fn set(draft: &mut Draft<'_>, name: ClockName, clock: Clock) {
    match name {
        ClockName::InitialResponse => draft.incident.initial_response = Some(clock),
        ClockName::Update => draft.incident.update = Some(clock),
        ClockName::EscalationResponse => {
            if let Some(escalation) = &mut draft.incident.escalation {
                escalation.clock = clock;
            }
        }
    }
}
