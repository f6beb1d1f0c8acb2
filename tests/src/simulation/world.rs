//! A simulated world: the store, time, what goes wrong, and the bystander who sees it all.

use std::collections::VecDeque;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::email::render::Rendered;
use shared::incident::values::IncidentNumber;
use shared::links::{KeyRing, LinkWriter};
use shared::outbox::OutboxId;
use shared::policy::Policy;
use shared::store::DueTarget;
use shared::store::memory::{MemoryStore, Written};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::dice::{Dice, mixed};
use super::faults::{Fault, Mask, Weather};
use super::holds::Broken;
use super::invariants;
use super::invocation::{self, Invocation, Kind};
use super::lag::LaggedIndex;
use super::ledger::Ledger;
use super::report::Violation;
use super::store::FaultyStore;
use super::time::{at, milliseconds, stamp};
use super::{Ended, Scale, stream};

/// The default policy: reading it takes longer than much of what happens in a world.
static POLICY: OnceLock<Arc<Policy>> = OnceLock::new();

/// A world, for as long as it is simulated.
#[derive(Debug)]
pub struct World {
    /// What all chance comes from.
    pub seed: u64,
    /// How long, and how much happens.
    pub scale: Scale,
    /// What is left out.
    pub mask: Mask,
    /// How likely faults are.
    pub weather: Weather,
    /// The table itself, which never fails.
    pub store: MemoryStore,
    /// The keys of links.
    pub keys: KeyRing,
    /// Who writes links.
    pub links: LinkWriter,
    policy: Arc<Policy>,
    /// Raised when an invariant is broken: there is no use in going on.
    pub broken: Notify,
    /// When the store is down, in milliseconds.
    pub store_outage: Option<(u64, u64)>,
    /// When SES is down.
    pub ses_outage: Option<(u64, u64)>,
    began: Instant,
    calm: AtomicBool,
    telling: bool,
    state: Mutex<State>,
}

/// What changes in a world beside its store.
#[derive(Debug, Default)]
pub struct State {
    /// What a bystander knows.
    pub ledger: Ledger,
    /// The index as functions see it.
    pub index: LaggedIndex,
    /// Records that the stream is about to hand out.
    pub records: VecDeque<shared::email::EmailId>,
    /// Whether a batch of them is being made up.
    pub is_batching: bool,
    /// The last e-mails of each incident, as their recipients have them.
    pub inbox: std::collections::BTreeMap<IncidentNumber, VecDeque<Arc<Rendered>>>,
    /// Ids of mails that wait for a person.
    pub waiting: Vec<String>,
    /// What is handed over when the world ends.
    pub ended: Ended,
}

impl World {
    /// A world in which nothing has happened. Wants a paused clock.
    #[must_use]
    pub fn new(seed: u64, scale: Scale, mask: Mask, telling: bool) -> Arc<Self> {
        let weather = Weather::of(seed);
        let keys = crate::link_keys();
        let outage = |fault, length| {
            let mut dice = Dice::of(seed, ("outage", fault));
            let from = dice.between(0, scale.length_ms());
            let is_one = dice.happens(weather.likely(fault).min(0.5));
            is_one.then_some((from, from + length))
        };
        const THREE_HOURS: u64 = 3 * 3_600_000;
        let longest = THREE_HOURS.min(scale.length_ms() / 4);
        Arc::new(Self {
            store_outage: outage(Fault::StoreOutage, longest),
            ses_outage: outage(Fault::SesOutage, longest),
            seed,
            scale,
            mask,
            weather,
            store: MemoryStore::logged(),
            links: crate::link_writer(keys.clone()),
            policy: POLICY.get_or_init(|| Arc::new(crate::default_policy())).clone(),
            keys,
            broken: Notify::new(),
            began: Instant::now(),
            calm: AtomicBool::new(false),
            telling,
            state: Mutex::default(),
        })
    }

    /// The desk as functions have it: their store fails, and their clocks are wrong.
    #[must_use]
    pub fn desk(self: &Arc<Self>) -> Desk<FaultyStore> {
        let world = self.clone();
        let clock = Clock::of(move || world.clock());
        Desk { store: FaultyStore(self.clone()), policy: self.policy.clone(), clock }
    }

    /// The HTTP API.
    pub fn api(self: &Arc<Self>, desk: &Desk<FaultyStore>) -> Router {
        escalation_desk::gateway::router(desk.clone(), self.keys.clone())
    }

    /// Milliseconds since the world began.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant.
    #[must_use]
    pub fn instant(&self) -> Timestamp {
        at(self.now())
    }

    /// What the clock of the function that runs now says.
    #[must_use]
    pub fn clock(&self) -> Timestamp {
        at(self.now().saturating_add_signed(invocation::current_skew_ms()))
    }

    /// Waits.
    pub async fn sleep(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Waits until a millisecond of the world.
    pub async fn sleep_until(&self, ms: u64) {
        tokio::time::sleep_until(self.began + Duration::from_millis(ms)).await;
    }

    /// What changes.
    ///
    /// A panic while it is held ends the world, so that nobody sees half of it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing goes wrong any more.
    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
        self.excuse();
    }

    /// Something is wrong now that may hold up a sweep.
    pub fn excuse(&self) {
        let now = self.now();
        let mut state = self.state();
        state.ledger.excused_until = state.ledger.excused_until.max(now);
    }

    /// Whether a fault happens here that is so likely; `id` tells it from all others.
    pub fn goes_wrong(&self, fault: Fault, dice: &mut Dice, id: impl Hash) -> bool {
        let happens = dice.happens(self.weather.likely(fault));
        happens && self.lets(fault, mixed(self.seed, (fault, id)))
    }

    /// Whether a fault that comes up happens. It is counted if it does.
    pub fn lets(&self, fault: Fault, id: u64) -> bool {
        if self.calm.load(Ordering::Relaxed) || !self.mask.has_fault(fault, id) {
            return false;
        }
        let now = self.now();
        let mut state = self.state();
        *state.ended.counts.faults.entry(fault).or_default() += 1;
        state.ended.happened.push((fault, id));
        state.ended.fingerprint = mixed(state.ended.fingerprint, (now, fault, id));
        if self.telling {
            let line = format!("{} !! {fault:?}", stamp(now));
            state.ended.history.push(line);
        }
        true
    }

    /// Whether the store, or SES, is down.
    pub fn is_down(&self, fault: Fault) -> bool {
        let outage = if fault == Fault::StoreOutage { self.store_outage } else { self.ses_outage };
        let now = self.now();
        outage.is_some_and(|(from, to)| (from..to).contains(&now))
            && self.lets(fault, mixed(self.seed, ("outage", fault)))
    }

    /// A run of a function. `purpose` tells it from all others.
    pub fn invocation(&self, kind: Kind, label: String, purpose: impl Hash) -> Arc<Invocation> {
        let id = mixed(self.seed, &purpose);
        let mut dice = Dice::of(id, "skew");
        let skew = dice.between(0, 10_000);
        let is_wrong = self.goes_wrong(Fault::ClockSkew, &mut dice, id);
        let skew_ms = if is_wrong { i64::try_from(skew).unwrap_or(0) - 5_000 } else { 0 };
        self.state().ended.counts.invocations += 1;
        self.tell(id, || format!("   {label} begins, its clock {skew_ms} ms off"));
        Invocation::new(self.seed, kind, label, purpose, skew_ms)
    }

    /// Has something happen beside everything else.
    pub fn spawn(self: &Arc<Self>, what: impl Future<Output = ()> + Send + 'static) {
        let world = self.clone();
        tokio::spawn(async move {
            let done = std::panic::AssertUnwindSafe(what);
            if let Err(panic) = futures::FutureExt::catch_unwind(done).await {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                world.violated(0, format!("a panic: {}", said.unwrap_or_default()));
            }
        });
    }

    /// One more line of the history.
    pub fn tell(&self, what: u64, line: impl FnOnce() -> String) {
        let now = self.now();
        let mut state = self.state();
        state.ended.counts.steps += 1;
        state.ended.fingerprint = mixed(state.ended.fingerprint, (now, what));
        if self.telling {
            let line = format!("{} {}", stamp(now), line());
            state.ended.history.push(line);
        }
    }

    /// An invariant holds, or the world ends.
    pub fn hold(&self, number: u8, holds: Broken) {
        if let Err(why) = holds {
            self.violated(number, why);
        }
    }

    /// An invariant is broken.
    pub fn violated(&self, invariant: u8, why: String) {
        let now = self.now();
        let mut state = self.state();
        if self.telling {
            let line = format!("{} ** invariant {invariant}: {why}", stamp(now));
            state.ended.history.push(line);
        }
        state.ended.violations.push(Violation { invariant, why, at: now });
        drop(state);
        self.broken.notify_one();
    }

    /// Lets everybody hear of what was written: the index a while later, and the stream.
    pub fn hear_of_writes(self: &Arc<Self>) {
        for written in self.store.take_log() {
            match written {
                Written::Due { target, due_at } => self.due(target, due_at),
                Written::Pending(OutboxId::Email(id)) => stream::pending(self, id),
                Written::Pending(OutboxId::Webhook(_)) => {}
            }
        }
    }

    fn due(&self, target: DueTarget, due_at: Option<Timestamp>) {
        let now = self.now();
        let mut state = self.state();
        if let Some((before, _)) = state.ledger.due.get(&target).cloned() {
            let before_ms = milliseconds(before);
            if before_ms <= now + 5_000 {
                let broken =
                    invariants::i4_fires_in_time(&state.ledger, &target, before, before_ms, now);
                drop(state);
                self.hold(4, broken);
                state = self.state();
            }
            state.ledger.seen.remove(&(target.clone(), before));
        }
        match due_at {
            Some(due_at) => state.ledger.due.insert(target.clone(), (due_at, now)),
            None => state.ledger.due.remove(&target),
        };
        let written = state.index.written();
        drop(state);
        let lag = self.index_lag(now, written);
        let mut state = self.state();
        let shown = state.index.write(target, due_at, now + lag);
        if lag > 1_000 {
            state.ledger.excused_until = state.ledger.excused_until.max(shown);
        }
    }

    /// How long the index takes for a write: in some hours up to ten minutes.
    fn index_lag(&self, now: u64, written: u64) -> u64 {
        let hour = now / 3_600_000;
        let mut dice = Dice::of(self.seed, ("lag", hour));
        let is_slow = dice.happens(self.weather.likely(Fault::IndexLag).min(0.3));
        let mut dice = Dice::of(self.seed, ("lag", now, written));
        if is_slow && self.lets(Fault::IndexLag, mixed(self.seed, ("lag", hour))) {
            dice.spread(1_000, 600_000)
        } else {
            dice.between(0, 300)
        }
    }
}
