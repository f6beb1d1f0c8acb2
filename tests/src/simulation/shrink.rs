//! The least of a history that still fails: leaves out kinds of faults, incidents, what people did, and
//! single faults, as long as the same invariant is broken (delta debugging, Zeller 2002).

use std::collections::BTreeSet;

use strum::VariantArray;

use super::faults::{Fault, Mask};
use super::{Ended, Scale, run};

/// The least that was found.
#[derive(Debug)]
pub struct Shrunk {
    /// What is left of the world.
    pub mask: Mask,
    /// How it ends; with its history.
    pub ended: Ended,
    /// How many worlds it took to find it.
    pub runs: usize,
}

/// How many worlds are spent on one failure.
const MOST_RUNS: usize = 600;

/// Shrinks the history of a seed that breaks this invariant.
#[must_use]
pub fn shrink(seed: u64, scale: Scale, invariant: u8) -> Shrunk {
    let mut shrinking = Shrinking { seed, scale, invariant, runs: 0 };
    let mut mask = Mask::default();
    let kinds: Vec<_> = Fault::VARIANTS.to_vec();
    let kinds = shrinking.least(kinds, &mask, |mask, kinds| mask.kinds = Some(kinds));
    mask.kinds = Some(kinds);
    let incidents: Vec<_> = (0..scale.incidents).collect();
    let incidents = shrinking.least(incidents, &mask, |mask, some| mask.incidents = Some(some));
    mask.incidents = Some(incidents);
    let ended = run(seed, scale, &mask, false);
    let acts = shrinking.least(ended.acts, &mask, |mask, acts| mask.actions = Some(acts));
    mask.actions = Some(acts);
    let ended = run(seed, scale, &mask, false);
    let faults: BTreeSet<_> = ended.happened.iter().map(|(_, id)| *id).collect();
    let faults = faults.into_iter().collect();
    let faults = shrinking.least(faults, &mask, |mask, faults| mask.faults = Some(faults));
    mask.faults = Some(faults);
    Shrunk { ended: run(seed, scale, &mask, true), mask, runs: shrinking.runs }
}

struct Shrinking {
    seed: u64,
    scale: Scale,
    invariant: u8,
    runs: usize,
}

impl Shrinking {
    fn fails(&mut self, mask: &Mask) -> bool {
        self.runs += 1;
        let ended = run(self.seed, self.scale, mask, false);
        ended.violations.iter().any(|violation| violation.invariant == self.invariant)
    }

    /// A part of `all` without which nothing can be left out any more.
    fn least<T: Ord + Clone>(
        &mut self,
        all: Vec<T>,
        mask: &Mask,
        put: impl Fn(&mut Mask, BTreeSet<T>),
    ) -> BTreeSet<T> {
        let mut left = all;
        let mut parts = 2;
        while !left.is_empty() && self.runs < MOST_RUNS {
            let size = left.len().div_ceil(parts);
            let mut found = None;
            for from in (0..left.len()).step_by(size) {
                let rest: Vec<_> = left[..from]
                    .iter()
                    .chain(&left[(from + size).min(left.len())..])
                    .cloned()
                    .collect();
                let mut smaller = mask.clone();
                put(&mut smaller, rest.iter().cloned().collect());
                if self.fails(&smaller) {
                    found = Some(rest);
                    break;
                }
            }
            match found {
                Some(rest) => {
                    left = rest;
                    parts = parts.saturating_sub(1).max(2);
                }
                None if size == 1 => break,
                None => parts = (parts * 2).min(left.len()),
            }
        }
        left.into_iter().collect()
    }
}
