//! Simulations over HTTP: what would follow, and that nothing does.

use std::collections::BTreeMap;

use desk_tests::DEFAULT_POLICY;
use desk_tests::call::post;
use insta::assert_snapshot;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{incident, world};

const PATH: &str = "/v1/policy/simulations";

fn saturday_night() -> Value {
    json!({
        "scenario": "P1 by e-mail, Saturday 23:10, nobody answers, watched for 61m",
        "now": "2026-11-24T09:00:00+01:00",
    })
}

#[tokio::test(start_paused = true)]
async fn a_saturday_night_is_told_whole() {
    assert_snapshot!(world().post(PATH, saturday_night()).await.whole());
}

#[tokio::test(start_paused = true)]
async fn what_is_simulated_is_what_the_desk_then_sends() {
    let world = world();
    let asked = json!({ "scenario": "P1 by e-mail, now, nobody answers, watched for 4h" });
    let simulation = world.post(PATH, asked).await.json();
    world.post("/v1/incidents", incident("SIMULATED")).await;
    let sent = world.until(4 * 60 * 60 + 30).await;
    let mut told = BTreeMap::new();
    for (second, email) in sent {
        let subject = email.subject.split(" · ").next().unwrap().to_owned();
        // The stream takes a moment.
        told.insert(email.id.to_string(), (second / 10, email.to.to_string(), subject));
    }
    let mut simulated = BTreeMap::new();
    for instant in simulation["instants"].as_array().unwrap() {
        let at: Timestamp = instant["at"].as_str().unwrap().parse().unwrap();
        let second = at.duration_since(desk_tests::world::start()).as_secs().unsigned_abs();
        for email in instant["emails"].as_array().unwrap() {
            let text = |name: &str| email[name].as_str().unwrap().to_owned();
            let subject = text("subject").split(" · ").next().unwrap().to_owned();
            let to = text("to").replace("customer@customer.example", "ada@customer.example");
            simulated.insert(text("id"), (second / 10, to, subject));
        }
    }
    assert!(simulated.len() > 30, "{simulated:#?}");
    assert_eq!(told, simulated);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_or_sent() {
    let world = world();
    assert_eq!(world.post(PATH, saturday_night()).await.status, 200);
    assert!(world.until(120).await.is_empty());
    assert_eq!(world.get("/v1/incidents").await["incidents"], json!([]));
    let simulated = world.ask(desk_tests::call::get("/v1/incidents/SIMULATED")).await;
    assert_eq!(simulated.status, 404);
}

#[tokio::test(start_paused = true)]
async fn another_policy_is_tried_out() {
    let mut asked = saturday_night();
    asked["policy"] = json!(DEFAULT_POLICY.replace("\"15m\"", "\"20m\""));
    let simulation = world().post(PATH, asked).await.json();
    assert_eq!(simulation["instants"][1]["after"], "40m");
    assert_eq!(simulation["instants"][1]["events"][0]["event"], "warning_given");
}

#[tokio::test(start_paused = true)]
async fn every_mistake_of_policy_and_scenario_is_named() {
    let policy = DEFAULT_POLICY
        .replace("default_language = \"en\"", "default_language = \"de\"")
        .replace("rounds = 2", "rounds = 0");
    let asked = json!({
        "policy": policy, "scenario": "P1 by fax, nobody answers", "now": "soon", "bodys": true,
    });
    assert_snapshot!(world().post(PATH, asked).await.whole());
    let early = json!({ "scenario": "P1 by chat, 1970-01-01 00:00" });
    assert_snapshot!("too_far", world().post(PATH, early).await.whole());
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_too_long_or_no_text_is_refused() {
    let world = world();
    let long = format!("{DEFAULT_POLICY}\n#{}", " ".repeat(64 * 1024));
    for policy in [json!(long), json!({}), json!(1)] {
        let asked = json!({ "policy": policy, "scenario": "P1 by chat" });
        let reply = world.ask(post(PATH, &asked)).await;
        assert_eq!(reply.status, 422, "{}", reply.whole());
        assert_eq!(reply.json()["errors"][0]["pointer"], "/policy");
    }
}

#[tokio::test(start_paused = true)]
async fn fields_and_bodies_can_be_asked_for() {
    let asked = json!({
        "scenario": {
            "priority": "P3", "channel": "chat", "opened_at": "2026-11-28 23:10", "language": "fr",
            "actions": [{ "after": "30m", "do": "escalate" }, { "after": "40m", "do": "resolve" }],
            "watch_for": "1h",
        },
        "bodies": true,
    });
    let simulation = world().post(PATH, asked).await.json();
    let emails = simulation["instants"][0]["emails"].as_array().unwrap();
    let french: Vec<_> = emails.iter().filter(|email| email["language"] == "fr").collect();
    assert!(french[0]["text"].as_str().unwrap().contains("Bonjour The customer"), "{french:#?}");
    assert_eq!(simulation["instants"].as_array().unwrap().len(), 3);
}
