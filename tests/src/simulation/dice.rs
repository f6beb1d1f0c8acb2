//! Chance, all of it from the seed and from what it is for: so that leaving one thing out of a
//! history changes as little as possible of the rest, and a history can be shrunk.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Random numbers for one purpose.
#[derive(Debug, Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// The dice for a purpose.
    #[must_use]
    pub fn of(seed: u64, purpose: impl Hash) -> Self {
        Self(fastrand::Rng::with_seed(mixed(seed, purpose)))
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.0.f64() < probability
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high)
    }

    /// A number from `low` to `high`, small ones as likely as large ones by their magnitude.
    pub fn spread(&mut self, low: u64, high: u64) -> u64 {
        #[allow(clippy::cast_precision_loss, reason = "durations, far below 2^52")]
        let (low, high) = (low.max(1) as f64, high.max(1) as f64);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two u64"
        )]
        let spread = (low * (high / low).powf(self.0.f64())) as u64;
        spread
    }

    /// One of these.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.usize(..all.len())]
    }

    /// One of these, by weight.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn weighted<T: Copy>(&mut self, all: &[(u32, T)]) -> T {
        let total = all.iter().map(|(weight, _)| weight).sum();
        let mut place = self.0.u32(0..total);
        for (weight, one) in all {
            if place < *weight {
                return *one;
            }
            place -= weight;
        }
        all[0].1
    }
}

/// A number that stands for a purpose under a seed: the same in every run.
#[must_use]
pub fn mixed(seed: u64, purpose: impl Hash) -> u64 {
    // Its keys are zero, so that it is the same in every process.
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    purpose.hash(&mut hasher);
    hasher.finish()
}
