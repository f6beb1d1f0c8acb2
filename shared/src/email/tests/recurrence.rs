//! What a recurrence e-mail says of more incidents than it lists.

use super::course::samples;
use super::fixtures::{desk, email};
use crate::account::recurrence::MOST_LISTED;
use crate::email::EmailKind;
use crate::email::render::{WaysBack, render};
use crate::incident::values::Language::{En, Fr};

#[test]
fn given_an_email_about_an_account_it_says_nothing_of_the_incident_with_which_it_is_kept() {
    for sample in samples().into_iter().filter(|sample| !sample.kind.is_about_incident()) {
        let email = email(sample.kind, En);
        let rendered = render(&email, &desk(), 0, &WaysBack::default()).unwrap();
        let (number, summary) = (email.id.thread.to_string(), email.summary.unwrap());
        // The manager's list may have the incident; what is said of all of them has it nowhere.
        assert!(!rendered.subject.contains(&number), "{}", rendered.subject);
        assert!(!rendered.subject.contains(summary.as_str()), "{}", rendered.subject);
        if sample.name.starts_with("recurrence_received") {
            assert!(!rendered.text.contains(&number), "{}", rendered.text);
            assert!(!rendered.text.contains(summary.as_str()), "{}", rendered.text);
        }
    }
}

#[test]
fn given_as_many_incidents_as_are_listed_it_says_that_there_may_be_more() {
    for (listed, may_be_more) in [(MOST_LISTED - 1, false), (MOST_LISTED, true)] {
        for (language, only) in [(En, "Only the latest 50"), (Fr, "Seuls les 50 derniers")] {
            let mut kind = samples()
                .into_iter()
                .find(|sample| sample.name == "recurrence_noticed")
                .map(|sample| sample.kind)
                .unwrap();
            if let EmailKind::RecurrenceNoticed { incidents, .. } = &mut kind {
                let one = incidents.remove(0);
                *incidents = vec![one; listed];
            }
            let text =
                render(&email(kind, language), &desk(), 0, &WaysBack::default()).unwrap().text;
            let text = text.replace('\n', " ");
            assert_eq!(text.contains(only), may_be_more, "{listed}: {text}");
        }
    }
}
