//! What an attempt to send an e-mail may do, and what its end comes to.
//!
//! Pure. It must never know how anything is sent, only what became of it.

use jiff::{SignedDuration, Timestamp};

use super::{Delivery, MAX_AMBIGUOUS, Settlement, backoff};
use crate::incident::clock::after;
use crate::mailer::SendError;

/// How long SES is given to answer.
pub const ANSWER: SignedDuration = SignedDuration::from_secs(30);
/// How far the clocks of two machines may lie apart.
pub const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(10);
/// What SES was too busy for is wanted soon.
const LONGEST_WHEN_BUSY: SignedDuration = SignedDuration::from_secs(30);

impl Delivery {
    /// Whether it is not sent any more: each attempt so far may have reached the recipient.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.ambiguous >= MAX_AMBIGUOUS
    }

    /// Whether SES may be asked at `now`, under the claim that holds: it will have answered before
    /// anybody else can take the lease for over, even one whose clock is ahead.
    #[must_use]
    pub fn leaves_time(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|lease_until| after(now, ANSWER + CLOCKS_APART) < lease_until)
    }

    /// Whether what SES took under this id may be it, and not another desk's in the same account
    /// that has the same id: one that nobody has tried to send, or that went under another id, is
    /// not the one that SES speaks of.
    #[must_use]
    pub fn may_be(&self, ses_message_id: &str) -> bool {
        let sent_once = self.ambiguous == 0;
        let sent_so = self.ses_message_id.as_ref().is_none_or(|id| id == ses_message_id);
        self.attempts > 0 && (sent_so || !sent_once)
    }

    /// What an attempt under this claim comes to that failed at `now`; `None` when it is to be
    /// parked. An account that is held up is tried again like any other failure: nobody tells the
    /// desk when it is released.
    #[must_use]
    pub fn failed(&self, error: &SendError, now: Timestamp, jitter: f64) -> Option<Settlement> {
        let longest = match error {
            SendError::Park { .. } => return None,
            SendError::Retry { account_held: false, .. } => LONGEST_WHEN_BUSY,
            // What may have been sent, or waits for a person, is not wanted soon.
            SendError::Retry { .. } | SendError::Ambiguous { .. } => SignedDuration::MAX,
        };
        Some(Settlement::Retry {
            due_at: after(now, backoff(self.attempts, jitter).min(longest)),
            ambiguous: matches!(error, SendError::Ambiguous { .. }),
            error: error.to_string(),
        })
    }
}
