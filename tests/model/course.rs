//! How the e-mail goes on when nothing more goes wrong.

use jiff::Timestamp;
use shared::incident::clock::after;
use shared::outbox::{LEASE, PENDING_FOR, ParkedEmail, Settlement};

use crate::desk::{Desk, has_ended};
use crate::state::State;

/// Whether one sweep and one attempt bring it to an end, when everybody else has died. What can
/// be said so of each state is stronger than that every course ends: there is nothing to hope for.
pub(crate) fn ends(desk: &Desk, state: &State) -> bool {
    has_ended(&state.delivery)
        || goes_on(desk, state).is_some_and(|state| has_ended(&state.delivery))
}

/// `None` when somebody is refused.
fn goes_on(desk: &Desk, state: &State) -> Option<State> {
    let claim_id = "another";
    let due_at = state.delivery.due_at?;
    let pending = state.delivery.requeue(due_at, after(due_at, PENDING_FOR))?;
    let claimed = pending.claim(claim_id, after(due_at, LEASE))?;
    let mut next = State { delivery: claimed.clone(), ..state.clone() };
    let error = String::new();
    if claimed.is_given_up() || !state.is_readable {
        let item = desk.item(&next);
        let (id, claim_id) = (item.email.id.clone(), claim_id.to_owned());
        let parked = if state.is_readable {
            ParkedEmail::Unsendable { id, claim_id, error }
        } else {
            ParkedEmail::Unreadable { id, error }
        };
        let item = item.park(&parked)?;
        desk.write(&mut next, item);
        return Some(next);
    }
    if !claimed.leaves_time(due_at) {
        return None;
    }
    let sent_at = Timestamp::UNIX_EPOCH;
    let sent = Settlement::Sent { ses_message_id: Some("ses".to_owned()), sent_at };
    next.delivery = claimed.settle(claim_id, &sent)?;
    Some(next)
}
