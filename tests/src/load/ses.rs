//! An SES that takes so many e-mails a second: a bucket of a second's worth of them, and what comes
//! while it is empty is refused as SES refuses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::email::EmailId;
use shared::email::render::Rendered;
use shared::mailer::{Mailer, SendError};
use tokio::time::Instant;

/// How long SES takes to refuse, and then to take an e-mail.
const TAKES: Duration = Duration::from_millis(30);
const TAKES_IN: Duration = Duration::from_millis(40);

/// SES. Clones share it.
#[derive(Debug, Clone)]
pub struct BusySes(Arc<Mutex<Bucket>>);

#[derive(Debug)]
struct Bucket {
    began: Instant,
    rate: Option<u32>,
    left: f64,
    filled: Instant,
    seen: Seen,
}

/// What SES has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The e-mails that it took, in order, each with its millisecond since the beginning.
    pub taken: Vec<(u64, EmailId)>,
    /// How many requests it had, second by second.
    pub asked: Vec<u64>,
}

impl BusySes {
    /// One that takes everything.
    pub fn idle() -> Self {
        let now = Instant::now();
        let (rate, seen) = (None, Seen::default());
        Self(Arc::new(Mutex::new(Bucket { began: now, rate, left: 0.0, filled: now, seen })))
    }

    /// From now on it takes so many a second; forgets what it has seen.
    pub fn takes(&self, rate: Option<u32>) {
        let mut bucket = self.bucket();
        (bucket.rate, bucket.seen) = (rate, Seen::default());
        (bucket.left, bucket.filled) = (f64::from(rate.unwrap_or(0)), Instant::now());
    }

    /// What it has seen since then.
    pub fn seen(&self) -> Seen {
        self.bucket().seen.clone()
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn is_asked(&mut self) {
        let second = usize::try_from(self.began.elapsed().as_secs()).unwrap_or(usize::MAX);
        if self.seen.asked.len() <= second {
            self.seen.asked.resize(second + 1, 0);
        }
        self.seen.asked[second] += 1;
    }

    /// Takes one e-mail, if there is room for it.
    fn takes(&mut self, id: &EmailId) -> bool {
        if let Some(rate) = self.rate.map(f64::from) {
            let refilled = self.left + self.filled.elapsed().as_secs_f64() * rate;
            (self.left, self.filled) = (refilled.min(rate), Instant::now());
            if self.left < 1.0 {
                return false;
            }
            self.left -= 1.0;
        }
        let at = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.taken.push((at, id.clone()));
        true
    }
}

impl Mailer for BusySes {
    async fn send(&self, email: &Rendered) -> Result<String, SendError> {
        self.bucket().is_asked();
        tokio::time::sleep(TAKES).await;
        if !self.bucket().takes(&email.id) {
            let reason = "TooManyRequestsException: Maximum sending rate exceeded.".to_owned();
            return Err(SendError::Retry { reason, account_held: false });
        }
        tokio::time::sleep(TAKES_IN).await;
        Ok(format!("ses-{}", email.id))
    }
}
