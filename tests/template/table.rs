//! What the store's contract cannot show of the table: it runs for a second, and items expire after a
//! day.

use desk_tests::dynamodb::TestDynamoDb;
use escalation_desk::table;
use escalation_desk::template::Template;
use shared::store::dynamodb::keys;

#[test]
fn items_expire_by_the_attribute_that_the_store_writes() {
    let table = Template::shipped().unwrap().table().unwrap();
    let expiry = table.time_to_live_specification;
    assert_eq!((expiry.attribute_name.as_str(), expiry.enabled), (keys::EXPIRES_AT, true));
}

/// Who keeps data on one machine across a change of the template is told, and loses nothing.
#[tokio::test]
async fn a_table_that_is_there_is_used_when_it_is_the_templates() {
    let dynamodb = TestDynamoDb::start().await;
    let client = dynamodb.aws.dynamodb();
    let shipped = include_str!("../../infra/template.yaml");
    for (from, to, fits) in [
        ("Table:", "Table:", true),
        ("IndexName: due", "IndexName: later", false),
        ("{ AttributeName: sk,", "{ AttributeName: sort,", false),
        (
            "{ AttributeName: due_at, KeyType: RANGE }",
            "{ AttributeName: sk, KeyType: RANGE }",
            false,
        ),
    ] {
        let template = Template::read(&shipped.replace(from, to)).unwrap();
        let ensured = table::ensure(&client, &template).await;
        assert_eq!(ensured.is_ok(), fits, "{to}: {ensured:?}");
    }
}
