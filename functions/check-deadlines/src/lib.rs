//! `check-deadlines`: acts on everything that is due: warnings, deadlines, ladder levels, pauses that
//! end, recurrence, and e-mails and webhooks that are stuck in the outbox.
//!
//! EventBridge Scheduler promises a minute's precision, so a sweep looks ahead: it acts at once on
//! what is overdue, then sleeps until each coming instant and acts on it. Sweeps overlap, and that
//! is harmless: who comes second finds nothing to do. No rule lives here.

mod act;
mod queue;

use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};
use shared::desk::Desk;
use shared::policy::Period;
use shared::store::{DueItem, Store, StoreError};
use shared::telemetry::{Metric, emit};

use act::Done;
use queue::Queue;

/// What it reads of its environment beside what every function does: nothing.
pub type Variables = ();

/// How many items are acted on at the same time.
const CONCURRENCY: usize = 16;
/// How long before its time-out a sweep leaves.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// What the schedule sends: how far ahead to look. It stands beside the rate in the template,
/// because it must cover the longest time between two firings.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firing {
    /// From now.
    pub look_ahead: Period,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Changes that were committed because time passed.
    pub changes: usize,
    /// E-mails and webhooks that were made pending again.
    pub requeued: usize,
    /// E-mails that were cancelled because their incident is resolved.
    pub cancelled: usize,
    /// Items on which it could not act; they stay due for the next sweep.
    pub failed: usize,
    /// For how long the oldest of the e-mails that were made pending again had been waiting since it
    /// was written, in milliseconds.
    pub longest_wait_ms: i64,
}

impl Report {
    /// Counts what was done, and returns what becomes due next by it.
    fn count(&mut self, done: Done) -> Option<DueItem> {
        match done {
            Done::Changed { changes, next } => {
                self.changes += changes;
                return next;
            }
            Done::Requeued { waited } => {
                self.requeued += 1;
                self.longest_wait_ms =
                    self.longest_wait_ms.max(milliseconds(waited.unwrap_or_default()));
            }
            Done::Cancelled => self.cancelled += 1,
            Done::Failed => self.failed += 1,
            Done::Nothing => {}
        }
        None
    }
}

/// Handles one firing of the schedule.
///
/// # Errors
///
/// [`StoreError`] when the index could not be read whole; the next sweep reads all of it again.
pub async fn handle<S: Store>(
    desk: &Desk<S>,
    event: LambdaEvent<Firing>,
) -> Result<Report, StoreError> {
    let now = desk.clock.now();
    let horizon = now.saturating_add(event.payload.look_ahead.duration()).unwrap_or(now);
    sweep(desk, horizon, leave_by(&event.context)).await
}

/// The last instant at which a sweep may still begin something.
fn leave_by(context: &Context) -> Timestamp {
    let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX);
    match Timestamp::from_millisecond(deadline) {
        // Outside Lambda there may be no deadline, which reads as zero.
        Ok(deadline) if deadline > Timestamp::UNIX_EPOCH => {
            deadline.saturating_sub(MARGIN).unwrap_or(deadline)
        }
        _ => Timestamp::MAX,
    }
}

/// Acts on all that is due up to `until`, each at its instant and in order. Nothing is begun after
/// `leave_by`; what is left stays due.
///
/// # Errors
///
/// [`StoreError`] when the index could not be read whole. What could be read was acted on.
pub async fn sweep<S: Store>(
    desk: &Desk<S>,
    until: Timestamp,
    leave_by: Timestamp,
) -> Result<Report, StoreError> {
    let until = until.min(leave_by);
    let mut queue = Queue::default();
    let began = desk.clock.now();
    let read = queue.fill(&desk.store, until).await;
    if read.is_ok() {
        // At once: a sweep that never comes to its heartbeat has told this.
        emit(Metric::OldestOverdueMilliseconds, milliseconds(queue.overdue(began)), began);
        emit(Metric::DueSoon, i64::try_from(queue.ahead(began)).unwrap_or(i64::MAX), began);
    }
    let mut report = Report::default();
    let mut heartbeat = read.is_ok();
    let mut longest_wait_ms = 0;
    let mut acting = FuturesUnordered::new();
    loop {
        let now = desk.clock.now();
        while now <= leave_by && acting.len() < CONCURRENCY {
            let Some(item) = queue.take_due(now) else { break };
            acting.push(act::on(desk, item, until));
        }
        let next = queue.next().filter(|next| *next <= until);
        if acting.is_empty() {
            if std::mem::take(&mut heartbeat) {
                emit(Metric::SweepHeartbeat, 1, now);
                longest_wait_ms = report.longest_wait_ms;
                emit(Metric::OldestPendingEmailMilliseconds, longest_wait_ms, now);
            }
            let Some(next) = next else { break };
            if now > leave_by {
                tracing::warn!(left = queue.len(), "no time left; the next sweep goes on");
                break;
            }
            tokio::time::sleep(wait(now, next)).await;
            continue;
        }
        // One that takes long holds nobody up: what comes due meanwhile takes a free place.
        let has_place = next.is_some() && acting.len() < CONCURRENCY;
        let coming = tokio::time::sleep(next.map_or(Duration::ZERO, |next| wait(now, next)));
        tokio::select! {
            // In a fixed order, so that a sweep can be replayed.
            biased;
            Some(done) = acting.next() => queue.extend(report.count(done)),
            () = coming, if has_place => {}
        }
    }
    drop(acting);
    if report.longest_wait_ms > longest_wait_ms {
        let now = desk.clock.now();
        emit(Metric::OldestPendingEmailMilliseconds, report.longest_wait_ms, now);
    }
    if report != Report::default() {
        let Report { changes, requeued, cancelled, failed, .. } = report;
        tracing::info!(changes, requeued, cancelled, failed, "sweep done");
    }
    read.map(|()| report)
}

fn wait(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
