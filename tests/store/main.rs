//! The store: one contract for every implementation, and what DynamoDB alone has to show.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod contract;
mod request_counts;

use desk_tests::dynamodb::TestDynamoDb;
use shared::store::dynamodb::DynamoDbStore;
use shared::store::memory::MemoryStore;

/// Each clause of the contract, for each store.
macro_rules! contract {
    ($($clause:ident),+ $(,)?) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $clause() {
                    crate::contract::$clause(super::MemoryStore::default()).await;
                }
            )+
        }
        mod dynamodb {
            $(
                #[tokio::test]
                async fn $clause() {
                    let dynamodb = super::TestDynamoDb::start().await;
                    let client = dynamodb.aws.dynamodb();
                    crate::contract::$clause(super::DynamoDbStore::new(client, dynamodb.table)).await;
                }
            )+
        }
    };
}

contract!(
    what_is_committed_is_loaded,
    a_change_is_committed_once_on_its_version,
    a_lost_condition_writes_nothing,
    an_answer_is_remembered_until_it_expires,
    an_empty_change_writes_only_the_answer,
    only_open_incidents_and_unsent_emails_are_due,
    due_items_come_in_order_and_in_pages,
    an_email_is_claimed_once,
    a_settled_email_is_sent_and_due_no_more,
    a_retry_is_due_again_and_counts_what_may_have_been_sent,
    a_claim_that_was_lost_settles_nothing,
    a_stuck_email_is_pending_again,
    a_lease_that_ran_out_may_have_sent,
    an_email_that_calls_for_action_can_be_cancelled,
    a_parked_email_is_parked_with_the_change_that_tells_others,
    open_incidents_are_listed_by_what_is_due_next_in_pages,
    the_story_is_told_in_order,
    webhooks_are_committed_pending_and_told_in_the_story,
    a_webhook_is_claimed_once_and_settled_under_its_claim,
    a_webhook_that_failed_is_handed_out_again_when_it_is_due,
    a_webhook_that_is_given_up_on_is_parked_and_due_no_more,
    the_entries_of_a_version_are_those_of_no_other,
);
