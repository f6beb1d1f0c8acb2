//! Time in a world: milliseconds since it began, and the instants that functions know.

use jiff::{SignedDuration, Timestamp};

/// The instant of a millisecond of the world.
#[must_use]
pub fn at(ms: u64) -> Timestamp {
    let since = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    crate::world::start().saturating_add(since).unwrap_or(Timestamp::MAX)
}

/// The millisecond of the world of an instant; 0 before it began.
#[must_use]
pub fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.duration_since(crate::world::start()).as_millis()).unwrap_or(0)
}

/// A millisecond as people read it: day, hour, minute, second.
#[must_use]
pub fn stamp(ms: u64) -> String {
    let s = ms / 1000;
    format!(
        "d{:02} {:02}:{:02}:{:02}.{:03}",
        s / 86_400,
        s / 3600 % 24,
        s / 60 % 60,
        s % 60,
        ms % 1000
    )
}
