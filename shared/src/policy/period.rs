//! A duration as people write it: `"90s"`, `"15m"`, `"1h 30m"`, `"2d"`.

use std::fmt;

use deserr::Deserr;
use jiff::{SignedDuration, fmt::friendly::SpanPrinter};
use serde::{Deserialize, Serialize};

use crate::incident::values::Invalid;

/// A whole number of seconds from one second to 366 days. A day is 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parse -> Invalid)]
pub struct Period(SignedDuration);

const DAY_SECS: i64 = 24 * 60 * 60;

impl Period {
    /// The longest that a policy may say: 366 days.
    pub const LONGEST: Self = Self(SignedDuration::from_secs(366 * DAY_SECS));

    /// So many days; at least one, and at most the longest.
    #[must_use]
    pub fn of_days(days: i64) -> Self {
        Self(SignedDuration::from_secs(days.clamp(1, 366) * DAY_SECS))
    }

    /// So many minutes; at least one, and at most the longest.
    #[must_use]
    pub fn of_minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_mins(minutes.clamp(1, 366 * 24 * 60)))
    }

    /// Both, one after the other; `None` when that is longer than a policy may say.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self(self.0 + other.0)).filter(|sum| *sum <= Self::LONGEST)
    }

    /// As a duration.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        self.0
    }

    /// The whole seconds of a part of a period; at least one.
    pub(super) fn of_at_least_a_second(part: SignedDuration) -> Self {
        Self(SignedDuration::from_secs(part.as_secs().max(1)))
    }
}

fn parse(text: String) -> Result<Period, Invalid> {
    Period::try_from(text)
}

impl TryFrom<String> for Period {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let said = Invalid(
            "must be a duration of whole seconds from \"1s\" to \"366d\", \
             such as \"90s\", \"15m\", \"1h 30m\" or \"2d\""
                .to_owned(),
        );
        let duration = whole(&text).ok_or_else(|| said.clone())?;
        let fits = duration.subsec_nanos() == 0
            && (SignedDuration::from_secs(1)..=Self::LONGEST.0).contains(&duration);
        if fits { Ok(Self(duration)) } else { Err(said) }
    }
}

/// Reads days as 24 hours: a promise of "2d" on a 24x7 clock is 48 hours, also when clocks change.
fn whole(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let relative = jiff::SpanRelativeTo::days_are_24_hours();
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    span.to_duration(relative).ok()
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.as_secs() / DAY_SECS;
        let rest = self.0 - SignedDuration::from_secs(days * DAY_SECS);
        let rest = SpanPrinter::new().duration_to_string(&rest);
        match (days, rest.as_str()) {
            (0, rest) => f.write_str(rest),
            (days, "0s") => write!(f, "{days}d"),
            (days, rest) => write!(f, "{days}d {rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_people_write_them() {
        for (text, seconds, shown) in [
            ("90s", 90, "1m 30s"),
            ("15m", 900, "15m"),
            ("1h", 3600, "1h"),
            ("1h30m", 5400, "1h 30m"),
            ("1 hour 30 minutes", 5400, "1h 30m"),
            ("2d", 172_800, "2d"),
            ("1w", 604_800, "7d"),
            ("366d", 31_622_400, "366d"),
        ] {
            let period = Period::try_from(text.to_owned());
            let duration = period.clone().map(|p| p.duration().as_secs());
            assert_eq!(duration, Ok(seconds), "{text}");
            assert_eq!(period.map(String::from), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "1", "1 fortnight", "0s", "-1h", "1.5s", "500ms", "367d", "1mo", "P"] {
            assert!(Period::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
