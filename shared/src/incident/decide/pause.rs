//! Waiting on the customer: the promise of an update pauses until the customer replies.

use jiff::Timestamp;

use super::note::TOLD_TO_TEAMS;
use super::reopen;
use super::respond::{not_quite_now, refuse_out_of_range, refuse_resolved};
use crate::email::EmailKind;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::after;
use crate::incident::timeline::{Event, PauseEnd};
use crate::incident::values::{Message, Name, Note};
use crate::incident::{Pause, Status};

/// Pauses the promise of an update. An incident that waits already goes on waiting, for the new
/// reason and until the new instant; its longest counts from when the waiting began.
pub(super) fn wait_on_customer(
    mut draft: Draft<'_>,
    by: Name,
    reason: Note,
    until: Timestamp,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let now = draft.now;
    // One that is over, whether or not a sweep has seen that, is not made longer: a pause hides no
    // breach.
    if let Some(until) = draft.incident.pause.as_ref().map(|pause| pause.until)
        && until <= now
    {
        end(&mut draft, PauseEnd::MaximumReached, until);
    }
    let since = draft.incident.pause.as_ref().map_or(now, |pause| pause.since);
    let longest = draft.policy.desk.longest_pause;
    let latest = after(since, longest.duration());
    let Some(update) = &mut draft.incident.update else { return Err(Refusal::NothingToPause) };
    update.pause(since);
    if !update.is_paused() {
        // It ran out, whether or not anybody has acted on that yet.
        return Err(Refusal::NothingToPause);
    }
    if until <= now || until > latest {
        return Err(Refusal::PauseOutOfRange { longest, latest });
    }
    draft.incident.pause = Some(Pause { by: by.clone(), reason: reason.clone(), since, until });
    let (by_name, why) = (by.clone(), reason.clone());
    draft.tell_customers(&EmailKind::WaitingOnYou { by: by_name, reason: why, until });
    draft.record(Event::WaitingOnCustomer { by, reason, until });
    Ok(draft.finish())
}

/// The customer wrote or called. That ends a pause and opens a resolved incident again; it stops no
/// clock, for the customer is who waits.
pub(super) fn customer_replied(
    mut draft: Draft<'_>,
    from: Name,
    message: Option<Message>,
    at: Option<Timestamp>,
) -> Result<Change, Refusal> {
    let replied_at = not_quite_now(at.unwrap_or(draft.now), draft.now);
    refuse_out_of_range(replied_at, draft.now, "/at")?;
    if replied_at < draft.incident.opened_at {
        return Err(Refusal::BeforeTheIncident { opened_at: draft.incident.opened_at });
    }
    draft.record(Event::CustomerReplied {
        from: from.clone(),
        replied_at,
        message: message.clone(),
    });
    match &draft.incident.status {
        // What the customer wrote before care asked is not the reply that care waits for.
        Status::Open if draft.incident.pause.as_ref().is_some_and(|p| replied_at < p.since) => {}
        Status::Open => end(&mut draft, PauseEnd::CustomerReplied, replied_at),
        // Nor does it say anything of a resolution that came after it.
        Status::Resolved { at, .. } if replied_at < *at => {}
        Status::Resolved { .. } => reopen::back_to_work(&mut draft, &from, None),
    }
    let promise = draft.next_promise();
    let teams = draft.teams_concerned();
    let message = message.map(|message| message.shortened(TOLD_TO_TEAMS));
    draft.tell_teams(&teams, &EmailKind::CustomerReplied { from, message, promise });
    Ok(draft.finish())
}

/// A response ends a pause, unless it was given before care began to wait.
pub(super) fn end_by_response(draft: &mut Draft<'_>, responded_at: Timestamp) {
    if draft.incident.pause.as_ref().is_some_and(|pause| responded_at >= pause.since) {
        end(draft, PauseEnd::Responded, responded_at);
    }
}

/// An update that was promised anew, from before care began to wait, waits as the one before it did;
/// unless it ran out before that.
pub(super) fn go_on_waiting(draft: &mut Draft<'_>) {
    let (Some(pause), Some(update)) = (&draft.incident.pause, &mut draft.incident.update) else {
        return;
    };
    update.pause(pause.since);
    if !update.is_paused() {
        let (since, due_at, warnings) = (pause.since, update.due_at, update.warnings.clone());
        draft.incident.pause = None;
        let because = PauseEnd::Responded;
        draft.record(Event::PauseEnded { since, ended_at: since, because, due_at, warnings });
    }
}

/// Ends a pause, if there is one: at `at`, but not after its maximum nor before it began. The update
/// is then due after what it had left.
pub(super) fn end(draft: &mut Draft<'_>, because: PauseEnd, at: Timestamp) {
    let Some(pause) = draft.incident.pause.take() else { return };
    let Some(mut update) = draft.incident.update.take() else { return };
    let ended_at = at.max(pause.since).min(pause.until);
    update.resume(draft.policy, ended_at);
    // What a reply or a response ends, nobody knew of before now. The maximum was known all along:
    // a sweep that comes late for it is late for the deadline too.
    update.set_at = if ended_at < pause.until { draft.now } else { pause.until };
    draft.record(Event::PauseEnded {
        since: pause.since,
        ended_at,
        because,
        due_at: update.due_at,
        warnings: update.warnings.clone(),
    });
    draft.incident.update = Some(update);
}
