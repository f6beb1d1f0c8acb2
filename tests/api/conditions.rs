//! `ETag`, `If-Match`, `If-None-Match`: nobody overwrites what was not read.

use desk_tests::call::{Reply, get, post, post_once, with};
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::json;

use crate::{escalation, incident, world};

async fn opened() -> World {
    let world = world();
    assert_eq!(world.ask(post("/v1/incidents", &incident("INC-1"))).await.status, 201);
    world
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

async fn responding(world: &World, if_match: &str) -> Reply {
    let body = json!({ "author": "Grace" });
    let request = post("/v1/incidents/INC-1/responses", &body);
    world.ask(with(request, "if-match", if_match)).await
}

#[tokio::test(start_paused = true)]
async fn a_change_is_made_on_the_version_that_was_read() {
    let world = opened().await;
    let read = world.ask(get("/v1/incidents/INC-1")).await;
    let etag = header(&read, "etag").unwrap().to_owned();
    let changed = responding(&world, &etag).await;
    assert_eq!((changed.status.as_u16(), header(&changed, "etag")), (200, Some("\"2\"")));
    let changed = responding(&world, "\"7\", \"2\"").await;
    assert_eq!((changed.status.as_u16(), header(&changed, "etag")), (200, Some("\"3\"")));
    assert_eq!(responding(&world, "*").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_change_on_another_version_is_412_names_the_current_one_and_writes_nothing() {
    let world = opened().await;
    responding(&world, "\"1\"").await;
    for lost in ["\"1\"", "W/\"2\"", "\"1\", \"3\""] {
        assert_eq!(responding(&world, lost).await.status, 412, "{lost}");
    }
    assert_snapshot!(responding(&world, "\"1\"").await.whole());
    assert_eq!(world.get("/v1/incidents/INC-1").await["version"], 2);
    // What is not there has no version at all, not even `*`.
    let opening = with(post("/v1/incidents", &incident("INC-2")), "if-match", "*");
    assert_eq!(world.ask(opening).await.status, 412);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_anyway_is_told_why_and_not_412() {
    let world = opened().await;
    let unknown = post("/v1/incidents/INC-9/responses", &json!({ "author": "Grace" }));
    assert_eq!(world.ask(with(unknown, "if-match", "\"1\"")).await.status, 404);
    let taking = post("/v1/incidents/INC-1/acknowledgement", &json!({ "by": "Grace" }));
    assert_eq!(world.ask(with(taking, "if-match", "\"9\"")).await.status, 409);
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_answered_the_same_although_the_version_has_moved_on() {
    let world = opened().await;
    let request = || {
        let body = json!({ "author": "Grace" });
        let request = post_once("/v1/incidents/INC-1/responses", "key-1", &body);
        with(request, "if-match", "\"1\"")
    };
    let first = world.ask(request()).await;
    assert_eq!(first.status, 200);
    let again = world.ask(request()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(header(&again, "etag"), Some("\"2\""));
}

#[tokio::test]
async fn of_twenty_at_once_on_one_version_one_wins() {
    let world = opened().await;
    let replies = (0..20).map(|_| responding(&world, "\"1\""));
    let replies = futures::future::join_all(replies).await;
    let with_status = |status| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with_status(200), with_status(412)), (1, 19));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_condition_is_422_beside_the_other_mistakes() {
    let world = opened().await;
    let request = post("/v1/incidents/INC-1/responses", &json!({}));
    assert_snapshot!(world.ask(with(request, "if-match", "1")).await.whole());
    let request = with(get("/v1/incidents/INC-1"), "if-none-match", "\"1");
    assert_eq!(world.ask(request).await.status, 422);
}

#[tokio::test(start_paused = true)]
async fn who_has_the_answer_already_gets_304_until_it_changes() {
    let world = opened().await;
    world.ask(post("/v1/escalations", &escalation())).await;
    for path in ["/v1/escalations/INC-1", "/v1/incidents/INC-1", "/openapi.json"] {
        let etag = header(&world.ask(get(path)).await, "etag").unwrap().to_owned();
        let reply = world.ask(with(get(path), "if-none-match", &format!("\"x\", W/{etag}"))).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (304, ""), "{path}");
        assert_eq!(header(&reply, "etag"), Some(etag.as_str()));
        let reply = world.ask(with(get(path), "if-none-match", "\"x\"")).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let story = "/v1/incidents/INC-1";
    let before = header(&world.ask(get(story)).await, "etag").unwrap().to_owned();
    world.dispatch().await;
    let after = world.ask(with(get(story), "if-none-match", &before)).await;
    assert_eq!(after.status, 200, "e-mails were sent, though the version is the same");
    assert!(header(&after, "etag").unwrap().starts_with("\"2-"));
    assert_eq!(responding(&world, &before).await.status, 200, "a change asks for the version only");
}
