//! Who has a hand in an e-mail, and how far each of them is.

use jiff::{SignedDuration, Timestamp};
use shared::outbox::{Delivery, Settlement};

/// One that sends: an invocation of `dispatch-email` after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Dispatcher {
    /// How far its clock is ahead.
    pub clock: SignedDuration,
    /// How often it has claimed the e-mail.
    pub claims: u8,
    pub phase: Phase,
}

/// How far an invocation is. What it has in hand is lost when it dies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// None runs.
    Idle,
    /// It has a record, and asks the store for a claim until then.
    Claiming { lease_until: Timestamp, killed_at: Timestamp },
    /// It has a claim, and the e-mail as it then was.
    Claimed { delivery: Delivery, tries: u8, killed_at: Timestamp },
    /// SES is asked, and may have taken it under this id.
    Asking {
        delivery: Delivery,
        tries: u8,
        answer_by: Timestamp,
        taken: Option<String>,
        killed_at: Timestamp,
    },
    /// It knows what came of it, and is to write that down.
    Done { claim_id: String, outcome: Outcome, taken: bool, killed_at: Timestamp },
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

impl Phase {
    /// When Lambda ends it.
    pub fn killed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Idle => None,
            Self::Claiming { killed_at, .. }
            | Self::Claimed { killed_at, .. }
            | Self::Asking { killed_at, .. }
            | Self::Done { killed_at, .. } => Some(*killed_at),
        }
    }

    /// When the mailer gives up on SES.
    pub fn answer_by(&self) -> Option<Timestamp> {
        match self {
            Self::Asking { answer_by, .. } => Some(*answer_by),
            _ => None,
        }
    }

    /// All the instants that it knows, to be moved.
    pub fn instants(&mut self) -> Vec<&mut Timestamp> {
        match self {
            Self::Idle => Vec::new(),
            Self::Claiming { lease_until, killed_at } => vec![lease_until, killed_at],
            Self::Claimed { delivery, killed_at, .. } => {
                delivery.due_at.iter_mut().chain([killed_at]).collect()
            }
            Self::Asking { delivery, answer_by, killed_at, .. } => {
                delivery.due_at.iter_mut().chain([answer_by, killed_at]).collect()
            }
            Self::Done { outcome, killed_at, .. } => match outcome {
                Outcome::Settle(Settlement::Retry { due_at, .. }) => vec![due_at, killed_at],
                _ => vec![killed_at],
            },
        }
    }
}
