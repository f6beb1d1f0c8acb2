//! Some simulated worlds, each from its seed. The campaign runs thousands: see `tests/README.md`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use desk_tests::simulation::{Counts, Fault, Mask, Scale, run, shrink};

/// The seeds of this slice.
const SEEDS: std::ops::Range<u64> = 1..49;

#[test]
fn the_invariants_hold_in_simulated_worlds() {
    let all = Mutex::new(Counts::default());
    let next = AtomicU64::new(SEEDS.start);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|threads| {
        for _ in 0..cores {
            threads.spawn(|| {
                while let seed = next.fetch_add(1, Ordering::Relaxed)
                    && SEEDS.contains(&seed)
                {
                    let counts = hold(seed);
                    all.lock().unwrap_or_else(PoisonError::into_inner).add(&counts);
                }
            });
        }
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A world in which nothing happens breaks nothing.
    assert!(all.incidents > 300 && all.emails > 10_000 && all.repeats > 0, "{all}");
    let happened = all.faults.values().filter(|times| **times > 0).count();
    assert_eq!(happened, Counts::KINDS_OF_FAULTS, "{all}");
}

/// Runs a seed. On a failure it tells the least history that still fails.
fn hold(seed: u64) -> Counts {
    let ended = run(seed, Scale::SHORT, &Mask::default(), false);
    if let Some(violation) = ended.violations.first() {
        let shrunk = shrink(seed, Scale::SHORT, violation.invariant);
        let history = shrunk.ended.history.join("\n");
        panic!("seed {seed}, invariant {}: {}\n{history}", violation.invariant, violation.why);
    }
    ended.counts
}

#[test]
fn a_seed_has_one_history() {
    let [one, two] = [(); 2].map(|()| run(7, Scale::SHORT, &Mask::default(), true));
    assert!(one.history.len() > 1_000);
    assert_eq!(one.history, two.history);
    assert_eq!((one.fingerprint, one.counts), (two.fingerprint, two.counts));
}

#[test]
fn seeds_have_histories_of_their_own() {
    let [one, two] = [7, 8].map(|seed| run(seed, Scale::SHORT, &Mask::default(), false));
    assert_ne!(one.fingerprint, two.fingerprint);
}

/// A store that is busy for a moment makes nobody send an e-mail again: it is asked again.
#[test]
fn a_store_that_refuses_repeats_no_email() {
    let store = [Fault::Throttled, Fault::Conflict, Fault::AnswerLost, Fault::EventLost];
    let mask = Mask { kinds: Some(store.into()), ..Mask::default() };
    let mut all = Counts::default();
    (1..9).for_each(|seed| all.add(&run(seed, Scale::SHORT, &mask, false).counts));
    assert!(all.faults.len() == store.len() && all.taken > 2_000, "{all}");
    assert_eq!((all.unmarked, all.repeats, all.violations), (0, 0, 0), "{all}");
}
