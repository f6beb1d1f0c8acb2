//! The store does not answer: 503, and nothing is half-written.

use std::sync::Arc;

use desk_tests::call::{post_once, send};
use desk_tests::dynamodb::aws_at;
use insta::assert_snapshot;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::store::dynamodb::DynamoDbStore;

use crate::escalation;

#[tokio::test]
async fn an_unavailable_store_is_503_with_retry_after() {
    // Bound and let go of: nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let desk = Desk {
        store: DynamoDbStore::new(aws_at(&nobody).dynamodb(), "escalation-desk"),
        policy: Arc::new(desk_tests::default_policy()),
        clock: Clock::of(desk_tests::world::start),
    };
    let api = escalation_desk::gateway::router(desk, desk_tests::link_keys());
    let reply = send(&api, post_once("/v1/escalations", "key", &escalation())).await;
    assert_snapshot!(reply.whole());
}
