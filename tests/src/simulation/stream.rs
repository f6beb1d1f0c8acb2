//! The table's stream: hands pending e-mails to `dispatch-email` in batches, late, twice, or in
//! another order; and what fails again, up to five times.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::store::DueTarget;

use super::dice::{Dice, mixed};
use super::faults::Fault;
use super::invariants;
use super::invocation::{self, Invocation, Kind};
use super::ses::FaultySes;
use super::world::World;
use crate::world::record;

/// As in the template.
const BATCH: usize = 10;
const ATTEMPTS: u64 = 6;

/// An e-mail became pending.
pub fn pending(world: &Arc<World>, id: EmailId) {
    let mut state = world.state();
    let known = state.ledger.emails.entry(id.clone()).or_default();
    known.pended += 1;
    let purpose = mixed(world.seed, (&id, known.pended));
    drop(state);
    let mut dice = Dice::of(purpose, "record");
    let late = world.goes_wrong(Fault::RecordLate, &mut dice, purpose);
    let after = if late { dice.spread(1_000, 1_200_000) } else { dice.between(50, 250) };
    if world.goes_wrong(Fault::RecordTwice, &mut dice, purpose) {
        later(world, id.clone(), after + dice.spread(10, 600_000));
    }
    if late {
        later(world, id, after);
    } else {
        handed_out(world, id);
    }
}

fn later(world: &Arc<World>, id: EmailId, after: u64) {
    let handed = world.clone();
    world.spawn(async move {
        handed.sleep(after).await;
        handed_out(&handed, id);
    });
}

/// A record is about to be handed out, with those that come in the same moment.
fn handed_out(world: &Arc<World>, id: EmailId) {
    let mut state = world.state();
    state.records.push_back(id);
    if std::mem::replace(&mut state.is_batching, true) {
        return;
    }
    drop(state);
    let batching = world.clone();
    world.spawn(async move {
        batching.sleep(150).await;
        let mut state = batching.state();
        state.is_batching = false;
        let records: Vec<_> = state.records.drain(..).collect();
        drop(state);
        for (n, batch) in records.chunks(BATCH).enumerate() {
            let (dispatching, batch) = (batching.clone(), batch.to_vec());
            batching.spawn(async move { dispatch(&dispatching, batch, n).await });
        }
    });
}

/// Hands a batch to `dispatch-email`, and what fails again.
async fn dispatch(world: &Arc<World>, ids: Vec<EmailId>, n: usize) {
    let purpose = mixed(world.seed, (&ids[0], ids.len(), n, world.now()));
    let mut dice = Dice::of(purpose, "batch");
    let mut records: Vec<_> =
        ids.iter().enumerate().map(|(n, id)| (Some(id.clone()), record(n, id))).collect();
    if world.goes_wrong(Fault::PoisonRecord, &mut dice, purpose) {
        let place = usize::try_from(dice.between(0, records.len() as u64)).unwrap_or(0);
        records.insert(place, (None, poison(&mut dice)));
    }
    attempted(world, &records, purpose).await;
    if world.goes_wrong(Fault::BatchReplayed, &mut dice, purpose) {
        world.sleep(dice.spread(1_000, 3_600_000)).await;
        attempted(world, &records, mixed(purpose, "again")).await;
    }
}

/// One record, and of which e-mail it is.
type Record = (Option<EmailId>, Value);

async fn attempted(world: &Arc<World>, records: &[Record], purpose: u64) {
    let desk = world.desk();
    let ses = FaultySes(world.clone());
    let mut left = records.to_vec();
    for attempt in 0..ATTEMPTS {
        let ids: Vec<_> = left.iter().filter_map(|(id, _)| id.clone()).collect();
        let label = format!(
            "dispatch of {} from {}",
            left.len(),
            ids.first().map(ToString::to_string).unwrap_or_default()
        );
        let by = world.invocation(Kind::Dispatch, label, ("dispatch", purpose, attempt));
        let batch = Batch { records: left.iter().map(|(_, record)| record.clone()).collect() };
        let done =
            invocation::run(&by, dispatch_email::handle(&desk, &ses, &world.links, batch)).await;
        match done {
            Ok(response) => {
                let failed = response.batch_item_failures;
                still_unmarked(world, &by);
                if !by.is_disturbed() {
                    let smooth = invariants::i12_poison_holds_up_nothing(&by, &ids, failed.len());
                    world.hold(12, smooth);
                }
                let failed = failed.into_iter().filter_map(|failure| failure.item_identifier);
                // All from the first that failed on come again.
                let Some(first) = failed.filter_map(|n| n.parse::<usize>().ok()).min() else {
                    return;
                };
                let is_before = |(_, record): &Record| sequence(record).is_none_or(|n| n < first);
                left = left.into_iter().skip_while(is_before).collect();
            }
            Err(invocation::Crashed) => {
                let mut state = world.state();
                state.ended.counts.crashes += 1;
                state.ended.counts.killed_unmarked += by.noted(|noted| noted.unmarked.len() as u64);
            }
        }
        world.sleep(1_000 << attempt).await;
    }
}

/// What SES took and said so, and what even so nobody marked; unless SES itself told of it meanwhile.
fn still_unmarked(world: &World, by: &Invocation) {
    let unmarked = by.noted(|noted| std::mem::take(&mut noted.unmarked));
    let untold = |id: &&EmailId| {
        let due = world.store.due_at(&DueTarget::Email((*id).clone()));
        due.is_some()
    };
    let left = unmarked.iter().filter(untold).count() as u64;
    world.state().ended.counts.unmarked += left;
    world.hold(7, invariants::i7_what_ses_took_is_marked(by, left));
}

fn sequence(record: &Value) -> Option<usize> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()?.parse().ok()
}

fn poison(dice: &mut Dice) -> Value {
    let keys = |pk: &str, sk: &str| json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    match dice.between(0, 3) {
        0 => Value::Null,
        1 => {
            json!({ "eventID": "poison", "dynamodb": { "Keys": keys("INCIDENT#INC-1", "EMAIL#x") } })
        }
        2 => json!({ "dynamodb": { "Keys": { "pk": { "N": "7" } } } }),
        _ => json!({ "dynamodb": { "Keys": keys("INCIDENT#", "WEBHOOK#1") } }),
    }
}
