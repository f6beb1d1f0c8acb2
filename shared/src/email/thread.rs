//! What an e-mail belongs to: its reader finds all e-mails of one thread together.
//!
//! Pure. Most e-mails are about an incident; some come before there is one.

use std::{fmt, str::FromStr};

use crate::inbound::MailId;
use crate::incident::values::{IncidentNumber, Invalid};

/// A thread of e-mails. Written as the incident's number, as `_<id>` for a mail that came in and is
/// no incident yet, and as `_` for what is held in quarantine: no number begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    /// About an incident.
    Incident(IncidentNumber),
    /// The answer to a mail that says too little.
    Mail(MailId),
    /// To people who look after what is held in quarantine.
    Quarantine,
}

impl Thread {
    /// The incident, if it is about one.
    #[must_use]
    pub fn number(&self) -> Option<&IncidentNumber> {
        match self {
            Self::Incident(number) => Some(number),
            Self::Mail(_) | Self::Quarantine => None,
        }
    }
}

impl From<IncidentNumber> for Thread {
    fn from(number: IncidentNumber) -> Self {
        Self::Incident(number)
    }
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incident(number) => number.fmt(f),
            Self::Mail(id) => write!(f, "_{id}"),
            Self::Quarantine => f.write_str("_"),
        }
    }
}

impl FromStr for Thread {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix('_') {
            None => text.parse().map(Self::Incident),
            Some("") => Ok(Self::Quarantine),
            Some(id) => id.parse().map(Self::Mail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_read_as_it_is_written() {
        for text in ["INC-1", "a_b", "_d6iitobk75ur44p8kdnnp7g2n800", "_"] {
            assert_eq!(
                text.parse::<Thread>().map(|thread| thread.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "__", "_ a", "-1"] {
            assert!(text.parse::<Thread>().is_err(), "{text}");
        }
        assert!("INC-1".parse::<Thread>().unwrap().number().is_some());
    }
}
