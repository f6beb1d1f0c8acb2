//! What happened, line by line: every event, for both readers, in both languages.

use insta::Settings;
use serde_json::{Value, json};

use super::course::entry;
use super::fixtures::{desk, minutes};
use crate::email::story::{care_line, customer_line};
use crate::email::when::When;
use crate::incident::timeline::Event;
use crate::incident::values::Language::{self, En, Fr};

/// What a customer must never read.
const SECRETS: [&str; 4] = ["secret-team", "secret@example.com", "Oscar Other", "secret reason"];

/// Every event, and its forms that read differently.
fn events() -> Vec<Event> {
    let teams = json!(["secret-team", "first-line"]);
    let lateness = json!({"due_at": minutes(-5), "fired_at": minutes(-5), "late_ms": 0});
    let late = |mut event: Value| {
        event.as_object_mut().unwrap().extend(lateness.as_object().unwrap().clone());
        event
    };
    let pause = |because: &str| {
        json!({"event": "pause_ended", "since": minutes(-90), "ended_at": minutes(-3),
            "because": because, "due_at": minutes(60)})
    };
    let undeliverable = |told: &[&str]| {
        json!({"event": "undeliverable", "email": "INC-1042-1-0", "recipient": "secret@example.com",
            "reason": "secret reason", "told_instead": told})
    };
    let events = vec![
        json!({"event": "opened", "priority": "P1", "channel": "phone", "opened_at": minutes(0), "teams": teams}),
        json!({"event": "opened", "priority": "P2", "channel": "chat", "opened_at": minutes(0), "teams": teams}),
        json!({"event": "opened", "priority": "P3", "channel": "email", "opened_at": minutes(0), "teams": teams}),
        json!({"event": "opened", "priority": "P4", "channel": "api", "opened_at": minutes(0), "teams": []}),
        json!({"event": "reopened", "by": "Oscar Other", "note": "secret reason", "times": 1}),
        json!({"event": "reopened", "by": "Oscar Other", "times": 22}),
        json!({"event": "completed", "priority": "P2", "channel": "phone", "summary": "Payments fail"}),
        json!({"event": "priority_changed", "by": "Ada Novak", "from": "P2", "to": "P1", "reason": "All shops."}),
        json!({"event": "priority_changed", "by": "Ada Novak", "from": "P1", "to": "P3"}),
        json!({"event": "waiting_on_customer", "by": "Ada Novak", "reason": "Please send the log.", "until": minutes(2000)}),
        pause("customer_replied"),
        pause("escalated"),
        pause("responded"),
        pause("resolved"),
        pause("maximum_reached"),
        pause("priority_raised"),
        json!({"event": "customer_replied", "from": "Oscar Other", "replied_at": minutes(-4), "message": "secret reason"}),
        json!({"event": "customer_replied", "from": "Oscar Other", "replied_at": minutes(-4)}),
        json!({"event": "escalated_by_customer", "escalation": 1, "requester": "Oscar Other", "business_justification": "secret reason", "due_at": minutes(60)}),
        json!({"event": "justification_added", "escalation": 1, "requester": "Oscar Other", "business_justification": "secret reason"}),
        json!({"event": "escalated_by_deadline", "escalation": 1, "clock": "update", "due_at": minutes(2000)}),
        json!({"event": "escalated_by_reopening", "escalation": 2, "times": 2, "due_at": minutes(60)}),
        json!({"event": "customer_invited", "clock": "initial_response", "remind_at": minutes(30)}),
        late(json!({"event": "reminder_given", "remind_at": minutes(30), "teams": teams})),
        json!({"event": "account_manager_engaged", "by": "Ada Novak", "manager": "Max Berger", "reason": "secret reason"}),
        json!({"event": "recurrence_reported", "reporter": "Oscar Other", "account": "acme", "manager": "Max Berger", "incidents": 1}),
        json!({"event": "recurrence_noticed", "account": "acme", "manager": "Max Berger", "incidents": 5}),
        late(
            json!({"event": "warning_given", "clock": "escalation_response", "deadline": minutes(15), "teams": teams}),
        ),
        late(
            json!({"event": "deadline_missed", "clock": "initial_response", "started_at": minutes(-65)}),
        ),
        json!({"event": "level_alerted", "escalation": 1, "level": 1, "round": 1, "teams": teams, "until": minutes(20)}),
        json!({"event": "levels_skipped", "escalation": 1, "levels": [2]}),
        json!({"event": "levels_skipped", "escalation": 1, "levels": [2, 3]}),
        late(json!({"event": "level_ran_out", "escalation": 1, "level": 1, "round": 2})),
        json!({"event": "ladder_exhausted", "escalation": 1, "teams": teams, "alarm_at": minutes(30)}),
        late(json!({"event": "alarm_repeated", "escalation": 1, "alarm_at": minutes(30)})),
        json!({"event": "acknowledged", "escalation": 1, "raised_at": minutes(-20), "by": "Oscar Other", "until": minutes(2000)}),
        json!({"event": "acknowledgement_withdrawn", "escalation": 1, "by": "Oscar Other", "taken_by": "Ada Novak"}),
        late(json!({"event": "acknowledgement_expired", "escalation": 1, "by": "Oscar Other"})),
        json!({"event": "responded", "author": "Ada Novak", "responded_at": minutes(0), "message": "We found it.\nMore soon.", "stopped": []}),
        json!({"event": "responded", "author": "Ada Novak", "responded_at": minutes(0), "stopped": []}),
        json!({"event": "resolved", "by": "Ada Novak", "note": "It works.", "stopped": []}),
        json!({"event": "resolved", "by": "Ada Novak", "stopped": []}),
        json!({"event": "not_everybody_told", "left_out": 1}),
        json!({"event": "not_everybody_told", "left_out": 7}),
        json!({"event": "opened", "priority": "P1", "channel": "email", "opened_at": minutes(0), "teams": teams, "message": "secret reason"}),
        json!({"event": "note_added", "from": "Oscar Other", "role": "account_manager", "message": "secret reason"}),
        json!({"event": "note_added", "from": "Oscar Other", "role": "team", "message": "secret reason"}),
        undeliverable(&["secret@example.com"]),
        undeliverable(&[]),
    ];
    events.into_iter().map(|event| entry(0, event).event).collect()
}

fn assert_lines(name: &str, language: Language, line: impl Fn(&Event, &When<'_>) -> String) {
    let desk = desk();
    let when = When { zone: &desk.time_zone, language, written_at: minutes(0) };
    let lines: Vec<_> =
        events().iter().map(|event| format!("[{}] {}", event.name(), line(event, &when))).collect();
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = format!("story.{name}.{}", format!("{language:?}").to_lowercase());
    settings.bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

#[test]
fn given_each_event_its_line_for_care_reads_as_its_snapshot() {
    for language in [En, Fr] {
        assert_lines("care", language, care_line);
    }
}

#[test]
fn given_each_event_its_line_for_the_customer_reads_as_its_snapshot() {
    for language in [En, Fr] {
        assert_lines("customer", language, |event, when| {
            customer_line(event, when).unwrap_or_else(|| "-".to_owned())
        });
    }
}

#[test]
fn a_customer_never_reads_what_is_not_theirs() {
    let desk = desk();
    for (event, language) in events().iter().flat_map(|event| [(event, En), (event, Fr)]) {
        let when = When { zone: &desk.time_zone, language, written_at: minutes(0) };
        let line = customer_line(event, &when).unwrap_or_default();
        for secret in SECRETS {
            assert!(!line.contains(secret), "{}: {line}", event.name());
        }
    }
}

#[test]
fn every_event_has_a_line_here() {
    // serde names every event it knows when it meets one that it does not.
    let error = serde_json::from_str::<Event>(r#"{"event": "?"}"#).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let here: Vec<_> = events().iter().map(Event::name).collect();
    for event in known.split('`').filter(|part| !part.is_empty() && !part.contains(' ')) {
        assert!(here.contains(&event), "{event} has no line");
    }
}
