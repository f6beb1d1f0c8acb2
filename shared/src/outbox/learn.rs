//! What facts make of an e-mail.
//!
//! Pure. Whatever SES says of an e-mail proves that SES took it: it is not sent again, and when it
//! was sent and under which id is what SES says, not what an attempt took down. Whoever counts as
//! not told makes it parked, like an e-mail that SES refuses at once: that it is parked says that
//! others were told, and so this happens once.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Delivery, DeliveryStatus, EmailFact, EmailFacts, EmailItem, FactKind};
use crate::email::{EmailId, OutboxEmail};
use crate::incident::clock::after;

/// What is to be written because facts came in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Learned {
    /// Of which e-mail.
    pub id: EmailId,
    /// What is new of it, or was earlier than it was thought to be.
    pub news: Vec<News>,
    /// Whether it was parked before. It stays so: others were told, and nothing takes that back.
    pub was_parked: bool,
    /// Why others have to be told, if it is parked by this.
    pub parked_because: Option<String>,
}

/// A fact that is new of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct News {
    /// Of which kind.
    pub kind: FactKind,
    /// What was known of that kind before.
    pub before: Option<EmailFact>,
    /// What is known now.
    pub now: EmailFact,
}

impl Learned {
    /// How far the e-mail is then. One that was cancelled turns out to have been sent before.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        if self.was_parked || self.parked_because.is_some() {
            DeliveryStatus::Parked
        } else {
            DeliveryStatus::Sent
        }
    }
}

/// How an e-mail that SES took stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Nothing has been heard of it yet.
    Awaited,
    /// Nothing has been heard of it for longer than the policy's `unconfirmed_after`.
    Unconfirmed,
    /// The recipient's mail server took it.
    Delivered,
    /// SES cannot deliver it yet, and goes on trying.
    Delayed,
    /// It came back for a reason that may pass, or that SES does not know. Nobody else was told.
    BouncedTransient,
    /// It came back for good. The recipient counts as not told.
    Bounced,
    /// SES did not try: the address is on its suppression list. The recipient counts as not told.
    Suppressed,
    /// The recipient marked it as spam, and counts as not told.
    Complained,
    /// SES took it and refuses to send it. The recipient counts as not told.
    Rejected,
}

impl EmailItem {
    /// An e-mail as it is stored. Of what facts say, they are the only record.
    #[must_use]
    pub fn of(email: OutboxEmail, mut delivery: Delivery, facts: EmailFacts) -> Self {
        if let Some(sent) = facts.get(FactKind::Sent) {
            delivery.sent_at = Some(sent.at);
            delivery.ses_message_id = Some(sent.detail.clone());
        }
        if let Some(reason) = facts.reason() {
            delivery.error = Some(reason);
        }
        Self { email, delivery, facts }
    }

    /// What is to be written once these facts are known of it; `None` when they say nothing new.
    #[must_use]
    pub fn learn(&self, heard: &EmailFacts) -> Option<Learned> {
        let joined = self.facts.clone().joined(heard);
        let news: Vec<_> = joined
            .iter()
            .filter(|(kind, now)| self.facts.get(*kind) != Some(now))
            .map(|(kind, now)| News {
                kind,
                before: self.facts.get(kind).cloned(),
                now: now.clone(),
            })
            .collect();
        let was_parked = self.delivery.status == DeliveryStatus::Parked;
        let parked_because = joined.reason().filter(|_| !was_parked);
        let id = self.email.id.clone();
        (!news.is_empty()).then_some(Learned { id, news, was_parked, parked_because })
    }

    /// As it is once that is written, if it is as it was when that was learned.
    #[must_use]
    pub fn learned(&self, learned: &Learned) -> Option<Self> {
        let was_parked = self.delivery.status == DeliveryStatus::Parked;
        let is_as_before = was_parked == learned.was_parked
            && learned.news.iter().all(|news| self.facts.get(news.kind) == news.before.as_ref());
        if !is_as_before {
            return None;
        }
        let mut delivery = self.delivery.ended(learned.status());
        if !was_parked {
            delivery.error = None;
        }
        let news = learned.news.iter().map(|news| (news.kind, news.now.clone()));
        let facts = news.collect::<EmailFacts>().joined(&self.facts);
        Some(Self::of(self.email.clone(), delivery, facts))
    }

    /// How it stands at `now`; `None` before SES took it. What counts as not told outweighs the rest,
    /// for a mailbox may take an e-mail and bounce it later; a delivery outweighs what may pass, for
    /// an out-of-office is a transient bounce.
    #[must_use]
    pub fn confirmation(
        &self,
        now: Timestamp,
        unconfirmed_after: SignedDuration,
    ) -> Option<Confirmation> {
        use {Confirmation as C, FactKind as F};
        const BY_WEIGHT: [(FactKind, Confirmation); 9] = [
            (F::Bounced, C::Bounced),
            (F::Suppressed, C::Suppressed),
            (F::Complained, C::Complained),
            (F::Rejected, C::Rejected),
            (F::RenderingFailed, C::Rejected),
            (F::Delivered, C::Delivered),
            (F::BouncedTransient, C::BouncedTransient),
            (F::BouncedUndetermined, C::BouncedTransient),
            (F::Delayed, C::Delayed),
        ];
        let known = BY_WEIGHT.into_iter().find(|(kind, _)| self.facts.has(*kind));
        if let Some((_, confirmation)) = known {
            return Some(confirmation);
        }
        let sent_at = self.delivery.sent_at?;
        let is_late = after(sent_at, unconfirmed_after) <= now;
        Some(if is_late { C::Unconfirmed } else { C::Awaited })
    }
}
