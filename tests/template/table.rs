//! What the store's contract cannot show of the table: it runs for a second, and items expire after a
//! day.

use escalation_desk::template::Template;
use shared::store::dynamodb::keys;

#[test]
fn items_expire_by_the_attribute_that_the_store_writes() {
    let table = Template::shipped().unwrap().table().unwrap();
    let expiry = table.time_to_live_specification;
    assert_eq!((expiry.attribute_name.as_str(), expiry.enabled), (keys::EXPIRES_AT, true));
}
