//! What holds in every state, and what can be: a model in which nothing happens has no faults either.

use shared::outbox::{DeliveryStatus, FactKind};
use stateright::Property;

use crate::actors::Dispatcher;
use crate::course;
use crate::desk::{Desk, has_ended};
use crate::state::{NOW, State};

pub(crate) fn all() -> Vec<Property<Desk>> {
    let always = Property::<Desk>::always;
    let sometimes = Property::<Desk>::sometimes;
    vec![
        always("at most one lease is live", |_, state| live_leases(state) <= 1),
        always("SES takes it once, and once more for each time that is in doubt", |_, state| {
            state.history.taken <= 1 + state.history.in_doubt
        }),
        always("a repeat is labelled", |_, state| !state.history.unlabelled),
        always("what is proven to be sent is not claimed again", |_, state| {
            !state.history.claimed_though_proven
        }),
        always("what has ended is not begun anew", |_, state| !state.history.begun_anew),
        always("what SES says of it is not taken for another desk's", |_, state| {
            !state.history.dismissed
        }),
        always("what is known of it ends it", |_, state| {
            !state.facts.has(FactKind::Sent) || has_ended(&state.delivery)
        }),
        always("sent means that SES took it", |_, state| {
            status(state) != DeliveryStatus::Sent || state.history.taken > 0
        }),
        always("parked means that somebody else was told, once", |_, state| {
            state.history.told == u8::from(status(state) == DeliveryStatus::Parked)
        }),
        always("who counts as not told has it parked", |_, state| {
            !state.facts.is_not_told() || status(state) == DeliveryStatus::Parked
        }),
        always("what has not ended is due, and what has ended is not", |_, state| {
            state.delivery.due_at.is_none() == has_ended(&state.delivery)
        }),
        always("who is sending it has a claim, and nobody else", |_, state| {
            state.delivery.claim_id.is_some() == (status(state) == DeliveryStatus::Sending)
        }),
        always("one sweep and one attempt end it", course::ends),
        sometimes("SES takes it twice", |_, state| state.history.taken > 1),
        sometimes("a claim is lost", |_, state| state.history.claim_lost),
        sometimes("two attempts run at once", |_, state| {
            state.dispatchers.iter().all(|dispatcher| *dispatcher != Dispatcher::Idle)
        }),
        sometimes("it is known to be sent before its dispatcher says so", |_, state| {
            let is_asking = |it: &Dispatcher| matches!(it, Dispatcher::Asking { .. });
            state.facts.has(FactKind::Sent) && state.dispatchers.iter().any(is_asking)
        }),
        sometimes("what SES took twice is parked", |_, state| {
            state.history.taken > 1 && status(state) == DeliveryStatus::Parked
        }),
        sometimes("it is parked unread", |_, state| {
            !state.is_readable && status(state) == DeliveryStatus::Parked
        }),
        sometimes("what SES took is cancelled", |_, state| {
            state.history.taken > 0 && status(state) == DeliveryStatus::Cancelled
        }),
    ]
}

fn status(state: &State) -> DeliveryStatus {
    state.delivery.status
}

/// How many have SES send it, or still may.
fn live_leases(state: &State) -> usize {
    let is_live = |it: &&Dispatcher| match it {
        Dispatcher::Asking { .. } => true,
        Dispatcher::Claimed { delivery, .. } => delivery.leaves_time(NOW),
        Dispatcher::Idle | Dispatcher::Done { .. } => false,
    };
    state.dispatchers.iter().filter(is_live).count()
}
