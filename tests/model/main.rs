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

/// Explores all that can happen within the bounds, and says how much that is and was.
fn explore(bounds: Bounds) {
    let checker = Desk::new(bounds).checker().threads(2).spawn_bfs();
    let figures = || {
        let (states, depth) = (checker.unique_state_count(), checker.max_depth());
        eprintln!("{states} states, {} steps, depth {depth}", checker.state_count());
    };
    let mut naps = 0_u32;
    while !checker.is_done() {
        std::thread::sleep(Duration::from_millis(50));
        naps += 1;
        if naps.is_multiple_of(200) {
            figures();
        }
    }
    figures();
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

/// Two dispatchers, two attempts.
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
#[ignore = "minutes: tests/README.md"]
fn whatever_the_clocks_and_however_late_events_are_written() {
    explore(Bounds {
        dispatchers: 2,
        claims: 2,
        tries: 2,
        said: &[FactKind::Sent, FactKind::Delivered, FactKind::Bounced],
        late: &[FactKind::Sent, FactKind::Bounced],
        ahead: &AHEAD,
    });
}

#[test]
#[ignore = "minutes: tests/README.md"]
fn three_attempts() {
    explore(Bounds {
        dispatchers: 2,
        claims: 3,
        tries: 1,
        said: &[FactKind::Sent, FactKind::Bounced],
        late: &[FactKind::Bounced],
        ahead: &AHEAD[..1],
    });
}
