//! The limit per customer: one customer cannot keep everybody busy.

use desk_tests::DEFAULT_POLICY;
use desk_tests::call::{post, post_once, put};
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::json;

use crate::escalation;

fn world() -> World {
    let policy = DEFAULT_POLICY.replace("count = 60", "count = 3");
    assert_ne!(policy, DEFAULT_POLICY);
    World::new(&policy)
}

fn of(number: &str, email: &str) -> serde_json::Value {
    let mut body = escalation();
    body["incident_number"] = json!(number);
    body["requester"]["email"] = json!(email);
    body
}

#[tokio::test(start_paused = true)]
async fn one_too_many_is_429_until_the_window_ends_and_writes_nothing() {
    let world = world();
    for (n, email) in ["ada@x.example", "Ada@X.example", "ada@x.EXAMPLE"].iter().enumerate() {
        let reply = world.ask(post("/v1/escalations", &of(&format!("INC-{n}"), email))).await;
        assert_eq!(reply.status, 201);
    }
    let one_more = || post("/v1/escalations", &of("INC-9", "ada@x.example"));
    assert_snapshot!(world.ask(one_more()).await.whole());
    assert_eq!(world.get("/v1/incidents/INC-9").await["status"], 404, "nothing was written");
    let other = world.ask(post("/v1/escalations", &of("INC-9", "eve@x.example"))).await;
    assert_eq!(other.status, 201, "another customer");
    world.until(3600).await;
    assert_eq!(world.ask(one_more()).await.status, 200, "another window");
}

#[tokio::test(start_paused = true)]
async fn an_account_manager_is_not_flooded_with_reports_and_escalating_stays_possible() {
    let world = world();
    world.post("/v1/incidents", crate::incident("INC-1")).await;
    let manager = json!({ "name": "Mary", "email": "mary@desk.example" });
    let account = json!({ "name": "Acme", "account_manager": manager });
    assert_eq!(world.ask(put("/v1/accounts/ACME", &account)).await.status, 201);
    let reporter = json!({ "name": "Ada", "email": "ada@x.example" });
    let report = json!({ "reporter": reporter, "message": "It fails each Monday." });
    for status in [202, 202, 202, 429] {
        assert_eq!(
            world.post("/v1/accounts/ACME/recurrences", report.clone()).await.status,
            status
        );
    }
    let escalated = world.ask(post("/v1/escalations", &of("INC-2", "ada@x.example"))).await;
    assert_eq!(escalated.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_answered_and_does_not_count() {
    let world = world();
    let request = |key: &str| post_once("/v1/escalations", key, &of("INC-1", "ada@x.example"));
    let first = world.ask(request("key-1")).await;
    for _ in 0..5 {
        assert_eq!(world.ask(request("key-1")).await.body, first.body);
    }
    for (key, status) in [("key-2", 200), ("key-3", 200), ("key-4", 429)] {
        assert_eq!(world.ask(request(key)).await.status, status, "{key}");
    }
    assert_eq!(world.ask(request("key-1")).await.status, 201, "over the limit, and known");
}

#[tokio::test]
async fn fifty_at_once_are_no_more_than_the_limit() {
    let world = world();
    let requests =
        (0..50).map(|n| post("/v1/escalations", &of(&format!("INC-{n}"), "a@x.example")));
    let replies = requests.map(|request| world.ask(request));
    let replies = futures::future::join_all(replies).await;
    let with_status = |status| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with_status(201), with_status(429)), (3, 47));
}
