//! `record-delivery`: records what SES says of each e-mail, and has others told when one reached
//! nobody.
//!
//! Read, load, learn, commit. Events come late, in any order and more than once; what is recorded is
//! the same. One that is of no e-mail of this desk, or that cannot be read, is told of and let go:
//! it would not get better by coming again. No rule lives here.

mod event;

use serde_json::Value;
use shared::carry_out::{Attendant, Failure, carry_out, pause};
use shared::desk::Desk;
use shared::incident::Command;
use shared::outbox::{EmailItem, FactKind, Learned};
use shared::store::{ParkedEmail, Store, StoreError};
use shared::telemetry::{Metric, emit};

use event::{Event, Heard};

/// What it reads of its environment beside what every function does: nothing.
pub type Variables = ();

/// How often an e-mail is looked at anew when something else of it was recorded in the meantime: SES
/// tells several things of it within a second.
const ATTEMPTS: u32 = 8;

/// Handles an event of SES, as EventBridge delivers it.
///
/// # Errors
///
/// [`StoreError`]: it has to come again.
pub async fn handle<S: Store>(desk: &Desk<S>, event: Value) -> Result<(), StoreError> {
    match event::read(event) {
        Ok(Event::Heard(heard)) => record(desk, &heard).await,
        Ok(Event::OfNoEmail) => {
            unknown(desk, "it has no tag of a desk");
            Ok(())
        }
        Ok(Event::OfNoInterest) => Ok(()),
        Err(unreadable) => {
            tracing::error!(error = %unreadable, "an event of SES cannot be read and is let go");
            emit(Metric::Unreadable, 1, desk.clock.now());
            Ok(())
        }
    }
}

async fn record<S: Store>(desk: &Desk<S>, heard: &Heard) -> Result<(), StoreError> {
    for attempt in 0..ATTEMPTS {
        let item = match desk.store.load_email(&heard.email).await {
            Ok(Some(item)) if heard.is_of(&item) => item,
            Ok(_) => {
                unknown(desk, "no e-mail of this desk was sent so");
                return Ok(());
            }
            Err(error) => return Err(failed(desk, heard, error)),
        };
        let Some(learned) = item.learn(&heard.facts) else { return Ok(()) };
        match commit(desk, &item, &learned).await {
            Ok(()) => {
                tell(desk, &learned);
                return Ok(());
            }
            Err(StoreError::Conflict) => {
                pause(attempt).await;
            }
            Err(error) => return Err(failed(desk, heard, error)),
        }
    }
    Err(failed(desk, heard, StoreError::Conflict))
}

/// Writes what was learned; with it, if it parks an e-mail about an incident, the change that tells
/// others. Of what is no incident nobody else would be told.
async fn commit<S: Store>(
    desk: &Desk<S>,
    item: &EmailItem,
    learned: &Learned,
) -> Result<(), StoreError> {
    let (Some(reason), Some(number)) = (&learned.parked_because, learned.id.thread.number()) else {
        return desk.store.learn(learned).await;
    };
    let command = Command::Undeliverable {
        email: learned.id.clone(),
        recipient: Some(item.email.recipient.clone()),
        kind: Some(item.email.kind.clone()),
        reason: reason.clone(),
    };
    match carry_out(desk, number, &command, &Parking(learned)).await {
        Ok(_) => Ok(()),
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Refused(refusal)) => Err(StoreError::Corrupt(refusal.to_string())),
    }
}

struct Parking<'a>(&'a Learned);

impl Attendant for Parking<'_> {
    fn parked(&self) -> Option<ParkedEmail> {
        Some(ParkedEmail::Undelivered(self.0.clone()))
    }
}

/// Logs and measures what is new. The mail system's words may name addresses, and are in no log.
fn tell<S>(desk: &Desk<S>, learned: &Learned) {
    let new: Vec<_> = learned.news.iter().filter(|n| n.before.is_none()).map(|n| n.kind).collect();
    let facts: Vec<_> = new.iter().map(|kind| kind.name()).collect();
    let (id, facts) = (&learned.id, facts.join(" "));
    if learned.parked_because.is_some() {
        tracing::error!(email.id = %id, facts, "an e-mail reached nobody and is parked");
    } else {
        tracing::info!(email.id = %id, facts, "SES told of an e-mail");
    }
    for kind in new {
        let metric = match kind {
            FactKind::Delivered => Metric::EmailsDelivered,
            FactKind::Bounced | FactKind::Suppressed => Metric::Bounces,
            FactKind::Complained => Metric::Complaints,
            FactKind::Rejected | FactKind::RenderingFailed => Metric::Rejects,
            _ => continue,
        };
        emit(metric, 1, desk.clock.now());
    }
}

fn unknown<S>(desk: &Desk<S>, why: &str) {
    tracing::warn!(why, "an event of SES is of no e-mail of this desk and is let go");
    emit(Metric::UnknownEmails, 1, desk.clock.now());
}

/// Logs a failure of the store, once.
fn failed<S>(desk: &Desk<S>, heard: &Heard, error: StoreError) -> StoreError {
    let source = std::error::Error::source(&error).map(ToString::to_string);
    tracing::error!(email.id = %heard.email, %error, source, "an event of SES was not recorded");
    if error.is_unreadable() {
        emit(Metric::Unreadable, 1, desk.clock.now());
    }
    error
}
