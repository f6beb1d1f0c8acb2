//! Simulated worlds: the production handlers of all functions in virtual time, with everything around
//! them that AWS and people do, and everything that can go wrong with it, all of it from one seed.
//!
//! A world is single-threaded and runs on tokio's paused clock. Functions run side by side: each call
//! takes some milliseconds, and whose call is done next is the seed's choice. A bystander sees every
//! write as it is done and asks the invariants of DESIGN.md section 9 of it, each time.

mod asking;
pub(crate) mod dice;
mod faults;
#[path = "../../../shared/tests/rules/holds.rs"]
#[allow(missing_docs, unreachable_pub, reason = "shared with the tests of the core")]
mod holds;
mod invariants;
mod invocation;
mod lag;
mod ledger;
mod people;
mod report;
mod schedule;
mod seen;
mod ses;
mod settled;
mod shrink;
mod store;
mod stream;
mod time;
mod world;
mod writing;

use std::sync::Arc;

pub use faults::{Fault, Faults, Mask};
pub use report::{Counts, Violation};
pub use shrink::{Shrunk, shrink};

use world::World;

/// How long a world lasts, and how much happens in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Days.
    pub days: u64,
    /// Incidents.
    pub incidents: u64,
}

impl Scale {
    /// As the issue asks: a month.
    pub const MONTH: Self = Self { days: 30, incidents: 115 };
    /// As `cargo test` has time for.
    pub const SHORT: Self = Self { days: 3, incidents: 12 };

    fn length_ms(self) -> u64 {
        self.days * 86_400_000
    }
}

/// What became of a world.
#[derive(Debug, Default)]
pub struct Ended {
    /// How much of what happened.
    pub counts: Counts,
    /// The invariants that were broken.
    pub violations: Vec<Violation>,
    /// What happened, if it was to be told.
    pub history: Vec<String>,
    /// What happened, as a number: the same in every run of a seed.
    pub fingerprint: u64,
    /// The faults that happened.
    pub happened: Vec<(Fault, u64)>,
    /// What people did: of which incident, and which of their acts.
    pub acts: Vec<(u64, u64)>,
}

/// Runs the world of a seed; its history is kept when it is to be told.
///
/// # Panics
///
/// When there can be no runtime.
#[must_use]
pub fn run(seed: u64, scale: Scale, mask: &Mask, telling: bool) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let ended = runtime.block_on(async {
        let world = World::new(seed, scale, mask.clone(), telling);
        tokio::select! {
            biased;
            () = world.broken.notified() => {}
            () = live(&world) => {}
        }
        let mut state = world.state();
        state.ended.counts.seeds = 1;
        state.ended.counts.incidents = state.ledger.incidents.len() as u64;
        state.ended.counts.violations = state.ended.violations.len() as u64;
        std::mem::take(&mut state.ended)
    });
    drop(runtime);
    ended
}

/// A world from its first minute to when all is quiet.
async fn live(world: &Arc<World>) {
    let desk = world.desk();
    let api = world.api(&desk);
    world.spawn(schedule::fire(world.clone()));
    world.spawn(people::keep_accounts(world.clone(), api.clone()));
    for n in (0..world.scale.incidents).filter(|n| world.mask.has_incident(*n)) {
        world.spawn(people::live(world.clone(), api.clone(), n));
    }
    world.sleep_until(world.scale.length_ms()).await;
    settled::settle(world, &api).await;
}
