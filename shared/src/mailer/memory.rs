//! A mailer in memory, for tests: keeps what it sent, and fails as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Mailer, SendError};
use crate::email::render::Rendered;

/// A mailer in memory. Clones share the same mailbox.
#[derive(Debug, Clone, Default)]
pub struct MemoryMailer(Arc<Mutex<Mailbox>>);

#[derive(Debug, Default)]
struct Mailbox {
    sent: Vec<Rendered>,
    failures: VecDeque<SendError>,
}

impl MemoryMailer {
    /// The next attempt fails so; several failures come one after the other. An ambiguous failure
    /// delivers the e-mail all the same: that is what makes it ambiguous.
    pub fn fail_next(&self, error: SendError) {
        self.with(|mailbox| mailbox.failures.push_back(error));
    }

    /// Fails no more, whatever it was told.
    pub fn recover(&self) {
        self.with(|mailbox| mailbox.failures.clear());
    }

    /// Takes everything that was sent since the last time.
    #[must_use]
    pub fn take_sent(&self) -> Vec<Rendered> {
        self.with(|mailbox| std::mem::take(&mut mailbox.sent))
    }

    fn with<T>(&self, f: impl FnOnce(&mut Mailbox) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mailer for MemoryMailer {
    async fn send(&self, email: &Rendered) -> Result<String, SendError> {
        self.with(|mailbox| {
            let failure = mailbox.failures.pop_front();
            if matches!(failure, None | Some(SendError::Ambiguous { .. })) {
                mailbox.sent.push(email.clone());
            }
            failure.map_or_else(|| Ok(format!("memory-{}", mailbox.sent.len())), Err)
        })
    }
}
