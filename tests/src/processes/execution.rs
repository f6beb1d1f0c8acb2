//! An execution environment: one process of a function, from its start to its end.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::faults::{Break, Fault, Kill, Plan, Service, breaks};
use super::lambda::{Failed, Function};
use super::region::Region;
use crate::simulation::dice::Dice;

const SIGKILL: i32 = 9;
/// How much of what a process wrote is kept, for when it ends by itself.
const LINES: usize = 30;

/// Why a process was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    /// That is what happens here.
    By(Kill),
    /// Lambda ends what takes too long.
    TimedOut,
    /// All is over.
    Over,
}

/// An event on its way into a process.
#[derive(Debug, Clone)]
pub struct Job {
    /// The invocation.
    pub request_id: String,
    /// When its time is up, in epoch milliseconds.
    pub deadline_ms: i64,
    /// Which function it is.
    pub arn: String,
    /// The event.
    pub payload: Vec<u8>,
}

/// The invocation that a process is at.
#[derive(Debug)]
struct Running {
    request_id: String,
    answer: oneshot::Sender<Result<Vec<u8>, Failed>>,
    plan: Plan,
    requests: u64,
}

/// A process.
#[derive(Debug)]
pub struct Execution {
    /// Which.
    pub id: u64,
    /// The crate of its function.
    pub function: String,
    region: Arc<Region>,
    hand: mpsc::UnboundedSender<Job>,
    handed: tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
    running: Mutex<Option<Running>>,
    dice: Mutex<Dice>,
    killed: Mutex<Option<Killed>>,
    kill: Notify,
    /// Whether it has come to ask for an event.
    has_asked: AtomicBool,
    /// How often something went wrong with one of its requests.
    disturbed: AtomicU64,
    is_dead: watch::Sender<bool>,
}

impl Execution {
    /// Starts a process.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(function: &Function, id: u64) -> Arc<Self> {
        let region = &function.region;
        let (hand, handed) = mpsc::unbounded_channel();
        let execution = Arc::new(Self {
            id,
            function: function.name.clone(),
            region: region.clone(),
            hand,
            handed: tokio::sync::Mutex::new(handed),
            running: Mutex::new(None),
            dice: Mutex::new(Dice::of(region.seed, ("execution", id))),
            killed: Mutex::new(None),
            kill: Notify::new(),
            has_asked: AtomicBool::new(false),
            disturbed: AtomicU64::new(0),
            is_dead: watch::Sender::new(false),
        });
        region.tally().of(&function.name).started += 1;
        // Before it is there, lest it asks sooner.
        region.add(execution.clone());
        let child = Command::new(&function.binary)
            .env_clear()
            .envs(function.variables(id))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", function.binary.display()));
        tokio::spawn(execution.clone().own(child));
        execution
    }

    /// Waits for the end of the process, or brings it about.
    async fn own(self: Arc<Self>, mut child: Child) {
        let written = Arc::new(Mutex::new(Vec::new()));
        let reading = [
            tokio::spawn(listen(self.clone(), child.stdout.take(), written.clone())),
            tokio::spawn(listen(self.clone(), child.stderr.take(), written.clone())),
        ];
        let status = tokio::select! {
            status = child.wait() => status,
            () = self.kill.notified() => {
                // It may just have ended.
                drop(child.start_kill());
                child.wait().await
            }
        };
        let status = status.expect("a child of ours");
        let killed = *lock(&self.killed);
        match killed {
            Some(Killed::By(kill)) if status.signal() == Some(SIGKILL) => {
                let mut tally = self.region.tally();
                *tally.kills.entry((self.function.clone(), kill)).or_default() += 1;
            }
            Some(_) => {}
            None => {
                for reading in reading {
                    drop(reading.await);
                }
                let written = lock(&written).join("\n  ");
                let said = format!("{} ended by itself, {status}:\n  {written}", self.function);
                self.region.tally().misdeeds.push(said);
            }
        }
        self.is_dead.send_replace(true);
    }

    /// Hands it an event, which heads for `plan`.
    pub fn hand(&self, job: Job, plan: Plan) -> oneshot::Receiver<Result<Vec<u8>, Failed>> {
        let (answer, answered) = oneshot::channel();
        let request_id = job.request_id.clone();
        *lock(&self.running) = Some(Running { request_id, answer, plan, requests: 0 });
        drop(self.hand.send(job));
        answered
    }

    /// The process asks for the next event.
    pub async fn next(self: &Arc<Self>) -> Option<Job> {
        self.has_asked.store(true, Ordering::SeqCst);
        let job = self.handed.lock().await.recv().await?;
        let plan = lock(&self.running).as_ref().map(|running| running.plan);
        if let Some(Plan::DiesAfter(moment)) = plan {
            let (this, request_id) = (self.clone(), job.request_id.clone());
            tokio::spawn(async move {
                tokio::time::sleep(moment).await;
                let is_at_it = |running: &Running| running.request_id == request_id;
                let is_running = lock(&this.running).as_ref().is_some_and(is_at_it);
                if is_running && !this.region.is_calm() {
                    this.kill(Killed::By(Kill::AnyMoment)).await;
                }
            });
        }
        Some(job)
    }

    /// Kills it a while after its start, unless its invocation is over.
    pub fn kill_while_it_starts(self: &Arc<Self>, after: Duration) {
        let this = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if lock(&this.running).is_some() && !this.region.is_calm() {
                let has_asked = this.has_asked.load(Ordering::SeqCst);
                let kill = if has_asked { Kill::AnyMoment } else { Kill::Starting };
                this.kill(Killed::By(kill)).await;
            }
        });
    }

    /// The process answers an event.
    pub fn answers(&self, request_id: &str, answer: Result<Vec<u8>, Failed>) {
        let mut running = lock(&self.running);
        if let Some(one) = running.take_if(|running| running.request_id == request_id) {
            // Who waits may have given up.
            drop(one.answer.send(answer));
        }
    }

    /// What goes wrong with its next request to a service.
    pub fn fault(&self, service: Service) -> Option<Fault> {
        if self.region.is_calm() || *self.is_dead.borrow() {
            return None;
        }
        let mut running = lock(&self.running);
        if let Some(running) = running.as_mut() {
            let request = running.requests;
            running.requests += 1;
            if let Plan::DiesAt(at, kill) = running.plan
                && at == request
            {
                return Some(Fault::Kill(kill));
            }
        }
        let broken: Option<Break> = breaks(&mut lock(&self.dice), service);
        self.disturbed.fetch_add(u64::from(broken.is_some()), Ordering::SeqCst);
        broken.map(Fault::Break)
    }

    /// How often something has gone wrong with one of its requests so far.
    #[must_use]
    pub fn disturbed(&self) -> u64 {
        self.disturbed.load(Ordering::SeqCst)
    }

    /// Kills it and waits until it is dead. The first reason counts.
    pub async fn kill(&self, why: Killed) {
        lock(&self.killed).get_or_insert(why);
        self.kill.notify_one();
        self.dead().await;
    }

    /// Resolves once it is dead.
    pub async fn dead(&self) {
        let mut is_dead = self.is_dead.subscribe();
        drop(is_dead.wait_for(|is_dead| *is_dead).await);
    }

    /// Whether it is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        *self.is_dead.borrow()
    }

    /// A number from its own dice.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        lock(&self.dice).spread(low, high)
    }
}

/// Each change of what is locked is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what a process writes, so that it is never held up by a full pipe.
async fn listen(
    execution: Arc<Execution>,
    pipe: Option<impl AsyncRead + Unpin>,
    written: Arc<Mutex<Vec<String>>>,
) {
    let Some(pipe) = pipe else { return };
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("panicked at") {
            let said = format!("{} panicked: {line}", execution.function);
            execution.region.tally().misdeeds.push(said);
        }
        let mut written = lock(&written);
        if written.len() < LINES {
            written.push(line);
        }
    }
}
