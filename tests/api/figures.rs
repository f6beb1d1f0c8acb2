//! Figures of a period.

use desk_tests::call::{get, post, post_once};
use insta::assert_snapshot;
use serde_json::json;

use crate::{escalation, incident, world};

#[tokio::test(start_paused = true)]
async fn the_figures_of_a_day_tell_what_was_kept_and_how_long_it_took() {
    let world = world();
    // One is answered in time and resolved; of the other the initial response is missed.
    world.ask(post("/v1/incidents", &incident("INC-2"))).await;
    world.ask(post("/v1/incidents", &incident("INC-3"))).await;
    world.until(30 * 60).await;
    let response = json!({ "author": "Grace" });
    world.ask(post("/v1/incidents/INC-2/responses", &response)).await;
    world.until(65 * 60).await;
    let by = json!({ "by": "Grace" });
    world.ask(post("/v1/incidents/INC-3/acknowledgement", &by)).await;
    world.until(75 * 60).await;
    world.ask(post("/v1/incidents/INC-3/responses", &response)).await;
    world.ask(post("/v1/incidents/INC-2/resolution", &by)).await;
    assert_snapshot!(world.ask(get("/v1/figures?from=2026-11-24&to=2026-11-24")).await.whole());
    // Without days it is the month so far; the day before had nothing to tell.
    let month = world.get("/v1/figures").await;
    assert_eq!((&month["from"], &month["to"]), (&json!("2026-11-01"), &json!("2026-11-24")));
    assert_eq!(month["incidents"]["opened"], 2);
    let before = world.get("/v1/figures?to=2026-11-23").await;
    assert_eq!(before["clocks"]["initial_response"]["share_kept"], json!(null));
    assert_eq!(before["incidents"]["opened"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_replayed_counts_once() {
    let world = world();
    for _ in 0..3 {
        world.ask(post_once("/v1/escalations", "key-1", &escalation())).await;
    }
    let figures = world.get("/v1/figures").await;
    assert_eq!(figures["incidents"]["opened"], 1);
    assert_eq!(figures["escalations"]["raised"], 1);
}

#[tokio::test(start_paused = true)]
async fn every_wrong_day_is_named() {
    let world = world();
    let mut said = Vec::new();
    for query in [
        "from=yesterday&to=2026-11-31",
        "from=20261101&to=2026-11-01T00:00:00",
        "from=2026-11-25",
        "from=2026-11-25&to=2026-11-24",
        "from=2025-11-23&to=2026-11-24",
        "from=&until=2026-11-24",
    ] {
        let reply = world.ask(get(&format!("/v1/figures?{query}"))).await;
        assert_eq!(reply.status, 422, "{query}");
        for error in reply.json()["errors"].as_array().unwrap() {
            said.push(format!("{query}: {} {}", error["parameter"], error["detail"]));
        }
    }
    assert_snapshot!(said.join("\n"));
    let longest = world.ask(get("/v1/figures?from=2025-11-24&to=2026-11-24")).await;
    assert_eq!(longest.status, 200, "366 days, both included");
}
