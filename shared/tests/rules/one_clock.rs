//! A clock by itself, at the very instants at which it changes.

use jiff::{SignedDuration, Timestamp};
use shared::incident::clock::{Clock, Lateness};
use shared::policy::{Policy, Target};

use crate::story::{POLICY, given};

fn policy() -> Policy {
    Policy::read(POLICY).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn at(minutes: i64) -> Timestamp {
    given().start + SignedDuration::from_mins(minutes)
}

/// Of an hour, with a warning a quarter of an hour ahead.
fn an_hour(policy: &Policy) -> &Target {
    &policy.targets.p1.initial_response
}

/// Of four hours.
fn four_hours(policy: &Policy) -> &Target {
    &policy.targets.p2.initial_response
}

#[test]
fn a_warning_whose_instant_has_come_is_not_given_any_more() {
    let policy = policy();
    for (set_at, warnings) in [(44, vec![at(45)]), (45, vec![]), (46, vec![]), (80, vec![])] {
        let clock = Clock::start(&policy, an_hour(&policy), at(0), at(set_at));
        assert_eq!((clock.due_at, clock.warnings), (at(60), warnings), "set at minute {set_at}");
    }
}

#[test]
fn a_paused_clock_whose_new_deadline_was_before_the_pause_has_run_out() {
    let policy = policy();
    for (paused_at, stays_paused) in [(59, true), (60, false), (61, false)] {
        let mut clock = Clock::start(&policy, four_hours(&policy), at(0), at(0));
        clock.pause(at(paused_at));
        let clock = clock.recomputed_for(&policy, an_hour(&policy), at(90));
        assert_eq!(clock.due_at, at(60));
        assert_eq!(clock.paused_at, stays_paused.then(|| at(paused_at)), "minute {paused_at}");
    }
}

#[test]
fn what_warns_of_a_paused_clock_is_what_lay_ahead_of_the_pause() {
    let policy = policy();
    for (paused_at, warnings) in [(44, vec![at(45)]), (45, vec![])] {
        let mut clock = Clock::start(&policy, four_hours(&policy), at(0), at(0));
        clock.pause(at(paused_at));
        let clock = clock.recomputed_for(&policy, an_hour(&policy), at(90));
        assert_eq!(clock.warnings, warnings, "paused at minute {paused_at}");
    }
}

#[test]
fn only_a_clock_that_runs_can_be_paused() {
    let policy = policy();
    let running = Clock::start(&policy, an_hour(&policy), at(0), at(0));
    let paused = |mut clock: Clock, minute: i64| {
        clock.pause(at(minute));
        clock.paused_at
    };
    assert_eq!(paused(running.clone(), 59), Some(at(59)));
    assert_eq!(paused(running.clone(), 60), None, "it runs out at that instant");
    assert_eq!(paused(running.clone(), 61), None);
    assert_eq!(paused(running.clone(), -5), Some(at(0)), "not before it started");
    let breached = Clock { breached: true, ..running.clone() };
    assert_eq!(paused(breached, 30), None, "a breach is not hidden");
    let mut again = running;
    again.pause(at(10));
    assert_eq!(paused(again, 20), Some(at(10)), "it is paused since then");
}

#[test]
fn a_breached_clock_is_not_recomputed() {
    let policy = policy();
    let running = Clock::start(&policy, an_hour(&policy), at(0), at(0));
    let breached = Clock { breached: true, ..running };
    assert_eq!(breached.recomputed_for(&policy, four_hours(&policy), at(70)), breached);
}

#[test]
fn a_deadline_is_late_only_since_the_desk_has_known_it() {
    for (known_at, late) in [(0, 10), (60, 10), (65, 5), (70, 0), (75, 0)] {
        let lateness = Lateness::of(at(60), at(70)).known_since(at(known_at));
        assert_eq!((lateness.due_at, lateness.fired_at), (at(60), at(70)));
        assert_eq!(lateness.late_ms, late * 60_000, "known since minute {known_at}");
    }
    assert_eq!(Lateness::of(at(60), at(59)).late_ms, 0, "never early");
}

#[test]
fn at_the_end_of_representable_time_nothing_warns_of_the_deadline_at_the_deadline() {
    let once = r#"initial_response = { within = "1h", warnings = ["15m"] }"#;
    let share = r#"initial_response = { within = "1h", warnings = ["50%"] }"#;
    assert!(POLICY.contains(once));
    let policy = Policy::read(&POLICY.replacen(once, share, 1)).unwrap();
    let minutes_left = |minutes| Timestamp::MAX - SignedDuration::from_mins(minutes);
    for (left, warnings) in [(40, 1), (20, 0)] {
        let start = minutes_left(left);
        let clock = Clock::start(&policy, an_hour(&policy), start, start);
        assert_eq!(clock.warnings.len(), warnings, "{left} minutes before: {clock:?}");
        assert!(clock.warnings.iter().all(|warning| *warning < clock.due_at));
    }
}
