//! A desk in memory that is made once and is before each input as it was made.

use std::cell::Cell;
use std::future::Future;

use jiff::Timestamp;
use shared::desk::Desk;
use shared::email::EmailId;
use shared::email::render::{Rendered, render};
use shared::links::{KeyRing, LinkWriter};
use shared::store::Store;
use shared::store::memory::MemoryStore;
use tokio::runtime::{Builder, Runtime};

use super::letters;
use crate::{link_keys, link_writer, met};

/// A desk with incidents in every state, an account, and e-mails in its outbox ([`met::desk`]).
pub struct Fresh {
    /// The desk.
    pub desk: Desk<MemoryStore>,
    /// The keys of its links.
    pub keys: KeyRing,
    /// Who writes its links.
    pub links: LinkWriter,
    made: MemoryStore,
    runtime: Runtime,
    /// Whether an input is being played, or has ended in a panic.
    is_played: Cell<bool>,
}

impl Fresh {
    /// The desk, once `prepared` has done something to it.
    ///
    /// # Panics
    ///
    /// When there is no runtime to be had.
    pub fn made(prepared: impl AsyncFnOnce(&Desk<MemoryStore>)) -> Self {
        let runtime = runtime();
        let desk = runtime.block_on(async {
            let desk = met::desk().await;
            prepared(&desk).await;
            desk
        });
        let keys = link_keys();
        let (links, made) = (link_writer(keys.clone()), desk.store.copied());
        Self { desk, keys, links, made, runtime, is_played: Cell::new(false) }
    }

    /// What it is now, for an input that is played.
    pub fn now(&self) -> Timestamp {
        self.desk.clock.now()
    }

    /// Runs until it is done, in virtual time.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Plays an input on it. It is as it was made before, also when an input before it ended in a panic.
    pub fn played<T>(&self, play: impl FnOnce() -> T) -> T {
        if self.is_played.replace(true) {
            self.desk.store.put_back(&self.made);
        }
        let played = play();
        if !self.is_untouched() {
            self.desk.store.put_back(&self.made);
        }
        self.is_played.set(false);
        played
    }

    /// Whether everything is as it was made.
    pub fn is_untouched(&self) -> bool {
        self.desk.store.has_what(&self.made)
    }

    fn new_letters(&self) -> Vec<Rendered> {
        let old = self.made.pending_emails();
        let new = self.desk.store.pending_emails().into_iter().filter(|id| !old.contains(id));
        new.map(|id| self.letter(&id)).collect()
    }

    fn letter(&self, id: &EmailId) -> Rendered {
        let policy = &self.desk.policy;
        let item = self.run(self.desk.store.load_email(id)).expect("a store in memory");
        let email = item.expect("what is pending is there").email;
        let ways = self.links.ways_back(&email, policy.inbound.as_ref(), self.now());
        render(&email, &policy.desk, 0, &self.run(ways)).expect("a letter")
    }

    /// Holds that every new e-mail is one e-mail, and that every open incident has something due. Returns
    /// the e-mails that were not in the outbox when it was made, in words.
    ///
    /// # Panics
    ///
    /// When that does not hold.
    pub fn in_order(&self) -> Vec<Rendered> {
        let letters = self.new_letters();
        letters.iter().for_each(letters::hold);
        let board = self.run(self.desk.store.open_incidents(None, usize::MAX - 1));
        for incident in board.expect("a store in memory").incidents {
            assert!(incident.next_due().is_some(), "{} has nothing due", incident.number);
        }
        letters
    }
}

/// A runtime in virtual time: what waits, waits no time at all.
///
/// # Panics
///
/// When there is none to be had.
#[must_use]
pub fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime")
}
