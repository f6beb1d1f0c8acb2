//! What leads from one state of a delivery to the next: a claim, what an attempt came to, being
//! handed out again, being cancelled or parked.
//!
//! Pure, and the one place that says so; `None` is a refusal, and nothing is written. The store in
//! memory runs these. DynamoDB's says the same as conditions, to which `tests/store` holds it, and
//! `tests/model` plays them in every order.

use jiff::Timestamp;

use super::{Delivery, DeliveryStatus, EmailItem, Learned, Settlement};
use crate::email::EmailId;

/// An e-mail that is given up on, by how that was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ParkedEmail {
    /// An attempt to send it, under a claim that must still hold.
    Unsendable {
        /// Which.
        id: EmailId,
        /// The claim.
        claim_id: String,
        /// Why.
        error: String,
    },
    /// It cannot even be read.
    Unreadable {
        /// Which.
        id: EmailId,
        /// Why.
        error: String,
    },
    /// SES took it, and says that it reached nobody.
    Undelivered(Learned),
}

impl ParkedEmail {
    /// Which.
    #[must_use]
    pub fn id(&self) -> &EmailId {
        match self {
            Self::Unsendable { id, .. } | Self::Unreadable { id, .. } => id,
            Self::Undelivered(learned) => &learned.id,
        }
    }

    /// Why, in the mail system's words.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Unsendable { error, .. } | Self::Unreadable { error, .. } => error,
            Self::Undelivered(learned) => learned.parked_because.as_deref().unwrap_or_default(),
        }
    }
}

impl Delivery {
    /// Takes what is pending under a lease. Our own claim counts as ours: who was not answered asks
    /// again, and that is one attempt.
    #[must_use]
    pub fn claim(&self, claim_id: &str, lease_until: Timestamp) -> Option<Self> {
        if self.is_claimed_by(claim_id) {
            return Some(self.clone());
        }
        (self.status == DeliveryStatus::Pending).then(|| Self {
            status: DeliveryStatus::Sending,
            claim_id: Some(claim_id.to_owned()),
            due_at: Some(lease_until),
            attempts: self.attempts + 1,
            ..self.clone()
        })
    }

    /// Records what became of an attempt, while its claim holds.
    #[must_use]
    pub fn settle(&self, claim_id: &str, settlement: &Settlement) -> Option<Self> {
        self.is_claimed_by(claim_id).then(|| match settlement.clone() {
            Settlement::Sent { ses_message_id, sent_at } => Self {
                ses_message_id,
                sent_at: Some(sent_at),
                error: None,
                ..self.ended(DeliveryStatus::Sent)
            },
            Settlement::Retry { due_at, ambiguous, error } => Self {
                status: DeliveryStatus::Retrying,
                due_at: Some(due_at),
                claim_id: None,
                ambiguous: self.ambiguous + u32::from(ambiguous),
                error: Some(error),
                ..self.clone()
            },
            Settlement::Parked { error } => self.parked(error),
        })
    }

    /// Makes what was due at exactly that instant pending. What somebody was sending may have been
    /// sent.
    #[must_use]
    pub fn requeue(&self, due_at: Timestamp, pending_until: Timestamp) -> Option<Self> {
        let was_sending = self.status == DeliveryStatus::Sending;
        self.is_due_at(due_at).then(|| Self {
            status: DeliveryStatus::Pending,
            due_at: Some(pending_until),
            claim_id: None,
            ambiguous: self.ambiguous + u32::from(was_sending),
            ..self.clone()
        })
    }

    /// As it is when nobody has to look at it any more.
    pub(super) fn ended(&self, status: DeliveryStatus) -> Self {
        Self { status, due_at: None, claim_id: None, ..self.clone() }
    }

    fn parked(&self, error: String) -> Self {
        Self { error: Some(error), ..self.ended(DeliveryStatus::Parked) }
    }

    fn is_claimed_by(&self, claim_id: &str) -> bool {
        self.status == DeliveryStatus::Sending && self.claim_id.as_deref() == Some(claim_id)
    }

    fn is_due_at(&self, due_at: Timestamp) -> bool {
        self.due_at == Some(due_at)
    }
}

impl EmailItem {
    /// Cancels what was due at exactly that instant, if it calls for action.
    #[must_use]
    pub fn cancel(&self, due_at: Timestamp) -> Option<Self> {
        let delivery = &self.delivery;
        let may_be = delivery.is_due_at(due_at) && self.email.kind.calls_for_action();
        may_be.then(|| self.with(delivery.ended(DeliveryStatus::Cancelled)))
    }

    /// Parks it, if it is as it was found. That it is parked says that others were told, and so this
    /// happens once.
    #[must_use]
    pub fn park(&self, parked: &ParkedEmail) -> Option<Self> {
        let delivery = &self.delivery;
        let (may_be, error) = match parked {
            ParkedEmail::Undelivered(learned) => return self.learned(learned),
            ParkedEmail::Unsendable { claim_id, error, .. } => {
                (delivery.is_claimed_by(claim_id), error)
            }
            ParkedEmail::Unreadable { error, .. } => {
                (delivery.status != DeliveryStatus::Parked, error)
            }
        };
        may_be.then(|| self.with(delivery.parked(error.clone())))
    }

    fn with(&self, delivery: Delivery) -> Self {
        Self { delivery, ..self.clone() }
    }
}
