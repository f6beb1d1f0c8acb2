//! Some simulated worlds, each from its seed; the campaign runs thousands:
//! `cargo run --profile campaign -p desk-tests --example campaign -- --seeds 10000`.

use desk_tests::simulation::{Mask, Scale, run, shrink};

/// Runs a slice of seeds. On a failure it tells the least history that still fails.
fn hold(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let ended = run(seed, Scale::SHORT, &Mask::default(), false);
        let Some(violation) = ended.violations.first() else { continue };
        let shrunk = shrink(seed, Scale::SHORT, violation.invariant);
        panic!(
            "seed {seed}, invariant {}: {}\n{}",
            violation.invariant,
            violation.why,
            shrunk.ended.history.join("\n")
        );
    }
}

#[test]
fn the_invariants_hold_in_simulated_worlds() {
    hold(1..20);
}

#[test]
fn a_seed_has_one_history() {
    let twice = [(); 2].map(|()| run(7, Scale::SHORT, &Mask::default(), true));
    assert_eq!(twice[0].history, twice[1].history);
    assert_eq!(twice[0].fingerprint, twice[1].fingerprint);
    assert_eq!(twice[0].counts, twice[1].counts);
}
