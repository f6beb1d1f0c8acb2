//! A resolved incident is open again.

use super::ladder;
use crate::email::{EmailKind, Promise};
use crate::incident::Status;
use crate::incident::change::{Change, Draft};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::timeline::Event;
use crate::incident::values::{Name, Note};

/// Care opens it again. What is open stays as it is.
pub(super) fn reopen(mut draft: Draft<'_>, by: Name, note: Option<Note>) -> Change {
    if !draft.incident.is_open() {
        back_to_work(&mut draft, &by, note);
    }
    draft.finish()
}

/// Opens a resolved incident. An update is promised anew. From the second time on it is also
/// escalated, a level up the ladder for each time: what was done before was not enough.
pub(super) fn back_to_work(draft: &mut Draft<'_>, by: &Name, note: Option<Note>) {
    let update = mark_reopened(draft, by, note.clone());
    let times = draft.incident.reopened;
    let escalated = times >= 2;
    if escalated {
        ladder::start(draft, Cause::Reopening { by: by.clone(), times }, times);
    }
    // What is promised first: the response to the escalation, if there is one.
    let promise = draft.next_promise().unwrap_or(update);
    let teams = draft.policy.targets(draft.incident.priority).responsible.clone();
    let again = EmailKind::TeamEngagedAgain { by: by.clone(), note, times, promise };
    draft.tell_teams(&teams, &again);
    draft.tell_customers(&EmailKind::IncidentReopened { by: by.clone(), promise, escalated });
}

/// Marks it as open again and promises an update.
pub(super) fn mark_reopened(draft: &mut Draft<'_>, by: &Name, note: Option<Note>) -> Promise {
    draft.incident.status = Status::Open;
    draft.incident.reopened += 1;
    let times = draft.incident.reopened;
    let (update, started) = draft.promise(ClockName::Update, draft.now);
    let promise = Promise { clock: ClockName::Update, due_at: update.due_at };
    draft.incident.update = Some(update);
    draft.record_starting(Event::Reopened { by: by.clone(), note, times }, vec![started]);
    promise
}
