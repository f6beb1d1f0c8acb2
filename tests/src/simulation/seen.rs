//! What the bystander sees of the store: each write at the moment at which it is done, by whom.

use std::sync::Arc;

use jiff::Timestamp;
use shared::email::{EmailId, OutboxEmail};
use shared::incident::timeline::Event;
use shared::outbox::{EmailItem, OutboxId, Settlement};
use shared::store::{AnsweredRequest, Commit, DuePage, DuePosition};

use super::invariants;
use super::invocation::{self, Kind};
use super::world::World;

/// A commit was done.
pub fn committed(world: &World, commit: &Commit<'_>) {
    let Some(by) = invocation::current() else { return };
    let clock = world.clock();
    let change = commit.change;
    world.tell(change.incident.version, || {
        let events = change.entries.iter().map(|e| e.event.name()).collect::<Vec<_>>().join(" ");
        let incident = &change.incident;
        let due = incident.next_due().map(|due| due.to_string()).unwrap_or_default();
        format!("      = {} v{} {events}; due {due}", incident.number, incident.version)
    });
    let mut state = world.state();
    let told = invariants::committed(&mut state.ledger, &by, commit, clock);
    state.ended.counts.changes += u64::from(!change.is_empty());
    state.ended.counts.emails += change.emails.len() as u64;
    let breaches = |e: &&_| {
        matches!(
            e,
            shared::incident::timeline::TimelineEntry { event: Event::DeadlineMissed { .. }, .. }
        )
    };
    state.ended.counts.breaches += change.entries.iter().filter(breaches).count() as u64;
    if let Some(parked) = &commit.parked {
        let id = parked.id();
        let is_told =
            |event: &Event| matches!(event, Event::Undeliverable { email, .. } if email == id);
        let known = state.ledger.emails.entry(id.clone()).or_default();
        known.passed_on = change.entries.iter().any(|entry| is_told(&entry.event));
        known.lease = None;
        state.ended.counts.parked += 1;
    }
    drop(state);
    if let Err((number, why)) = told {
        world.violated(number, why);
    }
}

/// Something was written without a change of an incident: e-mails, and the answer to a request.
pub fn written(world: &World, emails: &[OutboxEmail], answered: Option<&AnsweredRequest>) {
    let mut state = world.state();
    if let Some(answered) = answered {
        state.ledger.requests.entry(answered.key.clone()).or_default().effects += 1;
        let one = invariants::i2_one_effect(&state.ledger, &answered.key);
        drop(state);
        world.hold(2, one);
        state = world.state();
    }
    state.ended.counts.emails += emails.len() as u64;
    for email in emails {
        state.ledger.emails.entry(email.id.clone()).or_default();
    }
}

/// A page of the index was read.
pub fn due(world: &World, shard: u8, until: Timestamp, after: Option<&DuePosition>) -> DuePage {
    let now = world.now();
    let mut state = world.state();
    let page = state.index.page(now, shard, until, after);
    let Some(by) = invocation::current().filter(|by| by.kind == Kind::Sweep) else { return page };
    // All that it could see, and has to act on: of every page, whether it asks for it or not.
    let visible = if after.is_none() { state.index.shard(now, shard, until) } else { Vec::new() };
    for item in &visible {
        let seen = (item.target.clone(), item.due_at);
        // What the index shows late has moved on from there.
        if state.ledger.due.get(&seen.0).is_some_and(|(due_at, _)| *due_at == seen.1) {
            by.noted(|noted| noted.seen.push((seen.0.clone(), seen.1, now)));
            state.ledger.seen.entry(seen).or_default().push((now, by.clone()));
        }
    }
    page
}

/// A dispatch turns to an e-mail.
pub fn tried(id: &EmailId) {
    if let Some(by) = invocation::current() {
        by.noted(|noted| noted.tried.push(id.clone()));
    }
}

/// An e-mail was claimed.
pub fn claimed(world: &World, item: &EmailItem, claim_id: &str, lease_until: Timestamp) {
    let id = &item.email.id;
    let mut state = world.state();
    let known = state.ledger.emails.entry(id.clone()).or_default();
    let alone = invariants::i8_one_live_lease(id, known);
    let unheard = invariants::i7_what_ses_told_of_is_not_sent_again(item);
    known.lease = Some((claim_id.to_owned(), lease_until));
    drop(state);
    world.hold(8, alone);
    world.hold(7, unheard);
}

/// What SES says of an e-mail was recorded.
pub fn learned(world: &World, id: &EmailId) {
    world.state().ledger.emails.entry(id.clone()).or_default().lease = None;
}

/// Whoever sent it has marked it.
fn marked(id: &EmailId) {
    if let Some(by) = invocation::current() {
        by.noted(|noted| noted.unmarked.retain(|unmarked| unmarked != id));
    }
}

/// What became of an attempt was recorded.
pub fn settled(world: &World, id: &OutboxId, settlement: &Settlement) {
    let OutboxId::Email(id) = id else { return };
    let mut state = world.state();
    let known = state.ledger.emails.entry(id.clone()).or_default();
    known.lease = None;
    if let Settlement::Sent { .. } = settlement {
        known.unmarked = known.unmarked.saturating_sub(1);
        marked(id);
    }
}

/// What was stuck was made pending again.
pub fn requeued(world: &Arc<World>, id: &OutboxId) {
    let OutboxId::Email(id) = id else { return };
    let clock = world.clock();
    let mut state = world.state();
    let known = state.ledger.emails.entry(id.clone()).or_default();
    let held = invariants::i8_a_lease_holds(id, known, clock);
    known.lease = None;
    drop(state);
    world.hold(8, held);
}

/// An e-mail was cancelled.
pub fn cancelled(world: &World, item: &EmailItem) {
    let mut state = world.state();
    state.ended.counts.cancelled += 1;
    let moot = invariants::i6_only_what_is_moot_is_cancelled(&state.ledger, item);
    let clock = world.clock();
    let known = state.ledger.emails.entry(item.email.id.clone()).or_default();
    let held = invariants::i8_a_lease_holds(&item.email.id, known, clock);
    known.lease = None;
    drop(state);
    world.hold(6, moot);
    world.hold(8, held);
}
