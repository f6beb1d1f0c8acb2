//! The contract of a store, continued: figures, counted with each change.

use shared::figures::{Figures, Measured};
use shared::incident::{Change, Command};
use shared::store::{Commit, Committed, Store, StoreError};

use crate::contract::{answered, decided, escalation, later, now, only};

/// The figures of some days of 2026 and 2027.
async fn figures(store: &impl Store, from: &str, to: &str) -> Figures {
    store.figures(from.parse().unwrap(), to.parse().unwrap()).await.unwrap()
}

pub async fn figures_are_the_sums_of_the_days_asked_for(store: impl Store) {
    // Noon in the desk's zone, on days around the ends of months and of the year.
    let days = ["2026-11-01", "2026-11-30", "2026-12-01", "2026-12-31", "2027-01-01", "2027-11-01"];
    for (n, day) in days.into_iter().enumerate() {
        let noon = format!("{day}T11:00:00Z").parse().unwrap();
        let change = escalation(&format!("INC-{n}"), noon);
        store.commit(only(&change)).await.unwrap();
    }
    let incidents = async |from, to| figures(&store, from, to).await.incidents();
    assert_eq!(incidents("2026-11-01", "2026-11-01").await, 1);
    assert_eq!(incidents("2026-11-02", "2026-11-29").await, 0);
    assert_eq!(incidents("2026-11-02", "2026-11-30").await, 1);
    assert_eq!(incidents("2026-11-30", "2026-12-30").await, 2);
    assert_eq!(incidents("2026-11-01", "2027-01-01").await, 5);
    assert_eq!(incidents("2026-11-01", "2027-11-01").await, 6, "a year and a day");
    assert_eq!(incidents("2026-12-01", "2026-11-30").await, 0, "no days at all");
    let day = figures(&store, "2026-12-31", "2026-12-31").await;
    assert_eq!(
        day.iter().map(|(counter, times)| format!("{counter} {times}")).collect::<Vec<_>>(),
        ["opened_P1 1", "escalated_by_customer 1"]
    );
}

pub async fn figures_count_every_change_however_many(store: impl Store) {
    let mut expected = Figures::default();
    let mut count = |change: &Change| {
        change.tally.iter().for_each(|tally| expected.merge(&tally.figures()));
    };
    for n in 0..100 {
        let change = escalation(&format!("INC-{n}"), now());
        store.commit(only(&change)).await.unwrap();
        count(&change);
        let by = "Grace".parse().unwrap();
        let taken = decided(Some(&change.incident), Command::Acknowledge { by }, later(n * n));
        store.commit(only(&taken)).await.unwrap();
        count(&taken);
    }
    let counted = figures(&store, "2026-11-24", "2026-11-24").await;
    assert_eq!(counted, expected);
    assert_eq!((counted.incidents(), counted.escalations()), (100, 100));
    assert_eq!(counted.times(Measured::Acknowledgement).unwrap().count, 100);
}

pub async fn only_what_is_committed_counts_and_once(store: impl Store) {
    let said = answered("key", now());
    let first = escalation("INC-1", now());
    let asked = Commit { answered: Some(said.clone()), parked: None, ..Commit::of(&first) };
    assert_eq!(store.commit(asked.clone()).await.unwrap(), Committed::Done);
    let once = figures(&store, "2026-11-24", "2026-11-24").await;
    assert_eq!(once, first.tally.as_ref().unwrap().figures());
    // The same request again, the same change again, and another one on a version that is gone.
    assert_eq!(store.commit(asked).await.unwrap(), Committed::AlreadyAnswered(said));
    assert!(matches!(store.commit(only(&first)).await, Err(StoreError::Conflict)));
    let late = escalation("INC-1", later(5));
    assert!(matches!(store.commit(only(&late)).await, Err(StoreError::Conflict)));
    // An answer that changes nothing.
    let nothing = decided(Some(&first.incident), Command::DeadlinePassed, now());
    let commit = Commit {
        change: &nothing,
        answered: Some(answered("other", now())),
        parked: None,
        limits: Vec::new(),
        mails: Vec::new(),
    };
    assert_eq!(store.commit(commit).await.unwrap(), Committed::Done);
    assert_eq!(figures(&store, "2026-11-24", "2026-11-24").await, once);
}
