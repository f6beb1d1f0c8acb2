//! An e-mail that can never be sent: somebody else is told.

use shared::incident::Command;
use shared::incident::values::{Channel, EmailAddress};

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

fn bounced(story: &Story, to: &str) -> Command {
    let recipient: EmailAddress = format!("{to}@desk.example").parse().unwrap();
    let email = story.emails().find(|email| email.recipient == recipient).unwrap();
    Command::Undeliverable {
        email: email.id.clone(),
        recipient: Some(recipient),
        kind: Some(email.kind.clone()),
        reason: "no such mailbox".to_owned(),
    }
}

#[test]
fn the_backup_is_alerted_and_management_told() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    story
        .when(bounce)
        .then_happened(&["0m undeliverable"])
        .then_told(&["escalation_alert -> triage-backup", "email_undeliverable -> management"])
        .then_due(Some(20));
}

#[test]
fn when_nobody_on_the_level_can_be_reached_the_ladder_climbs_at_once() {
    let story = given().when(escalate()).until(20);
    let bounce = bounced(&story, "board");
    story
        .when(bounce)
        .then_happened(&["20m level_alerted level=1 round=2", "20m undeliverable"])
        .then_told(&[
            "escalation_alert -> triage",
            "escalation_alert -> management",
            "email_undeliverable -> management",
        ]);
}

#[test]
fn a_dead_address_is_replaced_by_its_backup_from_then_on() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    story
        .when(bounce)
        .until(29)
        .until(30)
        .then_told(&["escalation_alert -> triage-backup", "escalation_alert -> management"]);
}

#[test]
fn a_backup_is_told_once_whoever_else_is_dead() {
    let mut story = given();
    let triage = story.policy.teams.0.get_mut(&"triage".parse().unwrap()).unwrap();
    triage.addresses.push("triage-2@desk.example".parse().unwrap());
    let story = story.when(escalate());
    let (first, second) = (bounced(&story, "triage-2"), bounced(&story, "triage"));
    let story = story.when(first);
    story.then_told(&["escalation_alert -> triage-backup", "email_undeliverable -> management"]);
    story.when(second).then_told(&["email_undeliverable -> management"]);
}

#[test]
fn a_team_of_which_every_address_seems_dead_is_told_all_the_same() {
    let story = given().when(open(Channel::Email));
    let bounce = bounced(&story, "triage");
    let story = story.when(bounce);
    let bounce = bounced(&story, "triage-backup");
    story.when(bounce).until(45).then_told(&["deadline_near -> triage"]);
}

#[test]
fn a_notice_that_cannot_be_delivered_tells_nobody_more() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    let story = story.when(bounce);
    let bounce = bounced(&story, "management");
    story.when(bounce).then_happened(&["0m undeliverable"]).then_told(&[]);
}

#[test]
fn an_alert_of_a_step_that_is_over_moves_nothing() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    story.when(respond()).when(bounce).then_told(&["email_undeliverable -> management"]);
}

#[test]
fn whatever_a_team_is_told_passes_on_to_its_backup() {
    let story = given().when(open(Channel::Email));
    let bounce = bounced(&story, "triage");
    let story = story.when(bounce);
    story.then_told(&["team_engaged -> triage-backup", "email_undeliverable -> management"]);
    story.until(45).then_told(&["deadline_near -> triage-backup"]);
}

#[test]
fn what_was_on_its_way_to_an_address_found_dead_passes_on_as_well() {
    let story = given().when(escalate());
    let alert = bounced(&story, "triage");
    let story = story.when(escalate());
    let addition = bounced(&story, "triage");
    story
        .when(alert)
        .when(addition)
        .then_told(&["justification_added -> triage-backup", "email_undeliverable -> management"]);
}

#[test]
fn a_bounce_that_comes_after_its_level_still_marks_the_address_dead() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    story
        .until(20)
        .when(bounce)
        .until(30)
        .then_told(&["escalation_alert -> triage-backup", "escalation_alert -> management"]);
}

#[test]
fn the_alarm_of_an_exhausted_ladder_reaches_the_backup_of_a_dead_address() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    let story = story.when(bounce).until(74).until(75);
    story.then_told(&[
        "ladder_exhausted -> triage-backup",
        "ladder_exhausted -> management",
        "ladder_exhausted -> board",
    ]);
}

#[test]
fn a_team_that_has_only_a_backup_is_reached_by_it() {
    let mut story = given();
    let triage = story.policy.teams.0.get_mut(&"triage".parse().unwrap()).unwrap();
    triage.addresses.clear();
    story
        .when(open(Channel::Phone))
        .then_told(&["team_engaged -> triage-backup", "incident_opened -> ada"]);
}

#[test]
fn a_policy_that_outgrew_the_ladder_leaves_some_untold_and_says_so() {
    let mut story = given().when(escalate()).until(20);
    for id in ["triage", "management", "board"] {
        let team = story.policy.teams.0.get_mut(&id.parse().unwrap()).unwrap();
        let address = |n| format!("{id}-{n}@desk.example").parse().unwrap();
        team.addresses = (0..60).map(address).collect();
    }
    let story = story.when(resolve());
    let change = &story.last[0];
    assert_eq!(change.webhooks.len(), 2);
    assert_eq!(change.entries.len() + change.emails.len() + change.webhooks.len(), 87);
    assert!(change.emails.iter().any(|email| email.recipient.as_str() == "ada@customer.example"));
    story.then_happened(&["20m resolved", "20m not_everybody_told"]);
}

#[test]
fn a_notice_that_cannot_be_delivered_has_no_stand_in_either() {
    let mut story = given();
    let management = story.policy.teams.0.get_mut(&"management".parse().unwrap()).unwrap();
    management.backup.push("management-backup@desk.example".parse().unwrap());
    let story = story.when(escalate());
    let bounce = bounced(&story, "triage");
    let story = story.when(bounce);
    let notice = story.emails().nth(1).unwrap().clone();
    let story = story.when(Command::Undeliverable {
        email: notice.id,
        recipient: Some(notice.recipient),
        kind: Some(notice.kind),
        reason: "no such mailbox".to_owned(),
    });
    story.then_told(&[]);
}

#[test]
fn an_alert_of_a_level_that_is_over_passes_on_to_nobody() {
    // The next level, the same level in the next round, and a level that somebody took.
    for minutes in [20, 30] {
        let story = given().when(escalate());
        let bounce = bounced(&story, "triage");
        story.until(minutes).when(bounce).then_told(&["email_undeliverable -> management"]);
    }
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage");
    story.when(acknowledge()).when(bounce).then_told(&["email_undeliverable -> management"]);
}

#[test]
fn an_alert_passes_on_within_the_teams_of_its_level() {
    let mut story = given();
    let board = story.policy.teams.0.get_mut(&"board".parse().unwrap()).unwrap();
    board.addresses.push("triage@desk.example".parse().unwrap());
    board.backup.push("board-backup@desk.example".parse().unwrap());
    let story = story.when(escalate());
    let bounce = bounced(&story, "triage");
    story
        .when(bounce)
        .then_told(&["escalation_alert -> triage-backup", "email_undeliverable -> management"]);
}
