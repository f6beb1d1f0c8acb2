//! Waiting on the customer: the promise of an update pauses until the customer replies.

use jiff::Timestamp;

use super::reopen;
use super::respond::{not_quite_now, refuse_out_of_range, refuse_resolved};
use crate::email::EmailKind;
use crate::incident::Pause;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::after;
use crate::incident::timeline::{Event, PauseEnd};
use crate::incident::values::{Message, Name, Note};

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
    if draft.incident.is_open() {
        end(&mut draft, PauseEnd::CustomerReplied, replied_at);
    } else {
        reopen::back_to_work(&mut draft, &from, None);
    }
    let promise = draft.next_promise();
    let teams = draft.teams_concerned();
    draft.tell_teams(&teams, &EmailKind::CustomerReplied { from, message, promise });
    Ok(draft.finish())
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
