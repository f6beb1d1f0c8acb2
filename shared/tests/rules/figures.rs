//! What counts: each event that does, those that do not, and that the sums are those of the
//! timeline.

use std::collections::{BTreeMap, HashSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::Value;
use shared::figures::{Counter, Figures};
use shared::incident::timeline::TimelineEntry;
use shared::incident::values::{Channel, Priority};
use shared::incident::{Command, Incident, decide};

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

impl Story {
    /// What the last command, or the time that passed, added to the figures.
    fn then_counted(&self, expected: &[&str]) -> &Self {
        let tallies = self.last.iter().filter_map(|change| change.tally.as_ref());
        let facts: Vec<_> = tallies.flat_map(|tally| &tally.facts).copied().collect();
        let counted: Vec<_> = facts.into_iter().map(|fact| Counter::of(fact).to_string()).collect();
        assert_eq!(counted, expected, "what was counted");
        self
    }
}

fn responded(minutes_ago: i64, story: &Story) -> Command {
    let at = Some(story.now - SignedDuration::from_mins(minutes_ago));
    Command::Respond { author: "Grace".parse().unwrap(), message: None, at }
}

fn reopen() -> Command {
    Command::Reopen { by: "Grace".parse().unwrap(), note: None }
}

fn change_priority(priority: Priority) -> Command {
    Command::ChangePriority { by: "Grace".parse().unwrap(), priority, reason: None }
}

fn wait_until(story: &Story, minutes: i64) -> Command {
    Command::WaitOnCustomer {
        by: "Grace".parse().unwrap(),
        reason: "Which browser?".parse().unwrap(),
        until: story.now + SignedDuration::from_mins(minutes),
    }
}

fn customer_replied() -> Command {
    Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at: None }
}

#[test]
fn an_incident_counts_by_the_priority_with_which_it_was_opened() {
    let story = given().when(open(Channel::Email));
    story.then_counted(&["opened_P1"]);
    let story = story.until(5).when(change_priority(Priority::P3));
    story.then_counted(&[]);
}

#[test]
fn a_response_in_time_keeps_the_promise_and_is_timed_from_the_clocks_start() {
    let story = given().when(open(Channel::Email)).until(30).when(respond());
    // Half an hour and an hour are in buckets of their own.
    story.then_counted(&["kept_initial_response", "took_initial_response_87"]);
    let story = story.until(90).when(respond());
    story.then_counted(&["kept_update", "took_update_95"]);
}

#[test]
fn a_missed_deadline_counts_when_it_is_missed_and_its_late_response_is_not_kept() {
    let story = given().when(open(Channel::Email)).until(60);
    story.then_counted(&["breached_initial_response", "escalated_by_deadline"]);
    let story = story.until(65).when(respond());
    story.then_counted(&[
        "kept_escalation_response",
        "took_initial_response_96",
        "took_escalation_response_66",
    ]);
}

#[test]
fn a_breach_that_only_the_response_finds_counts_once_and_is_not_kept() {
    let story = given().when(open(Channel::Email)).outage_until(61).when(respond());
    story.then_counted(&["breached_initial_response", "took_initial_response_95"]);
}

#[test]
fn a_response_in_time_that_is_recorded_after_the_breach_does_not_undo_it() {
    let story = given().when(open(Channel::Email)).until(70);
    let late_word = responded(20, &story);
    let story = story.when(late_word);
    // The customer had it ten minutes before the desk escalated: that escalation took no time.
    story.then_counted(&[
        "kept_escalation_response",
        "took_initial_response_93",
        "took_escalation_response_0",
    ]);
}

#[test]
fn an_old_response_that_stops_no_clock_counts_nothing() {
    let story = given().when(open(Channel::Email)).until(30).when(respond()).until(40);
    let older = responded(20, &story);
    story.when(older).then_counted(&[]);
}

#[test]
fn an_escalation_counts_by_who_raised_it_and_a_further_justification_does_not() {
    let story = given().when(escalate());
    story.then_counted(&["opened_P1", "escalated_by_customer"]);
    let story = story.when(escalate());
    story.then_counted(&[]);
}

#[test]
fn an_acknowledgement_is_timed_from_the_escalation_and_taking_it_again_counts_nothing() {
    let story = given().when(escalate()).until(15).when(acknowledge());
    story.then_counted(&["took_acknowledgement_79"]);
    let story = story.when(acknowledge());
    story.then_counted(&[]);
}

#[test]
fn a_resolution_keeps_no_promise_and_is_timed_from_when_the_incident_reached_care() {
    let story = given().when(open(Channel::Chat)).until(120).when(resolve());
    story.then_counted(&["resolved", "took_resolution_103"]);
}

#[test]
fn reopening_counts_and_the_second_one_escalates() {
    let again = |story: Story| story.when(resolve()).when(reopen());
    let story = again(given().when(open(Channel::Chat)));
    story.then_counted(&["reopened"]);
    again(story).then_counted(&["reopened", "escalated_by_reopening"]);
}

#[test]
fn warnings_levels_alarms_pauses_and_what_customers_write_count_nothing() {
    let story = given().when(open(Channel::Chat)).until(5 * 60);
    story.then_happened(&["300m warning_given clock=update late_ms=0"]).then_counted(&[]);
    let wait = wait_until(&story, 60);
    let story = story.when(wait);
    story.then_counted(&[]);
    let story = story.when(customer_replied());
    story.then_counted(&[]);
    // Levels, both rounds, the exhausted ladder and its alarms, an acknowledgement that expires.
    let story = given().when(escalate()).until(59);
    assert!(story.entries().any(|entry| entry.event.name() == "level_ran_out"));
    story.then_counted(&[]);
}

/// `dispatch-email` commits these, and its role does not let it count.
#[test]
fn an_email_that_cannot_be_delivered_counts_nothing() {
    let story = given().when(escalate());
    for email in story.last[0].emails.clone() {
        let bounce = Command::Undeliverable {
            email: email.id,
            recipient: Some(email.recipient),
            kind: Some(email.kind),
            reason: "no such mailbox".to_owned(),
        };
        let change = decide(story.incident.as_ref(), bounce, &story.policy, story.now).unwrap();
        assert_eq!((change.is_empty(), change.tally), (false, None));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Ask(Box<Command>),
    RespondedBefore(i64),
    Wait(i64),
    Pass(i64),
    Outage(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let ask = |command| Just(Step::Ask(Box::new(command)));
    prop_oneof![
        1 => ask(open(Channel::Email)),
        1 => ask(open(Channel::Chat)),
        2 => ask(escalate()),
        2 => ask(acknowledge()),
        2 => ask(respond()),
        1 => ask(resolve()),
        1 => ask(reopen()),
        1 => ask(change_priority(Priority::P1)),
        1 => ask(change_priority(Priority::P4)),
        1 => ask(customer_replied()),
        2 => (0i64..500).prop_map(Step::RespondedBefore),
        1 => (1i64..500).prop_map(Step::Wait),
        6 => (0i64..500).prop_map(Step::Pass),
        2 => (0i64..900).prop_map(Step::Outage),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_figures_are_those_of_the_timeline(steps in prop::collection::vec(step(), 1..60)) {
        let mut story = given();
        let (mut figures, mut timeline) = (Figures::default(), Vec::new());
        let mut ask = |story: &mut Story, command| {
            let decided = decide(story.incident.as_ref(), command, &story.policy, story.now);
            let Ok(change) = decided else { return };
            if let Some(tally) = &change.tally {
                assert!(!tally.facts.is_empty() && !change.is_empty());
                figures.merge(&tally.figures());
            }
            timeline.extend(change.entries);
            story.incident = Some(change.incident).filter(|incident| incident.version > 0);
        };
        for step in steps {
            match step {
                Step::Ask(command) => ask(&mut story, *command),
                Step::RespondedBefore(minutes) => {
                    let command = responded(minutes, &story);
                    ask(&mut story, command);
                }
                Step::Wait(minutes) => {
                    let command = wait_until(&story, minutes);
                    ask(&mut story, command);
                }
                Step::Outage(minutes) => story.now += SignedDuration::from_mins(minutes),
                Step::Pass(minutes) => {
                    let end = story.now + SignedDuration::from_mins(minutes);
                    while let Some(due) = story.incident.as_ref().and_then(Incident::next_due)
                        && due <= end
                    {
                        story.now = story.now.max(due);
                        ask(&mut story, Command::DeadlinePassed);
                    }
                    story.now = end;
                }
            }
        }
        let counted: BTreeMap<_, _> =
            figures.iter().map(|(counter, times)| (without_bucket(&counter), times)).fold(
                BTreeMap::new(),
                |mut sums, (name, times)| {
                    *sums.entry(name).or_default() += times;
                    sums
                },
            );
        prop_assert_eq!(counted, scanned(&timeline));
        let breaches = story.incident.as_ref().map_or(0, |incident| incident.breaches.total());
        let breached = shared::incident::clock::ClockName::ALL.map(|c| figures.promises(c).breached);
        prop_assert_eq!(breached.iter().sum::<u64>(), u64::from(breaches));
    }
}

fn without_bucket(counter: &Counter) -> String {
    match counter {
        Counter::Took(what, _) => format!("took_{}", what.name()),
        counter => counter.to_string(),
    }
}

/// The same from the timeline as it is stored. Whether a promise was kept is found the long way
/// round: by looking for the breach of the clock that was stopped.
fn scanned(timeline: &[TimelineEntry]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    let mut add = |name: String| *sums.entry(name).or_default() += 1;
    let mut broken = HashSet::new();
    for entry in timeline {
        let event = serde_json::to_value(&entry.event).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let clock_of = |value: &Value| (text(&value["clock"]), text(&value["started_at"]));
        let name = text(&event["event"]);
        match name.as_str() {
            "opened" => add(format!("opened_{}", text(&event["priority"]))),
            "reopened" => add(name.clone()),
            "escalated_by_customer" | "escalated_by_deadline" | "escalated_by_reopening" => {
                add(name.clone());
            }
            "deadline_missed" => {
                add(format!("breached_{}", text(&event["clock"])));
                broken.insert(clock_of(&event));
            }
            "acknowledged" => add("took_acknowledgement".to_owned()),
            "resolved" => {
                add(name.clone());
                add("took_resolution".to_owned());
            }
            _ => {}
        }
        for stopped in event["stopped"].as_array().into_iter().flatten() {
            let clock = text(&stopped["clock"]);
            if name == "responded" {
                add(format!("took_{clock}"));
            }
            if !broken.remove(&clock_of(stopped)) && name == "responded" {
                add(format!("kept_{clock}"));
            }
        }
    }
    sums
}
