//! The stream of the table, and its mapping to `dispatch-email` as `infra/template.yaml` has it: lanes by
//! incident, each with one batch at a time and in order.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::EmailId;
use shared::links::LinkWriter;
use shared::outbox::OutboxId;
use shared::store::memory::Written;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::ses::BusySes;
use super::store::TimedStore;
use crate::world::record;

/// A table on demand begins with four partitions; the mapping has two lanes for each
/// (`ParallelizationFactor`).
const LANES: usize = 4 * 2;
/// `BatchSize`.
const BATCH: usize = 10;
/// `ReservedConcurrentExecutions` of `dispatch-email`, and its `Timeout`.
const AT_ONCE: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(90);
/// `MaximumRecordAgeInSeconds`; and for how long DynamoDB keeps records at all.
const MAPPING_GIVES_UP: Duration = Duration::from_secs(3_600);
const KEPT_FOR: Duration = Duration::from_secs(86_400);
/// How long a record takes to the function.
const DELAY: Duration = Duration::from_millis(200);

/// The stream.
#[derive(Debug)]
pub struct Stream {
    lanes: Vec<Lane>,
    is_down: Mutex<bool>,
    comes_back: Notify,
    /// What became of records.
    pub counts: Counts,
}

#[derive(Debug, Default)]
struct Lane {
    records: Mutex<VecDeque<(Instant, EmailId)>>,
    news: Notify,
}

/// What became of records.
#[derive(Debug, Default)]
pub struct Counts {
    /// Handed to the function.
    pub handed: AtomicU64,
    /// Older than DynamoDB keeps them.
    pub expired: AtomicU64,
    /// Older than the mapping hands them out.
    pub given_up: AtomicU64,
    /// Batches that failed or took too long.
    pub failed: AtomicU64,
}

impl Counts {
    fn add(count: &AtomicU64, more: usize) {
        count.fetch_add(more as u64, Ordering::Relaxed);
    }

    /// A count.
    pub fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

impl Stream {
    /// One that hands out.
    pub fn new() -> Arc<Self> {
        let lanes = std::iter::repeat_with(Lane::default).take(LANES).collect();
        let (is_down, comes_back) = (Mutex::new(false), Notify::new());
        Arc::new(Self { lanes, is_down, comes_back, counts: Counts::default() })
    }

    /// Takes what was written; only e-mails that are pending pass the filter.
    pub fn hear(&self, written: Vec<Written>) {
        for written in written {
            let Written::Pending(OutboxId::Email(id)) = written else { continue };
            let mut hasher = DefaultHasher::new();
            id.thread.hash(&mut hasher);
            let lane = &self.lanes[usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0)];
            let mut records = lane.records();
            records.push_back((Instant::now(), id));
            self.forget(&mut records);
            drop(records);
            lane.news.notify_one();
        }
    }

    /// How many records wait.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.records().len()).sum()
    }

    /// Nothing is handed out any more.
    pub fn goes_down(&self) {
        *self.is_down.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// What is kept is handed out again.
    pub fn comes_back(&self) {
        *self.is_down.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.comes_back.notify_waiters();
    }

    fn forget(&self, records: &mut VecDeque<(Instant, EmailId)>) {
        while records.front().is_some_and(|(at, _)| at.elapsed() > KEPT_FOR) {
            records.pop_front();
            Counts::add(&self.counts.expired, 1);
        }
    }

    async fn is_up(&self) {
        loop {
            let back = self.comes_back.notified();
            if !*self.is_down.lock().unwrap_or_else(PoisonError::into_inner) {
                return;
            }
            back.await;
        }
    }

    /// The next batch of a lane.
    async fn batch(&self, lane: &Lane) -> Vec<EmailId> {
        loop {
            self.is_up().await;
            let first = {
                let mut records = lane.records();
                self.forget(&mut records);
                records.front().map(|(at, _)| *at)
            };
            match first {
                None => lane.news.notified().await,
                Some(at) if at.elapsed() < DELAY => tokio::time::sleep_until(at + DELAY).await,
                Some(_) => break,
            }
        }
        let mut records = lane.records();
        let length = records.len().min(BATCH);
        let (old, fresh): (Vec<_>, Vec<_>) =
            records.drain(..length).partition(|(at, _)| at.elapsed() > MAPPING_GIVES_UP);
        Counts::add(&self.counts.given_up, old.len());
        Counts::add(&self.counts.handed, fresh.len());
        fresh.into_iter().map(|(_, id)| id).collect()
    }

    /// Hands out what comes, for ever: each lane, a task.
    pub fn run(
        self: &Arc<Self>,
        desk: &Desk<TimedStore>,
        ses: &BusySes,
        links: &LinkWriter,
    ) -> Vec<JoinHandle<()>> {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let lane = |n: usize| {
            let (stream, at_once) = (self.clone(), at_once.clone());
            let (desk, ses, links) = (desk.clone(), ses.clone(), links.clone());
            tokio::spawn(async move {
                loop {
                    let ids = stream.batch(&stream.lanes[n]).await;
                    if ids.is_empty() {
                        continue;
                    }
                    let records = ids.iter().enumerate().map(|(n, id)| record(n, id)).collect();
                    let execution = at_once.acquire().await;
                    let handled = dispatch_email::handle(&desk, &ses, &links, Batch { records });
                    let handled = tokio::time::timeout(TIMEOUT, handled).await;
                    drop(execution);
                    let whole = handled.is_ok_and(|answer| answer.batch_item_failures.is_empty());
                    Counts::add(&stream.counts.failed, usize::from(!whole));
                }
            })
        };
        (0..LANES).map(lane).collect()
    }
}

impl Lane {
    fn records(&self) -> MutexGuard<'_, VecDeque<(Instant, EmailId)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
