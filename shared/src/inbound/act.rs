//! Acting on a mail: what is looked up for it, and one commit of what it comes to.
//!
//! The one place where mail that comes in meets the store. It holds no rule: [`gate`](super::gate) and
//! [`course`](super::course) decide.

use jiff::{SignedDuration, Timestamp};

use super::course::{Course, Seen, course, name_of};
use super::reading::{Mail, Mailbox};
use super::{
    Arrival, MailId, MailRecord, Missing, Noted, Outcome, Quarantined, Receipt, SaidBefore, gate,
    number,
};
use crate::account::Account;
use crate::carry_out::{Attendant, Failure, Outcome as CarriedOut, carry_out, pause};
use crate::desk::Desk;
use crate::email::render::thread_of_root;
use crate::email::{EmailId, EmailKind, OutboxEmail, Thread};
use crate::incident::values::{
    Domain, EmailAddress, IncidentNumber, Justification, Language, Message, Name, Note,
};
use crate::incident::{Change, Incident, Refusal};
use crate::links::{KeyRing, KeysUnavailable};
use crate::policy::{Alias, Inbound};
use crate::store::{AnsweredRequest, Committed, Limit, MailWrite, Store, StoreError};

/// How often it is decided anew when the incident moved on so that the command no longer fits.
const ATTEMPTS: usize = 4;
/// How often it is tried to keep a mail, when others are held at the same moment. Much shorter in all
/// than [`MARGIN`](super::notice::MARGIN).
const KEEPS: u32 = 10;
/// One sender has at most one automatic answer in this time.
const ANSWERED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The parts of a domain that may belong to one owner: no account has a domain of one part.
const FEWEST_PARTS: usize = 2;
/// Of the numbers that a mail may name, so many are looked up.
const LOOKED_UP: usize = 5;

/// What limits count, as their keys name it.
const MAILS: &str = "mails";
const ANSWERS: &str = "answers";
const ESCALATIONS: &str = "escalations";

/// What a person says who releases a mail.
#[derive(Debug, Clone)]
pub struct Release {
    /// Who.
    pub by: Name,
    /// The incident that it is about, if it does not say so itself.
    pub number: Option<IncidentNumber>,
}

/// What a person says who refuses a mail.
#[derive(Debug, Clone)]
pub struct Refusing {
    /// Who.
    pub by: Name,
    /// A remark.
    pub note: Option<Note>,
}

/// The answer to remember of a request that decides on a mail: from the mail as it is kept then, and
/// the instant.
pub type Answering<'a> = dyn Fn(&MailRecord, Timestamp) -> Option<AnsweredRequest> + Sync + 'a;

/// Acts on a mail that SES received.
///
/// # Errors
///
/// [`StoreError::Unavailable`] when the store or the keys of links are not to be had: nothing was
/// written, and the same mail is to come again.
pub async fn receive<S: Store>(
    desk: &Desk<S>,
    keys: &KeyRing,
    receipt: &Receipt,
    mail: Mail,
) -> Result<Outcome, StoreError> {
    let Some(inbound) = &desk.policy.inbound else {
        return Err(StoreError::Corrupt("the policy takes no mail in".to_owned()));
    };
    let recipients = receipt.recipients.iter().map(String::as_str);
    let arrival = Arrival {
        id: receipt.id.clone(),
        received_at: receipt.received_at,
        // An alias that the policy no longer has: whoever looks after the quarantine sees it.
        alias: inbound.alias_of(recipients.clone()).unwrap_or(Alias::Reply),
        tag: recipients.clone().find_map(|to| inbound.tag_of(to)).map(str::to_owned),
        mail,
        said_before: None,
    };
    let author = match gate::stopped(receipt, &arrival.mail, &desk.policy) {
        Ok(outcome) => return keep(desk, &arrival, outcome).await,
        Err(author) => author.clone(),
    };
    if !is_believed(desk, receipt, &author.address).await? {
        let because = Quarantined::Unauthenticated;
        return keep(desk, &arrival, Outcome::Quarantined { because }).await;
    }
    if let Some(outcome) = gate::machine(&arrival.mail, arrival.alias) {
        return keep(desk, &arrival, outcome).await;
    }
    let handling = Handling { desk, inbound, release: None };
    handling.act(keys, arrival, &author).await
}

/// Records a mail of which nothing could be read.
///
/// # Errors
///
/// [`StoreError::Unavailable`].
pub async fn gone<S: Store>(desk: &Desk<S>, receipt: &Receipt) -> Result<Outcome, StoreError> {
    let arrival = Arrival {
        id: receipt.id.clone(),
        received_at: receipt.received_at,
        alias: Alias::Reply,
        tag: None,
        mail: super::reading::read(&[], &receipt.envelope_from),
        said_before: None,
    };
    keep(desk, &arrival, Outcome::Noted { because: Noted::Gone }).await
}

/// Acts on a mail that waits, as a person says: as if it had been believed. What then still stands
/// against it is returned, and it waits on.
///
/// # Errors
///
/// [`StoreError::Conflict`] when somebody else was faster, or the request was answered before; else as
/// [`receive`].
pub async fn release<S: Store>(
    desk: &Desk<S>,
    keys: &KeyRing,
    record: &MailRecord,
    release: Release,
    answering: &Answering<'_>,
) -> Result<Outcome, StoreError> {
    let (Some(inbound), Some(arrival)) = (&desk.policy.inbound, &record.arrival) else {
        return Err(StoreError::Corrupt("the mail is not kept whole".to_owned()));
    };
    let Some(author) = arrival.mail.from.mailbox().cloned() else {
        return Ok(Outcome::Quarantined { because: Quarantined::From });
    };
    let mut arrival = (**arrival).clone();
    if let Some(number) = &release.number {
        let before = arrival.said_before.take().unwrap_or_default();
        arrival.said_before = Some(SaidBefore { number: Some(number.clone()), ..before });
    }
    let release = Some(Releasing { said: release, before: record, answering });
    let handling = Handling { desk, inbound, release };
    handling.act(keys, arrival, &author).await
}

/// Refuses a mail that waits, as a person says; its sender hears nothing. Returns what is kept of it.
///
/// # Errors
///
/// As [`release`].
pub async fn refuse<S: Store>(
    desk: &Desk<S>,
    record: &MailRecord,
    refusing: Refusing,
    answering: &Answering<'_>,
) -> Result<MailRecord, StoreError> {
    let now = desk.clock.now();
    let Refusing { by, note } = refusing;
    let mut refused = record.clone();
    refused.becomes(Outcome::Refused { by, note }, None, now);
    let write = MailWrite { record: refused, left: record.tell_at };
    let answered = answering(&write.record, now);
    let mails = std::slice::from_ref(&write);
    match desk.store.keep_mail(mails, &[], &[], answered.as_ref()).await? {
        Committed::Done => Ok(write.record),
        _ => Err(StoreError::Conflict),
    }
}

/// Whether the author is who the mail says: by the domain's own word, or by the signature of a domain
/// that an account or a team has.
async fn is_believed<S: Store>(
    desk: &Desk<S>,
    receipt: &Receipt,
    author: &EmailAddress,
) -> Result<bool, StoreError> {
    if gate::is_vouched_for(receipt) {
        return Ok(true);
    }
    let Ok(domain) = author.domain().parse::<Domain>() else { return Ok(false) };
    if !gate::may_be_signed_for(receipt) {
        return Ok(false);
    }
    if gate::is_signed_for_team(receipt, &domain, &desk.policy) {
        return Ok(true);
    }
    let known = known_domain(desk, &domain).await?;
    Ok(known.is_some_and(|(known, _)| receipt.signed_for(&domain, &known)))
}

/// The account that has a domain, or one above it.
async fn known_domain<S: Store>(
    desk: &Desk<S>,
    domain: &Domain,
) -> Result<Option<(Domain, Account)>, StoreError> {
    let parts: Vec<_> = domain.as_str().split('.').collect();
    for from in 0..=parts.len().saturating_sub(FEWEST_PARTS) {
        let Ok(above) = parts[from..].join(".").parse::<Domain>() else { continue };
        if let Some(id) = desk.store.account_of(&above).await?
            && let Some(account) = desk.store.load_account(&id).await?
        {
            return Ok(Some((above, account)));
        }
    }
    Ok(None)
}

/// Records what became of a mail that changes nothing.
async fn keep<S: Store>(
    desk: &Desk<S>,
    arrival: &Arrival,
    outcome: Outcome,
) -> Result<Outcome, StoreError> {
    let record = MailRecord::of(arrival, outcome.clone(), desk.clock.now());
    kept(desk, &arrival.id, outcome, &[MailWrite::first(record)], &[], &[]).await
}

/// Writes it; of a mail that somebody has decided on, that is what became of it.
async fn kept<S: Store>(
    desk: &Desk<S>,
    id: &MailId,
    outcome: Outcome,
    mails: &[MailWrite],
    emails: &[OutboxEmail],
    limits: &[Limit],
) -> Result<Outcome, StoreError> {
    match keep_mail(desk, mails, emails, limits).await? {
        Committed::AlreadyHandled => decided_before(desk, id).await,
        _ => Ok(outcome),
    }
}

/// Each mail that is held has the desk look at the quarantine, and so those that come at once meet
/// there.
async fn keep_mail<S: Store>(
    desk: &Desk<S>,
    mails: &[MailWrite],
    emails: &[OutboxEmail],
    limits: &[Limit],
) -> Result<Committed, StoreError> {
    for attempt in 0..KEEPS {
        match desk.store.keep_mail(mails, emails, limits, None).await {
            Err(StoreError::Conflict) => pause(attempt).await,
            kept => return kept,
        }
    }
    Err(StoreError::Conflict)
}

async fn decided_before<S: Store>(desk: &Desk<S>, id: &MailId) -> Result<Outcome, StoreError> {
    let record = desk.store.load_mail(id).await?;
    record.map(|record| record.outcome).ok_or(StoreError::Conflict)
}

/// One mail, and what is known of it already.
struct Handling<'a, S> {
    desk: &'a Desk<S>,
    inbound: &'a Inbound,
    /// When a person releases it.
    release: Option<Releasing<'a>>,
}

/// A mail that a person releases.
struct Releasing<'a> {
    said: Release,
    /// What is kept of it.
    before: &'a MailRecord,
    answering: &'a Answering<'a>,
}

impl<S: Store> Handling<'_, S> {
    async fn act(
        &self,
        keys: &KeyRing,
        mut arrival: Arrival,
        author: &Mailbox,
    ) -> Result<Outcome, StoreError> {
        let thread = self.thread(keys, &arrival).await?;
        let completes = match &thread {
            Some((Thread::Mail(id), _)) => self.completed(id, author).await?,
            _ => None,
        };
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
                    return self.end(&arrival, Outcome::Quarantined { because }, completes).await;
                }
                Course::Ask { missing, number, why } => {
                    let language = seen.language(&arrival.mail);
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
        self.end(&arrival, Outcome::Quarantined { because: why }, completes).await
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

    /// The request that this mail completes: it waits for its sender, who is this one.
    async fn completed(
        &self,
        id: &MailId,
        author: &Mailbox,
    ) -> Result<Option<MailRecord>, StoreError> {
        let is_author =
            |from: &EmailAddress| from.as_str().eq_ignore_ascii_case(author.address.as_str());
        let record = self.desk.store.load_mail(id).await?;
        Ok(record.filter(|record| {
            let waits = record.outcome.is_waiting() && record.arrival.is_some();
            waits && record.from.as_ref().is_some_and(is_author)
        }))
    }

    /// What a mail says that said too little, and what its sender had said before it.
    fn said(&self, arrival: &Arrival) -> SaidBefore {
        let before = arrival.said_before.clone().unwrap_or_default();
        // Of several numbers, that one which was asked about.
        let found = || number::find(&arrival.mail, &self.inbound.incident_number);
        let number = before.number.or_else(found);
        let said = super::justification::justification(&arrival.mail, number.as_ref());
        SaidBefore { number, business_justification: said.or(before.business_justification) }
    }

    async fn see<'s>(
        &self,
        arrival: &Arrival,
        thread: Option<&(Thread, bool)>,
        author: &'s Mailbox,
    ) -> Result<Seen<'s>, StoreError> {
        let store = &self.desk.store;
        let given = self.release.as_ref().and_then(|release| release.said.number.clone());
        // Whoever releases it knows better than its thread.
        let of_thread = thread
            .and_then(|(thread, _)| thread.number())
            .filter(|number| given.as_ref().is_none_or(|given| given == *number));
        let (number, incident) = match of_thread.cloned().or(given) {
            Some(number) => self.looked_up(vec![number]).await?,
            None => {
                let mut numbers = number::all(&arrival.mail, &self.inbound.incident_number);
                // "INC-2 is down as INC-1 was" is about INC-2, known or not: a prefix is nobody's slip.
                // Digits alone may be another system's, unless a P1 would stay unopened.
                let has_letters = |number: &IncidentNumber| {
                    number.as_str().bytes().any(|b| b.is_ascii_alphabetic())
                };
                if arrival.alias == Alias::P1 || numbers.first().is_some_and(has_letters) {
                    numbers.truncate(1);
                }
                if numbers.is_empty() {
                    let before = arrival.said_before.as_ref();
                    numbers.extend(before.and_then(|before| before.number.clone()));
                }
                self.looked_up(numbers).await?
            }
        };
        let domain = author.address.domain().parse::<Domain>().ok();
        let own = match &domain {
            Some(domain) => known_domain(self.desk, domain).await?.map(|(_, account)| account),
            None => None,
        };
        let of_incident = incident.as_ref().and_then(|incident| incident.customer.account.as_ref());
        let (account, is_of_account) = match (of_incident, own) {
            (Some(id), Some(own)) if own.id == *id => (Some(own), true),
            (Some(id), _) => (store.load_account(id).await?, false),
            // Of an incident of no account, nobody is a customer by the domain.
            (None, own) => (own, incident.is_none()),
        };
        let name = name_of(&arrival.mail, &author.address, incident.as_ref());
        Ok(Seen {
            author: &author.address,
            name: name.unwrap_or_else(|| self.desk.policy.desk.name.clone()),
            number,
            in_thread: of_thread.is_some(),
            is_signed: of_thread.is_some() && thread.is_some_and(|(_, signed)| *signed),
            incident,
            is_of_account: is_of_account && account.is_some(),
            account,
            is_released: self.release.is_some(),
        })
    }

    /// Of the numbers that a mail may name, the first that the desk knows an incident of, else the
    /// first: customers write those of their own tickets too.
    async fn looked_up(
        &self,
        numbers: Vec<IncidentNumber>,
    ) -> Result<(Option<IncidentNumber>, Option<Incident>), StoreError> {
        for number in numbers.iter().take(LOOKED_UP) {
            if let Some(incident) = self.desk.store.load(number).await? {
                return Ok((Some(number.clone()), Some(incident)));
            }
        }
        Ok((numbers.into_iter().next(), None))
    }

    /// Ends without a change of an incident.
    async fn end(
        &self,
        arrival: &Arrival,
        outcome: Outcome,
        completes: Option<MailRecord>,
    ) -> Result<Outcome, StoreError> {
        if self.release.is_some() {
            // It waits already, for this or another reason; who released it is told.
            return Ok(outcome);
        }
        let mails = self.writes(arrival, &outcome, completes.as_ref(), self.desk.clock.now());
        kept(self.desk, &arrival.id, outcome, &mails, &[], &[]).await
    }

    /// Asks the sender for what is missing; not twice within the hour, and then people are told.
    async fn ask(
        &self,
        mut arrival: Arrival,
        author: &Mailbox,
        asked: Asked<'_>,
        completes: Option<MailRecord>,
    ) -> Result<Outcome, StoreError> {
        let now = self.desk.clock.now();
        let missing = asked.missing;
        let said =
            SaidBefore { number: asked.number.clone(), business_justification: asked.why.clone() };
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
                self.end(&arrival, Outcome::Quarantined { because }, completes).await
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

    /// What becomes of this mail, and of the one that it completes.
    fn writes(
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

    fn flood_limit(&self, author: &EmailAddress, now: Timestamp) -> Option<Limit> {
        let allowance = self.inbound.mails_per_sender.filter(|_| self.release.is_none())?;
        Some(Limit::of(MAILS, author, allowance, now))
    }
}

/// What a sender is asked for.
struct Asked<'a> {
    missing: Missing,
    number: Option<IncidentNumber>,
    why: Option<Justification>,
    name: &'a Name,
    language: Option<Language>,
}

/// What is committed along with the change that a mail makes.
struct Along<'a, S> {
    handling: &'a Handling<'a, S>,
    arrival: &'a Arrival,
    author: &'a Mailbox,
    completes: &'a Option<MailRecord>,
    outcome: &'a Outcome,
}

impl<S: Store> Attendant for Along<'_, S> {
    fn mails(&self, now: Timestamp) -> Vec<MailWrite> {
        self.handling.writes(self.arrival, self.outcome, self.completes.as_ref(), now)
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
        let is_escalation =
            matches!(self.outcome, Outcome::Acted { did: super::Did::Escalated, .. });
        let allowance = self.handling.desk.policy.limits.escalations_per_customer;
        if let Some(allowance) =
            allowance.filter(|_| is_escalation && self.handling.release.is_none())
        {
            limits.push(Limit::of(ESCALATIONS, author, allowance, now));
        }
        // The receipt of what is new is owed, however often; the same said again is not.
        let receipts = change
            .emails
            .iter()
            .filter(|email| email.answers.is_some() && email.recipient == *author);
        let again = receipts
            .map(|email| matches!(&email.kind, EmailKind::EscalationReceived { again: true, .. }));
        match again.reduce(|all, again| all && again) {
            Some(true) => limits.push(Limit::spaced(ANSWERS, author, ANSWERED_EVERY, now)),
            Some(false) => limits.push(Limit::marked(ANSWERS, author, ANSWERED_EVERY, now)),
            None => {}
        }
        limits
    }
}
