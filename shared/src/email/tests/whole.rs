//! Whole e-mails, compared with the snapshots that people have read.

use std::collections::BTreeSet;

use insta::Settings;

use super::fixtures::{Sample, desk, email, samples, ways_back};
use crate::email::EmailKind;
use crate::email::render::{Rendered, WaysBack, render};
use crate::incident::values::Language::{self, En, Fr};

fn rendered(sample: &Sample, language: Language) -> Rendered {
    let email = email(sample.kind.clone(), language);
    render(&email, &desk(), 0, &ways_back(&email)).unwrap()
}

/// As it would be printed: the headers, then the text.
fn as_message(email: &Rendered) -> String {
    let mut message = format!(
        "From: {} <{}>\nTo: {}\nSubject: {}\n",
        email.from.name, email.from.address, email.to, email.subject
    );
    if let Some(reply_to) = &email.reply_to {
        message.push_str(&format!("Reply-To: {reply_to}\n"));
    }
    for (name, value) in &email.headers {
        message.push_str(&format!("{name}: {value}\n"));
    }
    format!("{message}\n{}", email.text)
}

fn assert_reads_as_before(name: String, given: &str, content: &str) {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!("given {given}"));
    settings.bind(|| insta::assert_snapshot!(name, content));
}

#[test]
fn given_each_event_the_email_in_english_reads_as_its_snapshot() {
    for sample in samples() {
        let message = as_message(&rendered(&sample, En));
        assert_reads_as_before(format!("{}.en", sample.name), sample.given, &message);
    }
}

#[test]
fn given_each_event_the_email_in_french_reads_as_its_snapshot() {
    for sample in samples() {
        let message = as_message(&rendered(&sample, Fr));
        assert_reads_as_before(format!("{}.fr", sample.name), sample.given, &message);
    }
}

#[test]
fn given_the_first_event_of_each_kind_its_html_is_its_snapshot() {
    let mut seen = BTreeSet::new();
    for sample in samples() {
        let kind = kind_name(&sample.kind);
        if seen.insert(kind.clone()) {
            let html = rendered(&sample, En).html;
            assert_reads_as_before(format!("{kind}.html"), sample.given, &html);
        }
    }
}

#[test]
fn given_an_incident_without_a_summary_when_an_email_may_be_a_repeat_then_it_says_so() {
    for language in [En, Fr] {
        let sample = samples().remove(0);
        let mut email = email(sample.kind, language);
        email.summary = None;
        let repeated = render(&email, &desk(), 2, &ways_back(&email)).unwrap();
        let name = format!("repeat_without_summary.{}", format!("{language:?}").to_lowercase());
        let given = "an attempt before may have sent it";
        assert_reads_as_before(name.clone(), given, &as_message(&repeated));
        assert_reads_as_before(format!("{name}.html"), given, &repeated.html);
    }
}

#[test]
fn given_no_keys_for_links_an_email_shows_the_requests_that_do_the_same() {
    for name in
        ["escalation_alert.by_deadline", "escalation_acknowledged", "incident_opened.by_phone"]
    {
        let sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
        let without = render(&email(sample.kind, En), &desk(), 0, &WaysBack::default()).unwrap();
        assert!(!without.html.contains("href"), "{}", without.html);
        let given = format!("{}, and no keys are to be had", sample.given);
        assert_reads_as_before(format!("without_link.{name}"), &given, &as_message(&without));
    }
}

#[test]
fn every_kind_of_email_has_a_sample() {
    // serde names every kind it knows when it meets one that it does not.
    let error = serde_json::from_str::<EmailKind>(r#"{"name": "?"}"#).unwrap_err().to_string();
    let (_, known) = error.split_once("expected one of ").unwrap();
    let sampled: Vec<_> = samples().iter().map(|sample| kind_name(&sample.kind)).collect();
    for kind in known.split('`').filter(|part| part.contains('_')) {
        assert!(sampled.iter().any(|name| name == kind), "{kind} has no sample");
    }
    assert!(samples().iter().all(|sample| sample.name.starts_with(&kind_name(&sample.kind))));
}

fn kind_name(kind: &EmailKind) -> String {
    serde_json::to_value(kind).unwrap()["name"].as_str().unwrap().to_owned()
}
