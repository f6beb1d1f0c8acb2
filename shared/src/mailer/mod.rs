//! Sending e-mail: one attempt, and an honest answer to whether it may have worked.
//!
//! A mailer never retries by itself: only the outbox knows what may have been sent before.

pub mod memory;
pub mod ses;

use std::future::Future;

use crate::email::render::Rendered;

/// Why an e-mail was not sent, or not surely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It was surely not sent; another attempt may succeed.
    #[error("not sent: {reason}")]
    Retry {
        /// In the mail system's words.
        reason: String,
        /// Whether the whole account is held up, which a person has to put right.
        account_held: bool,
    },
    /// It may have been sent: the answer was lost, late, cut off, or a failure of the server.
    #[error("perhaps sent: {reason}")]
    Ambiguous {
        /// What happened.
        reason: String,
    },
    /// It can never be sent.
    #[error("cannot be sent: {reason}")]
    Park {
        /// In the mail system's words.
        reason: String,
    },
}

impl SendError {
    /// Why, in the mail system's words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Retry { reason, .. } | Self::Ambiguous { reason } | Self::Park { reason } => {
                reason
            }
        }
    }

    /// What failed, for logs.
    #[must_use]
    pub fn code(&self) -> &str {
        code(self.reason())
    }
}

/// The first words of a reason, up to its colon: the mail system's code. What follows may name
/// addresses, which no log may hold.
#[must_use]
pub fn code(reason: &str) -> &str {
    reason.split(':').next().unwrap_or(reason)
}

/// Sends e-mail.
pub trait Mailer: Clone + Send + Sync + 'static {
    /// Makes one attempt and returns the mail system's id of the message.
    fn send(&self, email: &Rendered) -> impl Future<Output = Result<String, SendError>> + Send;
}
