//! Acting on a mail: what is looked up for it, and one commit of what it comes to.
//!
//! The one place where mail that comes in meets the store. It holds no rule: [`gate`](super::gate) and
//! [`course`](super::course) decide.

mod along;
mod handling;
mod kept;
mod question;
mod seen;

use jiff::Timestamp;

use super::reading::Mail;
use super::{Arrival, MailRecord, Noted, Outcome, Quarantined, Receipt, SaidBefore, gate};
use crate::desk::Desk;
use crate::incident::values::{IncidentNumber, Name, Note};
use crate::links::KeyRing;
use crate::policy::Alias;
use crate::store::{AnsweredRequest, Committed, MailWrite, Store, StoreError};
use handling::{Handling, Releasing};
use kept::keep;
use seen::is_believed;

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
