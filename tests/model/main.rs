//! One e-mail and everybody who has a hand in it, in every order: dispatchers that crash, answers
//! that are lost, sweeps that come late or early, events of SES, clocks that differ.
//!
//! Exhaustive within bounds, by [Stateright](https://docs.rs/stateright). What leads from one state
//! of the e-mail to the next are the production functions of `shared::outbox`; what is modelled is
//! who calls them when, and SES.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod actors;
mod course;
mod desk;
mod properties;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use shared::outbox::{CLOCKS_APART, FactKind};
use stateright::{Checker, Expectation, Model};

use desk::{Bounds, Desk};

/// How far the clock of a sweep is ahead of a dispatcher's; the worst is first.
const AHEAD: [SignedDuration; 3] = [CLOCKS_APART, SignedDuration::ZERO, CLOCKS_BEHIND];
const CLOCKS_BEHIND: SignedDuration = SignedDuration::from_secs(-CLOCKS_APART.as_secs());

/// Explores all that can happen within the bounds, and prints how much that was.
fn explore(bounds: Bounds) {
    let checker = Desk::new(bounds).checker().threads(2).spawn_bfs();
    for second in 1.. {
        std::thread::sleep(Duration::from_secs(1));
        if checker.is_done() { break; }
        if second % 5 == 0 { eprintln!("{second} s: {} states, depth {}", checker.unique_state_count(), checker.max_depth()); }
    }
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    #[expect(clippy::print_stdout, reason = "figures, for who asks with --nocapture")]
    {
        println!("{states} states, {} steps, depth {depth}", checker.state_count());
    }
    let discovered: BTreeMap<_, _> = checker.discoveries().into_iter().collect();
    let wrong = checker.model().properties().into_iter().filter_map(|property| {
        let (name, path) = (property.name, discovered.get(property.name));
        match (property.expectation, path) {
            (Expectation::Sometimes, None) => Some(format!("never seen: {name}")),
            (Expectation::Always, Some(path)) => Some(format!("not so: {name}\n{path}")),
            _ => None,
        }
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_email_is_neither_lost_nor_repeated_without_doubt() {
    explore(Bounds {
        dispatchers: 2,
        claims: 2,
        tries: 1,
        said: &[FactKind::Sent, FactKind::Bounced],
        late: &[FactKind::Bounced],
        ahead: &AHEAD[..1],
    });
}

#[test]
#[ignore = "minutes: the whole space, tests/README.md"]
fn two_dispatchers_with_two_attempts_each() {
    explore(Bounds {
        dispatchers: 2,
        claims: 4,
        tries: 2,
        said: &[FactKind::Sent, FactKind::Delivered, FactKind::Bounced],
        late: &[FactKind::Sent, FactKind::Bounced],
        ahead: &AHEAD,
    });
}
