//! What care does on an incident: whole answers, and what is refused.

use desk_tests::call::{get, post, put};
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{incident, world};

/// A P1 that was opened by chat, so that an update is promised.
async fn opened() -> World {
    let world = world();
    let mut body = incident("INC-1");
    body["channel"] = "chat".into();
    assert_eq!(world.post("/v1/incidents", body).await.status, 201);
    world
}

async fn act(world: &World, what: &str, body: Value) -> String {
    world.ask(post(&format!("/v1/incidents/INC-1/{what}"), &body)).await.whole()
}

fn pause(until: &str) -> Value {
    json!({ "by": "Grace", "reason": "Please send the log.", "until": until })
}

fn account() -> Value {
    json!({
        "name": "Acme", "domains": ["ACME.example"],
        "account_manager": { "name": "Mary", "email": "mary@example.com", "language": "fr" },
    })
}

#[tokio::test(start_paused = true)]
async fn a_pause_answers_with_its_end_and_the_customers_reply_with_the_deadline_moved() {
    let world = opened().await;
    assert_snapshot!("paused", act(&world, "pause", pause("2026-11-25T08:00:00Z")).await);
    let seen = world.get("/v1/escalations/INC-1").await;
    assert_eq!(seen["waiting_on_you"]["reason"], "Please send the log.");
    assert_eq!(seen["next_promise"], Value::Null);
    world.until(3600).await;
    assert_snapshot!("replied", act(&world, "customer-replies", json!({ "from": "Ada" })).await);
}

#[tokio::test(start_paused = true)]
async fn a_pause_without_a_maximum_or_beyond_the_policys_is_422() {
    let world = opened().await;
    let without = json!({ "by": "Grace", "reason": "Please send the log." });
    assert_snapshot!("without_a_maximum", act(&world, "pause", without).await);
    let beyond = pause("2026-11-29T08:00:01Z");
    assert_snapshot!("beyond_the_policys", act(&world, "pause", beyond).await);
    let in_the_past = act(&world, "pause", pause("2026-11-24T08:00:00Z")).await;
    assert!(in_the_past.starts_with("422"), "{in_the_past}");
}

#[tokio::test(start_paused = true)]
async fn there_must_be_something_that_can_wait() {
    let world = world();
    assert_eq!(world.post("/v1/incidents", incident("INC-1")).await.status, 201);
    assert_snapshot!(act(&world, "pause", pause("2026-11-25T08:00:00Z")).await);
}

#[tokio::test(start_paused = true)]
async fn an_action_on_a_resolved_incident_is_409_and_says_how_to_reopen() {
    let world = opened().await;
    let by = json!({ "by": "Grace" });
    act(&world, "resolution", by.clone()).await;
    assert_snapshot!("on_a_resolved_incident", act(&world, "resolution", by.clone()).await);
    let priority = json!({ "by": "Grace", "priority": "P2" });
    let manager = json!({ "by": "Grace", "reason": "Help." });
    assert_eq!(world.ask(put("/v1/accounts/ACME", &account())).await.status, 201);
    for (what, body) in [
        ("acknowledgement", by.clone()),
        ("pause", pause("2026-11-25T08:00:00Z")),
        ("priority", priority),
        ("account-manager", manager),
        ("responses", json!({ "author": "Grace" })),
    ] {
        let answer = act(&world, what, body).await;
        assert!(answer.starts_with("409") && answer.contains("/reopening"), "{what}: {answer}");
    }
    assert_snapshot!("reopened", act(&world, "reopening", by).await);
}

#[tokio::test(start_paused = true)]
async fn a_response_ahead_of_time_or_before_the_incident_is_422() {
    let world = opened().await;
    for at in ["2026-11-24T08:01:00Z", "2026-11-24T07:59:59Z"] {
        let answer = act(&world, "responses", json!({ "author": "Grace", "at": at })).await;
        assert!(answer.starts_with("422") && answer.contains("\"/at\""), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_of_each_action_is_named() {
    let world = opened().await;
    let mut answers = String::new();
    for what in
        ["pause", "customer-replies", "priority", "reopening", "account-manager", "resolution"]
    {
        let wrong = json!({ "by": "", "from": 1, "priority": "P5", "until": "soon", "x": null });
        let answer = act(&world, what, wrong).await;
        let (_, problem) = answer.split_once("\n\n").unwrap();
        let problem: Value = serde_json::from_str(problem).unwrap();
        answers.push_str(&format!("{what}: {}\n{:#}\n", problem["status"], problem["errors"]));
    }
    assert_snapshot!(answers);
}

#[tokio::test(start_paused = true)]
async fn care_completes_what_a_customer_escalated_before_care_had_entered_it() {
    let world = world();
    world.post("/v1/escalations", crate::escalation()).await;
    let completed = world.post("/v1/incidents", incident("INC-1")).await;
    assert_eq!(completed.status, 200);
    assert_eq!(completed.json()["summary"], "Checkout is down");
    let again = world.post("/v1/incidents", incident("INC-1")).await;
    assert_eq!(again.status, 409, "{}", again.whole());
}

#[tokio::test(start_paused = true)]
async fn an_account_is_written_read_and_written_again_on_its_version() {
    let world = world();
    assert_snapshot!("new", world.ask(put("/v1/accounts/ACME", &account())).await.whole());
    let on = |version: &'static str| {
        let mut request = put("/v1/accounts/ACME", &account());
        request.headers_mut().insert("if-match", version.parse().unwrap());
        request
    };
    assert_eq!(world.ask(on("\"1\"")).await.status, 200);
    assert_snapshot!("stale", world.ask(on("\"1\"")).await.whole());
    assert_snapshot!("read", world.ask(get("/v1/accounts/ACME")).await.whole());
    assert_snapshot!("unknown", world.ask(get("/v1/accounts/OTHER")).await.whole());
    let wrong = json!({ "name": "", "domains": ["a@b"], "account_manager": { "email": "x" } });
    assert_snapshot!("wrong", world.ask(put("/v1/accounts/-", &wrong)).await.whole());
    assert_snapshot!("wrong_fields", world.ask(put("/v1/accounts/ACME", &wrong)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_one_accounts_until_that_has_it_no_more() {
    let world = world();
    let of = |domains: Value| {
        let mut account = account();
        account["domains"] = domains;
        account
    };
    let write = async |id: &str, domains: Value| {
        world.ask(put(&format!("/v1/accounts/{id}"), &of(domains))).await
    };
    let twice = write("ACME", json!(["acme.example", "ACME.example", "acme.test"])).await;
    assert_eq!(twice.json()["domains"], json!(["acme.example", "acme.test"]), "each once");
    assert_snapshot!("domain_taken", write("OTHER", json!(["acme.test"])).await.whole());
    assert_eq!(world.ask(get("/v1/accounts/OTHER")).await.status, 404, "nothing was written");
    assert_eq!(write("ACME", json!(["acme.example"])).await.status, 200);
    assert_eq!(write("OTHER", json!(["acme.test"])).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_at_most_20_domains() {
    let world = world();
    let of = |count: usize| {
        let domains: Vec<_> = (0..count).map(|n| format!("d{n}.example")).collect();
        let mut account = account();
        account["domains"] = json!(domains);
        put("/v1/accounts/ACME", &account)
    };
    assert_snapshot!("too_many_domains", world.ask(of(21)).await.whole());
    assert_eq!(world.ask(of(20)).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn an_accounts_customers_are_written_to_in_its_language() {
    let world = world();
    let mut french = account();
    french["language"] = "fr".into();
    world.ask(put("/v1/accounts/ACME", &french)).await;
    let opened = world.post("/v1/incidents", incident("INC-1")).await.json();
    assert_eq!(opened["customer"]["language"], "fr");
}

#[tokio::test(start_paused = true)]
async fn a_manager_is_looped_in_only_where_there_is_one() {
    let world = opened().await;
    let body = json!({ "by": "Grace", "reason": "Ada asks for you." });
    assert_snapshot!("no_account", act(&world, "account-manager", body.clone()).await);
    world.ask(put("/v1/accounts/ACME", &account())).await;
    let answer = act(&world, "account-manager", body.clone()).await;
    assert!(answer.starts_with("200") && answer.contains("\"account_manager\": \"Mary\""));
    let mut other = body;
    other["account"] = "OTHER".into();
    assert_snapshot!("another_account", act(&world, "account-manager", other).await);
}

#[tokio::test(start_paused = true)]
async fn care_names_the_account_of_an_incident_that_came_without_one() {
    let world = world();
    let mut body = incident("INC-1");
    body["customer"].as_object_mut().unwrap().remove("account");
    assert_eq!(world.post("/v1/incidents", body).await.status, 201);
    world.ask(put("/v1/accounts/ACME", &account())).await;
    let named = json!({ "by": "Grace", "reason": "Ada asks for you.", "account": "ACME" });
    let answer = world.post("/v1/incidents/INC-1/account-manager", named).await.json();
    assert_eq!(answer["customer"]["account"], "ACME");
    let report = json!({
        "reporter": { "name": "Ada", "email": "ada@customer.example" },
        "message": "Every Monday the same.",
    });
    let reported = world.post("/v1/accounts/ACME/recurrences", report).await;
    assert_eq!(reported.json()["incidents"], 1, "{}", reported.whole());
}

#[tokio::test(start_paused = true)]
async fn a_customer_reports_recurring_incidents_to_the_manager() {
    let world = opened().await;
    let report = json!({
        "reporter": { "name": "Ada", "email": "ada@customer.example" },
        "message": "Every Monday the same.",
    });
    let path = "/v1/accounts/ACME/recurrences";
    assert_eq!(world.post(path, report.clone()).await.status, 404);
    let mut french = account();
    french["language"] = "fr".into();
    world.ask(put("/v1/accounts/ACME", &french)).await;
    assert_snapshot!("reported", world.post(path, report.clone()).await.whole());
    let emails = world.get("/v1/incidents/INC-1").await["emails"].clone();
    let receipt = emails.as_array().unwrap().iter();
    let mut receipt = receipt.filter(|email| email["kind"]["name"] == "recurrence_received");
    assert_eq!(receipt.next().unwrap()["language"], "fr", "as the account's people are written to");
    let mut new = account();
    new["domains"] = json!(["new.example"]);
    world.ask(put("/v1/accounts/NEW", &new)).await;
    let none = world.post("/v1/accounts/NEW/recurrences", report).await;
    assert_eq!(none.status, 409, "{}", none.whole());
}
