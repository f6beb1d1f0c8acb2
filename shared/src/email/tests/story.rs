//! The story of an incident, every event for both readers in both languages.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::fixtures::minutes;
use crate::email::When;
use crate::email::story::{care_line, customer_line};
use crate::incident::timeline::Event;
use crate::incident::values::Language::{self, En, Fr};

/// Everything that can happen, with teams, addresses and a customer that a customer must not see.
fn events() -> Vec<Event> {
    let (at, due, fired) = (minutes(60), minutes(-5), minutes(0));
    let late = json!({ "due_at": due, "fired_at": fired, "late_ms": 300_000 });
    let teams = json!(["secret-team", "secret-board"]);
    let step = json!({ "escalation": 1, "level": 2, "round": 1 });
    let told = |event: &str, parts: &[&Value]| {
        let mut whole = json!({ "event": event });
        for (name, value) in parts.iter().flat_map(|part| part.as_object().unwrap()) {
            whole[name] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    };
    let opened = |channel: &str| {
        let parts =
            json!({ "priority": "P1", "channel": channel, "opened_at": due, "teams": teams });
        told("opened", &[&parts])
    };
    let why =
        json!({ "requester": "Secret Boss", "business_justification": "Secret: we lose money." });
    let by = |name: &str| json!({ "escalation": 1, "by": name, "until": at });
    let responded = json!({ "author": "Grace", "responded_at": due, "stopped": [] });
    let resolved = json!({ "by": "Grace", "stopped": [] });
    vec![
        opened("phone"),
        opened("chat"),
        opened("email"),
        opened("api"),
        told("reopened", &[&json!({ "by": "Secret Boss" })]),
        told("escalated_by_customer", &[&why, &json!({ "escalation": 1, "due_at": at })]),
        told("justification_added", &[&why, &json!({ "escalation": 1 })]),
        told(
            "escalated_by_deadline",
            &[&json!({ "escalation": 1, "clock": "update", "due_at": at })],
        ),
        told(
            "warning_given",
            &[&late, &json!({ "clock": "update", "deadline": at, "teams": teams })],
        ),
        told(
            "deadline_missed",
            &[&late, &json!({ "clock": "initial_response", "started_at": due })],
        ),
        told("level_alerted", &[&step, &json!({ "teams": teams, "until": at })]),
        told("levels_skipped", &[&json!({ "escalation": 1, "levels": [2, 3] })]),
        told("level_ran_out", &[&step, &late]),
        told("ladder_exhausted", &[&json!({ "escalation": 1, "teams": teams, "alarm_at": at })]),
        told("alarm_repeated", &[&late, &json!({ "escalation": 1, "alarm_at": at })]),
        told("acknowledged", &[&by("Secret Sam")]),
        told(
            "acknowledgement_withdrawn",
            &[&by("Secret Luc"), &json!({ "taken_by": "Secret Sam" })],
        ),
        told("acknowledgement_expired", &[&by("Secret Sam"), &late]),
        told("responded", &[&responded]),
        told("responded", &[&responded, &json!({ "message": "Found it.\n\nFixed soon." })]),
        told("resolved", &[&resolved]),
        told("resolved", &[&resolved, &json!({ "note": "It was a certificate." })]),
        told("not_everybody_told", &[&json!({ "left_out": 4 })]),
        told(
            "undeliverable",
            &[&json!({
                "email": "INC-1-1-0", "recipient": "secret@desk.example", "reason": "no such mailbox",
                "told_instead": ["secret-backup@desk.example"],
            })],
        ),
    ]
}

fn written(language: Language, line: impl Fn(&Event, &When<'_>) -> String) -> String {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let when = When { zone: &zone, language, written_at: minutes(0) };
    let lines =
        events().into_iter().map(|event| format!("{}: {}", event.name(), line(&event, &when)));
    lines.collect::<Vec<_>>().join("\n")
}

fn customers(event: &Event, when: &When<'_>) -> String {
    customer_line(event, when).unwrap_or_else(|| "(nothing)".to_owned())
}

#[test]
fn every_event_has_its_line_for_care() {
    insta::assert_snapshot!("care_story.en", written(En, care_line));
    insta::assert_snapshot!("care_story.fr", written(Fr, care_line));
}

#[test]
fn customers_read_what_concerns_them_and_nobody_elses_name() {
    for (language, name) in [(En, "customer_story.en"), (Fr, "customer_story.fr")] {
        let story = written(language, customers);
        let told = story.to_lowercase();
        for inside in ["secret", "@", "level", "niveau", "triage", "inc-1-1-0"] {
            assert!(
                !told.replace("levels_skipped", "").replace("level_", "").contains(inside),
                "{inside} in {story}"
            );
        }
        insta::assert_snapshot!(name, story);
    }
}

#[test]
fn french_lines_never_part_punctuation_from_their_words() {
    let story =
        written(Fr, |event, when| format!("{} {}", customers(event, when), care_line(event, when)));
    for breaking in [" :", " ;", " !", " ?"] {
        assert!(!story.contains(breaking), "{breaking:?} in {story}");
    }
}

#[test]
fn every_event_has_a_sample() {
    let error = serde_json::from_str::<Event>(r#"{"event": "?"}"#).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let sampled = events();
    for name in
        known.split('`').filter(|part| part.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    {
        assert!(
            name.is_empty() || sampled.iter().any(|event| event.name() == name),
            "{name} has no sample"
        );
    }
}
