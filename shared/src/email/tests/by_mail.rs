//! What e-mails say of what a mail can do, and of mail in quarantine in the singular.

use super::fixtures::{desk, email, samples, ways_back};
use crate::email::EmailKind;
use crate::email::render::{WaysBack, render};
use crate::incident::values::Language::{self, En, Fr};

fn text(kind: EmailKind, language: Language, is_taken: bool) -> String {
    let email = email(kind, language);
    let ways_back = if is_taken { ways_back(&email) } else { WaysBack::default() };
    let text = render(&email, &desk(), 0, &ways_back).unwrap().text;
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_step_to_respond_says_to_write_back_where_that_is_taken_and_not_only_in_the_foot() {
    for (language, how) in
        [(En, "write back to this e-mail"), (Fr, "il suffit de répondre à cet e-mail")]
    {
        for sample in samples() {
            let taken = text(sample.kind.clone(), language, true);
            let (taken, _) = taken.split_once(" -- ").unwrap();
            let says = taken.to_lowercase().contains(how);
            assert_eq!(says, taken.contains("/responses"), "{}: {taken}", sample.name);
            let untaken = text(sample.kind, language, false);
            assert!(!untaken.to_lowercase().contains(how), "{}: {untaken}", sample.name);
        }
    }
}

#[test]
fn a_customer_who_may_escalate_reads_where_unless_a_button_does_it() {
    for sample in samples() {
        let escalates = [
            "escalation_received",
            "incident_opened",
            "response_given",
            "incident_resolved",
            "priority_changed",
            "waiting_on_you",
            "recurrence_received",
        ];
        if !escalates.iter().any(|name| sample.name.starts_with(name)) {
            continue;
        }
        let (address, name) = ("write to escalations@example.com.", sample.name);
        assert!(text(sample.kind.clone(), En, true).contains(address), "{name}");
        assert!(!text(sample.kind, En, false).contains(address), "{name}");
    }
}

#[test]
fn one_mail_is_one_and_two_things_are_two() {
    let kind = |name| samples().into_iter().find(|s| s.name == name).map(|s| s.kind).unwrap();
    let mut held = kind("mail_held.many");
    if let EmailKind::MailHeld { more, .. } = &mut held {
        *more = 1;
    }
    for (language, kind, words) in [
        (En, held.clone(), "1 more is not."),
        (Fr, held, "1 autre attend aussi."),
        (En, kind("mail_held.one"), "Look at it, and who it is from."),
        (Fr, kind("mail_held.one"), "Examinez-le, ainsi que son expéditeur."),
        (Fr, kind("mail_held.one"), "à son arrivée"),
        (En, kind("request_incomplete.both"), "two more things"),
        (Fr, kind("request_incomplete.both"), "deux précisions"),
    ] {
        let text = text(kind, language, true).replace('\u{a0}', " ");
        assert!(text.contains(words), "{words:?} in {text}");
    }
}
