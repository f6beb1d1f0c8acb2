//! Somebody writes who speaks neither for care to the customer nor for the customer.

use crate::email::EmailKind;
use crate::incident::change::{Change, Draft};
use crate::incident::timeline::{Event, Role};
use crate::incident::values::{EmailAddress, Message, Name};

/// How much of a message each of a team reads in the e-mail; the timeline has all of it. With 70
/// recipients a transaction must stay below DynamoDB's 4 MB.
pub(super) const TOLD_TO_TEAMS: usize = 4_000;

/// Goes on the timeline and to the teams concerned. It stops no clock, ends no pause and opens
/// nothing again: only a response or the customer does.
///
/// Machines write back to what they are sent, and not all of them say that they are machines. So
/// nobody is told what came from the own address, and what a team writes of a resolved incident goes
/// on the timeline alone.
pub(super) fn add(
    mut draft: Draft<'_>,
    from: Name,
    address: &EmailAddress,
    role: Role,
    message: Message,
) -> Change {
    let is_told = role != Role::Team || draft.incident.is_open();
    let teams = if is_told { draft.teams_concerned() } else { Vec::new() };
    draft.spare(address);
    let told = EmailKind::NoteAdded {
        from: from.clone(),
        role,
        message: message.shortened(TOLD_TO_TEAMS),
        promise: draft.next_promise(),
    };
    draft.tell_teams(&teams, &told);
    draft.record(Event::NoteAdded { from, role, message });
    draft.finish()
}
