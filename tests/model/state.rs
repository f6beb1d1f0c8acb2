//! The state of the world, and how time passes in it.
//!
//! It is always [`NOW`]: when time passes, all instants that anybody knows come nearer. So a state
//! that has been before is the same state, however long ago, and the space is finite.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use shared::incident::clock::after;
use shared::outbox::{ANSWER, CLOCKS_APART, Delivery, EmailFacts, Learned};

use crate::actors::{Dispatcher, Phase};

/// What a perfect clock shows. Others are ahead of it.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The e-mail, as it is stored.
    pub delivery: Delivery,
    pub facts: EmailFacts,
    /// Whether this version of the desk can read it.
    pub is_readable: bool,
    /// Whether its incident is resolved.
    pub is_resolved: bool,
    pub dispatchers: Vec<Dispatcher>,
    /// How far the sweeps' clocks are ahead.
    pub sweep_clock: SignedDuration,
    /// The instant for which the index has nominated the e-mail to each sweep, perhaps long ago.
    pub sweeps: Vec<Option<Timestamp>>,
    /// What an invocation of `record-delivery` has decided on what it read, and is to write.
    pub learned: Option<Learned>,
    pub history: History,
}

/// What happened, as nobody in the desk knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// How often SES took the e-mail.
    pub taken: u8,
    /// How often SES took it and nobody could write that down: the answer was lost, the dispatcher
    /// died, or it wrote when its claim was over.
    pub in_doubt: u8,
    /// How often somebody else was told that it reached nobody.
    pub told: u8,
    /// SES was asked once more, and it was not labelled as a repeat.
    pub unlabelled: bool,
    /// It was claimed when it was known that SES had taken it.
    pub claimed_though_proven: bool,
    /// It had ended, and was begun anew.
    pub begun_anew: bool,
    /// An event of SES of this e-mail was taken for another desk's.
    pub dismissed: bool,
    /// A claim was over before what became of the attempt was written.
    pub claim_lost: bool,
}

impl State {
    /// What the clock of the sweeps shows.
    pub fn sweep_now(&self) -> Timestamp {
        after(NOW, self.sweep_clock)
    }

    /// Lets time pass until something may be different; `None` when nothing would be, or when
    /// somebody has to act first.
    pub fn pass(&self) -> Option<Self> {
        if self.dispatchers.iter().any(|dispatcher| is_overdue(&dispatcher.phase)) {
            return None;
        }
        let until = self.instants().into_iter().filter(|instant| *instant > NOW).min()?;
        let passed = until.duration_since(NOW);
        let mut next = self.clone();
        let phases = next.dispatchers.iter_mut().flat_map(|it| it.phase.instants());
        let nominated = next.sweeps.iter_mut().flatten();
        for instant in phases.chain(nominated).chain(&mut next.delivery.due_at) {
            *instant -= passed;
        }
        Some(next)
    }

    /// When, by a perfect clock, somebody may act otherwise than before: an attempt is killed or not
    /// answered, asks SES for the last time, or asks no more; or a sweep comes.
    fn instants(&self) -> Vec<Timestamp> {
        let of_dispatchers = self.dispatchers.iter().flat_map(|dispatcher| {
            let Dispatcher { phase, clock, .. } = dispatcher;
            let lease_until = match phase {
                Phase::Claimed { delivery, .. } => delivery.due_at,
                _ => None,
            };
            let last_asks = lease_until.map(|until| until - ANSWER - CLOCKS_APART - *clock);
            let asks_no_more = last_asks.map(|last| last + SignedDuration::from_secs(1));
            [phase.killed_at(), phase.answer_by(), last_asks, asks_no_more]
        });
        let sweep = self.delivery.due_at.map(|due_at| due_at - self.sweep_clock);
        of_dispatchers.chain([sweep]).flatten().collect()
    }

    /// Forgets what makes no difference. An instant that is over by every clock is as over as any
    /// other; what was nominated for it, and is not due then any more, will never be. Who of the
    /// dispatchers is who does not matter.
    pub fn forget(&mut self) {
        let (over, long_over) = (NOW - CLOCKS_APART, NOW - CLOCKS_APART * 2);
        let due_at = self.delivery.due_at;
        for nominated in &mut self.sweeps {
            *nominated = nominated.filter(|at| Some(*at) == due_at || *at >= over);
        }
        for instant in self.sweeps.iter_mut().flatten().chain(&mut self.delivery.due_at) {
            *instant = (*instant).max(long_over);
        }
        self.sweeps.sort();
        // By anything that is the same for the same.
        self.dispatchers.sort_by_cached_key(|dispatcher| {
            let mut hasher = DefaultHasher::new();
            dispatcher.hash(&mut hasher);
            hasher.finish()
        });
    }
}

fn is_overdue(phase: &Phase) -> bool {
    let first = [phase.killed_at(), phase.answer_by()].into_iter().flatten().min();
    first.is_some_and(|instant| instant <= NOW)
}
