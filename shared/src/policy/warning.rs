//! When the responsible are told that a deadline comes near: `"15m"` ahead of it, or once `"75%"`
//! of the target has passed.

use std::fmt;

use deserr::Deserr;
use jiff::SignedDuration;

use super::Period;
use crate::incident::values::Invalid;

/// The instant of a warning, relative to the promise that it warns of. With a calendar, both forms
/// count working time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(try_from(String) = parse -> Invalid)]
pub enum Warning {
    /// So long ahead of the deadline.
    Before(Period),
    /// When so many percent of the target have passed; 1 to 99.
    Share(u8),
}

impl Warning {
    /// How much of a target `within` has passed when the warning is given; `None` when the target
    /// is too short for it.
    #[must_use]
    pub fn passed(self, within: Period) -> Option<SignedDuration> {
        match self {
            Self::Before(ahead) => (ahead < within).then(|| within.duration() - ahead.duration()),
            // In milliseconds, the precision of clocks.
            Self::Share(percent) => Some(SignedDuration::from_millis(
                within.duration().as_secs().saturating_mul(10 * i64::from(percent)),
            )),
        }
    }
}

fn parse(text: String) -> Result<Warning, Invalid> {
    Warning::try_from(text)
}

impl TryFrom<String> for Warning {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let Some(percent) = text.trim().strip_suffix('%') else {
            let ahead = Period::try_from(text);
            return ahead.map(Self::Before).map_err(|Invalid(said)| {
                Invalid(format!("{said}; or a share of the target such as \"75%\""))
            });
        };
        let whole = percent.bytes().all(|b| b.is_ascii_digit()).then(|| percent.parse().ok());
        match whole.flatten() {
            Some(percent @ 1..=99) => Ok(Self::Share(percent)),
            _ => Err(Invalid("must be a whole share from \"1%\" to \"99%\"".to_owned())),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(ahead) => ahead.fmt(f),
            Self::Share(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(text: &str) -> Result<Warning, Invalid> {
        Warning::try_from(text.to_owned())
    }

    #[test]
    fn warnings_are_read_and_written_as_people_write_them() {
        for (text, shown) in [("15m", "15m"), ("90s", "1m 30s"), ("1%", "1%"), ("99%", "99%")] {
            let shown = Ok(shown.to_owned());
            assert_eq!(warning(text).map(|warning| warning.to_string()), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_warning_is_refused() {
        for text in ["", "%", "0%", "100%", "7.5%", "-5%", "+5%", "5 %", "half", "0s", "300%"] {
            assert!(warning(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_warning_knows_how_much_of_its_target_has_passed() {
        let hour = Period::try_from("1h".to_owned()).unwrap();
        let passed = |text: &str| warning(text).unwrap().passed(hour);
        assert_eq!(passed("15m"), Some(SignedDuration::from_mins(45)));
        assert_eq!(passed("75%"), Some(SignedDuration::from_mins(45)));
        assert_eq!(passed("1%"), Some(SignedDuration::from_secs(36)));
        assert_eq!(passed("59m 59s"), Some(SignedDuration::from_secs(1)));
        assert_eq!(passed("1h"), None);
    }
}
