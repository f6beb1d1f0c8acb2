//! Asking the sender for what is missing.

use jiff::Timestamp;

use super::along::{ANSWERED_EVERY, ANSWERS, MAILS};
use super::handling::Handling;
use super::kept::{decided_before, keep_mail};
use crate::email::{EmailId, EmailKind, OutboxEmail, Thread};
use crate::inbound::reading::Mailbox;
use crate::inbound::{Arrival, MailRecord, Missing, Outcome, Quarantined, SaidBefore};
use crate::incident::values::{IncidentNumber, Justification, Language, Message, Name};
use crate::store::{Committed, Limit, Store, StoreError};

/// What a sender is asked for.
pub(super) struct Asked<'a> {
    pub missing: Missing,
    pub number: Option<IncidentNumber>,
    pub why: Option<Justification>,
    pub name: &'a Name,
    pub language: Option<Language>,
}

impl<S: Store> Handling<'_, S> {
    /// Asks the sender for what is missing; not twice within the hour, and then people are told.
    pub async fn ask(
        &self,
        mut arrival: Arrival,
        author: &Mailbox,
        asked: Asked<'_>,
        completes: Option<MailRecord>,
    ) -> Result<Outcome, StoreError> {
        let now = self.desk.clock.now();
        let missing = asked.missing;
        let said = SaidBefore {
            number: asked.number.clone(),
            business_justification: asked.why.clone(),
            language: asked.language,
        };
        let outcome = Outcome::Incomplete { missing };
        if self.release.is_some() {
            return Ok(outcome);
        }
        arrival.said_before = Some(said);
        let email = self.question(&arrival, author, asked, now);
        let mut limits = vec![Limit::spaced(ANSWERS, &author.address, ANSWERED_EVERY, now)];
        limits.extend(self.flood_limit(&author.address, now));
        let mails = self.writes(&arrival, &outcome, completes.as_ref(), now);
        match keep_mail(self.desk, &mails, &[email], &limits).await? {
            Committed::OverLimit(limit) => {
                let flood = limit.what == MAILS;
                let because = if flood { Quarantined::Flood } else { Quarantined::Unanswered };
                self.hold(&arrival, because).await
            }
            Committed::AlreadyHandled => decided_before(self.desk, &arrival.id).await,
            _ => Ok(outcome),
        }
    }

    fn question(
        &self,
        arrival: &Arrival,
        author: &Mailbox,
        asked: Asked<'_>,
        now: Timestamp,
    ) -> OutboxEmail {
        let desk = &self.desk.policy.desk;
        let Asked { missing, number, why, name, language } = asked;
        let message = why.map(String::from).and_then(|why| why.parse::<Message>().ok());
        let message_id = arrival.mail.message_id.as_ref();
        OutboxEmail {
            id: EmailId { thread: Thread::Mail(arrival.id.clone()), version: 1, index: 0 },
            recipient: author.address.clone(),
            language: language.unwrap_or(desk.default_language),
            priority: desk.unknown_incident_priority,
            summary: None,
            customer: name.clone(),
            created_at: now,
            answers: message_id.and_then(|id| id.parse().ok()),
            kind: EmailKind::RequestIncomplete {
                requester: name.clone(),
                missing,
                number,
                message,
            },
        }
    }
}
