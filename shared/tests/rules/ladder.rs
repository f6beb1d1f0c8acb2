//! The clock `escalation_response`: the ladder.

use jiff::SignedDuration;
use shared::incident::Command;
use shared::incident::clock::ClockName;
use shared::incident::values::Channel;

use crate::story::{
    Story, acknowledge, customer, escalate, given, open, resolve, respond, resume_ladder,
};

#[test]
fn an_escalation_of_an_unknown_number_opens_the_incident_and_alerts_level_1() {
    let story = given().when(escalate());
    story
        .then_happened(&[
            "0m opened",
            "0m escalated_by_customer",
            "0m level_alerted level=1 round=1",
        ])
        .then_told(&[
            "escalation_alert -> triage",
            "escalation_alert -> management",
            "escalation_received -> ada",
        ])
        .then_due(Some(20));
    let promise = story.incident().clock(ClockName::EscalationResponse).unwrap();
    assert_eq!(story.minutes(promise.due_at), 60);
}

#[test]
fn escalating_what_is_escalated_adds_the_justification_and_keeps_the_promise() {
    let story = given().when(escalate()).until(10).when(escalate());
    story
        .then_happened(&["10m justification_added"])
        .then_told(&[
            "justification_added -> triage",
            "justification_added -> management",
            "escalation_received -> ada",
        ])
        .then_due(Some(20));
    let promise = story.incident().clock(ClockName::EscalationResponse).unwrap();
    assert_eq!(story.minutes(promise.due_at), 60);
}

#[test]
fn the_ladder_climbs_through_levels_and_rounds_until_it_is_exhausted_and_then_alarms() {
    given()
        .when(escalate())
        .until(75)
        .then_happened(&[
            "20m level_ran_out level=1 round=1 late_ms=0",
            "20m levels_skipped levels=[2]",
            "20m level_alerted level=3 round=1",
            "30m level_ran_out level=3 round=1 late_ms=0",
            "30m level_alerted level=1 round=2",
            "50m level_ran_out level=1 round=2 late_ms=0",
            "50m levels_skipped levels=[2]",
            "50m level_alerted level=3 round=2",
            "55m warning_given clock=escalation_response late_ms=0",
            "60m deadline_missed clock=escalation_response late_ms=0",
            "60m level_ran_out level=3 round=2 late_ms=0",
            "60m ladder_exhausted",
            "75m alarm_repeated late_ms=0",
        ])
        .then_due(Some(90));
}

#[test]
fn an_exhausted_ladder_alarms_everybody_on_it() {
    given().when(escalate()).until(59).until(60).then_told(&[
        "deadline_missed -> triage",
        "deadline_missed -> management",
        "deadline_missed -> board",
        "promise_broken -> ada",
        "ladder_exhausted -> triage",
        "ladder_exhausted -> management",
        "ladder_exhausted -> board",
    ]);
}

#[test]
fn an_acknowledgement_stops_the_ladder_and_tells_everybody_told() {
    let story = given().when(escalate()).until(15).when(acknowledge());
    story
        .then_happened(&["15m acknowledged"])
        .then_told(&["escalation_acknowledged -> triage", "escalation_acknowledged -> management"])
        .then_due(Some(45));
    story.until(44).then_happened(&[]);
}

#[test]
fn an_acknowledgement_does_not_stop_the_clocks() {
    given().when(escalate()).until(35).when(acknowledge()).until(60).then_happened(&[
        "55m warning_given clock=escalation_response late_ms=0",
        "60m deadline_missed clock=escalation_response late_ms=0",
    ]);
}

#[test]
fn an_acknowledgement_without_a_response_expires_and_the_ladder_resumes_where_it_stood() {
    given().when(escalate()).until(15).when(acknowledge()).until(50).then_happened(&[
        "45m acknowledgement_expired late_ms=0",
        "45m level_alerted level=1 round=1",
        // Five of the level's twenty minutes were left.
        "50m level_ran_out level=1 round=1 late_ms=0",
        "50m levels_skipped levels=[2]",
        "50m level_alerted level=3 round=1",
    ]);
}

#[test]
fn taking_what_is_taken_changes_nothing() {
    let story = given().when(escalate()).when(acknowledge()).until(5);
    let before = story.incident().clone();
    let story = story.when(acknowledge());
    story.then_happened(&[]).then_told(&[]);
    assert_eq!(story.incident(), &before);
}

#[test]
fn withdrawing_an_acknowledgement_resumes_the_ladder_where_it_stood_and_tells_everybody_told() {
    let story =
        given().when(escalate()).until(15).when(acknowledge()).until(25).when(resume_ladder());
    story
        .then_happened(&[
            "25m acknowledgement_withdrawn",
            // Five of the level's twenty minutes are left.
            "25m level_alerted level=1 round=1",
        ])
        .then_told(&[
            "acknowledgement_withdrawn -> triage",
            "acknowledgement_withdrawn -> management",
        ])
        .then_due(Some(30));
    story.until(30).then_happened(&[
        "30m level_ran_out level=1 round=1 late_ms=0",
        "30m levels_skipped levels=[2]",
        "30m level_alerted level=3 round=1",
    ]);
}

#[test]
fn a_withdrawn_acknowledgement_names_who_withdrew_it_and_who_had_it_and_moves_no_promise() {
    let story = given().when(escalate()).until(15).when(acknowledge());
    let promised = story.incident().clock(ClockName::EscalationResponse).unwrap().due_at;
    let story = story.when(resume_ladder());
    let told = serde_json::to_value(&story.emails().next().unwrap().kind).unwrap();
    assert_eq!((&told["by"], &told["taken_by"]), (&"Linus".into(), &"Grace".into()));
    let entry = serde_json::to_value(&story.entries().next().unwrap().event).unwrap();
    assert_eq!((&entry["by"], &entry["taken_by"]), (&"Linus".into(), &"Grace".into()));
    let promise = story.incident().clock(ClockName::EscalationResponse).unwrap();
    assert_eq!(promise.due_at, promised);
}

#[test]
fn what_was_withdrawn_can_be_acknowledged_again() {
    given()
        .when(escalate())
        .when(acknowledge())
        .when(resume_ladder())
        .when(acknowledge())
        .then_happened(&["0m acknowledged"])
        .then_due(Some(30));
}

#[test]
fn a_level_that_had_no_time_left_has_a_minute_when_its_acknowledgement_is_withdrawn() {
    let mut story = given().when(escalate());
    story.now += SignedDuration::from_secs(20 * 60 - 1);
    let story = story.when(acknowledge()).when(resume_ladder());
    let due = story.incident().escalation.as_ref().unwrap().climb_due().unwrap();
    assert_eq!(due, story.now + SignedDuration::from_mins(1));
}

#[test]
fn withdrawing_the_acknowledgement_of_an_exhausted_ladder_exhausts_it_again() {
    let story =
        given().when(escalate()).until(61).when(acknowledge()).until(65).when(resume_ladder());
    story
        .then_happened(&["65m acknowledgement_withdrawn", "65m ladder_exhausted"])
        .then_told(&[
            "acknowledgement_withdrawn -> triage",
            "acknowledgement_withdrawn -> management",
            "acknowledgement_withdrawn -> board",
        ])
        .then_due(Some(80));
    story.until(80).then_happened(&["80m alarm_repeated late_ms=0"]);
}

#[test]
fn where_nobody_has_the_escalation_there_is_nothing_to_withdraw() {
    for story in [
        given().when(open(Channel::Phone)),
        given().when(escalate()),
        given().when(escalate()).until(61),
        given().when(escalate()).when(acknowledge()).when(resume_ladder()),
        given().when(escalate()).when(acknowledge()).when(respond()),
        given().when(escalate()).when(acknowledge()).when(resolve()),
    ] {
        let before = story.incident().clone();
        let story = story.when(resume_ladder());
        story.then_happened(&[]).then_told(&[]);
        assert_eq!(story.incident(), &before);
    }
}

#[test]
fn an_exhausted_ladder_can_be_acknowledged_and_is_exhausted_again_when_that_expires() {
    given()
        .when(escalate())
        .until(61)
        .when(acknowledge())
        .until(91)
        .then_happened(&["91m acknowledgement_expired late_ms=0", "91m ladder_exhausted"]);
}

#[test]
fn a_response_stops_the_escalation_and_tells_everybody_told() {
    let story = given().when(escalate()).until(25).when(respond());
    story
        .then_happened(&["25m responded"])
        .then_told(&[
            "escalation_stopped -> triage",
            "escalation_stopped -> management",
            "escalation_stopped -> board",
        ])
        // The next promise is an update, warned of an hour ahead.
        .then_due(Some(25 + 5 * 60));
}

#[test]
fn a_resolution_stops_the_escalation() {
    given().when(escalate()).until(5).when(resolve()).then_told(&[
        "escalation_stopped -> triage",
        "escalation_stopped -> management",
        "incident_resolved -> ada",
    ]);
}

#[test]
fn escalating_again_after_a_response_is_a_new_escalation() {
    let story = given().when(escalate()).until(5).when(respond()).until(10).when(escalate());
    story.then_happened(&["10m escalated_by_customer", "10m level_alerted level=1 round=1"]);
    assert_eq!(story.incident().escalation.as_ref().unwrap().sequence, 2);
}

#[test]
fn escalating_a_resolved_incident_reopens_it() {
    let story = given().when(open(Channel::Phone)).when(resolve()).until(5).when(escalate());
    story.then_happened(&[
        "5m reopened",
        "5m escalated_by_customer",
        "5m level_alerted level=1 round=1",
    ]);
    assert!(story.incident().is_open());
}

#[test]
fn a_change_of_policy_does_not_move_a_ladder_that_is_climbed() {
    let mut story = given().when(escalate());
    let main = story.policy.ladders.0.get_mut(&"main".parse().unwrap()).unwrap();
    main.levels.truncate(1);
    story.until(20).then_happened(&[
        "20m level_ran_out level=1 round=1 late_ms=0",
        "20m levels_skipped levels=[2]",
        "20m level_alerted level=3 round=1",
    ]);
}

#[test]
fn addresses_are_those_of_when_a_level_fires() {
    let mut story = given().when(escalate());
    let board = story.policy.teams.0.get_mut(&"board".parse().unwrap()).unwrap();
    board.addresses = vec!["new-board@desk.example".parse().unwrap()];
    story.until(20).then_told(&["escalation_alert -> new-board"]);
}

fn responded(story: &Story, minutes_ago: i64) -> Command {
    let at = Some(story.now - SignedDuration::from_mins(minutes_ago));
    Command::Respond { author: "Grace".parse().unwrap(), message: None, at }
}

#[test]
fn a_response_from_before_a_customer_escalated_does_not_answer_the_escalation() {
    let story = given().when(open(Channel::Email)).until(40).when(escalate());
    let earlier = responded(&story, 10);
    let story = story.when(earlier);
    story.then_told(&[]).then_due(Some(60));
    assert!(story.incident().running_escalation().is_some());
    let promise = story.incident().clock(ClockName::EscalationResponse).unwrap();
    assert_eq!(story.minutes(promise.due_at), 100);
    assert!(story.incident().clock(ClockName::InitialResponse).is_none(), "that promise is kept");
}

#[test]
fn a_response_from_before_the_desk_escalated_by_itself_ends_the_escalation() {
    let story = given().when(open(Channel::Email)).until(65);
    let earlier = responded(&story, 10);
    assert!(story.when(earlier).incident().running_escalation().is_none());
}

#[test]
fn levels_alerted_after_a_customer_escalated_too_read_the_justification() {
    let story = given().when(open(Channel::Email)).until(65).when(escalate()).until(80);
    let alert = serde_json::to_string(&story.emails().next().unwrap().kind).unwrap();
    assert!(alert.contains("We lose 40,000 EUR an hour."), "{alert}");
}

#[test]
fn whoever_escalated_hears_what_the_customer_hears() {
    let Command::Escalate { number, business_justification, .. } = escalate() else {
        unreachable!()
    };
    let mut requester = customer();
    requester.email = "boss@customer.example".parse().unwrap();
    let by_boss = Command::Escalate { number, requester, business_justification, by_mail: None };
    let message = Some("Found it.".parse().unwrap());
    let author = "Grace".parse().unwrap();
    given()
        .when(open(Channel::Phone))
        .when(by_boss)
        .when(Command::Respond { author, message, at: None })
        .then_told(&[
            "escalation_stopped -> triage",
            "escalation_stopped -> management",
            "response_given -> ada",
            "response_given -> boss",
        ]);
}

#[test]
fn a_level_that_had_no_time_left_has_a_minute_when_the_ladder_resumes() {
    let mut story = given().when(escalate());
    story.now += SignedDuration::from_secs(20 * 60 - 1);
    let story = story.when(acknowledge());
    let expired = story.now + SignedDuration::from_mins(30);
    let story = story.until(50);
    let due = story.incident().escalation.as_ref().unwrap().climb_due().unwrap();
    assert_eq!(due, expired + SignedDuration::from_mins(1));
}
