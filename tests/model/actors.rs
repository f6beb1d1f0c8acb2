//! Who has a hand in an e-mail, and how far each of them is.

use jiff::Timestamp;
use shared::outbox::{Delivery, Settlement};

/// One that sends: an invocation of `dispatch-email` after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Dispatcher {
    /// None runs.
    Idle,
    /// It has a claim, and the e-mail as it then was.
    Claimed { delivery: Delivery, tries: u8 },
    /// SES is asked, and may have taken it under this id.
    Asking { delivery: Delivery, tries: u8, answer_by: Timestamp, taken: Option<String> },
    /// It knows what came of it, and is to write that down.
    Done { claim_id: String, outcome: Outcome, taken: bool },
}

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Settle(Settlement),
    Park(String),
    ParkUnread(String),
}

/// What SES answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// It took it.
    Taken,
    /// Nobody hears what.
    Lost,
    /// It did not take it now.
    Busy,
    /// It will never take it.
    Refused,
}

impl Dispatcher {
    /// Its claim, if SES has taken the e-mail under it and that is not written yet.
    pub fn taken_under(&self) -> Option<&str> {
        match self {
            Self::Asking { delivery, taken: Some(_), .. } => delivery.claim_id.as_deref(),
            Self::Done { claim_id, taken: true, .. } => Some(claim_id),
            _ => None,
        }
    }

    /// All the instants that it knows, to be moved.
    pub fn instants(&mut self) -> Vec<&mut Timestamp> {
        match self {
            Self::Idle => Vec::new(),
            Self::Claimed { delivery, .. } => delivery.due_at.iter_mut().collect(),
            Self::Asking { delivery, answer_by, .. } => {
                delivery.due_at.iter_mut().chain([answer_by]).collect()
            }
            Self::Done { outcome, .. } => match outcome {
                Outcome::Settle(Settlement::Retry { due_at, .. }) => vec![due_at],
                _ => Vec::new(),
            },
        }
    }
}
