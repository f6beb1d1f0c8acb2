//! Times sorted into buckets, so that medians can be told from counters.
//!
//! A bucket's upper bound is the eighth root of two times that of the one before: all times of a
//! bucket are told as one, and none of them is off by much. The bounds come from whole numbers
//! alone, because what is counted here must be read the same on every machine and for ever.

/// A range of times that are told as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u8);

/// How many bounds lie between a time and its double.
const STEPS: usize = 8;
/// The last bound is 2^30 seconds, 34 years; the longest target of a policy is 366 days.
const OCTAVES: usize = 30;
const COUNT: usize = OCTAVES * STEPS + 1;
const BITS: u32 = 20;
/// 2^(n/8), as a fraction of 2^20.
const FRACTIONS: [u64; STEPS] =
    [1_048_576, 1_143_480, 1_246_974, 1_359_835, 1_482_910, 1_617_125, 1_763_488, 1_923_097];

/// The longest time of each bucket, in milliseconds.
static BOUNDS: [u64; COUNT] = bounds();

const fn bounds() -> [u64; COUNT] {
    let mut bounds = [0; COUNT];
    let mut n = 0;
    while n < COUNT {
        bounds[n] = ((1_000 * FRACTIONS[n % STEPS]) << (n / STEPS)) >> BITS;
        n += 1;
    }
    bounds
}

impl Bucket {
    /// Up to a second.
    pub const FIRST: Self = Self(0);
    /// The longest of 241; what takes longer still is told as this.
    pub const LAST: Self = Self((COUNT - 1) as u8);

    /// By how many percent, at most, a time told by its bucket is off. Those of the first bucket are
    /// told as half a second.
    ///
    /// A bucket from `a` to `b` is told as `2ab / (a + b)`, which is `(b - a) / (b + a)` off at both
    /// ends: 4.34 percent where `b` is the eighth root of two times `a`.
    pub const PRECISION_PERCENT: f64 = 4.4;

    /// The bucket of a time in milliseconds.
    #[must_use]
    pub fn of(ms: u64) -> Self {
        let place = BOUNDS.partition_point(|bound| *bound < ms);
        u8::try_from(place).map_or(Self::LAST, Self).min(Self::LAST)
    }

    /// The bucket of that number, if there is one.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        (number <= Self::LAST.0).then_some(Self(number))
    }

    /// Its number, from 0.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The time as which the bucket's are told, in milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        let place = usize::from(self.0);
        let longest = BOUNDS[place];
        match place.checked_sub(1) {
            None => longest / 2,
            Some(before) => {
                let (a, b) = (u128::from(BOUNDS[before]), u128::from(longest));
                u64::try_from(2 * a * b / (a + b)).unwrap_or(longest)
            }
        }
    }
}
