//! `Idempotency-Key`: asked twice, done once, answered the same.

use desk_tests::call::{post, post_once};
use insta::assert_snapshot;
use serde_json::json;
use shared::store::Store;

use crate::{escalation, incident, world};

#[tokio::test(start_paused = true)]
async fn the_same_request_under_the_same_key_is_done_once_and_answered_the_same() {
    let world = world();
    let request = || post_once("/v1/escalations", "key-1", &escalation());
    let first = world.ask(request()).await;
    assert_eq!(first.status, 201);
    world.until(3600).await;
    world.ask(post("/v1/incidents/INC-1/resolution", &json!({ "by": "Grace" }))).await;
    let again = world.ask(request()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert!(again.headers.contains(&("idempotency-replayed".to_owned(), "true".to_owned())));
    let incident = world.desk.store.load(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert!(!incident.is_open(), "it was not escalated again");
}

#[tokio::test(start_paused = true)]
async fn what_would_be_refused_by_now_is_still_answered_the_same() {
    let world = world();
    world.ask(post("/v1/incidents", &incident("INC-1"))).await;
    let request =
        || post_once("/v1/incidents/INC-1/resolution", "key-1", &json!({ "by": "Grace" }));
    let first = world.ask(request()).await;
    let again = world.ask(request()).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(first.body, again.body);
}

#[tokio::test(start_paused = true)]
async fn another_request_under_the_same_key_is_422() {
    let world = world();
    world.ask(post_once("/v1/escalations", "key-1", &escalation())).await;
    let mut other = escalation();
    other["business_justification"] = json!("We lose 50,000 EUR an hour.");
    let reply = world.ask(post_once("/v1/escalations", "key-1", &other)).await;
    assert_snapshot!(reply.whole());
    // The same body on another path is another request as well.
    let by = json!({ "by": "Grace" });
    let path = |what: &str| format!("/v1/incidents/INC-1/{what}");
    assert_eq!(world.ask(post_once(&path("acknowledgement"), "key-2", &by)).await.status, 200);
    assert_eq!(world.ask(post_once(&path("resolution"), "key-2", &by)).await.status, 422);
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_remembered_as_well() {
    let world = world();
    world.ask(post("/v1/escalations", &escalation())).await;
    let path = "/v1/incidents/INC-1/acknowledgement";
    world.ask(post(path, &json!({ "by": "Grace" }))).await;
    let taken = world.ask(post_once(path, "key-1", &json!({ "by": "Linus" }))).await;
    assert_eq!(taken.status, 200);
    let other = world.ask(post_once(path, "key-1", &json!({ "by": "Edsger" }))).await;
    assert_eq!(other.status, 422);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_is_422_beside_the_other_mistakes() {
    let world = world();
    for key in [" ", "a b", "\u{e9}", &"k".repeat(256)] {
        let Ok(value) = axum::http::HeaderValue::from_bytes(key.as_bytes()) else { continue };
        let mut request = post("/v1/escalations", &json!({}));
        request.headers_mut().insert("idempotency-key", value);
        let reply = world.ask(request).await;
        assert_eq!(reply.status, 422);
        assert_eq!(reply.json()["errors"].as_array().unwrap().len(), 4, "{}", reply.body);
    }
}

#[tokio::test]
async fn fifty_at_once_under_one_key_have_one_effect() {
    let world = world();
    let replies = (0..50).map(|_| world.ask(post_once("/v1/escalations", "key", &escalation())));
    let mut replies = futures::future::join_all(replies).await;
    replies.dedup_by(|a, b| a.body == b.body && a.status == b.status);
    assert_eq!(replies.len(), 1);
    let story = world.desk.store.story(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(story.incident.version, 1);
}

#[tokio::test]
async fn fifty_at_once_under_fifty_keys_are_one_escalation_with_fifty_justifications() {
    let world = world();
    let replies = (0..50)
        .map(|n| world.ask(post_once("/v1/escalations", &format!("key-{n}"), &escalation())));
    let replies = futures::future::join_all(replies).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 49);
    let story = world.desk.store.story(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(story.incident.escalation.unwrap().sequence, 1);
    let told = serde_json::to_string(&story.timeline).unwrap();
    assert_eq!(told.matches("We lose 40,000 EUR").count(), 50);
}
