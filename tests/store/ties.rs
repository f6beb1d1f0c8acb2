//! The index has what is due at the same instant in no order that anybody promises. The embedded DynamoDB
//! has it in that of the keys, so here it is had the other way round.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryInput;
use shared::store::dynamodb::keys;

use crate::changed::changed;
use crate::due;

/// The index is asked from its end: where all is due at one instant, that is only another order of it.
pub async fn pages_of_one_instant_are_whole_in_any_order(asking: Client, _: Client) {
    let store = changed(&asking, |input| {
        if let Some(query) = input.downcast_mut::<QueryInput>()
            && query.index_name() == Some(keys::DUE_INDEX)
        {
            query.scan_index_forward = Some(false);
        }
    });
    due::incidents_that_are_due_at_the_same_instant_are_listed_in_pages(store).await;
}
