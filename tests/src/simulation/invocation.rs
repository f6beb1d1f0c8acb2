//! One run of a function: who runs, with which clock, and how it may die in the middle.

use std::cell::RefCell;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use jiff::Timestamp;
use shared::email::EmailId;
use shared::store::DueTarget;

use super::dice::{Dice, mixed};

/// Which function runs, and what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The HTTP API; whether a person asks to acknowledge.
    Api {
        /// With a POST of a person who may.
        acknowledges: bool,
        /// With a method that may change something.
        writes: bool,
    },
    /// `check-deadlines`.
    Sweep,
    /// `dispatch-email`.
    Dispatch,
    /// `record-delivery`.
    Event,
    /// `receive-email`; whether it is sure who wrote the mail.
    Mail {
        /// Whether SES vouches for the author.
        authenticated: bool,
    },
}

/// One run of a function.
#[derive(Debug)]
pub struct Invocation {
    /// Which function.
    pub kind: Kind,
    /// What the history calls it.
    pub label: String,
    /// What its chance comes from.
    pub id: u64,
    /// How wrong its clock is, in milliseconds.
    pub skew_ms: i64,
    calls: AtomicU64,
    polls: AtomicU64,
    crashed: AtomicBool,
    disturbed: AtomicBool,
    noted: Mutex<Noted>,
}

/// What a run saw and did, as far as invariants ask for it.
#[derive(Debug, Default)]
pub struct Noted {
    /// Of a sweep: what the index showed it, as due when, and when it read that.
    pub seen: Vec<(DueTarget, Timestamp, u64)>,
    /// Of a dispatch: the e-mails that it tried to claim.
    pub tried: Vec<EmailId>,
    /// Of a dispatch: the e-mails that SES took and said so, and that are not marked (yet).
    pub unmarked: Vec<EmailId>,
}

impl Invocation {
    /// A run of which nothing is known yet. `purpose` tells it from all others.
    #[must_use]
    pub fn new(
        seed: u64,
        kind: Kind,
        label: String,
        purpose: impl Hash,
        skew_ms: i64,
    ) -> Arc<Self> {
        Arc::new(Self {
            kind,
            label,
            id: mixed(seed, purpose),
            skew_ms,
            calls: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            crashed: AtomicBool::new(false),
            disturbed: AtomicBool::new(false),
            noted: Mutex::default(),
        })
    }

    /// The number of its next call, and the dice for it.
    pub fn next_call(&self) -> (u64, Dice) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        (mixed(self.id, call), Dice::of(self.id, call))
    }

    /// Something went wrong for it.
    pub fn disturb(&self) {
        self.disturbed.store(true, Ordering::Relaxed);
    }

    /// Whether anything went wrong for it.
    pub fn is_disturbed(&self) -> bool {
        self.disturbed.load(Ordering::Relaxed)
    }

    /// It dies here. Never returns.
    pub async fn crash<T>(&self) -> T {
        self.disturb();
        self.crashed.store(true, Ordering::Relaxed);
        std::future::pending().await
    }

    /// What it saw and did.
    pub fn noted<T>(&self, with: impl FnOnce(&mut Noted) -> T) -> T {
        with(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The function died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crashed;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Invocation>>> = const { RefCell::new(None) };
}

/// The function that runs now.
#[must_use]
pub fn current() -> Option<Arc<Invocation>> {
    CURRENT.with_borrow(Clone::clone)
}

/// How wrong the clock of the function that runs now is.
#[must_use]
pub fn current_skew_ms() -> i64 {
    CURRENT.with_borrow(|current| current.as_ref().map_or(0, |current| current.skew_ms))
}

/// Runs a function to its end or to its death, at which all that it was about is dropped.
pub async fn run<F: Future>(invocation: &Arc<Invocation>, work: F) -> Result<F::Output, Crashed> {
    let mut work: Option<Pin<Box<F>>> = Some(Box::pin(work));
    std::future::poll_fn(move |context| {
        let Some(running) = work.as_mut() else { return Poll::Ready(Err(Crashed)) };
        // What production code leaves to chance comes from the seed too.
        fastrand::seed(mixed(invocation.id, invocation.polls.fetch_add(1, Ordering::Relaxed)));
        CURRENT.set(Some(invocation.clone()));
        let polled = running.as_mut().poll(context);
        CURRENT.set(None);
        if invocation.crashed.load(Ordering::Relaxed) {
            work = None;
            return Poll::Ready(Err(Crashed));
        }
        polled.map(Ok)
    })
    .await
}
