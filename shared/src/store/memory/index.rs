//! The `due` index of the store in memory, kept with each write, and a log of what was written to it
//! and of what became pending: what DynamoDB brings to its index and its stream a while later.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::email::Thread;
use crate::outbox::OutboxId;
use crate::store::dynamodb::keys::{shard_of, shard_of_thread};
use crate::store::{DUE_SHARDS, DueItem, DuePage, DuePosition, DueTarget};

/// How many due items make a page, so that paging is exercised.
const PAGE: usize = 100;

/// A write that others hear of later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// To the `due` index: since then something is due at that instant, or not at all.
    Due {
        /// What.
        target: DueTarget,
        /// When.
        due_at: Option<Timestamp>,
    },
    /// To the stream: it became pending.
    Pending(OutboxId),
}

/// What is due, in order, over all shards.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DueIndex {
    shards: [BTreeSet<DuePosition>; DUE_SHARDS as usize],
    due_at: BTreeMap<DueTarget, Timestamp>,
}

impl DueIndex {
    /// From now on that is when it is due. Whether that is new.
    pub fn put(&mut self, target: &DueTarget, due_at: Option<Timestamp>) -> bool {
        let before = match due_at {
            Some(due_at) => self.due_at.insert(target.clone(), due_at),
            None => self.due_at.remove(target),
        };
        if before == due_at {
            return false;
        }
        let shard = &mut self.shards[usize::from(shard_of_target(target))];
        let place = |due_at| DuePosition { due_at, target: target.clone() };
        if let Some(before) = before {
            shard.remove(&place(before));
        }
        shard.extend(due_at.map(place));
        true
    }

    /// When something is due.
    #[must_use]
    pub fn due_at(&self, target: &DueTarget) -> Option<Timestamp> {
        self.due_at.get(target).copied()
    }

    /// What is due first of all.
    #[must_use]
    pub fn first(&self) -> Option<&DuePosition> {
        self.shards.iter().filter_map(BTreeSet::first).min()
    }

    /// All that is due up to and including `until`, shard by shard.
    pub fn until(&self, until: Timestamp) -> impl Iterator<Item = &DuePosition> {
        self.shards
            .iter()
            .flat_map(move |shard| shard.iter().take_while(move |at| at.due_at <= until))
    }

    /// A page of a shard, as [`Store::due`](crate::store::Store::due) answers.
    #[must_use]
    pub fn page(&self, shard: u8, until: Timestamp, after: Option<&DuePosition>) -> DuePage {
        let Some(shard) = self.shards.get(usize::from(shard)) else { return DuePage::default() };
        let from = match after {
            Some(after) => std::ops::Bound::Excluded(after),
            None => std::ops::Bound::Unbounded,
        };
        let range = shard.range((from, std::ops::Bound::Unbounded));
        let mut due = range.take_while(|at| at.due_at <= until);
        let items: Vec<_> = due
            .by_ref()
            .take(PAGE)
            .map(|at| DueItem { due_at: at.due_at, target: at.target.clone() })
            .collect();
        let last = items.last().map(|item| (item.due_at, item.target.clone()));
        let last = last.map(|(due_at, target)| DuePosition { due_at, target });
        let next = due.next().and(last);
        DuePage { items, next }
    }
}

fn shard_of_target(target: &DueTarget) -> u8 {
    match target {
        DueTarget::Incident(number) => shard_of(number),
        DueTarget::Email(id) => shard_of_thread(&id.thread),
        DueTarget::Recurrence(id) => shard_of(&id.number),
        DueTarget::Webhook(id) => shard_of(&id.number),
        DueTarget::Quarantine => shard_of_thread(&Thread::Quarantine),
        DueTarget::Foreign { .. } => 0,
    }
}
