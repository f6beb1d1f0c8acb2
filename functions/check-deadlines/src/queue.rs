//! What is due within one sweep, earliest first.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;
use shared::store::{DUE_SHARDS, DueItem, DuePosition, DueTarget, Store, StoreError};

/// Instants and what is due at them.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeSet<(Timestamp, DueTarget)>);

impl Queue {
    /// Reads all that is due up to `until`: every shard, every page, never from a cursor, so that
    /// an index entry that came late is acted on late, and not lost.
    pub async fn fill<S: Store>(&mut self, store: &S, until: Timestamp) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for shard in join_all((0..DUE_SHARDS).map(|shard| read(store, shard, until))).await {
            match shard {
                Ok(items) => self.extend(items),
                Err(error) => {
                    tracing::error!(%error, "a shard of the due index could not be read");
                    outcome = Err(error);
                }
            }
        }
        outcome
    }

    pub fn extend(&mut self, items: impl IntoIterator<Item = DueItem>) {
        self.0.extend(items.into_iter().map(|item| (item.due_at, item.target)));
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the earliest item that is due by now.
    pub fn take_due(&mut self, now: Timestamp) -> Option<DueItem> {
        self.next().filter(|due_at| *due_at <= now)?;
        let (due_at, target) = self.0.pop_first()?;
        Some(DueItem { due_at, target })
    }

    /// The earliest instant.
    pub fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(due_at, _)| *due_at)
    }
}

async fn read<S: Store>(
    store: &S,
    shard: u8,
    until: Timestamp,
) -> Result<Vec<DueItem>, StoreError> {
    let mut items = Vec::new();
    let mut after: Option<DuePosition> = None;
    loop {
        let page = store.due(shard, until, after.as_ref()).await?;
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(items);
        }
    }
}
