//! The `due` index as functions read it: a copy that hears of each write a while later, of each item
//! in the order of its writes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::store::memory::DueIndex;
use shared::store::{DueItem, DuePage, DuePosition, DueTarget};

/// How many items make a page.
const PAGE: usize = 3;

/// The copy.
#[derive(Debug, Default)]
pub struct LaggedIndex {
    shown: DueIndex,
    /// Writes on their way, by the millisecond at which they arrive.
    coming: BTreeMap<(u64, u64), (DueTarget, Option<Timestamp>)>,
    count: u64,
    /// When the last write of an item arrives.
    last: BTreeMap<DueTarget, u64>,
}

impl LaggedIndex {
    /// A write that arrives at `at`, or behind the one before it; when it does.
    pub fn write(&mut self, target: DueTarget, due_at: Option<Timestamp>, at: u64) -> u64 {
        let last = self.last.get(&target).copied().unwrap_or(0);
        let at = at.max(last);
        self.last.insert(target.clone(), at);
        self.count += 1;
        self.coming.insert((at, self.count), (target, due_at));
        at
    }

    /// How many writes it was told of.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.count
    }

    /// The copy at a millisecond.
    pub fn at(&mut self, now: u64) -> &DueIndex {
        while let Some(first) = self.coming.first_entry()
            && first.key().0 <= now
        {
            let (target, due_at) = first.remove();
            self.shown.put(&target, due_at);
            if self.last.get(&target).is_some_and(|last| *last <= now) {
                self.last.remove(&target);
            }
        }
        &self.shown
    }

    /// Whether the copy shows nothing that is due by then, and will not within seconds.
    pub fn is_idle(&mut self, now: u64, until: Timestamp) -> bool {
        let soon = (now + 5_000, u64::MAX);
        let is_late = |due_at: Option<Timestamp>| due_at.is_none_or(|due_at| due_at > until);
        is_late(self.at(now).first().map(|first| first.due_at))
            && self.coming.range(..soon).all(|(_, (_, due_at))| is_late(*due_at))
    }

    /// A page of a shard: a short one, so that sweeps have to go on to the next.
    pub fn page(
        &mut self,
        now: u64,
        shard: u8,
        until: Timestamp,
        after: Option<&DuePosition>,
    ) -> DuePage {
        let mut page = self.at(now).page(shard, until, after);
        if page.items.len() > PAGE {
            page.items.truncate(PAGE);
            let last = page.items.last().cloned();
            page.next = last.map(|at| DuePosition { due_at: at.due_at, target: at.target });
        }
        page
    }

    /// All that a shard shows.
    pub fn shard(&mut self, now: u64, shard: u8, until: Timestamp) -> Vec<DueItem> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let page = self.at(now).page(shard, until, after.as_ref());
            items.extend(page.items);
            after = page.next;
            if after.is_none() {
                return items;
            }
        }
    }
}
