//! Simulations: the same instants as a real run, and bounded whatever they are asked.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::email::OutboxEmail;
use shared::incident::timeline::Event;
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Command, decide};
use shared::policy::{Period, Policy};
use shared::simulation::{
    Action, Cut, Doing, MOST_EMAILS, OpenedAt, Scenario, Simulation, simulate,
};

use crate::story::{POLICY, Story, given};

fn period(text: &str) -> Period {
    Period::try_from(text.to_owned()).unwrap()
}

fn read(text: &str) -> Scenario {
    Scenario::read(text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn now() -> Timestamp {
    // A Tuesday.
    "2026-11-24T08:00:00Z".parse().unwrap()
}

fn run(scenario: &str) -> Simulation {
    simulate(&given().policy, &read(scenario), now(), false).unwrap()
}

fn mistakes(scenario: &str) -> String {
    let mistakes = Scenario::read(scenario).unwrap_err();
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_people_say_is_the_same_as_what_json_says() {
    let said = read(
        "P2 by e-mail, on Saturday at 23:10, Acknowledged after 10m, answered after 2 hours, \
         waits on the customer after 3h until 1d, the customer replies after 4h, raised to P1 after \
         5h, escalated at once, resolved after 6h, reopened after 7h, watched for 2d",
    );
    let json = serde_json::json!({
        "priority": "P2", "channel": "email", "opened_at": "Sat 23:10", "watch_for": "2d",
        "actions": [
            { "do": "escalate" },
            { "after": "10m", "do": "acknowledge" },
            { "after": "2h", "do": "respond" },
            { "after": "3h", "do": "wait_on_customer", "until": "1d" },
            { "after": "4h", "do": "customer_replied" },
            { "after": "5h", "do": "change_priority", "to": "P1" },
            { "after": "6h", "do": "resolve" },
            { "after": "7h", "do": "reopen" },
        ],
    });
    let field_by_field =
        deserr::deserialize::<Scenario, _, shared::wrong_fields::WrongFields>(json).unwrap();
    assert_eq!(said, field_by_field);
}

#[test]
fn every_mistake_of_a_json_scenario_is_named() {
    let json = serde_json::json!({
        "priority": "P5", "opened_at": "Caturday 23:10", "watch_for": "soon", "when": 1,
        "actions": [
            { "after": "10m" },
            { "after": "2h", "do": "sleep" },
            { "after": "3h", "do": "wait_on_customer" },
            { "after": "3h", "do": "respond", "to": "P1" },
        ],
    });
    let wrong = deserr::deserialize::<Scenario, _, shared::wrong_fields::WrongFields>(json);
    let wrong: Vec<_> =
        wrong.unwrap_err().0.iter().map(|w| format!("{}: {}", w.pointer, w.detail)).collect();
    insta::assert_snapshot!(wrong.join("\n"));
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let many = format!("P1 by chat{}", ", answered at once".repeat(21));
    for scenario in [
        many.as_str(),
        "P1 by chat, watched for 32d",
        "P1 by chat, answered after 2d, watched for 1d",
        "P1 by chat, answered after 32d",
        "P1 by chat, waits on the customer after 2h until 1h",
        "P1 by chat, nobody answers, answered after 1h",
        "P1 by chat, P1 by chat",
        "P1 by chat, now, Saturday 23:10",
        "P1 by chat, ",
        "nobody answers",
        "",
    ] {
        assert!(Scenario::read(scenario).is_err(), "{scenario}");
    }
    insta::assert_snapshot!(mistakes("P1 by chat, answered after 2d, watched for 1d"));
}

#[test]
fn a_scenario_begins_when_people_would_think() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    for (said, now, expected) in [
        ("now", "2026-11-24T08:00:00.1234Z", "2026-11-24T08:00:00.123Z"),
        ("Saturday 23:10", "2026-11-24T08:00:00Z", "2026-11-28T22:10:00Z"),
        // Today, later; this very instant; today, but past.
        ("Tuesday 09:01", "2026-11-24T08:00:00Z", "2026-11-24T08:01:00Z"),
        ("tue 09:00", "2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z"),
        ("Tuesday 08:59", "2026-11-24T08:00:00Z", "2026-12-01T07:59:00Z"),
        // It is Tuesday in Paris already.
        ("Tuesday 00:30", "2026-11-23T23:10:00Z", "2026-11-23T23:30:00Z"),
        ("2026-11-28 23:10", "2026-11-24T08:00:00Z", "2026-11-28T22:10:00Z"),
        ("2026-07-01T12:00", "2026-11-24T08:00:00Z", "2026-07-01T10:00:00Z"),
        ("2026-11-28T23:10:00+05:00", "2026-11-24T08:00:00Z", "2026-11-28T18:10:00Z"),
        // Clocks skip it, and show it twice.
        ("2027-03-28 02:30", "2026-11-24T08:00:00Z", "2027-03-28T01:30:00Z"),
        ("2026-10-25 02:30", "2026-11-24T08:00:00Z", "2026-10-25T00:30:00Z"),
    ] {
        let opened_at = OpenedAt::try_from(said.to_owned()).unwrap();
        let resolved = opened_at.resolve(now.parse().unwrap(), &zone).unwrap();
        assert_eq!(resolved, expected.parse::<Timestamp>().unwrap(), "{said} at {now}");
    }
    for wrong in ["", "Saturday", "23:10", "Caturday 23:10", "Saturday 24:10", "2026-11-28", "soon"]
    {
        assert!(OpenedAt::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
    for far in ["2099-01-01 00:00", "1970-01-01T00:00:00Z", "9999-12-31 23:59"] {
        let far = OpenedAt::try_from(far.to_owned()).unwrap();
        assert!(far.resolve(now(), &zone).is_err());
    }
}

#[test]
fn what_the_rules_refuse_is_told_and_the_rest_goes_on() {
    let simulation = run("P1 by e-mail, acknowledged after 10m, watched for 1h");
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    let instants: Vec<_> = simulation.instants.iter().map(|i| (i.at, i.refused.len())).collect();
    assert_eq!(instants, [(at(0), 0), (at(10), 1), (at(45), 0), (at(60), 0)]);
    assert_eq!(simulation.instants[1].next_due_at, Some(at(45)));
    assert_eq!(simulation.cut, None);
}

#[test]
fn bodies_are_told_only_when_asked_for() {
    let scenario = read("P1 by chat, watched for 1h");
    let texts = |bodies| {
        let simulation = simulate(&given().policy, &scenario, now(), bodies).unwrap();
        let emails = simulation.instants.into_iter().flat_map(|instant| instant.emails);
        emails.map(|email| email.text).collect::<Vec<_>>()
    };
    assert!(texts(false).iter().all(Option::is_none));
    assert!(texts(true).iter().all(|text| text.as_ref().is_some_and(|text| text.len() > 100)));
}

#[test]
fn a_policy_that_would_go_on_for_ever_is_cut() {
    let text = POLICY
        .replace("alarm_every = \"15m\"", "alarm_every = \"1s\"")
        .replace("within = \"20m\"", "within = \"1s\"");
    let policy = Policy::read(&text).unwrap();
    let scenario = read("P1 by e-mail, escalated at once, watched for 31d");
    let simulation = simulate(&policy, &scenario, now(), false).unwrap();
    let emails: usize = simulation.instants.iter().map(|instant| instant.emails.len()).sum();
    assert!(emails <= MOST_EMAILS);
    assert_eq!(simulation.cut, Some(Cut::Emails));
    let few = text.replace("teams = [\"triage\", \"management\"]", "teams = [\"management\"]");
    let few = few.replace("teams = [\"board\"]", "teams = [\"management\"]");
    let simulation = simulate(&Policy::read(&few).unwrap(), &scenario, now(), false).unwrap();
    assert_eq!(simulation.cut, Some(Cut::Steps));
    assert!(simulation.watched_until < now() + SignedDuration::from_hours(31 * 24));
}

#[test]
fn a_policy_made_to_be_slow_ends_as_well() {
    let office = "[calendars.office]\ntime_zone = \"Europe/Paris\"\n\
                  hours = { monday = [\"09:00-09:01\"] }\n";
    let update = "update = { within = \"366d\", calendar = \"office\", \
                  warnings = [\"1%\", \"9%\", \"1d\", \"2d\", \"3d\", \"4d\", \"5d\", \"6d\", \"7d\"] }";
    let text = POLICY.replace("update = { within = \"6h\", warnings = [\"1h\"] }", update);
    let policy = Policy::read(&format!("{text}\n{office}")).unwrap();
    let answers = ", answered after 1h".repeat(20);
    let simulation = simulate(&policy, &read(&format!("P1 by chat{answers}")), now(), false);
    assert_eq!(simulation.unwrap().instants.len(), 2);
}

#[test]
fn a_policy_of_deep_tables_is_refused_or_read_and_ends() {
    for deep in [
        format!("{}a = 1", "a.".repeat(30_000)),
        format!("[{}a]", "a.".repeat(30_000)),
        format!("a = {}{}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("a = {}", "{a=".repeat(20_000)),
    ] {
        assert!(Policy::read(&deep).is_err());
    }
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![
        3 => Just(Doing::Respond),
        2 => Just(Doing::Acknowledge),
        2 => (1i64..60).prop_map(|hours| Doing::WaitOnCustomer { until: period(&format!("{hours}h")) }),
        2 => Just(Doing::CustomerReplied),
        2 => Just(Doing::Escalate),
        1 => Just(Doing::Resolve),
        2 => Just(Doing::Reopen),
        2 => prop_oneof![Just(Priority::P1), Just(Priority::P3)]
            .prop_map(|to| Doing::ChangePriority { to }),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let after = prop::option::of((1i64..1500).prop_map(|m| period(&format!("{m}m"))));
    (after, doing()).prop_map(|(after, what)| Action { after, what })
}

/// The people of simulations.
fn command(what: Option<Doing>, scenario: &Scenario) -> Command {
    let by = "Somebody in care".parse().unwrap();
    let customer = Customer {
        name: "The customer".parse().unwrap(),
        email: "customer@customer.example".parse().unwrap(),
        language: None,
        account: None,
    };
    match what {
        None => Command::Open {
            number: "SIMULATED".parse().unwrap(),
            priority: scenario.priority,
            channel: scenario.channel,
            summary: "An imagined incident".parse().unwrap(),
            customer,
            received_at: None,
            by_mail: None,
        },
        Some(Doing::Respond) => Command::Respond { author: by, message: None, at: None },
        Some(Doing::Acknowledge) => Command::Acknowledge { by },
        Some(Doing::WaitOnCustomer { until }) => Command::WaitOnCustomer {
            by,
            reason: "An imagined question to the customer.".parse().unwrap(),
            until: now() + until.duration(),
        },
        Some(Doing::CustomerReplied) => {
            Command::CustomerReplied { from: customer.name, message: None, at: None }
        }
        Some(Doing::Escalate) => Command::Escalate {
            number: "SIMULATED".parse().unwrap(),
            requester: customer,
            business_justification: "An imagined business justification.".parse().unwrap(),
            by_mail: None,
        },
        Some(Doing::Resolve) => Command::Resolve { by, note: None },
        Some(Doing::Reopen) => Command::Reopen { by, note: None },
        Some(Doing::ChangePriority { to }) => {
            Command::ChangePriority { by, priority: to, reason: None }
        }
    }
}

/// The scenario as the other tests here run stories.
fn really(scenario: &Scenario) -> Story {
    let mut story = given();
    try_to(&mut story, command(None, scenario));
    for action in &scenario.actions {
        let at = now() + action.after.map_or(SignedDuration::ZERO, |after| after.duration());
        story = story.pass_until(at);
        try_to(&mut story, command(Some(action.what), scenario));
    }
    story.pass_until(now() + scenario.watch_for.duration())
}

fn try_to(story: &mut Story, command: Command) {
    if let Ok(change) = decide(story.incident.as_ref(), command, &story.policy, story.now)
        && !change.is_empty()
    {
        story.incident = Some(change.incident.clone());
        story.history.push(change);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_simulation_is_what_really_happens(
        channel in prop_oneof![Just(Channel::Email), Just(Channel::Phone)],
        actions in prop::collection::vec(action(), 0..12),
    ) {
        let watch_for = Some(period("26h"));
        let Ok(scenario) = Scenario::of(Priority::P2, channel, OpenedAt::Now, actions, watch_for)
        else {
            // Waits until before it begins to wait.
            return Ok(());
        };
        let simulation = simulate(&given().policy, &scenario, now(), false).unwrap();
        let story = really(&scenario);
        let end = simulation.cut.map(|_| simulation.watched_until);
        let really: Vec<(Timestamp, Event)> = story
            .history
            .iter()
            .flat_map(|change| change.entries.clone())
            .filter(|entry| end.is_none_or(|end| entry.at <= end))
            .map(|entry| (entry.at, entry.event))
            .collect();
        let simulated: Vec<_> = simulation
            .instants
            .iter()
            .flat_map(|instant| instant.events.iter().map(|e| (instant.at, e.event.clone())))
            .collect();
        prop_assert_eq!(&simulated, &really[..simulated.len()]);
        prop_assert!(end.is_some() || simulated.len() == really.len());
        let told = simulation.instants.iter().flat_map(|instant| &instant.emails);
        let told: Vec<_> = told.map(|email| (email.id.clone(), email.to.clone())).collect();
        let sent = story.history.iter().flat_map(|change| &change.emails);
        let sent: Vec<_> =
            sent.map(|e: &OutboxEmail| (e.id.clone(), e.recipient.clone())).collect();
        prop_assert_eq!(&told, &sent[..told.len()]);
        prop_assert!(end.is_some() || told.len() == sent.len());
        let ids: HashSet<_> = told.iter().map(|(id, _)| id).collect();
        prop_assert_eq!(ids.len(), told.len(), "an id comes twice");
        prop_assert!(simulation.instants.is_sorted_by(|a, b| a.at < b.at), "times ascend");
    }
}
