//! What becomes of a mail that changes no incident.

use crate::carry_out::pause;
use crate::desk::Desk;
use crate::email::OutboxEmail;
use crate::inbound::{Arrival, MailId, MailRecord, Outcome};
use crate::store::{Committed, Limit, MailWrite, Store, StoreError};

/// How often it is tried to keep a mail, when others are held at the same moment.
const KEEPS: u32 = 10;

/// Records what became of a mail that changes nothing.
pub(super) async fn keep<S: Store>(
    desk: &Desk<S>,
    arrival: &Arrival,
    outcome: Outcome,
) -> Result<Outcome, StoreError> {
    let record = MailRecord::of(arrival, outcome.clone(), desk.clock.now());
    kept(desk, &arrival.id, outcome, &[MailWrite::first(record)], &[], &[]).await
}

/// Writes it; of a mail that somebody has decided on, that is what became of it.
pub(super) async fn kept<S: Store>(
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
/// there. Each try has its own time, so that none is written behind what people were told of.
pub(super) async fn keep_mail<S: Store>(
    desk: &Desk<S>,
    mails: &[MailWrite],
    emails: &[OutboxEmail],
    limits: &[Limit],
) -> Result<Committed, StoreError> {
    for attempt in 0..KEEPS {
        let now = desk.clock.now();
        let retimed =
            mails.iter().map(|mail| MailWrite { record: mail.record.retimed(now), ..mail.clone() });
        let mails: Vec<_> = retimed.collect();
        match desk.store.keep_mail(&mails, emails, limits, None).await {
            Err(StoreError::Conflict) => pause(attempt).await,
            kept => return kept,
        }
    }
    Err(StoreError::Conflict)
}

/// What became of a mail that somebody has decided on.
pub(super) async fn decided_before<S: Store>(
    desk: &Desk<S>,
    id: &MailId,
) -> Result<Outcome, StoreError> {
    let record = desk.store.load_mail(id).await?;
    record.map(|record| record.outcome).ok_or(StoreError::Conflict)
}
