//! Whole events of every kind, as SES's documentation has them.

use std::path::Path;

use serde_json::json;

use super::*;

fn event(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("events/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn heard(event: Value) -> Heard {
    match read(event) {
        Ok(Event::Heard(heard)) => heard,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_event_says_its_facts_of_the_email_in_its_tag() {
    let mut names: Vec<_> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("events")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let told = names.iter().map(|name| match read(event(name)).unwrap() {
        Event::Heard(heard) => {
            assert_eq!(heard.email.to_string(), "INC-1-1-0", "never the header");
            assert_eq!(heard.addresses, ["triage@example.com"]);
            let facts = heard.facts.iter().map(|(kind, fact)| {
                let not_told = if kind.is_not_told() { " (not told)" } else { "" };
                format!("  {}{not_told} {} {}\n", kind.name(), fact.at, fact.detail)
            });
            format!("{name}\n{}", facts.collect::<String>())
        }
        other => format!("{name}: {other:?}\n"),
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn an_event_without_the_tag_of_a_desk_is_of_no_email() {
    for tags in [
        json!({}),
        json!({ "email_id": [] }),
        json!({ "email_id": ["INC_1-1-0"] }),
        json!({ "email_id": ["order-confirmation"] }),
        json!({ "incident": ["INC-1"] }),
    ] {
        let mut event = event("bounced");
        event["detail"]["mail"]["tags"] = tags;
        assert_eq!(read(event), Ok(Event::OfNoEmail));
    }
    let mut event = event("bounced");
    event["detail"]["mail"].as_object_mut().unwrap().remove("tags");
    assert_eq!(read(event), Ok(Event::OfNoEmail));
}

#[test]
fn what_cannot_be_read_is_told_without_what_it_says() {
    let changed = |pointer: &str, value: Value| {
        let mut event = event("bounced");
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    let without = |pointer: &str, field: &str| {
        let mut event = event("bounced");
        event.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field);
        event
    };
    for (wrong, said) in [
        (Value::Null, "a field has a value of another type"),
        (json!({}), "it has no `detail`"),
        (json!({ "detail": "x" }), "a field has a value of another type"),
        (without("/detail", "mail"), "it has no `mail`"),
        (without("/detail", "eventType"), "it has no `eventType`"),
        (without("/detail", "bounce"), "a Bounce says nothing of itself"),
        (without("/detail/mail", "messageId"), "it has no `messageId`"),
        (without("/detail/bounce", "timestamp"), "it has no `timestamp`"),
        (
            changed("/detail/mail/timestamp", json!("yesterday")),
            "a field has a value of another type",
        ),
        (
            changed("/detail/mail/tags", json!("ada@customer.example")),
            "a field has a value of another type",
        ),
        (changed("/detail/eventType", json!("Lost")), "an event of a type that is not known"),
    ] {
        assert_eq!(read(wrong), Err(said.to_owned()));
    }
}

#[test]
fn of_an_email_to_one_address_it_is_that_one_and_of_several_those_that_it_names() {
    let mut forwarded = event("bounced");
    forwarded["detail"]["bounce"]["bouncedRecipients"][0]["emailAddress"] = "ada@elsewhere".into();
    assert_eq!(heard(forwarded.clone()).addresses, ["triage@example.com"]);
    let both = json!(["triage@example.com", "\"Ada\" <ada@elsewhere>"]);
    forwarded["detail"]["mail"]["destination"] = both.clone();
    assert_eq!(heard(forwarded).addresses, ["ada@elsewhere"]);
    let mut delivered = event("delivered");
    delivered["detail"]["mail"]["destination"] = both;
    assert_eq!(heard(delivered).addresses, ["triage@example.com"]);
}

#[test]
fn an_address_is_read_with_a_name_or_without() {
    for mailbox in ["a@b.example", "<a@b.example>", "\"A <x>\" <a@b.example>"] {
        assert_eq!(plain(mailbox), "a@b.example");
    }
}
