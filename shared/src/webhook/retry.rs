//! When a webhook is tried again: the schedule that the specification gives as its example, three
//! days long.

use jiff::SignedDuration;

/// The longest pause that a receiver may ask for.
pub const LONGEST_RETRY_AFTER: SignedDuration = SignedDuration::from_hours(24);

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// Seconds after the first attempt, the second, and so on.
const PAUSES: [i64; 9] =
    [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// How long to wait after so many attempts; `None` when it is given up on. Up to a tenth longer, as
/// `jitter` (0 to 1) says, so that what failed together does not return together.
#[must_use]
pub fn next_attempt(attempts: u32, jitter: f64) -> Option<SignedDuration> {
    let made = usize::try_from(attempts.max(1)).ok()?;
    let pause = SignedDuration::from_secs(*PAUSES.get(made - 1)?);
    Some(pause.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_in_three_days_and_then_no_more() {
        let pauses: Vec<_> = (1..).map_while(|made| next_attempt(made, 0.0)).collect();
        assert_eq!(pauses.len(), 9, "ten attempts with the first");
        let days: SignedDuration = pauses.into_iter().sum();
        assert_eq!(days.to_string(), "PT75H35M5S");
        assert_eq!(next_attempt(11, 0.0), None);
    }

    #[test]
    fn what_failed_together_does_not_return_together() {
        let pause = |jitter| next_attempt(4, jitter).map(|pause| pause.as_secs());
        assert_eq!([0.0, 0.5, 9.0].map(pause), [Some(7200), Some(7560), Some(7920)]);
    }
}
