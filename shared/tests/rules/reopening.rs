//! Reopening: an update is promised anew; from the second time on the ladder starts a level up.

use shared::email::EmailKind;
use shared::incident::clock::ClockName;
use shared::incident::values::{Channel, Customer};
use shared::incident::{Command, Refusal};

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

fn reopen() -> Command {
    Command::Reopen { by: "Grace".parse().unwrap(), note: None }
}

fn resolved_once() -> Story {
    given().when(open(Channel::Chat)).until(10).when(resolve()).until(20)
}

#[test]
fn reopened_an_update_is_promised_anew() {
    let story = resolved_once().when(reopen());
    story
        .then_happened(&["20m reopened"])
        .then_told(&["team_engaged_again -> triage", "incident_reopened -> ada"])
        .then_due(Some(20 + 5 * 60));
    assert!(story.incident().running_escalation().is_none());
}

#[test]
fn reopened_for_the_second_time_the_ladder_starts_one_level_up() {
    let story = resolved_once().when(reopen()).until(30).when(resolve()).until(40).when(reopen());
    // Level 2 is not staffed in this policy, so it is level 3 that is alerted.
    story.then_happened(&[
        "40m reopened",
        "40m escalated_by_reopening",
        "40m levels_skipped levels=[2]",
        "40m level_alerted level=3 round=1",
    ]);
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 40 + 6 * 60);
}

#[test]
fn reopened_for_the_second_time_the_customer_is_promised_the_response_to_the_escalation() {
    let story = resolved_once().when(reopen()).until(30).when(resolve()).until(40).when(reopen());
    let told = story.emails().find_map(|email| match &email.kind {
        EmailKind::IncidentReopened { promise, escalated, .. } => Some((*promise, *escalated)),
        _ => None,
    });
    let (promise, escalated) = told.unwrap();
    assert_eq!((promise.clock, escalated), (ClockName::EscalationResponse, true));
    assert_eq!(story.minutes(promise.due_at), 40 + 60);
}

#[test]
fn the_ladder_starts_no_higher_than_its_last_level() {
    let mut story = resolved_once();
    for minutes in [30, 40, 50, 60] {
        story = story.when(reopen()).when(resolve()).until(minutes);
    }
    let story = story.when(reopen());
    assert_eq!(story.incident().escalation.as_ref().unwrap().level, 3);
}

#[test]
fn the_customers_reply_opens_a_resolved_incident_again() {
    let reply = Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at: None };
    let story = resolved_once().when(reply);
    story.then_happened(&["20m customer_replied", "20m reopened"]).then_told(&[
        "team_engaged_again -> triage",
        "incident_reopened -> ada",
        "customer_replied -> triage",
    ]);
}

#[test]
fn what_the_customer_wrote_before_the_resolution_opens_nothing() {
    let story = resolved_once();
    let at = Some(story.start + jiff::SignedDuration::from_mins(9));
    let reply = Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at };
    story
        .when(reply)
        .then_happened(&["20m customer_replied"])
        .then_told(&["customer_replied -> triage"])
        .then_due(None);
}

#[test]
fn the_incidents_own_customer_hears_that_another_one_reopened_it() {
    let Command::Escalate { number, requester, business_justification, by_mail: None } = escalate()
    else {
        unreachable!()
    };
    let requester = Customer {
        name: "Bob".parse().unwrap(),
        email: "bob@customer.example".parse().unwrap(),
        ..requester
    };
    let by_another = Command::Escalate { number, requester, business_justification, by_mail: None };
    let story = resolved_once().when(by_another);
    let told = story.emails().find(|e| e.recipient.as_str() == "ada@customer.example").unwrap();
    let EmailKind::IncidentReopened { promise, escalated: true, .. } = &told.kind else {
        panic!("{:?}", told.kind)
    };
    assert_eq!(promise.clock, ClockName::EscalationResponse);
}

#[test]
fn an_escalation_opens_a_resolved_incident_again_and_counts_as_a_reopening() {
    let story = resolved_once().when(escalate());
    story.then_happened(&[
        "20m reopened",
        "20m escalated_by_customer",
        "20m level_alerted level=1 round=1",
    ]);
    let story = story.when(resolve()).when(escalate());
    story.then_happened(&[
        "20m reopened",
        "20m escalated_by_customer",
        "20m levels_skipped levels=[2]",
        "20m level_alerted level=3 round=1",
    ]);
}

#[test]
fn what_is_open_stays_as_it_is() {
    given().when(open(Channel::Chat)).when(reopen()).then_happened(&[]).then_told(&[]);
}

#[test]
fn a_response_from_before_the_reopening_stops_nothing() {
    let story = resolved_once().when(reopen());
    let at = Some(story.start + jiff::SignedDuration::from_mins(15));
    let story =
        story.when(Command::Respond { author: "Grace".parse().unwrap(), message: None, at });
    let update = story.incident().clock(ClockName::Update).unwrap();
    assert_eq!(story.minutes(update.due_at), 20 + 6 * 60);
}

#[test]
fn on_a_resolved_incident_nothing_is_done_and_it_says_how_to_reopen() {
    let story = resolved_once();
    for command in [respond(), resolve(), acknowledge()] {
        let refusal = story.refuses(command);
        assert!(matches!(refusal, Refusal::AlreadyResolved { .. }));
        assert!(refusal.to_string().contains("/reopening"), "{refusal}");
    }
}
