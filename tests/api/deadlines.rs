//! The story of a deadline over HTTP.

use desk_tests::call::{get, with};
use insta::assert_snapshot;
use serde_json::json;

use crate::{incident, world};

#[tokio::test(start_paused = true)]
async fn every_deadline_is_explained_with_who_was_told_and_how_far_that_got() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    world.until(61 * 60).await;
    let grace = json!({ "author": "Grace Kim" });
    world.post("/v1/incidents/INC-1/responses", grace).await;
    assert_snapshot!(world.ask(get("/v1/incidents/INC-1/deadlines")).await.whole());
}

#[tokio::test(start_paused = true)]
async fn who_has_read_it_already_is_told_so_until_something_changes() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let path = "/v1/incidents/INC-1/deadlines";
    let first = world.ask(get(path)).await;
    let etag = &first.headers.iter().find(|(name, _)| name == "etag").unwrap().1;
    let again = || with(get(path), "if-none-match", etag);
    assert_eq!(world.ask(again()).await.status, 304);
    world.until(46 * 60).await;
    assert_eq!(world.ask(again()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_incident_has_no_deadlines() {
    assert_eq!(world().ask(get("/v1/incidents/INC-9/deadlines")).await.status, 404);
}
