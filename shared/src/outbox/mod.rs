//! The outbox: an e-mail or a webhook, and how far it got.
//!
//! `pending` -> claimed (`sending`, under a lease) -> `sent`, or `retrying`, or `parked`. Every state
//! but `sent`, `parked` and `cancelled` has a due instant, so the sweep finds whatever got stuck.
//! What SES says of an e-mail afterwards are [facts](EmailFacts). Pure: it must never know how
//! anything is sent.

mod attempt;
mod facts;
mod learn;
mod transition;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::email::{EmailId, OutboxEmail, Thread};
use crate::incident::clock::after;
use crate::webhook::{OutboxWebhook, WebhookId};

pub use attempt::{ANSWER, CLOCKS_APART};
pub use facts::{EmailFact, EmailFacts, FactKind};
pub use learn::{Confirmation, Learned, News};
pub use transition::ParkedEmail;

/// How long the stream has to hand out what is pending before the sweep does.
pub const PENDING_FOR: SignedDuration = SignedDuration::from_secs(60);
/// How long a claim holds. Longer than any attempt to send: the mailer gives up after 30 s, and
/// `dispatch-webhook` earlier.
pub const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// After how many ambiguous attempts an e-mail is given up on: each of them may have reached the
/// recipient.
pub const MAX_AMBIGUOUS: u32 = 5;
const RETRY_FIRST: i64 = 2;
const RETRY_LONGEST: i64 = 15 * 60;

/// What is in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxId {
    /// An e-mail.
    Email(EmailId),
    /// A webhook.
    Webhook(WebhookId),
}

impl OutboxId {
    /// What it belongs to: for a webhook, the incident that it tells of.
    #[must_use]
    pub fn thread(&self) -> Thread {
        match self {
            Self::Email(id) => id.thread.clone(),
            Self::Webhook(id) => id.number.clone().into(),
        }
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(id) => id.fmt(f),
            Self::Webhook(id) => id.fmt(f),
        }
    }
}

impl From<EmailId> for OutboxId {
    fn from(id: EmailId) -> Self {
        Self::Email(id)
    }
}

impl From<WebhookId> for OutboxId {
    fn from(id: WebhookId) -> Self {
        Self::Webhook(id)
    }
}

/// How far something in the outbox got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// To be sent.
    Pending,
    /// Somebody is sending it.
    Sending,
    /// To be sent again at its due instant.
    Retrying,
    /// SES has taken the e-mail; the receiver has taken the webhook.
    Sent,
    /// It is given up on. Of an e-mail, which SES refused or says reached nobody, somebody else was
    /// told.
    Parked,
    /// It was held up until after the incident was resolved, and is not sent any more.
    Cancelled,
}

/// The delivery of something in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delivery {
    /// How far it got.
    pub status: DeliveryStatus,
    /// When somebody has to look at it again; `None` once it is sent, parked or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How often it was claimed.
    #[serde(default)]
    pub attempts: u32,
    /// How many attempts ended so that it may have been sent.
    #[serde(default)]
    pub ambiguous: u32,
    /// Who holds the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_id: Option<String>,
    /// The id that SES gave an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ses_message_id: Option<String>,
    /// When it was taken; of an e-mail that SES says so of, as SES says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Delivery {
    /// The delivery of what was just written.
    #[must_use]
    pub fn pending(created_at: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Pending,
            due_at: Some(after(created_at, PENDING_FOR)),
            attempts: 0,
            ambiguous: 0,
            claim_id: None,
            ses_message_id: None,
            sent_at: None,
            error: None,
        }
    }

    /// Whether it may have reached the recipient before, so that sending it again is a repeat.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        self.ambiguous > 0
    }
}

/// An e-mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailItem {
    /// What is said to whom.
    pub email: OutboxEmail,
    /// How far it got.
    pub delivery: Delivery,
    /// What SES says of it.
    pub facts: EmailFacts,
}

/// A webhook in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookItem {
    /// Who hears of what.
    pub webhook: OutboxWebhook,
    /// How far it got.
    pub delivery: Delivery,
}

/// What became of one attempt, to be recorded under the lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// It was taken.
    Sent {
        /// The id that SES gave an e-mail.
        ses_message_id: Option<String>,
        /// When.
        sent_at: Timestamp,
    },
    /// It is tried again.
    Retry {
        /// Not before.
        due_at: Timestamp,
        /// Whether this attempt may have sent it.
        ambiguous: bool,
        /// Why it failed.
        error: String,
    },
    /// It is given up on, and nobody else is told: a webhook. An e-mail is parked with the change
    /// that tells others.
    Parked {
        /// Why.
        error: String,
    },
}

/// How long to wait before the next attempt at an e-mail: doubling from 2 s to 15 min, and between
/// half and all of that as `jitter` (0 to 1) says, so that what failed together does not return
/// together.
#[must_use]
pub fn backoff(attempts: u32, jitter: f64) -> SignedDuration {
    let full = RETRY_FIRST.saturating_mul(1 << attempts.clamp(1, 10)) / 2;
    let full = SignedDuration::from_secs(full.min(RETRY_LONGEST));
    full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_a_quarter_of_an_hour_and_spreads() {
        let seconds = [1, 2, 3, 4, 10, 99].map(|attempts| backoff(attempts, 1.0).as_secs());
        assert_eq!(seconds, [2, 4, 8, 16, 900, 900]);
        assert_eq!(backoff(4, 0.0).as_secs(), 8);
    }
}
