//! What another version wrote is parked, and not tried for ever.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use desk_tests::call::{post, send};
use desk_tests::dynamodb::TestDynamoDb;
use desk_tests::receiver::Receivers;
use desk_tests::world::{keyed, start};
use dispatch_webhook::{Batch, Poster};
use serde_json::json;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::policy::Policy;
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::WebhookKeys;

/// The status of the webhook of INC-1 once this attribute of this item has become nonsense.
async fn status_when_broken(sk: &str, attribute: &str) -> String {
    let dynamodb = TestDynamoDb::start().await;
    let client = dynamodb.aws.dynamodb();
    let webhook = "[webhooks.crm]\nurl = \"https://crm.example\"";
    let policy = Policy::read(&format!("{}\n{webhook}", desk_tests::DEFAULT_POLICY)).unwrap();
    let store = DynamoDbStore::new(client.clone(), dynamodb.table);
    let desk = Desk { store, policy: Arc::new(policy), clock: Clock::of(start) };
    let body = json!({
        "incident_number": "INC-1",
        "business_justification": "Nothing works any more.",
        "requester": { "name": "Ada", "email": "ada@customer.example" },
    });
    let api = escalation_desk::gateway::router(desk.clone(), desk_tests::link_keys());
    assert_eq!(send(&api, post("/v1/escalations", &body)).await.status, 201);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let broken = client.update_item().table_name(dynamodb.table);
    let broken = broken.key("pk", text("INCIDENT#INC-1")).key("sk", text(sk));
    let broken = broken.update_expression("SET #attribute = :nonsense");
    let broken = broken.expression_attribute_names("#attribute", attribute);
    broken.expression_attribute_values(":nonsense", text("nonsense")).send().await.unwrap();
    let receivers = Receivers::default();
    let (keys, poster) =
        (WebhookKeys::new(crate::KEY, None).unwrap(), Poster::new(receivers.connector()));
    let webhook = "WEBHOOK#0000000001#000";
    let batch = Batch { records: vec![keyed(1, "INCIDENT#INC-1", webhook)] };
    let answer = dispatch_webhook::handle(&desk, &keys, &poster, batch).await;
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!(receivers.taken_by("crm.example"), []);
    let item = client.get_item().table_name(dynamodb.table);
    let item = item.key("pk", text("INCIDENT#INC-1")).key("sk", text(webhook)).send().await;
    let item = item.unwrap().item.unwrap();
    assert!(!item.contains_key("due_at"));
    item["status"].as_s().unwrap().clone()
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_is_parked() {
    assert_eq!(status_when_broken("WEBHOOK#0000000001#000", "webhook").await, "parked");
}

#[tokio::test]
async fn a_webhook_of_which_an_entry_cannot_be_read_is_parked() {
    assert_eq!(status_when_broken("ENTRY#0000000001#000", "entry").await, "parked");
}
