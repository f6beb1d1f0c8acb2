//! The schedule: fires `check-deadlines` about every minute, sometimes twice and sometimes not at all.

use std::sync::Arc;

use escalation_desk::schedule::DEPLOYED;
use shared::clock::Clock;

use super::dice::{Dice, mixed};
use super::faults::Fault;
use super::invariants;
use super::invocation::{self, Kind};
use super::time::at;
use super::world::World;

const MINUTE: u64 = 60_000;

/// Fires until the world ends.
pub async fn fire(world: Arc<World>) {
    for minute in 0.. {
        let purpose = mixed(world.seed, ("firing", minute));
        let mut dice = Dice::of(purpose, "firing");
        // A minute's precision.
        world.sleep_until(minute * MINUTE + dice.between(0, MINUTE - 1)).await;
        world.state().ended.counts.firings += 1;
        if is_idle(&world) {
            world.state().ended.counts.idle += 1;
            continue;
        }
        if world.goes_wrong(Fault::FiringMissed, &mut dice, purpose) {
            world.excuse();
            continue;
        }
        let twice = world.goes_wrong(Fault::FiringTwice, &mut dice, purpose);
        for copy in 0..=u64::from(twice) {
            let after = copy * dice.between(0, 2_000);
            let sweeping = world.clone();
            world.spawn(async move {
                sweeping.sleep(after).await;
                sweep(&sweeping, minute, copy).await;
            });
        }
    }
}

/// Whether a sweep would find nothing, whatever its clock: then it is not run. The only short cut of
/// this world.
fn is_idle(world: &World) -> bool {
    let now = world.now();
    let horizon = at(now + 120_000 + 10_000);
    world.state().index.is_idle(now, horizon)
}

async fn sweep(world: &Arc<World>, minute: u64, copy: u64) {
    let by = world.invocation(Kind::Sweep, format!("sweep {minute}"), ("sweep", minute, copy));
    let desk = world.desk();
    let now = at(world.now().saturating_add_signed(by.skew_ms));
    let event = DEPLOYED.event(&Clock::of(move || now)).expect("a firing");
    let done = invocation::run(&by, check_deadlines::handle(&desk, event)).await;
    world.state().ended.counts.crashes += u64::from(done.is_err());
    if by.is_disturbed() {
        world.excuse();
        return;
    }
    let whole = matches!(done, Ok(Ok(report)) if report.failed == 0);
    world.hold(4, if whole { Ok(()) } else { Err(format!("{} failed: {done:?}", by.label)) });
    let due_at = |target: &_| world.store.due_at(target);
    let acted = invariants::i4_a_sweep_acts_on_what_it_sees(&world.state().ledger, &by, due_at);
    world.hold(4, acted);
}
