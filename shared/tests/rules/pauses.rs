//! Waiting on the customer: the update pauses, and only time outside pauses counts.

use jiff::SignedDuration;
use shared::email::EmailKind;
use shared::incident::clock::ClockName;
use shared::incident::values::Channel;
use shared::incident::{Command, Refusal};

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

fn wait(story: &Story, until: i64) -> Command {
    Command::WaitOnCustomer {
        by: "Grace".parse().unwrap(),
        reason: "Please send the log of 08:00.".parse().unwrap(),
        until: story.start + SignedDuration::from_mins(until),
    }
}

fn reply() -> Command {
    Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at: None }
}

fn waiting_since(minutes: i64, until: i64) -> Story {
    let story = given().when(open(Channel::Chat)).until(minutes);
    let wait = wait(&story, until);
    story.when(wait)
}

#[test]
fn while_care_waits_the_update_is_not_due_but_the_end_of_the_pause_is() {
    waiting_since(60, 1500)
        .then_happened(&["60m waiting_on_customer"])
        .then_told(&["waiting_on_you -> ada"])
        .then_due(Some(1500));
}

#[test]
fn the_customers_reply_ends_the_pause_and_only_time_outside_it_has_counted() {
    let story = waiting_since(60, 1500).until(180).when(reply());
    story
        .then_happened(&["180m customer_replied", "180m pause_ended"])
        .then_told(&["customer_replied -> triage"]);
    let update = story.incident().clock(ClockName::Update).unwrap();
    // Six hours from the opening, and the two hours of the pause.
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 120);
    story.then_due(Some(5 * 60 + 120));
}

#[test]
fn two_pauses_count_both() {
    let story = waiting_since(60, 1500).until(180).when(reply()).until(200);
    let again = wait(&story, 1500);
    let story = story.when(again).until(230).when(reply());
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 120 + 30);
}

#[test]
fn after_the_maximum_the_clock_goes_on_by_itself_and_care_is_told() {
    let story = waiting_since(60, 120).until(130);
    story
        .then_happened(&["120m pause_ended"])
        .then_told(&["pause_ended -> triage"])
        .then_due(Some(5 * 60 + 60));
}

#[test]
fn a_sweep_that_was_late_ends_the_pause_at_its_maximum_all_the_same() {
    let story = waiting_since(60, 120).outage_until(200).until(200);
    story.then_happened(&["200m pause_ended"]);
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 60);
}

#[test]
fn a_reply_after_the_maximum_that_no_sweep_saw_gives_no_more_than_the_maximum() {
    let story = waiting_since(60, 120).outage_until(200).when(reply());
    story.then_happened(&["200m customer_replied", "200m pause_ended"]);
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 60);
}

#[test]
fn a_deadline_after_a_pause_that_a_late_sweep_ended_is_as_late_as_the_sweep() {
    let story = waiting_since(60, 120).outage_until(500).until(500);
    // The pause had its end in advance, and the update its deadline at minute 420.
    story.then_happened(&[
        "500m pause_ended",
        "500m deadline_missed clock=update late_ms=4800000",
        "500m escalated_by_deadline clock=update",
        "500m level_alerted level=1 round=1",
    ]);
}

#[test]
fn a_pause_that_was_over_before_any_sweep_saw_it_is_not_made_longer() {
    let story = waiting_since(60, 120).outage_until(200);
    let again = wait(&story, 1500);
    let story = story.when(again);
    story.then_happened(&["200m pause_ended", "200m waiting_on_customer"]);
    let story = story.until(230).when(reply());
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 60 + 30);

    let story = waiting_since(60, 120).outage_until(500);
    assert_eq!(story.refuses(wait(&story, 1500)), Refusal::NothingToPause, "it ran out at 420");
}

#[test]
fn a_reply_that_is_told_late_counts_from_when_it_was_given() {
    let story = waiting_since(60, 1500).until(180);
    let at = Some(story.start + SignedDuration::from_mins(100));
    let story =
        story.when(Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at });
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 40);
}

#[test]
fn a_response_an_escalation_and_a_resolution_end_a_pause() {
    waiting_since(60, 1500)
        .until(90)
        .when(respond())
        .then_happened(&["90m pause_ended", "90m responded"]);
    waiting_since(60, 1500).until(90).when(escalate()).then_happened(&[
        "90m pause_ended",
        "90m escalated_by_customer",
        "90m level_alerted level=1 round=1",
    ]);
    let resolved = waiting_since(60, 1500).until(90).when(resolve());
    resolved.then_happened(&["90m pause_ended", "90m resolved"]).then_due(None);
}

#[test]
fn what_was_written_or_answered_before_care_began_to_wait_does_not_end_the_wait() {
    let at = |story: &Story, minutes| Some(story.start + SignedDuration::from_mins(minutes));
    let story = waiting_since(60, 1500).until(100);
    let early = Command::CustomerReplied {
        from: "Ada".parse().unwrap(),
        message: None,
        at: at(&story, 50),
    };
    story.when(early).then_happened(&["100m customer_replied"]).then_due(Some(1500));

    let story = waiting_since(60, 1500).until(100);
    let at = at(&story, 50);
    let early = Command::Respond { author: "Grace".parse().unwrap(), message: None, at };
    let story = story.when(early);
    story.then_happened(&["100m responded"]).then_due(Some(1500));
    let story = story.until(180).when(reply());
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 50 + 6 * 60 + 120, "six hours from the response");
}

#[test]
fn each_of_a_team_reads_so_much_of_a_message_that_a_transaction_has_room_for_all() {
    let message = "é".repeat(20_000).parse().unwrap();
    let reply =
        Command::CustomerReplied { from: "Ada".parse().unwrap(), message: Some(message), at: None };
    let story = given().when(open(Channel::Chat)).when(reply);
    for email in story.emails() {
        let EmailKind::CustomerReplied { message: Some(message), .. } = &email.kind else {
            panic!("{:?}", email.kind)
        };
        assert_eq!(message.as_str().chars().count(), 4_000);
    }
}

#[test]
fn waiting_on_goes_on_waiting_for_the_new_reason() {
    let story = waiting_since(60, 120).until(100);
    // The longest counts from when the waiting began, however often it is asked for.
    let too_long = wait(&story, 60 + 5 * 24 * 60 + 1);
    assert!(matches!(story.refuses(too_long), Refusal::PauseOutOfRange { .. }));
    let longer = wait(&story, 1500);
    let story = story.when(longer);
    story.then_happened(&["100m waiting_on_customer"]).then_due(Some(1500));
    let story = story.until(180).when(reply());
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 6 * 60 + 120);
}

#[test]
fn a_pause_has_a_maximum_that_is_ahead_and_within_the_policys() {
    let story = waiting_since(60, 1500);
    let five_days = 5 * 24 * 60;
    let out_of_range =
        |until| matches!(story.refuses(wait(&story, until)), Refusal::PauseOutOfRange { .. });
    assert!(out_of_range(60), "now");
    assert!(out_of_range(30), "before");
    assert!(out_of_range(60 + five_days + 1), "beyond the policy's longest from its start");
    story.when(wait(&given(), 60 + five_days)).then_due(Some(60 + five_days));
}

#[test]
fn there_must_be_an_update_that_can_wait() {
    let story = given().when(open(Channel::Email));
    assert_eq!(story.refuses(wait(&story, 100)), Refusal::NothingToPause, "nobody responded yet");
    let story = given().when(open(Channel::Chat)).until(361);
    assert_eq!(story.refuses(wait(&story, 500)), Refusal::NothingToPause, "it is broken already");
    let story = given().when(open(Channel::Chat)).when(resolve());
    assert!(matches!(story.refuses(wait(&story, 100)), Refusal::AlreadyResolved { .. }));
}

#[test]
fn a_pause_stops_no_ladder() {
    let story = given().when(open(Channel::Chat)).when(escalate());
    let wait = wait(&story, 1500);
    story.when(wait).until(20).then_happened(&[
        "20m level_ran_out level=1 round=1 late_ms=0",
        "20m levels_skipped levels=[2]",
        "20m level_alerted level=3 round=1",
    ]);
}

#[test]
fn a_reply_without_a_pause_stops_no_clock_and_reaches_those_concerned() {
    let story = given().when(open(Channel::Email)).until(10).when(reply());
    story
        .then_happened(&["10m customer_replied"])
        .then_told(&["customer_replied -> triage"])
        .then_due(Some(45));
    let escalated = story.when(escalate()).when(acknowledge()).when(reply());
    escalated.then_told(&["customer_replied -> triage", "customer_replied -> management"]);
}

#[test]
fn a_reply_cannot_be_ahead_of_time_nor_before_the_incident() {
    let story = given().when(open(Channel::Chat));
    let reply_at = |minutes: i64| Command::CustomerReplied {
        from: "Ada".parse().unwrap(),
        message: None,
        at: Some(story.start + SignedDuration::from_mins(minutes)),
    };
    assert_eq!(story.refuses(reply_at(1)), Refusal::InTheFuture { pointer: "/at" });
    assert!(matches!(story.refuses(reply_at(-1)), Refusal::BeforeTheIncident { .. }));
}

#[test]
fn a_reply_of_the_very_instant_at_which_care_began_to_wait_ends_the_wait() {
    for (replied_at, waits_on) in [(59, true), (60, false)] {
        let story = waiting_since(60, 1500).until(70);
        let at = Some(story.start + SignedDuration::from_mins(replied_at));
        let from = "Ada".parse().unwrap();
        let story = story.when(Command::CustomerReplied { from, message: None, at });
        assert_eq!(story.incident().pause.is_some(), waits_on, "minute {replied_at}");
    }
}

#[test]
fn a_deadline_that_a_reply_has_moved_is_known_since_the_reply_and_one_of_the_maximum_since_that() {
    let set_at = |story: &Story| {
        let update = story.incident().clock(ClockName::Update).unwrap();
        story.minutes(update.set_at)
    };
    let story = waiting_since(60, 120).until(90);
    let at = Some(story.start + SignedDuration::from_mins(80));
    let from = "Ada".parse().unwrap();
    let story = story.when(Command::CustomerReplied { from, message: None, at });
    assert_eq!(set_at(&story), 90, "nobody knew before");
    let late = waiting_since(60, 120).outage_until(130).until(130);
    assert_eq!(set_at(&late), 120, "it was known all along");
}
