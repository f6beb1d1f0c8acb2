//! An e-mail that can never be sent: somebody else is told.

use shared::incident::Command;
use shared::incident::values::EmailAddress;

use crate::story::{Story, escalate, given, respond};

fn bounced(story: &Story, to: &str, is_notice: bool) -> Command {
    let recipient: EmailAddress = format!("{to}@desk.example").parse().unwrap();
    let email = story.emails().find(|email| email.recipient == recipient).unwrap();
    Command::Undeliverable {
        email: email.id.clone(),
        recipient: Some(recipient),
        alert: email.kind.alert(),
        is_notice,
        reason: "no such mailbox".to_owned(),
    }
}

#[test]
fn the_backup_is_alerted_and_management_told() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage", false);
    story
        .when(bounce)
        .then_happened(&["0m undeliverable"])
        .then_told(&["escalation_alert -> triage-backup", "email_undeliverable -> management"])
        .then_due(Some(20));
}

#[test]
fn when_nobody_on_the_level_can_be_reached_the_ladder_climbs_at_once() {
    let story = given().when(escalate()).until(20);
    let bounce = bounced(&story, "board", false);
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
    let bounce = bounced(&story, "triage", false);
    story
        .when(bounce)
        .until(29)
        .until(30)
        .then_told(&["escalation_alert -> triage-backup", "escalation_alert -> management"]);
}

#[test]
fn a_backup_is_told_once() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage", false);
    story.when(bounce.clone()).when(bounce).then_told(&["email_undeliverable -> management"]);
}

#[test]
fn a_notice_that_cannot_be_delivered_tells_nobody_more() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage", false);
    let story = story.when(bounce);
    let bounce = bounced(&story, "management", true);
    story.when(bounce).then_happened(&["0m undeliverable"]).then_told(&[]);
}

#[test]
fn an_alert_of_a_step_that_is_over_moves_nothing() {
    let story = given().when(escalate());
    let bounce = bounced(&story, "triage", false);
    story.when(respond()).when(bounce).then_told(&["email_undeliverable -> management"]);
}
