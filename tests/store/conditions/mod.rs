//! Every condition that the store sets is needed: with any one clause weakened on its way to
//! DynamoDB, some clause of the contract no longer holds.
//!
//! The conditions are found, not listed: the contract is done once and what goes out is looked at.
//! Then each is weakened in each way there is, and those parts of the contract that ask it are done
//! again, those with the fewest requests first, until one notices. So a new condition without a test
//! that needs it fails here; and so does one that only the whole desk asks.

mod expression;
mod weakened;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use desk_tests::dynamodb::TestDynamoDb;
use futures::FutureExt;
use futures::future::LocalBoxFuture;

use crate::stored::{Played, play};
use expression::Weakening;
use weakened::{Condition, Weakened};

/// A clause of the contract, on DynamoDB: the store asks through the first client, and what else is
/// done to the table goes through the second.
pub(crate) type OnDynamoDb = fn(Client, Client) -> LocalBoxFuture<'static, ()>;

/// What nothing notices, and why that is no harm. Each is still not noticed, or it has to go.
const EXCUSED: [(&str, &str, &str); 1] = [(
    "Query due",
    "without due_at >= :from",
    "a saving: what lies before the place is read again, and left out",
)];

/// Longer than any of it takes on a busy machine.
const AT_MOST: Duration = Duration::from_secs(120);

thread_local! {
    /// Whether what fails here is meant to.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Has this thread fail without a word, which it does some hundred times.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                tell(info);
            }
        }));
    });
    IS_QUIET.set(true);
}

/// Does a clause of the contract on a table of its own; whether it holds.
fn holds(clause: OnDynamoDb, weakened: &Weakened) -> bool {
    // A runtime of its own: its end is that of the table.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(async {
        let dynamodb = TestDynamoDb::start().await;
        let client = dynamodb.aws.dynamodb();
        let clause = AssertUnwindSafe(clause(weakened.dynamodb(&client), client)).catch_unwind();
        tokio::time::timeout(AT_MOST, clause).await
    });
    IS_QUIET.set(false);
    let not_understood = weakened.seen().not_understood.take();
    assert_eq!(not_understood, None, "{weakened:?}");
    done.unwrap_or_else(|_| panic!("does not end: {weakened:?}")).is_ok()
}

/// By condition: which clauses of the contract ask it, those with the fewest requests first.
type Found = BTreeMap<Condition, Vec<(usize, &'static str, OnDynamoDb)>>;

fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut found = Found::new();
        for (name, clause) in crate::CONTRACT.iter().chain(crate::ALONE) {
            let looking = Weakened::default();
            assert!(holds(*clause, &looking), "{name}");
            let seen = std::mem::take(&mut *looking.seen());
            for condition in seen.conditions {
                found.entry(condition).or_default().push((seen.requests, *name, *clause));
            }
        }
        let order = |(requests, name, _): &(usize, &'static str, _)| (*requests, *name);
        found.values_mut().for_each(|asking| asking.sort_by_key(order));
        found
    })
}

/// All that can be weakened of a condition. A query has to name a partition.
fn weakenings(condition: &Condition) -> Vec<Weakening> {
    let mut all = Weakening::all_of(&condition.expression);
    if condition.place.starts_with("Query") {
        let partition = expression::clauses(&condition.expression).swap_remove(0);
        all.retain(|it| *it != Weakening::Nothing && *it != Weakening::Without(partition.clone()));
    }
    all
}

#[test]
fn every_condition_is_needed() {
    let found = found();
    let (mut noticed, mut wrong) = (0, Vec::new());
    let mut excused: BTreeSet<_> =
        EXCUSED.into_iter().map(|(place, what, _)| (place.to_owned(), what.to_owned())).collect();
    for (condition, asking) in found {
        eprintln!("{}: {}", condition.place, condition.expression);
        for weakening in weakenings(condition) {
            let notices = |(_, name, clause): &(_, &'static str, OnDynamoDb)| {
                be_quiet();
                (!holds(*clause, &Weakened::by(condition, &weakening))).then_some(*name)
            };
            let by = asking.iter().find_map(notices);
            noticed += usize::from(by.is_some());
            eprintln!("    {weakening}: {}", by.unwrap_or("NOBODY NOTICES"));
            let what = weakening.to_string();
            let is_excused = excused.remove(&(condition.place.clone(), what.clone()));
            if by.is_some() == is_excused {
                let told = if is_excused { "noticed, though excused" } else { "not noticed" };
                wrong
                    .push(format!("{told}: {}: {}: {what}", condition.place, condition.expression));
            }
        }
    }
    let (conditions, excused_ways) = (found.len(), EXCUSED.len());
    let ways = noticed + wrong.len() + excused_ways;
    eprintln!(
        "{conditions} conditions changed in {ways} ways: {noticed} noticed, {excused_ways} excused"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(excused.is_empty(), "there is no such condition any more: {excused:?}");
}

/// What the contract does not ask would not be weakened.
#[test]
fn the_contract_asks_every_condition_that_the_desk_asks() {
    let looking = Weakened::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let played = Played::through(|client| looking.dynamodb(client)).await;
        play::write(&played).await;
        let items = played.items().await;
        play::act(&played, &items, play::LONG_AFTER).await;
    });
    let of_desk = std::mem::take(&mut looking.seen().conditions);
    let missing: Vec<_> = of_desk.iter().filter(|it| !found().contains_key(*it)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
