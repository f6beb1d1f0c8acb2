//! The contract of a store, continued: what is due, and which incidents are open.

use std::collections::HashSet;

use shared::incident::Command;
use shared::outbox::PENDING_FOR;
use shared::store::dynamodb::keys::{shard_of, shard_of_thread};
use shared::store::{DUE_SHARDS, DuePosition, DueTarget, Store};

use crate::accounts::opened;
use crate::contract::{committed, decided, due, escalation, later, now, only};
use crate::mails::{first, quarantined};
use crate::webhooks::committed_with_webhooks;

pub async fn only_open_incidents_and_unsent_emails_are_due(store: impl Store) {
    let change = committed(&store, "INC-1").await;
    let incident = (later(20 * 60), DueTarget::Incident(change.incident.number.clone()));
    let pending_until = now() + PENDING_FOR;
    let emails = change.emails.iter().map(|e| (pending_until, DueTarget::Email(e.id.clone())));
    let mut expected: Vec<_> = emails.chain([incident]).collect();
    expected.sort();
    assert_eq!(due(&store, later(1_000_000)).await, expected);
    assert_eq!(due(&store, later(59)).await, []);
    assert_eq!(due(&store, later(60)).await.len(), change.emails.len(), "up to and including");
    let by = "Grace".parse().unwrap();
    let resolved = decided(Some(&change.incident), Command::Resolve { by, note: None }, later(1));
    store.commit(only(&resolved)).await.unwrap();
    let still_due = due(&store, later(1_000_000)).await;
    assert!(still_due.iter().all(|(_, target)| matches!(target, DueTarget::Email(_))));
}

pub async fn due_items_come_in_order_and_in_pages(store: impl Store) {
    // More than a page of the store in memory; DynamoDB pages by size.
    for n in 0..130 {
        let change = escalation(&format!("INC-{n}"), later(n));
        store.commit(only(&change)).await.unwrap();
    }
    let all = due(&store, later(1_000_000)).await;
    assert_eq!(all.len(), 130 * 5, "an incident and four e-mails each");
}

/// The numbers of the open incidents, page by page.
async fn pages_of(store: &impl Store, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let board = store.open_incidents(after.as_ref(), limit).await.unwrap();
        assert!(board.incidents.len() <= limit);
        let numbers = board.incidents.into_iter().map(|incident| incident.number.to_string());
        pages.push(numbers.collect());
        assert!(pages.len() < 100, "paging ends");
        after = board.next;
        if after.is_none() {
            return pages;
        }
    }
}

pub async fn open_incidents_are_listed_by_what_is_due_next_in_pages(store: impl Store) {
    // Opened last, due first.
    for n in 0..7 {
        let change = escalation(&format!("INC-{n}"), later(100 - n));
        store.commit(only(&change)).await.unwrap();
    }
    let resolve = Command::Resolve { by: "Grace".parse().unwrap(), note: None };
    let third = store.load(&"INC-3".parse().unwrap()).await.unwrap().unwrap();
    store.commit(only(&decided(Some(&third), resolve, later(200)))).await.unwrap();
    let seen = pages_of(&store, 2).await.concat();
    assert_eq!(seen, ["INC-6", "INC-5", "INC-4", "INC-2", "INC-1", "INC-0"]);
    let all = store.open_incidents(None, 100).await.unwrap();
    assert_eq!((all.incidents.len(), all.next), (6, None));
}

pub async fn incidents_of_one_shard_are_listed_in_pages(store: impl Store) {
    let of_first = |n: &i64| shard_of(&format!("INC-{n}").parse().unwrap()) == 0;
    let numbers: Vec<_> = (0..).filter(of_first).take(4).collect();
    for n in &numbers {
        store.commit(only(&escalation(&format!("INC-{n}"), later(*n)))).await.unwrap();
    }
    let expected: Vec<_> = numbers.iter().map(|n| format!("INC-{n}")).collect();
    assert_eq!(pages_of(&store, 2).await.concat(), expected);
}

pub async fn incidents_that_are_due_at_the_same_instant_are_listed_in_pages(store: impl Store) {
    for n in 0..9 {
        store.commit(only(&escalation(&format!("INC-{n}"), now()))).await.unwrap();
    }
    let expected: Vec<_> = (0..9).map(|n| format!("INC-{n}")).collect();
    for limit in 1..=9 {
        let pages = pages_of(&store, limit).await;
        assert_eq!(pages.concat(), expected, "pages of {limit}");
        assert_eq!(pages.len(), 9_usize.div_ceil(limit), "none of them empty");
    }
}

pub async fn behind_each_place_of_what_is_due_is_the_rest(store: impl Store) {
    committed_with_webhooks(&store).await;
    for n in 2..6 {
        store.commit(only(&escalation(&format!("INC-{n}"), later(n)))).await.unwrap();
    }
    store.commit(only(&opened("INC-9", 5))).await.unwrap();
    store.keep_mail(&[first("m1", quarantined(), now())], &[], &[], None).await.unwrap();
    let mut kinds = HashSet::new();
    for shard in 0..DUE_SHARDS {
        let all = store.due(shard, later(1_000_000), None).await.unwrap().items;
        for (n, item) in all.iter().enumerate() {
            kinds.insert(std::mem::discriminant(&item.target));
            let place = DuePosition { due_at: item.due_at, target: item.target.clone() };
            let behind = store.due(shard, later(1_000_000), Some(&place)).await.unwrap();
            assert_eq!(behind.items, all[n + 1..], "behind {place:?}");
        }
    }
    assert_eq!(kinds.len(), 5, "incidents, e-mails, webhooks, accounts and the quarantine");
}

pub async fn what_is_due_is_in_the_shard_of_its_thread(store: impl Store) {
    for n in 0..12 {
        committed(&store, &format!("INC-{n}")).await;
    }
    let mut numbers = 0;
    for shard in 0..DUE_SHARDS {
        for item in store.due(shard, later(1_000_000), None).await.unwrap().items {
            let of = match item.target {
                DueTarget::Incident(number) => shard_of(&number),
                DueTarget::Email(id) => shard_of_thread(&id.thread),
                other => panic!("{other:?}"),
            };
            assert_eq!(of, shard);
            numbers += 1;
        }
    }
    assert_eq!(numbers, 12 * 5, "an incident and four e-mails each");
}
