//! The policy file: the default one states the promises, a wrong one is refused whole.

use shared::incident::values::Priority;
use shared::policy::{Period, Policy};

const DEFAULT: &str = include_str!("../../../infra/policy.toml");

fn period(text: &str) -> Period {
    Period::try_from(text.to_owned()).unwrap()
}

fn mistakes(text: &str) -> String {
    Policy::read(text).unwrap_err().to_string()
}

#[test]
fn the_default_policy_states_the_promises() {
    let policy = Policy::read(DEFAULT).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let p1 = policy.targets(Priority::P1);
    assert_eq!(p1.initial_response.within, period("1h"));
    assert_eq!(p1.update.within, period("6h"));
    assert_eq!(p1.escalation_response.within, period("1h"));
    let ladder = policy.ladder(Priority::P1);
    assert!(ladder.levels.len() >= 2);
    let management = "care-management".parse().unwrap();
    assert!(ladder.levels[0].teams.len() > 1 && ladder.levels[0].teams.contains(&management));
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_to_write_instead() {
    let wrong = DEFAULT
        .replace("default_language = \"en\"", "default_language = \"de\"")
        .replace("Europe/Paris", "Europe/Pari")
        .replace("name = \"Triage\"", "nmae = \"Triage\"")
        .replace("addresses = [\"triage@example.com\"]", "addresses = [\"triage\"]")
        .replace("[targets.P3]", "[targets.P5]")
        .replace(
            "update = { within = \"6h\", warnings = [\"1h\"] }",
            "update = { within = \"6 fortnights\" }",
        )
        .replace(
            "update = { within = \"1d\", warnings = [\"2h\"] }",
            "update = { within = \"1d\", warnings = [\"25h\"] }",
        )
        .replace(
            "responsible = [\"triage\", \"support-engineering\"]",
            "responsible = [\"triag\", 7]",
        )
        .replace("rounds = 2", "rounds = 0")
        .replace("[\"care-management\", \"service-operations\"]", "[\"care-managment\"]");
    insta::assert_snapshot!(mistakes(&wrong));
}

#[test]
fn broken_toml_is_told_with_every_line() {
    insta::assert_snapshot!(mistakes(
        "[desk\nname = \n[teams.a]\naddresses = [\"a@example.com\"\n"
    ));
}

#[test]
fn an_empty_policy_names_everything_that_is_missing() {
    insta::assert_snapshot!(mistakes(""));
}

#[test]
fn a_step_that_reaches_nobody_or_too_many_is_refused() {
    let many: Vec<_> = (0..81).map(|n| format!("\"a{n}@example.com\"")).collect();
    let wrong = DEFAULT
        .replace(
            "addresses = [\"triage@example.com\"]",
            &format!("addresses = [{}]", many.join(", ")),
        )
        .replace("addresses = [\"care-management@example.com\"]", "addresses = []")
        .replace("backup = [\"care-management-on-call@example.com\"]", "");
    insta::assert_snapshot!(mistakes(&wrong));
}

#[test]
fn the_shortest_period_is_the_first_thing_that_anybody_waits_for() {
    let policy = Policy::read(DEFAULT).unwrap();
    assert_eq!(policy.shortest_period(), period("20m"));
    let seconds = DEFAULT.replacen(
        "within = \"1h\", warnings = [\"15m\"]",
        "within = \"30s\", warnings = [\"20s\"]",
        1,
    );
    assert_eq!(Policy::read(&seconds).unwrap().shortest_period(), period("10s"));
}

#[test]
fn a_wrong_webhook_is_told_with_its_place() {
    let webhooks = r#"
[webhooks.plain]
url = "http://crm.example/hook"

[webhooks.secret]
url = "https://user:secret@crm.example/hook"

[webhooks."two words"]
url = "https://crm.example/#hook"

[webhooks.none]
ulr = "https://crm.example"

[webhooks.number]
url = 7

[webhooks.sixth]
url = "crm.example"
"#;
    insta::assert_snapshot!(mistakes(&format!("{webhooks}{DEFAULT}")));
}

#[test]
fn a_webhook_takes_the_place_of_a_recipient() {
    let read = |recipients: usize, webhooks: usize| {
        let to: Vec<_> = (0..recipients).map(|n| format!("\"a{n}@example.com\"")).collect();
        let to = format!("addresses = [{}]", to.join(", "));
        let mut text = DEFAULT.replace("addresses = [\"executive-sponsors@example.com\"]", &to);
        text =
            text.replace("\"executive-sponsors\", \"care-management\"", "\"executive-sponsors\"");
        for n in 0..webhooks {
            text += &format!("\n[webhooks.w{n}]\nurl = \"https://w{n}.example\"");
        }
        Policy::read(&text)
    };
    let most = |webhooks| (1..=80).rev().find(|n| read(*n, webhooks).is_ok()).unwrap();
    assert_eq!([0, 1, 5].map(|webhooks| most(0) - most(webhooks)), [0, 1, 5]);
}
