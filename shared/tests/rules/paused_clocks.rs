//! A clock that is paused, resumed, or recomputed for another target.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::incident::clock::{Clock, Pause};
use shared::policy::{Id, Period, Policy, Target, Warning};

use crate::any_calendar::{DEFAULT, at, calendar, offset, written};

fn policy() -> Policy {
    Policy::read(DEFAULT).unwrap()
}

fn target(within: &str, warnings: &[&str]) -> Target {
    Target {
        within: Period::try_from(within.to_owned()).unwrap(),
        calendar: None,
        warnings: warnings.iter().map(|w| Warning::try_from((*w).to_owned()).unwrap()).collect(),
    }
}

fn morning(time: &str) -> Timestamp {
    at(&format!("2026-06-01T{time}Z"))
}

/// Started at 08:00, due at 12:00, warned of at 10:00 and 11:00.
fn four_hours() -> Clock {
    let start = morning("08:00");
    Clock::start(&policy(), &target("4h", &["50%", "1h"]), start, start)
}

#[test]
fn while_it_is_paused_nothing_is_due() {
    let mut clock = four_hours();
    assert_eq!(clock.next_due(), Some(morning("10:00")));
    clock.pause(morning("09:00"));
    assert!(clock.is_paused());
    assert_eq!(clock.next_due(), None);
}

#[test]
fn a_resumed_clock_has_what_was_left_and_its_warnings_move_along() {
    let mut clock = four_hours();
    clock.pause(morning("10:30"));
    clock.resume(&policy(), morning("15:00"));
    assert!(!clock.is_paused());
    assert_eq!(clock.due_at, morning("16:30"));
    // The warning of 10:00 was not given: it is given at once.
    assert_eq!(clock.warnings, [morning("15:00"), morning("15:30")]);
    assert_eq!(clock.pauses, [Pause { from: morning("10:30"), to: morning("15:00") }]);
    assert_eq!(clock.next_due(), Some(morning("15:00")));
}

#[test]
fn pausing_what_is_paused_or_ran_out_changes_nothing() {
    let mut paused = four_hours();
    paused.pause(morning("09:00"));
    let mut breached = four_hours();
    breached.breached = true;
    // Nobody has acted on it yet, and it is a breach all the same.
    let overdue = four_hours();
    for (what, clock) in [("paused", paused), ("breached", breached), ("overdue", overdue)] {
        let mut again = clock.clone();
        again.pause(morning("12:00"));
        assert_eq!(again, clock, "{what}");
    }
}

#[test]
fn resuming_what_runs_changes_nothing() {
    let mut clock = four_hours();
    clock.resume(&policy(), morning("09:00"));
    assert_eq!(clock, four_hours());
}

#[test]
fn resuming_before_the_pause_is_resuming_at_its_start() {
    let mut clock = four_hours();
    clock.pause(morning("09:00"));
    clock.resume(&policy(), morning("08:30"));
    assert_eq!(clock.due_at, four_hours().due_at);
    assert_eq!(clock.pauses, [Pause { from: morning("09:00"), to: morning("09:00") }]);
}

#[test]
fn a_pause_begins_no_earlier_than_the_clock_and_the_end_of_the_last_pause() {
    let mut clock = four_hours();
    clock.pause(morning("07:00"));
    assert_eq!(clock.paused_at, Some(morning("08:00")));
    clock.resume(&policy(), morning("09:00"));
    clock.pause(morning("08:30"));
    assert_eq!(clock.paused_at, Some(morning("09:00")));
}

#[test]
fn a_clock_remembers_its_latest_pauses_and_every_one_moves_its_deadline() {
    let mut clock = four_hours();
    for _ in 0..60 {
        let from = clock.pauses.last().map_or(morning("09:00"), |pause| pause.to);
        clock.pause(from);
        clock.resume(&policy(), from + SignedDuration::from_mins(1));
    }
    assert_eq!(clock.pauses.len(), Clock::MAX_PAUSES);
    assert_eq!(clock.pauses.last().unwrap().to, morning("10:00"));
    assert_eq!(clock.due_at, morning("13:00"));
}

#[test]
fn a_raised_priority_counts_from_the_original_start_without_the_pauses() {
    let mut clock = four_hours();
    clock.pause(morning("09:00"));
    clock.resume(&policy(), morning("11:00"));
    let promise = target("2h", &["30m", "90m", "80%", "20%"]);
    let raised = clock.recomputed_for(&policy(), &promise, morning("11:10"));
    assert_eq!(raised.due_at, morning("12:00"));
    // An hour and a half ahead, and a fifth of it, were before the pause.
    assert_eq!(raised.warnings, [morning("11:30"), morning("11:36")]);
    assert_eq!((raised.started_at, raised.set_at), (morning("08:00"), morning("11:10")));
    assert_eq!(raised.pauses, clock.pauses);
}

#[test]
fn a_raised_priority_may_be_overdue_at_once() {
    let raised = four_hours().recomputed_for(&policy(), &target("1h", &["30m"]), morning("09:30"));
    assert_eq!(raised.next_due(), Some(morning("09:00")));
    assert!(raised.warnings.is_empty());
}

#[test]
fn a_paused_clock_that_is_recomputed_stays_paused_and_has_what_the_new_target_leaves() {
    let mut clock = four_hours();
    clock.pause(morning("09:00"));
    let mut raised = clock.recomputed_for(&policy(), &target("2h", &["30m"]), morning("11:10"));
    assert_eq!(raised.paused_at, Some(morning("09:00")));
    assert_eq!(raised.next_due(), None);
    raised.resume(&policy(), morning("12:00"));
    assert_eq!(raised.due_at, morning("13:00"));
    assert_eq!(raised.warnings, [morning("12:30")]);
}

#[test]
fn a_pause_does_not_hide_that_the_new_deadline_was_before_it() {
    let mut clock = four_hours();
    clock.pause(morning("09:30"));
    let raised = clock.recomputed_for(&policy(), &target("1h", &[]), morning("11:10"));
    assert!(!raised.is_paused());
    assert_eq!(raised.next_due(), Some(morning("09:00")));
}

#[test]
fn a_breach_is_not_undone_by_another_target() {
    let mut clock = four_hours();
    clock.breached = true;
    let other = clock.recomputed_for(&policy(), &target("2d", &["1h"]), morning("12:10"));
    assert_eq!(other, clock);
}

#[test]
fn a_clock_whose_calendar_is_gone_from_the_policy_counts_all_time() {
    let mut policy = policy();
    let id: Id = "office".parse().unwrap();
    let office = calendar("UTC", "monday = ['09:00-12:00']", "");
    policy.calendars.0.insert(id.clone(), office);
    let promise = Target { calendar: Some(id), ..target("2h", &[]) };
    let mut clock = Clock::start(&policy, &promise, morning("08:00"), morning("08:00"));
    assert_eq!(clock.due_at, morning("11:00"));
    clock.pause(morning("10:00"));
    policy.calendars.0.clear();
    clock.resume(&policy, morning("20:00"));
    assert_eq!(clock.due_at, morning("21:00"));
}

#[test]
fn a_clock_stored_before_there_were_pauses_reads_and_is_stored_as_it_was() {
    let stored = serde_json::json!({
        "started_at": "2026-06-01T08:00:00Z",
        "set_at": "2026-06-01T08:00:00Z",
        "due_at": "2026-06-01T12:00:00Z",
        "warnings": ["2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z"],
    });
    let clock: Clock = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(clock, four_hours());
    assert_eq!(serde_json::to_value(&clock).unwrap(), stored);
}

#[test]
fn a_paused_clock_is_stored_whole() {
    let mut clock = four_hours();
    clock.pause(morning("08:30"));
    clock.resume(&policy(), morning("09:00"));
    clock.pause(morning("09:30"));
    clock.calendar = Some("office".parse().unwrap());
    let stored = serde_json::to_value(&clock).unwrap();
    assert_eq!(serde_json::from_value::<Clock>(stored).unwrap(), clock);
}

/// A clock on a calendar or none, and times to run and to pause in turn.
#[derive(Debug, Clone)]
struct Paused {
    policy: Policy,
    target: Target,
    start: Timestamp,
    turns: Vec<(SignedDuration, SignedDuration)>,
}

fn paused() -> impl Strategy<Value = Paused> {
    let minutes = |most| (0i64..most).prop_map(SignedDuration::from_mins);
    let turns = prop::collection::vec((minutes(2000), minutes(6000)), 0..6);
    let warnings = prop::collection::vec(1u8..100, 0..4);
    (prop::option::of(written()), offset(), 100i64..5000, warnings, turns).prop_map(
        |(written, offset, within, shares, turns)| {
            let id: Id = "it".parse().unwrap();
            let mut policy = policy();
            let start = written.as_ref().map_or(morning("08:00"), |written| written.change);
            let mut target = target(&format!("{within}m"), &["30m"]);
            target.warnings.extend(shares.into_iter().map(Warning::Share));
            if let Some(written) = written {
                policy.calendars.0.insert(id.clone(), written.calendar());
                target.calendar = Some(id);
            }
            Paused { policy, target, start: start + offset, turns }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn only_time_outside_pauses_counts(given in paused()) {
        let Paused { policy, target, start, turns } = given;
        let mut clock = Clock::start(&policy, &target, start, start);
        p1_the_time_outside_pauses_is_what_was_promised(&policy, &target, &clock);
        let mut now = start;
        for (run, pause) in turns {
            now += run;
            let before = clock.clone();
            clock.pause(now);
            if !clock.is_paused() {
                assert!(before.due_at <= now);
                break;
            }
            now += pause;
            clock.resume(&policy, now);
            p2_a_24x7_clock_moves_by_exactly_the_pause(&before, &clock, pause);
            p3_what_was_not_due_at_the_pause_is_not_due_before_it_ends(&clock, now);
            p1_the_time_outside_pauses_is_what_was_promised(&policy, &target, &clock);
            p4_recomputing_for_the_same_target_moves_nothing(&policy, &target, &clock, now);
        }
    }
}

fn p1_the_time_outside_pauses_is_what_was_promised(
    policy: &Policy,
    target: &Target,
    clock: &Clock,
) {
    let time = policy.working_time(target.calendar.as_ref());
    let mut counted = SignedDuration::ZERO;
    let mut running_since = clock.started_at;
    for pause in &clock.pauses {
        counted += time.between(running_since, pause.from);
        running_since = pause.to;
    }
    counted += time.between(running_since, clock.due_at);
    assert_eq!(counted, target.within.duration());
}

fn p2_a_24x7_clock_moves_by_exactly_the_pause(
    before: &Clock,
    clock: &Clock,
    pause: SignedDuration,
) {
    if clock.calendar.is_none() {
        assert_eq!(clock.due_at, before.due_at + pause);
    }
}

fn p3_what_was_not_due_at_the_pause_is_not_due_before_it_ends(clock: &Clock, now: Timestamp) {
    assert!(clock.due_at > now);
    assert!(clock.next_due().is_some_and(|due_at| due_at >= now));
    assert!(clock.warnings.is_sorted());
    assert!(clock.warnings.iter().all(|warning| *warning < clock.due_at));
}

fn p4_recomputing_for_the_same_target_moves_nothing(
    policy: &Policy,
    target: &Target,
    clock: &Clock,
    now: Timestamp,
) {
    assert_eq!(clock.recomputed_for(policy, target, now).due_at, clock.due_at);
}
