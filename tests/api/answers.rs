//! What is answered when all is well.

use desk_tests::call::{get, post};
use insta::assert_snapshot;
use serde_json::json;

use crate::{escalation, incident, world};

#[tokio::test(start_paused = true)]
async fn escalating_an_unknown_incident_answers_201_with_the_promised_time() {
    let world = world();
    assert_snapshot!(world.ask(post("/v1/escalations", &escalation())).await.whole());
}

#[tokio::test(start_paused = true)]
async fn escalating_what_is_escalated_answers_200_with_the_same_promise() {
    let world = world();
    let first = world.ask(post("/v1/escalations", &escalation())).await;
    world.until(60).await;
    let again = world.ask(post("/v1/escalations", &escalation())).await;
    assert_eq!(again.status, 200);
    assert_eq!(first.body, again.body);
}

#[tokio::test(start_paused = true)]
async fn a_customer_reads_the_state_of_an_escalation_and_no_names() {
    let world = world();
    world.ask(post("/v1/escalations", &escalation())).await;
    world.ask(post("/v1/incidents/INC-1/acknowledgement", &json!({ "by": "Grace" }))).await;
    let read = world.ask(get("/v1/escalations/INC-1")).await;
    assert!(!read.body.contains("Grace"));
    assert_snapshot!(read.whole());
}

#[tokio::test(start_paused = true)]
async fn opening_a_p1_by_email_answers_201_with_its_one_hour_deadline() {
    let world = world();
    assert_snapshot!(world.ask(post("/v1/incidents", &incident("INC-1"))).await.whole());
}

#[tokio::test(start_paused = true)]
async fn responding_answers_with_the_deadline_moved_to_six_hours() {
    let world = world();
    world.ask(post("/v1/incidents", &incident("INC-1"))).await;
    let body =
        json!({ "author": "Grace", "message": "We are on it.", "at": "2026-11-24T09:00:00+01:00" });
    assert_snapshot!(world.ask(post("/v1/incidents/INC-1/responses", &body)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn acknowledging_and_resolving_answer_with_the_incident() {
    let world = world();
    world.ask(post("/v1/escalations", &escalation())).await;
    let body = json!({ "by": "Grace" });
    let path = "/v1/incidents/INC-1/acknowledgement";
    assert_snapshot!("acknowledged", world.ask(post(path, &body)).await.whole());
    let taken_by_another = world.ask(post(path, &json!({ "by": "Linus" }))).await;
    assert_eq!(taken_by_another.json()["escalation"]["ladder"]["by"], "Grace");
    let body = json!({ "by": "Grace", "note": "Fixed." });
    let path = "/v1/incidents/INC-1/resolution";
    assert_snapshot!("resolved", world.ask(post(path, &body)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn care_reads_all_that_is_known_of_an_incident() {
    let world = world();
    world.ask(post("/v1/incidents", &incident("INC-1"))).await;
    world.until(1).await;
    assert_snapshot!(world.ask(get("/v1/incidents/INC-1")).await.whole());
}

#[tokio::test(start_paused = true)]
async fn open_incidents_are_listed_by_what_is_due_next_a_page_at_a_time() {
    let world = world();
    for n in 1..=5 {
        let mut body = incident(&format!("INC-{n}"));
        body["received_at"] = json!(format!("2026-11-24T07:5{}:00Z", 9 - n));
        assert_eq!(world.ask(post("/v1/incidents", &body)).await.status, 201);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/incidents?limit=2".to_owned();
    loop {
        let page = world.get(&path).await;
        let numbers = page["incidents"].as_array().unwrap().iter();
        seen.extend(numbers.map(|incident| incident["number"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/incidents?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]);
}
