//! The story of a deadline: what set it, what happened to it, how it ended, and who was told.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::email::OutboxEmail;
use shared::incident::clock::ClockName;
use shared::incident::deadlines::{
    Alerted, ClockDeadline, Deadline, Outcome, Step, StepDeadline, StepOutcome, explain,
};
use shared::incident::timeline::{Event, TimelineEntry};
use shared::incident::values::{Channel, Priority};
use shared::incident::{Command, Incident, decide};
use shared::outbox::{Delivery, EmailFacts, EmailItem};

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

pub(crate) fn timeline(story: &Story) -> Vec<TimelineEntry> {
    story.history.iter().flat_map(|change| change.entries.clone()).collect()
}

fn outbox(story: &Story) -> Vec<EmailItem> {
    let emails = story.history.iter().flat_map(|change| change.emails.clone());
    let pending = |email: OutboxEmail| {
        let delivery = Delivery::pending(email.created_at);
        EmailItem::of(email, delivery, EmailFacts::default())
    };
    emails.map(pending).collect()
}

pub(crate) fn explained(story: &Story) -> Vec<Deadline> {
    explain(story.incident(), &timeline(story), &outbox(story))
}

/// All deadlines, a line each, in minutes after the start.
fn read(story: &Story) -> String {
    let line = |deadline: &Deadline| match deadline {
        Deadline::Clock(clock) => clock_line(story, clock),
        Deadline::Step(step) => step_line(story, step),
    };
    explained(story).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn clock_line(story: &Story, clock: &ClockDeadline) -> String {
    let at = |instant: Timestamp| format!("{}m", story.minutes(instant));
    let rule = clock.set_by.as_ref().map(|by| format!("{} {}", by.rule, by.within));
    let mut line = format!(
        "{} by {} from {} due {}",
        clock.clock.name(),
        rule.unwrap_or_else(|| "?".to_owned()),
        clock.started_at.map_or_else(|| "?".to_owned(), at),
        at(clock.due_at),
    );
    for moved in &clock.moved_from {
        let rule = moved.set_by.as_ref().map_or("?", |by| &by.rule);
        line += &format!("\n    moved at {} from {rule} due {}", at(moved.at), at(moved.due_at));
    }
    for pause in &clock.pauses {
        let to = pause.to.map_or_else(|| "now".to_owned(), at);
        let until: Vec<_> = pause.asked.iter().map(|asked| at(asked.until)).collect();
        let until = until.join(", ");
        let due = pause.due_at.map_or_else(|| "?".to_owned(), at);
        line += &format!("\n    paused {} to {to} (until {until}): ", at(pause.from));
        line += &format!("{:?}, due {} then {due}", pause.because, at(pause.due_was));
    }
    for warning in &clock.warnings {
        let given = warning.given.as_ref().map_or_else(
            || "not given".to_owned(),
            |given| format!("given {} to {}", at(given.at), whom(&given.alerted)),
        );
        line += &format!("\n    warning {} {given}", at(warning.due_at));
    }
    let outcome = match &clock.outcome {
        Outcome::Running => "running".to_owned(),
        Outcome::Paused => "paused".to_owned(),
        Outcome::Kept { by, at: instant } => format!("kept by {by} at {}", at(*instant)),
        Outcome::Ended { by, at: instant } => format!("ended by {by} at {}", at(*instant)),
        Outcome::Missed { lateness, alerted, escalation, stopped } => {
            let stopped = stopped.as_ref().map(|stop| {
                format!("{:?} at {}, {} ms over", stop.because, at(stop.at), stop.overrun_ms)
            });
            format!(
                "missed, fired {} late {} ms, alerted {}, escalation {escalation:?}, stopped by \
                 {stopped:?}",
                at(lateness.fired_at),
                lateness.late_ms,
                whom(alerted),
            )
        }
    };
    format!("{line}\n    {outcome}")
}

fn step_line(story: &Story, step: &StepDeadline) -> String {
    let at = |instant: Timestamp| format!("{}m", story.minutes(instant));
    let what = match &step.step {
        Step::Level { escalation, level, round } => format!("level {escalation}.{round}.{level}"),
        Step::Acknowledgement { escalation, by } => format!("taken {escalation} by {by}"),
        Step::Alarm { escalation } => format!("alarm {escalation}"),
        Step::Reminder => "reminder".to_owned(),
    };
    let outcome = match &step.outcome {
        StepOutcome::Running => "running".to_owned(),
        StepOutcome::RanOut(late) => {
            format!("ran out at {} late {} ms", at(late.fired_at), late.late_ms)
        }
        StepOutcome::Acknowledged { by, at: instant } => {
            format!("taken by {by} at {}", at(*instant))
        }
        StepOutcome::Stopped { because, by, at: instant } => {
            format!("stopped by {because:?} of {by} at {}", at(*instant))
        }
        StepOutcome::Replaced { at: instant } => format!("replaced at {}", at(*instant)),
    };
    let (from, until, told) = (at(step.started_at), at(step.due_at), whom(&step.alerted));
    format!("{what} from {from} until {until}, alerted {told}\n    {outcome}")
}

pub(crate) fn whom(alerted: &Alerted) -> String {
    let teams: Vec<_> = alerted.teams.iter().map(ToString::to_string).collect();
    let emails: Vec<_> =
        alerted.emails.iter().map(|email| email.to.as_str().split('@').next().unwrap()).collect();
    format!("[{}] by e-mail [{}]", teams.join(" "), emails.join(" "))
}

fn wait(story: &Story, until: i64) -> Command {
    Command::WaitOnCustomer {
        by: "Grace".parse().unwrap(),
        reason: "Please send the log.".parse().unwrap(),
        until: story.start + SignedDuration::from_mins(until),
    }
}

fn reply() -> Command {
    Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at: None }
}

pub(crate) fn find(priority: Priority) -> Command {
    Command::ChangePriority { by: "Grace".parse().unwrap(), priority, reason: None }
}

fn reopen() -> Command {
    Command::Reopen { by: "Grace".parse().unwrap(), note: None }
}

fn open_as(priority: Priority, channel: Channel) -> Command {
    match open(channel) {
        Command::Open { number, channel, summary, customer, received_at, .. } => Command::Open {
            number,
            priority,
            channel,
            summary,
            customer,
            received_at,
            by_mail: None,
        },
        other => other,
    }
}

#[test]
fn a_promise_that_is_kept_and_the_one_that_follows_it() {
    let story = given().when(open(Channel::Email)).until(50).when(respond());
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_missed_response_escalates_and_its_answer_comes_after_all() {
    let story = given().when(open(Channel::Email)).until(85).when(respond());
    insta::assert_snapshot!(read(&story));
}

#[test]
fn pauses_with_what_was_asked_and_why_they_ended() {
    let story = given().when(open(Channel::Chat)).until(60);
    let (ask, again) = (wait(&story, 200), wait(&story, 300));
    let story = story.when(ask).until(90).when(again).until(120).when(reply()).until(130);
    let ask = wait(&story, 150);
    let story = story.when(ask).until(500);
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_clock_that_is_paused_now_says_so() {
    let story = given().when(open(Channel::Chat)).until(60);
    let ask = wait(&story, 200);
    insta::assert_snapshot!(read(&story.when(ask)));
}

#[test]
fn a_raised_priority_keeps_the_earlier_rule_and_deadline() {
    let story = given().when(open_as(Priority::P4, Channel::Email)).until(30);
    let story = story.when(find(Priority::P2)).until(40).when(find(Priority::P1)).until(46);
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_lowered_priority_leaves_the_promise_and_its_rule() {
    let story = given().when(open(Channel::Email)).until(30).when(find(Priority::P4));
    insta::assert_snapshot!(read(&story));
}

#[test]
fn an_incident_that_care_completes_says_what_that_moved() {
    let mut story = given();
    story.policy.desk.unknown_incident_priority = Priority::P4;
    let hour = story.policy.targets(Priority::P4).escalation_response.clone();
    story.policy.targets.p1.escalation_response = hour;
    story.policy.targets.p1.escalation_response.within =
        shared::policy::Period::try_from("30m".to_owned()).unwrap();
    let story = story.when(escalate()).until(5).when(open(Channel::Phone));
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_late_sweep_is_told_with_its_lateness() {
    let story = given().when(open(Channel::Email)).outage_until(63).until(63);
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_response_that_finds_the_deadline_missed_alerts_nobody() {
    let story = given().when(open(Channel::Email)).until(46).outage_until(61).when(respond());
    insta::assert_snapshot!(read(&story));
}

#[test]
fn an_incident_that_is_reopened_twice() {
    let story = given().when(open(Channel::Email)).until(10).when(resolve());
    let story = story.until(20).when(reopen()).until(30).when(resolve()).until(40).when(reopen());
    insta::assert_snapshot!(read(&story));
}

#[test]
fn a_ladder_that_is_taken_let_go_and_exhausted() {
    let story = given().when(escalate()).until(15).when(acknowledge()).until(130);
    insta::assert_snapshot!(read(&story.when(resolve())));
}

#[test]
fn a_policy_that_leaves_escalating_to_the_customer_reminds() {
    let mut story = given();
    story.policy.desk.automatic_escalation = false;
    let story = story.when(open(Channel::Email)).until(80).when(escalate());
    insta::assert_snapshot!(read(&story));
}

#[test]
fn an_alert_that_comes_back_is_told_with_who_was_told_instead() {
    let story = given().when(escalate());
    let alert = story.emails().next().unwrap();
    let bounced = Command::Undeliverable {
        email: alert.id.clone(),
        recipient: Some(alert.recipient.clone()),
        kind: Some(alert.kind.clone()),
        reason: "no such mailbox".to_owned(),
    };
    insta::assert_snapshot!(read(&story.when(bounced)));
}

#[test]
fn the_whole_answer_as_json() {
    let story = given().when(open(Channel::Email)).until(61);
    insta::assert_snapshot!(serde_json::to_string_pretty(&explained(&story)).unwrap());
}

#[test]
fn what_an_older_version_did_not_write_is_left_open() {
    let story = given().when(open(Channel::Email)).until(61).when(respond());
    let mut old = timeline(&story);
    old.iter_mut().for_each(|entry| entry.started.clear());
    let deadlines = explain(story.incident(), &old, &[]);
    let lines: Vec<_> = deadlines
        .iter()
        .map(|deadline| match deadline {
            Deadline::Clock(clock) => clock_line(&story, clock),
            Deadline::Step(step) => step_line(&story, step),
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[derive(Debug, Clone)]
enum Act {
    Ask(Box<Command>),
    Wait(i64),
    Pass(i64),
    Outage(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let ask = |command: Command| Just(Act::Ask(Box::new(command)));
    prop_oneof![
        2 => ask(open_as(Priority::P3, Channel::Email)),
        2 => ask(open(Channel::Email)),
        2 => ask(open(Channel::Chat)),
        2 => ask(escalate()),
        2 => ask(acknowledge()),
        3 => ask(respond()),
        1 => ask(resolve()),
        2 => ask(reopen()),
        2 => ask(reply()),
        3 => prop_oneof![Just(Priority::P1), Just(Priority::P2), Just(Priority::P4)]
            .prop_map(|priority| Act::Ask(Box::new(find(priority)))),
        3 => (1i64..2000).prop_map(Act::Wait),
        6 => (0i64..400).prop_map(Act::Pass),
        1 => (0i64..600).prop_map(Act::Outage),
    ]
}

/// Every instant of a deadline: of clocks also warnings, the ends of pauses, and what it was before.
fn instants(deadlines: &[Deadline]) -> Vec<Timestamp> {
    let mut instants = Vec::new();
    for deadline in deadlines {
        match deadline {
            Deadline::Step(step) => instants.push(step.due_at),
            Deadline::Clock(clock) => {
                instants.push(clock.due_at);
                instants.extend(clock.moved_from.iter().map(|moved| moved.due_at));
                instants.extend(clock.warnings.iter().map(|warning| warning.due_at));
                for pause in &clock.pauses {
                    instants.push(pause.due_was);
                    instants.extend(pause.due_at);
                    instants.extend(pause.asked.iter().map(|asked| asked.until));
                }
            }
        }
    }
    instants
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_instant_that_was_ever_due_is_explained(
        acts in prop::collection::vec(act(), 1..40),
        automatic in any::<bool>(),
    ) {
        let mut story = given();
        story.policy.desk.automatic_escalation = automatic;
        for act in acts {
            match act {
                Act::Outage(minutes) => story.now += SignedDuration::from_mins(minutes),
                Act::Pass(minutes) => {
                    let end = story.now + SignedDuration::from_mins(minutes);
                    story = story.pass_until(end);
                }
                Act::Wait(minutes) => {
                    let until = story.minutes(story.now) + minutes;
                    let ask = wait(&story, until);
                    try_to(&mut story, ask);
                }
                Act::Ask(command) => try_to(&mut story, *command),
            }
            let Some(incident) = &story.incident else { continue };
            let deadlines = explained(&story);
            what_is_due_now_is_explained(incident, &deadlines);
            each_breach_is_told_once(&timeline(&story), &deadlines);
            each_running_clock_is_one_deadline(incident, &deadlines);
            all_that_ever_fired_was_a_deadline(&timeline(&story), &deadlines);
        }
    }
}

fn try_to(story: &mut Story, command: Command) {
    if let Ok(change) = decide(story.incident.as_ref(), command, &story.policy, story.now)
        && !change.is_empty()
    {
        story.incident = Some(change.incident.clone());
        story.history.push(change);
    }
}

fn what_is_due_now_is_explained(incident: &Incident, deadlines: &[Deadline]) {
    let known = instants(deadlines);
    let clocks = ClockName::ALL.into_iter().filter_map(|name| incident.clock(name)).cloned();
    let due = clocks.flat_map(|clock| [clock.warnings, vec![clock.due_at]].concat());
    for due in due.chain(incident.next_due()) {
        assert!(known.contains(&due), "{due} is not explained by {deadlines:#?}");
    }
}

fn each_breach_is_told_once(timeline: &[TimelineEntry], deadlines: &[Deadline]) {
    let mut recorded: Vec<_> = timeline
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::DeadlineMissed { clock, lateness, .. } => Some((clock.name(), *lateness)),
            _ => None,
        })
        .map(|(clock, late)| (late.fired_at, clock, late.due_at, late.late_ms))
        .collect();
    let mut told: Vec<_> = deadlines
        .iter()
        .filter_map(|deadline| match deadline {
            Deadline::Clock(ClockDeadline {
                clock,
                outcome: Outcome::Missed { lateness, .. },
                ..
            }) => Some((lateness.fired_at, clock.name(), lateness.due_at, lateness.late_ms)),
            _ => None,
        })
        .collect();
    recorded.sort_unstable();
    told.sort_unstable();
    assert_eq!(recorded, told, "breaches");
}

fn each_running_clock_is_one_deadline(incident: &Incident, deadlines: &[Deadline]) {
    for name in ClockName::ALL {
        let is_open = |outcome: &Outcome| match outcome {
            Outcome::Running | Outcome::Paused => true,
            Outcome::Missed { stopped, .. } => stopped.is_none(),
            Outcome::Kept { .. } | Outcome::Ended { .. } => false,
        };
        let told: Vec<_> = deadlines
            .iter()
            .filter_map(|deadline| match deadline {
                Deadline::Clock(clock) if clock.clock == name && is_open(&clock.outcome) => {
                    Some(clock)
                }
                _ => None,
            })
            .collect();
        let runs: Vec<_> = incident.clock(name).into_iter().collect();
        assert_eq!(told.len(), runs.len(), "{name:?}: {told:#?}");
        for (told, runs) in told.iter().zip(runs) {
            assert_eq!(told.due_at, runs.due_at);
            assert_eq!(told.started_at, Some(runs.started_at));
            assert_eq!(told.outcome == Outcome::Paused, runs.is_paused());
        }
    }
}

fn all_that_ever_fired_was_a_deadline(timeline: &[TimelineEntry], deadlines: &[Deadline]) {
    let known = instants(deadlines);
    for entry in timeline {
        let event = serde_json::to_value(&entry.event).unwrap();
        if event.get("late_ms").is_some() {
            let due: Timestamp = event["due_at"].as_str().unwrap().parse().unwrap();
            assert!(known.contains(&due), "{due} fired: {event}");
        }
    }
}
