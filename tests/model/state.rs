//! The state of the world, and how time passes in it.
//!
//! It is always [`NOW`]: when time passes, all instants that anybody knows come nearer. So a state
//! that has been before is the same state, however long ago, and the space is finite.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use shared::incident::clock::after;
use shared::outbox::{ANSWER, CLOCKS_APART, Delivery, EmailFacts, Learned};

use crate::actors::Dispatcher;

/// What the clocks of dispatchers show.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The e-mail, as it is stored.
    pub delivery: Delivery,
    pub facts: EmailFacts,
    /// When it was due before, of which sweeps may still know.
    pub was_due: Option<Timestamp>,
    /// Whether this version of the desk can read it.
    pub is_readable: bool,
    pub dispatchers: Vec<Dispatcher>,
    /// How far the sweeps' clocks are ahead of the dispatchers', or behind.
    pub ahead: SignedDuration,
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
    /// died, or its lease was over before it wrote.
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
        after(NOW, self.ahead)
    }

    /// Lets time pass until something may be different; `None` when nothing would be, or when SES
    /// has to answer first.
    pub fn pass(&self) -> Option<Self> {
        let is_late = |it: &Dispatcher| matches!(it, Dispatcher::Asking { answer_by, .. } if *answer_by <= NOW);
        if self.dispatchers.iter().any(is_late) {
            return None;
        }
        let until = self.instants().filter(|instant| *instant > NOW).min()?;
        let passed = until.duration_since(NOW);
        let mut next = self.clone();
        let known = next.dispatchers.iter_mut().flat_map(Dispatcher::instants);
        for instant in known.chain(&mut next.was_due).chain(&mut next.delivery.due_at) {
            *instant -= passed;
        }
        Some(next)
    }

    /// When somebody may act otherwise than before: SES has to answer, a dispatcher may ask it for
    /// the last time or asks no more, or a sweep comes.
    fn instants(&self) -> impl Iterator<Item = Timestamp> {
        let of_dispatchers = self.dispatchers.iter().flat_map(|dispatcher| match dispatcher {
            Dispatcher::Claimed { delivery, .. } => {
                let no_more = delivery.due_at.map(|until| until - ANSWER - CLOCKS_APART);
                [no_more.map(|no_more| no_more - SignedDuration::from_secs(1)), no_more]
            }
            Dispatcher::Asking { answer_by, .. } => [Some(*answer_by), None],
            Dispatcher::Idle | Dispatcher::Done { .. } => [None, None],
        });
        let sweeps = [self.was_due, self.delivery.due_at].map(|at| at.map(|at| at - self.ahead));
        of_dispatchers.chain(sweeps).flatten()
    }

    /// Forgets what makes no difference: by how long an instant is over, once it is by every clock;
    /// when it was due before, once that is so; the words of an error; who of the dispatchers is who.
    pub fn forget(&mut self) {
        let long_over = NOW - CLOCKS_APART * 2;
        let due_at = self.delivery.due_at;
        self.was_due = self.was_due.filter(|at| Some(*at) != due_at && *at > long_over);
        let known = self.dispatchers.iter_mut().flat_map(Dispatcher::instants);
        for instant in known.chain(&mut self.delivery.due_at) {
            *instant = (*instant).max(long_over);
        }
        self.delivery.error.iter_mut().for_each(String::clear);
        // By anything that is the same for the same.
        self.dispatchers.sort_by_cached_key(|dispatcher| {
            let mut hasher = DefaultHasher::new();
            dispatcher.hash(&mut hasher);
            hasher.finish()
        });
    }
}
