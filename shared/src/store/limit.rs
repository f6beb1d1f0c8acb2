//! How often somebody may do a thing: counted in fixed windows, or spaced out from one time to the
//! next, in the transaction of the thing.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::incident::clock::after;
use crate::incident::values::EmailAddress;
use crate::policy::Allowance;

/// One window of one person, and how often the thing may be done in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// SHA-256 of whom, in hexadecimal: keys hold no addresses.
    pub whom: String,
    /// When the window began.
    pub since: Timestamp,
    /// When it ends, and the next begins.
    pub until: Timestamp,
    /// How often.
    pub count: u32,
    /// When it is done, if the window is the time since it was last done, and not one that lies the
    /// same for all.
    pub done_at: Option<Timestamp>,
}

impl Limit {
    /// The limit of a customer at an instant. Windows lie the same for all, from the epoch on.
    #[must_use]
    pub fn of(
        what: &'static str,
        whom: &EmailAddress,
        allowance: Allowance,
        now: Timestamp,
    ) -> Self {
        let length = allowance.per.duration();
        let into = now.as_second().rem_euclid(length.as_secs());
        let since = Timestamp::from_second(now.as_second() - into).unwrap_or(now);
        Self {
            what,
            whom: hash_of(whom),
            since,
            until: after(since, length.max(SignedDuration::from_secs(1))),
            count: allowance.count,
            done_at: None,
        }
    }

    /// Once, and not again before `apart` has passed.
    #[must_use]
    pub fn spaced(
        what: &'static str,
        whom: &EmailAddress,
        apart: SignedDuration,
        now: Timestamp,
    ) -> Self {
        let (since, until) = (after(now, -apart), after(now, apart));
        Self { what, whom: hash_of(whom), since, until, count: 1, done_at: Some(now) }
    }

    /// Done whatever was done before, so that it is not done again before `apart` has passed.
    #[must_use]
    pub fn marked(
        what: &'static str,
        whom: &EmailAddress,
        apart: SignedDuration,
        now: Timestamp,
    ) -> Self {
        Self { since: Timestamp::MAX, ..Self::spaced(what, whom, apart, now) }
    }
}

fn hash_of(whom: &EmailAddress) -> String {
    let hash = Sha256::digest(whom.as_str().to_ascii_lowercase());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(whom: &str, at: &str) -> Limit {
        let per = "1h".to_owned().try_into().unwrap();
        let allowance = Allowance { count: 2, per };
        Limit::of("x", &whom.parse().unwrap(), allowance, at.parse().unwrap())
    }

    #[test]
    fn a_window_ends_where_the_next_begins() {
        let first = limit("a@x.example", "2026-11-24T08:00:00Z");
        assert_eq!(limit("a@x.example", "2026-11-24T08:59:59.999Z"), first);
        assert_eq!(limit("a@x.example", "2026-11-24T09:00:00Z").since, first.until);
    }

    #[test]
    fn a_customer_is_an_address_in_whatever_case() {
        let at = "2026-11-24T08:00:00Z";
        assert_eq!(limit("Ada@X.example", at), limit("ada@x.EXAMPLE", at));
        assert_ne!(limit("ada@x.example", at), limit("eve@x.example", at));
        assert!(!limit("ada@x.example", at).whom.contains("ada"));
    }
}
