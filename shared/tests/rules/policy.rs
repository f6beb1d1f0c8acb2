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

/// To be read below the default policy; each calendar and target has what its name says.
const WRONG_CALENDARS: &str = r#"
[calendars.office]
time_zone = "Europe/Paris"
hours = { monday = ["09:00-12:00", "13:00-24:00"] }
holidays = [2026-12-25, "2026-12-26"]
[calendars.no-zone]
hours = { monday = ["09:00-12:00"] }
[calendars.unknown-zone]
time_zone = "Europe/Pari"
hours = { monday = ["09:00-12:00"] }
[calendars.unknown-weekday]
time_zone = "UTC"
hours = { munday = ["09:00-12:00"], tuesday = ["09:00-12:00"] }
[calendars.no-ranges]
time_zone = "UTC"
hours = { monday = [
    "9 to 5",
    "12:00-09:00",
    "09:00-09:00",
    "09:00-24:01",
    "24:00-24:00",
    "09:00-12:60",
    7,
] }
[calendars.not-ascending]
time_zone = "UTC"
[calendars.not-ascending.hours]
monday = ["09:00-12:00", "11:00-13:00"]
tuesday = ["13:00-18:00", "09:00-12:00"]
wednesday = ["09:00-12:00", "12:00-13:00"]
[calendars.no-dates]
time_zone = "UTC"
hours = { monday = ["09:00-12:00"] }
holidays = [
    "Christmas",
    "2026-02-29",
    2026-12-25T00:00:00Z,
    "25.12.2026",
]
[calendars.no-hours]
time_zone = "UTC"
hours = {}
[calendars.no-hours-either]
time_zone = "UTC"
hours = { monday = [] }
[calendars.hours-missing]
time_zone = "UTC"
weekly = 1
[calendars."no word"]
time_zone = "UTC"
hours = { monday = ["09:00-12:00"] }
"#;

#[test]
fn every_mistake_in_calendars_and_warnings_is_told_too() {
    let wrong = DEFAULT
        .replacen("within = \"1h\",", "within = \"1h\", calendar = \"ofice\",", 1)
        .replace(
            "{ within = \"4h\", warnings = [\"30m\"] }",
            "{ within = \"4h\", warnings = [\"0%\", \"7.5%\", \"soon\", 75] }",
        )
        .replace(
            "{ within = \"3d\", warnings = [\"4h\"] }",
            &format!("{{ within = \"3d\", warnings = [{}\"72h\"] }}", "\"75%\", ".repeat(10)),
        );
    insta::assert_snapshot!(mistakes(&format!("{wrong}{WRONG_CALENDARS}")));
}

#[test]
fn a_calendar_that_a_policy_without_calendars_is_to_have_is_told() {
    let wrong = DEFAULT.replacen("within = \"1h\",", "within = \"1h\", calendar = \"office\",", 1);
    insta::assert_snapshot!(mistakes(&wrong));
}

#[test]
fn the_calendar_that_the_default_policy_explains_can_be_used_as_it_is_written() {
    let (before, calendar) = DEFAULT.split_once("# [calendars.office]").unwrap();
    let (calendar, after) = calendar.split_once("# ---- Ladders").unwrap();
    let (_, promise) = before.split_once("write above: ").unwrap();
    let promise = promise.lines().next().unwrap();
    let before =
        before.replace("initial_response = { within = \"2d\", warnings = [\"4h\"] }", promise);
    let calendar = calendar.replace("# ", "").replace("#\n", "\n");
    let used = format!("{before}[calendars.office]{calendar}# ---- Ladders{after}");
    let policy = Policy::read(&used).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let target = &policy.targets(Priority::P4).initial_response;
    assert_eq!(target.within, period("16h"));
    assert!(policy.calendar(target.calendar.as_ref().unwrap()).is_some());
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
    let many: Vec<_> = (0..71).map(|n| format!("\"a{n}@example.com\"")).collect();
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
fn a_limit_that_allows_nothing_or_counts_for_ever_is_refused() {
    let limits = Policy::read(DEFAULT).unwrap().limits;
    let allowance = limits.escalations_per_customer.unwrap();
    assert_eq!((allowance.count, allowance.per), (60, period("1h")));
    let none = DEFAULT.replace("escalations_per_customer = { count = 60, per = \"1h\" }", "");
    assert_eq!(Policy::read(&none).unwrap().limits.escalations_per_customer, None);
    let wrong = DEFAULT.replace("{ count = 60, per = \"1h\" }", "{ count = 0, per = \"32d\" }");
    insta::assert_snapshot!(mistakes(&wrong));
}

#[test]
fn mail_that_would_come_back_to_the_desk_and_addresses_that_mean_two_things_are_refused() {
    let wrong = DEFAULT
        .replace("p1_address = \"p1@example.com\"", "p1_address = \"Escalations@example.com\"")
        .replace("reply_address = \"care@", "reply_address = \"care+x@")
        .replace("quarantine_teams = [\"care-management\"]", "quarantine_teams = [\"nobody\"]")
        .replace(
            "addresses = [\"triage@example.com\"]",
            "addresses = [\"escalations@example.com\"]",
        )
        .replace("incident_number = 'INC-?[0-9]{1,12}", "incident_number = 'INC.*")
        .replace("mails_per_sender = { count = 30", "mails_per_sender = { count = 0");
    insta::assert_snapshot!(mistakes(&wrong));
}

#[test]
fn a_policy_without_mail_that_comes_in_is_read() {
    let (before, rest) = DEFAULT.split_once("[inbound]").unwrap();
    let (_, teams) = rest.split_once("# ---- Teams").unwrap();
    assert_eq!(Policy::read(&format!("{before}# ---- Teams{teams}")).unwrap().inbound, None);
}

#[test]
fn a_policy_from_before_there_were_pauses_is_read() {
    let old = DEFAULT.replace("longest_pause = \"5d\"\n", "");
    assert_ne!(old, DEFAULT);
    assert_eq!(Policy::read(&old).unwrap().desk.longest_pause, period("5d"));
}

#[test]
fn a_policy_from_before_ses_told_of_deliveries_is_read() {
    let old = DEFAULT.replace("unconfirmed_after = \"15m\"\n", "");
    assert_ne!(old, DEFAULT);
    assert_eq!(Policy::read(&old).unwrap().desk.unconfirmed_after, period("15m"));
    let other = DEFAULT.replace("unconfirmed_after = \"15m\"", "unconfirmed_after = \"1h\"");
    assert_eq!(Policy::read(&other).unwrap().desk.unconfirmed_after, period("1h"));
}

#[test]
fn a_recurrence_that_could_never_be_noticed_is_refused() {
    for count in ["incidents = 5", "escalations = 3"] {
        let key = count.split_once(' ').unwrap().0;
        let with = |n: u32| DEFAULT.replace(count, &format!("{key} = {n}"));
        assert!(Policy::read(&with(200)).is_ok(), "{key}");
        assert!(mistakes(&with(201)).contains("must count 200 or fewer"), "{key}");
        assert!(mistakes(&with(1)).contains("must count 2 or more"), "{key}");
    }
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
    let share = seconds.replacen("\"20s\"", "\"90%\", \"10%\", \"20s\"", 1);
    assert_eq!(Policy::read(&share).unwrap().shortest_period(), period("3s"));
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
