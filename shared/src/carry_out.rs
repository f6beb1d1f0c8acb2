//! Carrying out a command: load, decide, commit; and once more when somebody else was faster.
//!
//! The one place where the core meets the store. It holds no rule.

use std::time::Duration;

use jiff::Timestamp;

use crate::desk::Desk;
use crate::incident::timeline::Source;
use crate::incident::values::IncidentNumber;
use crate::incident::{Change, Command, Refusal, decide};
use crate::store::{
    AnsweredRequest, Commit, Committed, Limit, MailWrite, ParkedEmail, RequestKey, Store,
    StoreError,
};
use crate::telemetry;

/// How often a change is decided anew. DESIGN.md says three; fifty customers who escalate the same
/// incident at once need more, and each of them was promised an answer (measured: up to 9).
const ATTEMPTS: u32 = 14;
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What carrying out a command came to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was carried out; the change is committed. An empty change means there was nothing to do.
    Changed(Box<Change>),
    /// The very request was answered before.
    AlreadyAnswered(AnsweredRequest),
    /// It would change a version that the attendant does not allow: the one given. Nothing was
    /// written.
    Stale(Option<u64>),
    /// It would be done more often than allowed. Nothing was written.
    OverLimit(Limit),
    /// What becomes of the mail was decided before. Nothing was written.
    AlreadyHandled,
}

/// Why a command was not carried out. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store cannot be reached, or stays contended.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is committed along with the change.
pub trait Attendant: Sync {
    /// Whether the incident may be changed at this version; `None` when there is none yet.
    fn allows(&self, _current: Option<u64>) -> bool {
        true
    }

    /// How often it may be done.
    fn limits(&self, _change: &Change, _now: Timestamp) -> Vec<Limit> {
        Vec::new()
    }

    /// What becomes by it of mails that came in.
    fn mails(&self, _now: Timestamp) -> Vec<MailWrite> {
        Vec::new()
    }

    /// The mail by which it came.
    fn source(&self) -> Option<Source> {
        None
    }

    /// The answer to remember under an idempotency key.
    fn answer(&self, _change: &Change, _now: Timestamp) -> Option<AnsweredRequest> {
        None
    }

    /// The key under which the request may have been answered before.
    fn request_key(&self) -> Option<&RequestKey> {
        None
    }

    /// The e-mail to park.
    fn parked(&self) -> Option<ParkedEmail> {
        None
    }
}

/// Nothing goes along with the change.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Attendant for Alone {}

/// Carries out a command on an incident.
///
/// # Errors
///
/// [`Failure::Refused`] by the rules, [`Failure::Store`] when it could not be written. After
/// [`StoreError::Unavailable`] it may have been written all the same; the same request finds out.
pub async fn carry_out<S: Store>(
    desk: &Desk<S>,
    number: &IncidentNumber,
    command: &Command,
    attendant: &impl Attendant,
) -> Result<Outcome, Failure> {
    for attempt in 0..ATTEMPTS {
        let state = desk.store.load(number).await?;
        let now = desk.clock.now();
        let mut change = match decide(state.as_ref(), command.clone(), &desk.policy, now) {
            Ok(change) => change,
            Err(refusal) => {
                // Refused now, but perhaps carried out when it was asked for the first time.
                return match answered_before(desk, attendant).await? {
                    Some(answered) => Ok(Outcome::AlreadyAnswered(answered)),
                    None => Err(refusal.into()),
                };
            }
        };
        // Whatever is refused for another reason is told that reason (RFC 9110, 13.2.1).
        let current = state.map(|incident| incident.version);
        if !attendant.allows(current) {
            return Ok(match answered_before(desk, attendant).await? {
                Some(answered) => Outcome::AlreadyAnswered(answered),
                None => Outcome::Stale(current),
            });
        }
        let source = attendant.source();
        change.entries.iter_mut().for_each(|entry| entry.mail.clone_from(&source));
        let limits = attendant.limits(&change, now);
        let answered = attendant.answer(&change, now);
        let parked = attendant.parked();
        let mails = attendant.mails(now);
        let has_company = answered.is_some() || parked.is_some() || !mails.is_empty();
        if change.is_empty() && !has_company && limits.is_empty() {
            return Ok(Outcome::Changed(Box::new(change)));
        }
        let commit = Commit { change: &change, answered, parked, limits, mails };
        match desk.store.commit(commit).await {
            Ok(Committed::Done) => {
                tell(&change, attempt + 1);
                return Ok(Outcome::Changed(Box::new(change)));
            }
            Ok(Committed::AlreadyAnswered(answered)) => {
                return Ok(Outcome::AlreadyAnswered(answered));
            }
            Ok(Committed::OverLimit(limit)) => return Ok(Outcome::OverLimit(limit)),
            Ok(Committed::AlreadyHandled) => return Ok(Outcome::AlreadyHandled),
            // What was found of it came with the attendant, and so must be found anew.
            Ok(Committed::EmailChanged) => return Err(StoreError::Conflict.into()),
            // The account came with the command: to decide anew on the same one is of no use.
            Err(StoreError::Conflict) if change.account.is_some() => {
                return Err(StoreError::Conflict.into());
            }
            Err(StoreError::Conflict) => pause(attempt).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Says what was committed, once: after the commit, and not again for a replay. Names of events,
/// never what people wrote.
fn tell(change: &Change, attempts: u32) {
    if change.is_empty() {
        return;
    }
    let events: Vec<&str> = change.entries.iter().map(|entry| entry.event.name()).collect();
    tracing::info!(
        incident.number = %change.incident.number,
        incident.version = change.incident.version,
        events = events.join(" "),
        emails = change.emails.len(),
        attempts,
        "incident changed"
    );
    if let (Some(tally), Some(entry)) = (&change.tally, change.entries.first()) {
        telemetry::emit_facts(&tally.facts, entry.at);
    }
}

async fn answered_before<S: Store>(
    desk: &Desk<S>,
    attendant: &impl Attendant,
) -> Result<Option<AnsweredRequest>, StoreError> {
    match attendant.request_key() {
        Some(key) => desk.store.answered(key, desk.clock.now()).await,
        None => Ok(None),
    }
}

/// Waits before another try, with full jitter: those who collided should not collide again.
pub async fn pause(attempt: u32) {
    let longest = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
}
