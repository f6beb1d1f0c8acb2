//! What is due within one sweep, earliest first; what is promised to people before webhooks, of
//! which a receiver that was down for a day may leave a great many.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use shared::store::{DUE_SHARDS, DueItem, DuePosition, DueTarget, Store, StoreError};

/// Instants and what is due at them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    promised: BTreeSet<(Timestamp, DueTarget)>,
    webhooks: BTreeSet<(Timestamp, DueTarget)>,
}

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
        for DueItem { due_at, target } in items {
            let queue = match target {
                DueTarget::Webhook(_) => &mut self.webhooks,
                _ => &mut self.promised,
            };
            queue.insert((due_at, target));
        }
    }

    pub fn len(&self) -> usize {
        self.promised.len() + self.webhooks.len()
    }

    /// Takes the earliest item that is due by now.
    pub fn take_due(&mut self, now: Timestamp) -> Option<DueItem> {
        let take = |queue: &mut BTreeSet<(Timestamp, DueTarget)>| {
            queue.first().filter(|(due_at, _)| *due_at <= now)?;
            queue.pop_first()
        };
        let (due_at, target) = take(&mut self.promised).or_else(|| take(&mut self.webhooks))?;
        Some(DueItem { due_at, target })
    }

    /// For how long the oldest of all has been overdue; nothing is while it lies ahead.
    pub fn overdue(&self, now: Timestamp) -> SignedDuration {
        let overdue = self.next().map(|due_at| now.duration_since(due_at));
        overdue.unwrap_or_default().max(SignedDuration::ZERO)
    }

    /// How much of what is promised to people lies ahead.
    pub fn ahead(&self, now: Timestamp) -> usize {
        self.promised.iter().rev().take_while(|(due_at, _)| *due_at > now).count()
    }

    /// The earliest instant.
    pub fn next(&self) -> Option<Timestamp> {
        let first = [self.promised.first(), self.webhooks.first()].into_iter().flatten();
        first.map(|(due_at, _)| *due_at).min()
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

#[cfg(test)]
mod tests {
    use shared::webhook::WebhookId;

    use super::*;

    #[test]
    fn the_oldest_of_all_is_overdue_and_what_lies_ahead_is_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let webhook = |index| {
            let number = "INC-1".parse().unwrap();
            DueTarget::Webhook(WebhookId { number, version: 1, index })
        };
        let incident = || DueTarget::Incident("INC-1".parse().unwrap());
        for (due, overdue, ahead) in [
            (vec![], 0, 0),
            (vec![(101, incident()), (220, incident())], 0, 2),
            (vec![(100, incident())], 0, 0),
            (vec![(99, incident()), (40, webhook(0))], 60, 0),
            (vec![(90, webhook(0)), (10, incident()), (200, webhook(1))], 90, 0),
            (
                vec![
                    (99, DueTarget::Quarantine),
                    (1, DueTarget::Foreign { pk: "X".to_owned(), sk: "X".to_owned() }),
                ],
                99,
                0,
            ),
        ] {
            let mut queue = Queue::default();
            queue.extend(due.into_iter().map(|(s, target)| DueItem { due_at: at(s), target }));
            assert_eq!(queue.overdue(at(100)).as_secs(), overdue);
            assert_eq!(queue.ahead(at(100)), ahead);
        }
    }

    #[test]
    fn what_is_promised_goes_before_webhooks_however_long_these_have_been_due() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let number: shared::incident::values::IncidentNumber = "INC-1".parse().unwrap();
        let webhook =
            |index| DueTarget::Webhook(WebhookId { number: number.clone(), version: 1, index });
        let incident = DueTarget::Incident(number.clone());
        let mut queue = Queue::default();
        let due = [(1, webhook(0)), (2, webhook(1)), (5, incident.clone()), (9, incident.clone())];
        queue.extend(due.map(|(second, target)| DueItem { due_at: at(second), target }));
        assert_eq!((queue.len(), queue.next()), (4, Some(at(1))));
        let mut taken = Vec::new();
        while let Some(item) = queue.take_due(at(6)) {
            taken.push(item.target);
        }
        assert_eq!(taken, [incident, webhook(0), webhook(1)]);
        assert_eq!(queue.next(), Some(at(9)), "not due yet");
    }
}
