//! One mail on its way to an incident, to a question or into quarantine.

use jiff::Timestamp;

use super::along::{ANSWERS, Along, MAILS};
use super::kept::{decided_before, kept};
use super::question::Asked;
use super::{Answering, Release};
use crate::carry_out::{Failure, Outcome as CarriedOut, carry_out};
use crate::desk::Desk;
use crate::email::Thread;
use crate::email::render::thread_of_root;
use crate::inbound::course::{Course, course};
use crate::inbound::justification::justification;
use crate::inbound::reading::Mailbox;
use crate::inbound::{
    Arrival, MailId, MailRecord, Noted, Outcome, Quarantined, SaidBefore, number,
};
use crate::incident::Refusal;
use crate::incident::values::EmailAddress;
use crate::links::{KeyRing, KeysUnavailable};
use crate::policy::Inbound;
use crate::store::{MailWrite, Store, StoreError};

/// How often it is decided anew when the incident moved on so that the command no longer fits.
const ATTEMPTS: usize = 4;

/// One mail, and what is known of it already.
pub(super) struct Handling<'a, S> {
    pub desk: &'a Desk<S>,
    pub inbound: &'a Inbound,
    /// When a person releases it.
    pub release: Option<Releasing<'a>>,
}

/// A mail that a person releases.
pub(super) struct Releasing<'a> {
    pub said: Release,
    /// What is kept of it.
    pub before: &'a MailRecord,
    pub answering: &'a Answering<'a>,
}

impl<S: Store> Handling<'_, S> {
    /// Decides what it comes to, and does it; anew when the incident moved on in the meantime.
    pub async fn act(
        &self,
        keys: &KeyRing,
        mut arrival: Arrival,
        author: &Mailbox,
    ) -> Result<Outcome, StoreError> {
        let mut thread = self.thread(keys, &arrival).await?;
        let asked = match &thread {
            Some((Thread::Mail(id), _)) => self.asked_of(id, author).await?,
            _ => None,
        };
        if let Some(Outcome::Acted { number, .. }) = asked.as_ref().map(|record| &record.outcome) {
            // What was missing came already: the question's thread goes on in the incident's.
            thread = thread.map(|(_, signed)| (Thread::Incident(number.clone()), signed));
        }
        let completes = asked.filter(|record| record.arrival.is_some());
        if let Some(record) = completes.as_ref().and_then(|record| record.arrival.as_ref()) {
            // What was asked before is asked still; this mail only says more.
            arrival.alias = record.alias;
            let before = self.said(record);
            arrival.said_before.get_or_insert(before);
        }
        let mut answers_again = true;
        let mut why = Quarantined::Refused;
        for _ in 0..ATTEMPTS {
            let seen = self.see(&arrival, thread.as_ref(), author).await?;
            let next = course(&arrival, &seen, &self.desk.policy, answers_again);
            let (did, number, command) = match next {
                Course::Hold(because) => {
                    return self.hold(&arrival, because).await;
                }
                Course::Ask { missing, number, why } => {
                    let language = seen.language(&arrival);
                    let asked = Asked { missing, number, why, name: &seen.name, language };
                    return self.ask(arrival, author, asked, completes).await;
                }
                Course::Do { did, number, command } => (did, number, command),
            };
            let outcome = Outcome::Acted { did, number: number.clone() };
            let attendant = Along {
                handling: self,
                arrival: &arrival,
                author,
                completes: &completes,
                outcome: &outcome,
            };
            match carry_out(self.desk, &number, &command, &attendant).await {
                Ok(CarriedOut::Changed(_)) => return Ok(outcome),
                // Of what was decided in the meantime, whoever asks for a release looks anew.
                Ok(CarriedOut::AlreadyHandled | CarriedOut::AlreadyAnswered(_))
                    if self.release.is_some() =>
                {
                    return Err(StoreError::Conflict);
                }
                Ok(CarriedOut::AlreadyHandled) => {
                    return decided_before(self.desk, &arrival.id).await;
                }
                Ok(CarriedOut::OverLimit(limit)) if limit.what == ANSWERS => answers_again = false,
                Ok(CarriedOut::OverLimit(limit)) => {
                    let flood = limit.what == MAILS;
                    why = if flood { Quarantined::Flood } else { Quarantined::OverLimit };
                    break;
                }
                // No mail has conditions, and none that is received an idempotency key.
                Ok(CarriedOut::Stale(_) | CarriedOut::AlreadyAnswered(_)) => break,
                Err(Failure::Store(error)) => return Err(error),
                // The incident moved on in the meantime: it is decided anew what the mail is to it.
                Err(Failure::Refused(
                    Refusal::AlreadyOpen
                    | Refusal::AlreadyResolved { .. }
                    | Refusal::UnknownIncident,
                )) => {}
                Err(Failure::Refused(refusal)) => {
                    tracing::warn!(mail.id = %arrival.id, %refusal, "a mail is refused by the rules");
                    break;
                }
            }
        }
        self.hold(&arrival, why).await
    }

    /// The thread that a mail belongs to, and whether it came to the thread's own address.
    async fn thread(
        &self,
        keys: &KeyRing,
        arrival: &Arrival,
    ) -> Result<Option<(Thread, bool)>, StoreError> {
        if let Some(tag) = &arrival.tag {
            let now = self.desk.clock.now();
            let unavailable = |error: KeysUnavailable| StoreError::Unavailable(error.into());
            if let Some(thread) = keys.thread_of_tag(tag, now).await.map_err(unavailable)? {
                return Ok(Some((thread, true)));
            }
        }
        let domain = self.desk.policy.desk.sender.address.domain();
        let mut references = arrival.mail.references.iter();
        Ok(references.find_map(|id| thread_of_root(id, domain)).map(|thread| (thread, false)))
    }

    /// The mail that its sender, who is this one, was asked to complete.
    async fn asked_of(
        &self,
        id: &MailId,
        author: &Mailbox,
    ) -> Result<Option<MailRecord>, StoreError> {
        let is_author = |from: &EmailAddress| from.is_same(&author.address);
        let record = self.desk.store.load_mail(id).await?;
        Ok(record.filter(|record| record.from.as_ref().is_some_and(is_author)))
    }

    /// What a mail says that said too little, and what its sender had said before it.
    fn said(&self, arrival: &Arrival) -> SaidBefore {
        let before = arrival.said_before.clone().unwrap_or_default();
        // Of several numbers, that one which was asked about.
        let found = || number::find(&arrival.mail, &self.inbound.incident_number);
        let number = before.number.or_else(found);
        let said = justification(&arrival.mail, number.as_ref());
        SaidBefore {
            number,
            business_justification: said.or(before.business_justification),
            language: before.language.or(arrival.mail.language),
        }
    }

    /// Ends in quarantine. The mail that it was to complete stays as it is, so that another may.
    pub async fn hold(
        &self,
        arrival: &Arrival,
        because: Quarantined,
    ) -> Result<Outcome, StoreError> {
        let outcome = Outcome::Quarantined { because };
        if self.release.is_some() {
            // It waits already, for this or another reason; who released it is told.
            return Ok(outcome);
        }
        let mails = self.writes(arrival, &outcome, None, self.desk.clock.now());
        kept(self.desk, &arrival.id, outcome, &mails, &[], &[]).await
    }

    /// What becomes of this mail, and of the one that it completes.
    pub fn writes(
        &self,
        arrival: &Arrival,
        outcome: &Outcome,
        completes: Option<&MailRecord>,
        now: Timestamp,
    ) -> Vec<MailWrite> {
        let own = match &self.release {
            Some(Releasing { said, before, .. }) => {
                let mut record = (*before).clone();
                record.becomes(outcome.clone(), None, now);
                record.released_by = Some(said.by.clone());
                MailWrite { record, left: before.tell_at }
            }
            None => MailWrite::first(MailRecord::of(arrival, outcome.clone(), now)),
        };
        let completed = completes.map(|completed| {
            let mut record = completed.clone();
            let outcome = match outcome {
                Outcome::Acted { .. } => outcome.clone(),
                _ => Outcome::Noted { because: Noted::Continued },
            };
            record.becomes(outcome, None, now);
            MailWrite { record, left: completed.tell_at }
        });
        std::iter::once(own).chain(completed).collect()
    }
}
