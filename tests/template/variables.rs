//! Which variables each function reads, found by running its configuration, and written to
//! `infra/checks/variables.json`, to which `infra/checks/template.py` holds what the template sets.
//!
//! `UPDATE_EXPECT=1 cargo test -p desk-tests --test template variables` writes the file.

use std::cell::RefCell;
use std::collections::BTreeSet;

use expect_test::expect_file;
use serde_json::{Value, json};
use shared::config::{Config, Function};

/// What is right for each variable that has to be there.
fn given(name: &str) -> Option<&'static str> {
    Some(match name {
        "AWS_REGION" => "eu-west-1",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
        "TABLE_NAME" => "table",
        "POLICY_FILE" => concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/policy.toml"),
        "LINK_KEYS_SECRET" | "WEBHOOK_KEYS_SECRET" => "arn:aws:secretsmanager:…",
        "PUBLIC_URL" => "https://desk.example.com",
        "MAIL_BUCKET" => "mail",
        _ => return None,
    })
}

/// Every name that is asked for; it is required when nothing starts without it.
fn variables<C: Config>() -> Value {
    let asked = RefCell::new(BTreeSet::new());
    let starts_without = |missing: &str| {
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            given(name).filter(|_| name != missing).map(str::to_owned)
        };
        Function::read::<C>(&lookup).map(|_| ())
    };
    starts_without("nothing").unwrap();
    let names = asked.borrow().clone();
    let (optional, required): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| starts_without(name).is_ok());
    json!({ "required": required, "optional": optional })
}

#[test]
fn what_each_function_reads_is_what_the_template_is_held_to() {
    let read = json!({
        "check-deadlines": variables::<check_deadlines::Variables>(),
        "dispatch-email": variables::<dispatch_email::Variables>(),
        "dispatch-webhook": variables::<dispatch_webhook::Variables>(),
        "manage-incident": variables::<manage_incident::Variables>(),
        "receive-email": variables::<receive_email::Variables>(),
        "record-delivery": variables::<record_delivery::Variables>(),
        "submit-escalation": variables::<submit_escalation::Variables>(),
    });
    expect_file!["../../infra/checks/variables.json"].assert_eq(&format!("{read:#}\n"));
}
