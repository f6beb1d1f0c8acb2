//! Figures of many, in the order of their size.

use std::fmt;

/// How something is spread, in milliseconds: half of them took no longer than the first, and so on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Of half of them.
    pub half: u64,
    /// Of 95 in a hundred.
    pub most: u64,
    /// Of all.
    pub all: u64,
    /// How many there are.
    pub count: usize,
}

impl Spread {
    /// Of these.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = u64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        let at = |share: usize| {
            let last = values.len().checked_sub(1)?;
            values.get(last * share / 100).copied()
        };
        let of = |share| at(share).unwrap_or(0);
        Self { half: of(50), most: of(95), all: of(100), count: values.len() }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |ms: u64| format!("{}.{:01} s", ms / 1000, ms % 1000 / 100);
        let [half, most, all] = [self.half, self.most, self.all].map(seconds);
        write!(f, "half {half}, 95 % {most}, all {all} ({})", self.count)
    }
}
