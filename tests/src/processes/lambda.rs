//! Lambda: a function, its processes, and its invocations.
//!
//! A process does one thing at a time and is used again; one that dies takes its invocation with it, and
//! the next is answered by another.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::execution::{Execution, Job, Killed};
use super::faults::{Plan, plan};
use super::region::Region;
use super::seen::Sweep;
use super::variables::{self, arn};
use crate::simulation::dice::Dice;

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The process is gone.
    #[error("the process died")]
    Died,
    /// It took too long, and the process is gone.
    #[error("it took too long")]
    TimedOut,
    /// The function says so.
    #[error("the function failed: {0}")]
    Said(String),
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its crate.
    pub name: String,
    /// Its program.
    pub binary: PathBuf,
    /// What else there is.
    pub region: Arc<Region>,
    timeout: Duration,
    given: Vec<(String, String)>,
    runtime_api: SocketAddr,
    proxy: SocketAddr,
    idle: Mutex<Vec<Arc<Execution>>>,
    places: Semaphore,
}

impl Function {
    /// A function of the template, of which so many processes run at once.
    #[must_use]
    pub fn new(
        region: &Arc<Region>,
        name: &str,
        binary: PathBuf,
        (timeout, given): (Duration, Vec<(String, String)>),
        (runtime_api, proxy): (SocketAddr, SocketAddr),
        places: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            binary,
            region: region.clone(),
            timeout,
            given,
            runtime_api,
            proxy,
            idle: Mutex::default(),
            places: Semaphore::new(places),
        })
    }

    /// All that is in the environment of its process.
    #[must_use]
    pub fn variables(&self, execution: u64) -> Vec<(String, String)> {
        let endpoints = variables::endpoints(self.runtime_api, self.proxy, execution);
        [variables::of_lambda(&self.name), self.given.clone(), endpoints].concat()
    }

    /// Invokes it with an event.
    ///
    /// # Errors
    ///
    /// [`Failed`].
    pub async fn invoke(&self, payload: Vec<u8>) -> Result<Vec<u8>, Failed> {
        let _place = self.places.acquire().await.map_err(|_| Failed::Died)?;
        let (execution, is_new) = self.execution();
        let invocation = self.region.next_id();
        let heads_for = if self.region.is_calm() {
            Plan::Lives
        } else {
            plan(&mut Dice::of(self.region.seed, ("invocation", invocation)), &self.name, is_new)
        };
        let timeout = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        let job = Job {
            request_id: format!("00000000-0000-4000-8000-{invocation:012x}"),
            deadline_ms: self.region.clock.now().as_millisecond().saturating_add(timeout),
            arn: arn("lambda", &format!("function:{}", self.name)),
            payload,
        };
        self.region.tally().of(&self.name).begun += 1;
        let (began_ms, disturbed) =
            (self.region.clock.now().as_millisecond(), execution.disturbed());
        let answered = execution.hand(job, heads_for);
        if let Plan::DiesStarting(after) = heads_for {
            execution.kill_while_it_starts(after);
        }
        let outcome = tokio::select! {
            biased;
            Ok(answer) = answered => answer,
            () = execution.dead() => Err(Failed::Died),
            () = tokio::time::sleep(self.timeout) => {
                execution.kill(Killed::TimedOut).await;
                Err(Failed::TimedOut)
            }
        };
        let mut tally = self.region.tally();
        let counts = tally.of(&self.name);
        *match &outcome {
            Ok(_) => &mut counts.answered,
            Err(Failed::Died) => &mut counts.killed,
            Err(Failed::TimedOut) => &mut counts.timed_out,
            Err(Failed::Said(_)) => &mut counts.failed,
        } += 1;
        drop(tally);
        if self.name == "check-deadlines" {
            let ended_ms = self.region.clock.now().as_millisecond();
            let was_left_alone = outcome.is_ok() && execution.disturbed() == disturbed;
            self.region.seen().sweeps.push(Sweep { began_ms, ended_ms, was_left_alone });
        }
        if !execution.is_dead() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(execution);
        }
        outcome
    }

    /// A process that is idle, or a new one.
    fn execution(&self) -> (Arc<Execution>, bool) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(execution) = idle.pop() {
            if !execution.is_dead() {
                return (execution, false);
            }
        }
        drop(idle);
        (Execution::start(self, self.region.next_id()), true)
    }
}
