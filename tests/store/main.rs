//! The store: one contract for every implementation, and what DynamoDB alone has to show.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod accounts;
mod changed;
mod conditions;
mod contract;
mod costs;
mod due;
mod emails;
mod figures;
mod log;
mod mails;
mod meanwhile;
mod newer;
mod request_counts;
mod stored;
mod ties;
mod webhooks;

use conditions::OnDynamoDb;
use desk_tests::dynamodb::TestDynamoDb;
use escalation_desk::table::TABLE;
use shared::store::dynamodb::DynamoDbStore;
use shared::store::memory::MemoryStore;

/// Each clause of the contract, for each store.
macro_rules! contract {
    ($($module:ident { $($clause:ident),+ $(,)? })+) => {
        mod memory {
            $($(
                #[tokio::test]
                async fn $clause() {
                    crate::$module::$clause(super::MemoryStore::default()).await;
                }
            )+)+
        }
        mod dynamodb {
            $($(
                #[tokio::test]
                async fn $clause() {
                    let dynamodb = super::TestDynamoDb::start().await;
                    let client = dynamodb.aws.dynamodb();
                    crate::$module::$clause(super::DynamoDbStore::new(client, dynamodb.table)).await;
                }
            )+)+
        }
        /// The contract on DynamoDB.
        const CONTRACT: &[(&str, OnDynamoDb)] = &[$($(
            (stringify!($clause), |client, _| {
                Box::pin($module::$clause(DynamoDbStore::new(client, TABLE)))
            }),
        )+)+];
    };
}

contract! {
    contract {
        what_is_committed_is_loaded,
        a_change_is_committed_once_on_its_version,
        a_lost_condition_writes_nothing,
        an_answer_is_remembered_until_it_expires,
        what_is_over_the_limit_is_not_written,
        what_was_not_written_does_not_count,
        an_empty_change_writes_only_the_answer,
        what_is_there_already_is_not_written_over,
        the_story_is_told_in_order,
    }
    due {
        only_open_incidents_and_unsent_emails_are_due,
        due_items_come_in_order_and_in_pages,
        open_incidents_are_listed_by_what_is_due_next_in_pages,
        incidents_of_one_shard_are_listed_in_pages,
        incidents_that_are_due_at_the_same_instant_are_listed_in_pages,
        behind_each_place_of_what_is_due_is_the_rest,
        what_is_due_is_in_the_shard_of_its_thread,
    }
    emails {
        an_email_is_claimed_once,
        a_settled_email_is_sent_and_due_no_more,
        a_retry_is_due_again_and_counts_what_may_have_been_sent,
        a_claim_that_was_lost_settles_nothing,
        a_stuck_email_is_pending_again,
        a_lease_that_ran_out_may_have_sent,
        an_email_that_calls_for_action_can_be_cancelled,
        a_parked_email_is_parked_with_the_change_that_tells_others,
        an_email_is_loaded_as_it_is,
        what_ses_says_is_learned_once_and_is_the_record,
        facts_of_different_kinds_do_not_meet,
        what_is_learned_is_recorded_only_of_the_email_as_it_was,
        an_email_that_ses_tells_of_is_sent_and_nobodys_claim,
        an_email_that_reached_nobody_is_parked_once_with_the_change_that_tells_others,
    }
    webhooks {
        webhooks_are_committed_pending_and_told_in_the_story,
        a_webhook_is_claimed_once_and_settled_under_its_claim,
        a_webhook_that_failed_is_handed_out_again_when_it_is_due,
        a_webhook_that_is_given_up_on_is_parked_and_due_no_more,
        the_entries_of_a_version_are_those_of_no_other,
    }
    figures {
        figures_are_the_sums_of_the_days_asked_for,
        figures_count_every_change_however_many,
        only_what_is_committed_counts_and_once,
    }
    mails {
        what_becomes_of_a_mail_is_kept_once_and_then_version_by_version,
        of_several_mails_all_are_kept_or_none,
        a_mail_that_waits_has_one_place_until_it_is_decided_on,
        mails_that_wait_are_listed_in_order_and_in_pages,
        each_mail_that_is_held_has_the_desk_look_at_once,
        what_people_are_told_is_written_only_on_what_was_looked_at,
        a_mail_is_kept_with_what_is_said_of_it_and_the_answer_or_not_at_all,
        a_mail_is_decided_on_with_the_change_that_it_makes_or_not_at_all,
        what_is_spaced_out_is_done_again_only_after_its_time,
        what_is_marked_is_done_whatever_was_before_and_begins_the_time_anew,
        of_several_limits_each_counts_and_none_when_one_is_reached,
        a_mail_that_was_handled_counts_against_no_limit,
        emails_about_mail_are_no_part_of_an_incidents_story,
    }
    accounts {
        an_account_is_written_on_the_version_before,
        a_domain_is_one_accounts,
        all_domains_of_an_account_can_be_exchanged_at_once,
        an_account_remembers_its_incidents_latest_first,
        what_gives_reason_to_look_is_due_until_the_desk_has_looked,
        an_account_forgets_an_incident_that_is_another_ones,
        an_account_changes_with_the_incident_or_not_at_all,
    }
}

/// What DynamoDB alone has to show: each with a client for the store, and one for what is done beside it.
macro_rules! dynamodb_alone {
    ($($module:ident { $($clause:ident),+ $(,)? })+) => {
        mod alone {
            $($(
                #[tokio::test]
                async fn $clause() {
                    let dynamodb = super::TestDynamoDb::start().await;
                    let client = dynamodb.aws.dynamodb();
                    crate::$module::$clause(client.clone(), client).await;
                }
            )+)+
        }
        const ALONE: &[(&str, OnDynamoDb)] = &[$($(
            (stringify!($clause), |asking, client| Box::pin($module::$clause(asking, client))),
        )+)+];
    };
}

dynamodb_alone! {
    newer {
        a_newer_desks_email_is_not_claimed_settled_or_handed_out_again,
        a_newer_desks_email_is_not_cancelled_and_nothing_is_learned_of_it,
        a_newer_desks_email_is_not_parked,
        a_newer_desks_webhook_is_not_claimed_settled_or_handed_out_again,
        what_a_newer_desk_remembers_of_an_account_stays,
        a_newer_desks_domain_stays_whose_it_is,
        a_newer_desks_quarantine_is_left_alone,
        kinds_of_a_newer_desk_are_no_incidents_of_an_account,
    }
    meanwhile {
        a_domain_that_somebody_takes_meanwhile_stays_theirs,
        what_is_no_longer_being_sent_meanwhile_was_not_sent_in_doubt,
        a_claim_holds_only_of_what_is_being_sent,
    }
    ties {
        pages_of_one_instant_are_whole_in_any_order,
    }
}
