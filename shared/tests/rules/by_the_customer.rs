//! A policy that leaves escalating to the customer: a broken promise invites, and reminds care.

use shared::incident::values::Channel;

use crate::story::{Story, escalate, given, open, resolve, respond};

fn not_by_itself() -> Story {
    let mut story = given();
    story.policy.desk.automatic_escalation = false;
    story.when(open(Channel::Email)).until(59)
}

#[test]
fn a_broken_promise_invites_the_customer_and_tells_the_responsible() {
    not_by_itself()
        .until(60)
        .then_happened(&[
            "60m deadline_missed clock=initial_response late_ms=0",
            "60m customer_invited clock=initial_response",
        ])
        .then_told(&["promise_overdue -> triage", "escalation_invited -> ada"])
        // The ladder's `alarm_every`.
        .then_due(Some(75));
}

#[test]
fn the_responsible_are_reminded_until_somebody_responds() {
    let story = not_by_itself().until(60).until(95);
    story
        .then_happened(&["75m reminder_given late_ms=0", "90m reminder_given late_ms=0"])
        .then_told(&["promise_overdue -> triage", "promise_overdue -> triage"]);
    story.when(respond()).then_due(Some(95 + 5 * 60));
}

#[test]
fn once_the_customer_escalates_the_ladder_takes_over_from_the_reminders() {
    let story = not_by_itself().until(62).when(escalate());
    story.then_due(Some(82));
    assert!(story.incident().remind_at.is_none());
}

#[test]
fn nobody_is_reminded_of_what_is_resolved() {
    not_by_itself().until(62).when(resolve()).then_due(None);
}
