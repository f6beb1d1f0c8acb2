//! What all parts of a run share: the seed, the processes, what went over the wire, and the counts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::clock::Clock;

use super::execution::{Execution, Killed};
use super::faults::Tally;
use super::seen::Seen;

/// Shared by all parts of a run.
#[derive(Debug)]
pub struct Region {
    /// Where all chance comes from.
    pub seed: u64,
    /// The time.
    pub clock: Clock,
    /// How long nobody answers before a connection ends after all; long, so that SDKs give up first.
    pub silence: Duration,
    began: Instant,
    is_calm: AtomicBool,
    /// Requests of dead processes that are still on their way.
    late: AtomicU64,
    tally: Mutex<Tally>,
    seen: Mutex<Seen>,
    executions: Mutex<HashMap<u64, Arc<Execution>>>,
    next: AtomicU64,
}

impl Region {
    /// An empty one.
    #[must_use]
    pub fn new(seed: u64, silence: Duration) -> Arc<Self> {
        Arc::new(Self {
            seed,
            clock: Clock::system(),
            silence,
            began: Instant::now(),
            is_calm: AtomicBool::new(false),
            late: AtomicU64::new(0),
            tally: Mutex::default(),
            seen: Mutex::default(),
            executions: Mutex::default(),
            next: AtomicU64::new(1),
        })
    }

    /// Microseconds since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// From now on nothing goes wrong.
    pub fn calm_down(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
    }

    /// Whether nothing goes wrong any more.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::SeqCst)
    }

    /// The counts.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went over the wire.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id for a process.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    /// A process was started.
    pub fn add(&self, execution: Arc<Execution>) {
        self.executions().insert(execution.id, execution);
    }

    /// A process, dead or alive.
    #[must_use]
    pub fn execution(&self, id: u64) -> Option<Arc<Execution>> {
        self.executions().get(&id).cloned()
    }

    /// A request of a process that is about to die is on its way.
    pub fn late_one_leaves(&self) {
        self.late.fetch_add(1, Ordering::SeqCst);
    }

    /// It has arrived.
    pub fn late_one_arrives(&self) {
        self.late.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether requests of dead processes are still on their way.
    #[must_use]
    pub fn waits_for_late_ones(&self) -> bool {
        self.late.load(Ordering::SeqCst) > 0
    }

    /// Ends all processes.
    pub async fn end(&self) {
        let all: Vec<_> = self.executions().values().cloned().collect();
        for execution in all {
            execution.kill(Killed::Over).await;
        }
    }

    fn executions(&self) -> MutexGuard<'_, HashMap<u64, Arc<Execution>>> {
        self.executions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
