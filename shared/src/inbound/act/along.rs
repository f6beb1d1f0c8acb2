//! What is committed along with the change that a mail makes: what becomes of it, and how often its
//! sender may write, escalate and be answered.

use jiff::{SignedDuration, Timestamp};

use super::handling::Handling;
use crate::carry_out::Attendant;
use crate::email::EmailKind;
use crate::inbound::reading::Mailbox;
use crate::inbound::{Arrival, Did, MailRecord, Outcome};
use crate::incident::Change;
use crate::incident::timeline::Source;
use crate::incident::values::EmailAddress;
use crate::store::{AnsweredRequest, Limit, MailWrite, Store};

/// One sender has at most one automatic answer in this time.
pub(super) const ANSWERED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// What limits count, as their keys name it.
pub(super) const MAILS: &str = "mails";
/// As [`MAILS`].
pub(super) const ANSWERS: &str = "answers";
/// The same that the API counts.
const ESCALATIONS: &str = "escalations";

/// What is committed along with the change that a mail makes.
pub(super) struct Along<'a, S> {
    pub handling: &'a Handling<'a, S>,
    pub arrival: &'a Arrival,
    pub author: &'a Mailbox,
    pub completes: &'a Option<MailRecord>,
    pub outcome: &'a Outcome,
}

impl<S: Store> Attendant for Along<'_, S> {
    fn mails(&self, now: Timestamp) -> Vec<MailWrite> {
        self.handling.writes(self.arrival, self.outcome, self.completes.as_ref(), now)
    }

    fn source(&self) -> Option<Source> {
        let release = self.handling.release.as_ref();
        let released_by = release.map(|release| release.said.by.clone());
        Some(Source { id: self.arrival.id.clone(), released_by })
    }

    fn answer(&self, _: &Change, now: Timestamp) -> Option<AnsweredRequest> {
        let release = self.handling.release.as_ref()?;
        let mails = self.mails(now);
        // The first is this one.
        mails.first().and_then(|own| (release.answering)(&own.record, now))
    }

    fn limits(&self, change: &Change, now: Timestamp) -> Vec<Limit> {
        let author = &self.author.address;
        let mut limits: Vec<_> = self.handling.flood_limit(author, now).into_iter().collect();
        let is_escalation = matches!(self.outcome, Outcome::Acted { did: Did::Escalated, .. });
        let allowance = self.handling.desk.policy.limits.escalations_per_customer;
        if let Some(allowance) =
            allowance.filter(|_| is_escalation && self.handling.release.is_none())
        {
            limits.push(Limit::of(ESCALATIONS, author, allowance, now));
        }
        // The receipt of what is new is owed, however often; the same said again is not.
        let receipts = change.emails.iter().filter(|email| email.recipient == *author);
        let again = receipts.filter_map(|email| match &email.kind {
            EmailKind::EscalationReceived { again, .. } => Some(*again),
            EmailKind::IncidentOpened { .. } => Some(false),
            _ => None,
        });
        match again.reduce(|all, again| all && again) {
            Some(true) => limits.push(Limit::spaced(ANSWERS, author, ANSWERED_EVERY, now)),
            Some(false) => limits.push(Limit::marked(ANSWERS, author, ANSWERED_EVERY, now)),
            None => {}
        }
        limits
    }
}

impl<S: Store> Handling<'_, S> {
    /// How many mails of one sender are acted on; of one that a person releases, any.
    pub fn flood_limit(&self, author: &EmailAddress, now: Timestamp) -> Option<Limit> {
        let allowance = self.inbound.mails_per_sender.filter(|_| self.release.is_none())?;
        Some(Limit::of(MAILS, author, allowance, now))
    }
}
