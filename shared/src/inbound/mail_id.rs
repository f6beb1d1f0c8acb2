//! The id that SES gives a mail that it receives.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::incident::values::{IncidentNumber, Invalid};

/// SES's id of a mail that came in: 1 to 128 of `A-Z a-z 0-9 . _ -`, the first a letter or digit, so
/// that it is safe in keys, headers and URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailId(String);

impl MailId {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MailId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let fits = (1..=128).contains(&text.len())
            && text.bytes().all(plain)
            && text.as_bytes()[0].is_ascii_alphanumeric();
        if fits { Ok(Self(text)) } else { Err(Invalid("must be the id of a mail".to_owned())) }
    }
}

impl From<MailId> for String {
    fn from(id: MailId) -> Self {
        id.0
    }
}

impl FromStr for MailId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the numbers that the desk itself gives are made of: no vowels, so that they are no words.
const LETTERS: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXYZ";
const OWN_LETTERS: usize = 8;

/// The number of an incident that a mail opens without naming one: derived from the mail's id, so that
/// the same mail cannot open two. `None` never happens.
#[must_use]
pub fn own_number(id: &MailId) -> Option<IncidentNumber> {
    let hash = Sha256::digest(id.as_str());
    let letters = hash.iter().take(OWN_LETTERS);
    let letters = letters.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    format!("P1-{}", letters.collect::<String>()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::number::{DEFAULT, NumberPattern, find_in};

    #[test]
    fn the_number_that_the_desk_gives_is_found_in_a_mail_by_the_default_pattern() {
        let pattern: NumberPattern = DEFAULT.parse().unwrap();
        for id in ["d6iitobk75ur44p8kdnnp7g2n800", "1", "x.y"] {
            let number = own_number(&id.parse().unwrap()).unwrap();
            assert_eq!(find_in(&format!("Re: [P1 {number}] hello"), &pattern), Some(number));
        }
    }
}
