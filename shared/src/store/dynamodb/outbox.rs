//! The outbox: claims, leases and what became of an attempt, each one conditional update.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::items::{self, Item, millis, number, string};
use super::schema::{known_and, newest};
use super::{DynamoDbStore, failure};
use crate::email::EmailId;
use crate::outbox::{DeliveryStatus, EmailItem, Learned, OutboxId, Settlement};
use crate::store::{Requeued, StoreError};

/// Gives up: the same for a webhook that is settled so and an e-mail that a change parks.
pub(super) const PARK: &str =
    "SET #status = :parked, #error = :error REMOVE due_shard, due_at, claim_id";

/// An update under a condition, which is to want what is there to be [known](known_and).
fn update(store: &DynamoDbStore, id: &OutboxId) -> UpdateItemFluentBuilder {
    store
        .client
        .update_item()
        .table_name(&store.table)
        .set_key(Some(items::outbox_key(id).into()))
        .expression_attribute_names("#status", items::STATUS)
        .expression_attribute_values(":v", newest())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

/// The item as it is under the claim; `None` when it was not pending.
pub(super) async fn claim(
    store: &DynamoDbStore,
    id: &OutboxId,
    claim_id: &str,
    lease_until: Timestamp,
) -> Result<Option<Item>, StoreError> {
    let outcome = update(store, id)
        .condition_expression(known_and("#status = :pending"))
        .update_expression(
            "SET #status = :sending, claim_id = :claim_id, due_at = :lease_until \
             ADD attempts :one",
        )
        .expression_attribute_values(":pending", string("pending"))
        .expression_attribute_values(":sending", string("sending"))
        .expression_attribute_values(":claim_id", string(claim_id))
        .expression_attribute_values(":lease_until", millis(lease_until))
        .expression_attribute_values(":one", number(1))
        .return_values(ReturnValue::AllNew)
        .send()
        .await;
    match failure::conditional(outcome)? {
        Ok(output) => Ok(output.attributes),
        // Our own claim is ours: the SDK asks again when an answer was lost on its way. It is one attempt.
        Err(refused) => Ok(refused.filter(|item| is_claimed_by(item, claim_id))),
    }
}

fn is_claimed_by(item: &Item, claim_id: &str) -> bool {
    let says = |name: &str, what: &str| items::text(item, name).as_deref() == Some(what);
    says(items::STATUS, "sending") && says("claim_id", claim_id)
}

pub(super) async fn load_email(
    store: &DynamoDbStore,
    id: &EmailId,
) -> Result<Option<EmailItem>, StoreError> {
    let found = store
        .client
        .get_item()
        .table_name(&store.table)
        .set_key(Some(items::outbox_key(&id.clone().into()).into()))
        .consistent_read(true)
        .send()
        .await
        .map_err(failure::unavailable)?;
    found.item().map(items::read_email).transpose()
}

/// What was learned of an e-mail as a conditional update, alone or in a transaction.
pub(super) struct LearnUpdate {
    pub condition: String,
    pub update: String,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

/// Each fact only if that of its kind is as it was; the rest of the item only as far as the parking
/// goes, which somebody else may have done.
pub(super) fn learn_update(learned: &Learned) -> LearnUpdate {
    let mut names = HashMap::from([("#status".to_owned(), items::STATUS.to_owned())]);
    let mut values =
        HashMap::from([(":parked".to_owned(), string("parked")), (":v".to_owned(), newest())]);
    let as_it_was = if learned.was_parked {
        "#status = :parked"
    } else {
        "attribute_exists(pk) AND #status <> :parked"
    };
    let mut conditions = vec![as_it_was.to_owned()];
    let mut set = Vec::new();
    for (n, news) in learned.news.iter().enumerate() {
        names.insert(format!("#f{n}"), items::fact_name(news.kind));
        values.insert(format!(":f{n}"), items::fact(&news.now));
        set.push(format!("#f{n} = :f{n}"));
        if let Some(before) = &news.before {
            values.insert(format!(":b{n}"), items::fact(before));
            conditions.push(format!("#f{n} = :b{n}"));
        } else {
            conditions.push(format!("attribute_not_exists(#f{n})"));
        }
    }
    let mut remove = "";
    if !learned.was_parked {
        set.push("#status = :status".to_owned());
        let status = if learned.parked_because.is_some() { "parked" } else { "sent" };
        values.insert(":status".to_owned(), string(status));
        names.insert("#error".to_owned(), items::ERROR.to_owned());
        remove = " REMOVE due_shard, due_at, claim_id, #error";
    }
    let update = format!("SET {}{remove}", set.join(", "));
    LearnUpdate { condition: known_and(&conditions.join(" AND ")), update, names, values }
}

pub(super) async fn learn(store: &DynamoDbStore, learned: &Learned) -> Result<(), StoreError> {
    let LearnUpdate { condition, update, names, values } = learn_update(learned);
    let outcome = store
        .client
        .update_item()
        .table_name(&store.table)
        .set_key(Some(items::outbox_key(&learned.id.clone().into()).into()))
        .condition_expression(condition)
        .update_expression(update)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match failure::conditional(outcome)? {
        Ok(_) => Ok(()),
        Err(_) => Err(StoreError::Conflict),
    }
}

pub(super) async fn settle(
    store: &DynamoDbStore,
    id: &OutboxId,
    claim_id: &str,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    let update = update(store, id)
        .condition_expression(known_and("#status = :sending AND claim_id = :claim_id"))
        .expression_attribute_values(":sending", string("sending"))
        .expression_attribute_values(":claim_id", string(claim_id));
    let update = match settlement {
        Settlement::Sent { ses_message_id, sent_at } => {
            let update = update
                .update_expression(sent(ses_message_id.is_some()))
                .expression_attribute_names("#error", items::ERROR)
                .expression_attribute_values(":sent", string("sent"))
                .expression_attribute_values(":sent_at", millis(*sent_at));
            match ses_message_id {
                Some(id) => update.expression_attribute_values(":ses_message_id", string(id)),
                None => update,
            }
        }
        Settlement::Parked { error } => update
            .update_expression(PARK)
            .expression_attribute_names("#error", items::ERROR)
            .expression_attribute_values(":parked", string("parked"))
            .expression_attribute_values(":error", string(error)),
        Settlement::Retry { due_at, ambiguous, error } => update
            .update_expression(
                "SET #status = :retrying, due_at = :due_at, #error = :error \
                 ADD ambiguous :ambiguous REMOVE claim_id",
            )
            .expression_attribute_names("#error", items::ERROR)
            .expression_attribute_values(":retrying", string("retrying"))
            .expression_attribute_values(":due_at", millis(*due_at))
            .expression_attribute_values(":error", string(error))
            .expression_attribute_values(":ambiguous", number(u8::from(*ambiguous))),
    };
    match failure::conditional(update.send().await)? {
        Ok(_) => Ok(()),
        Err(_) => Err(StoreError::Conflict),
    }
}

/// Only what SES took has an id.
fn sent(with_id: bool) -> &'static str {
    if with_id {
        "SET #status = :sent, sent_at = :sent_at, ses_message_id = :ses_message_id \
         REMOVE due_shard, due_at, claim_id, #error"
    } else {
        "SET #status = :sent, sent_at = :sent_at REMOVE due_shard, due_at, claim_id, #error"
    }
}

pub(super) async fn requeue(
    store: &DynamoDbStore,
    id: &OutboxId,
    due_at: Timestamp,
    pending_until: Timestamp,
) -> Result<Option<Requeued>, StoreError> {
    // Nearly always nobody was sending it. If somebody was, that attempt may have succeeded, and
    // the refused condition says so.
    match requeue_as(store, id, due_at, pending_until, false).await? {
        Ok(requeued) => Ok(Some(requeued)),
        Err(Some(DeliveryStatus::Sending)) => {
            Ok(requeue_as(store, id, due_at, pending_until, true).await?.ok())
        }
        Err(_) => Ok(None),
    }
}

async fn requeue_as(
    store: &DynamoDbStore,
    id: &OutboxId,
    due_at: Timestamp,
    pending_until: Timestamp,
    was_sending: bool,
) -> Result<Result<Requeued, Option<DeliveryStatus>>, StoreError> {
    let condition = if was_sending {
        "due_at = :due_at AND #status = :sending"
    } else {
        "due_at = :due_at AND #status <> :sending"
    };
    let outcome = update(store, id)
        .condition_expression(known_and(condition))
        .update_expression(
            "SET #status = :pending, due_at = :pending_until ADD ambiguous :ambiguous \
             REMOVE claim_id",
        )
        .expression_attribute_values(":due_at", millis(due_at))
        .expression_attribute_values(":sending", string("sending"))
        .expression_attribute_values(":pending", string("pending"))
        .expression_attribute_values(":pending_until", millis(pending_until))
        .expression_attribute_values(":ambiguous", number(u8::from(was_sending)))
        .return_values(ReturnValue::AllNew)
        .send()
        .await;
    Ok(match failure::conditional(outcome)? {
        Ok(output) => {
            let created_at = output.attributes().and_then(items::created_at);
            Ok(Requeued { created_at })
        }
        Err(found) => Err(found.and_then(|item| items::from_value(item.get(items::STATUS)?).ok())),
    })
}

pub(super) async fn cancel(
    store: &DynamoDbStore,
    id: &EmailId,
    due_at: Timestamp,
) -> Result<bool, StoreError> {
    let outcome = update(store, &id.clone().into())
        .condition_expression(known_and("due_at = :due_at AND attribute_exists(#calls_for_action)"))
        .update_expression("SET #status = :cancelled REMOVE due_shard, due_at, claim_id")
        .expression_attribute_names("#calls_for_action", items::CALLS_FOR_ACTION)
        .expression_attribute_values(":due_at", millis(due_at))
        .expression_attribute_values(":cancelled", string("cancelled"))
        .send()
        .await;
    Ok(failure::conditional(outcome)?.is_ok())
}
