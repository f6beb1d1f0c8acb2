//! One change, one `TransactWriteItems`.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use jiff::Timestamp;

use super::failure::Places;
use super::items::{self, Item, millis, number, string};
use super::schema::{known_and, newest};
use super::{DynamoDbStore, accounts, failure, figures, keys, mails, outbox};
use crate::store::{AnsweredRequest, Commit, Committed, Limit, ParkedEmail, StoreError};

const IS_NEW: &str = "attribute_not_exists(pk)";

pub(super) async fn commit(
    store: &DynamoDbStore,
    commit: Commit<'_>,
) -> Result<Committed, StoreError> {
    let Commit { change, answered, parked, limits, mails: of_mails } = commit;
    let mut writes = Vec::new();
    if change.is_empty() {
        writes.push(still_at_version(store, change)?);
    } else {
        writes.push(incident(store, change)?);
        for entry in &change.entries {
            writes.push(put_new(store, items::entry(entry)?)?);
        }
        for email in &change.emails {
            writes.push(put_new(store, items::email(email)?)?);
        }
        for webhook in &change.webhooks {
            writes.push(put_new(store, items::webhook(webhook)?)?);
        }
        if let Some(account) = &change.account {
            writes.push(put(accounts::put(store, account)?.build())?);
        }
        if let Some(remembered) = &change.remembered {
            writes.push(accounts::remember(store, remembered)?);
        }
        if let Some(forgotten) = &change.forgotten {
            writes.push(accounts::forget(store, forgotten)?);
        }
        if let Some(tally) = &change.tally {
            writes.push(figures::count(store, &change.incident, tally)?);
        }
    }
    let mut places = Places::default();
    if let Some(parked) = &parked {
        places.email = Some(writes.len());
        writes.push(park(store, parked)?);
    }
    if let Some(answered) = &answered {
        places.request = Some(writes.len());
        writes.push(remember(store, answered)?);
    }
    mails::write(store, &of_mails, &mut writes, &mut places)?;
    count_all(store, limits, &mut writes, &mut places)?;
    transact(store, writes, places).await
}

/// Writes all of it or nothing.
pub(super) async fn transact(
    store: &DynamoDbStore,
    writes: Vec<TransactWriteItem>,
    places: Places,
) -> Result<Committed, StoreError> {
    let sent = store.client.transact_write_items().set_transact_items(Some(writes)).send().await;
    match sent {
        Ok(_) => Ok(Committed::Done),
        Err(error) => failure::transaction(error, places),
    }
}

/// That all these are done once more.
pub(super) fn count_all(
    store: &DynamoDbStore,
    limits: Vec<Limit>,
    writes: &mut Vec<TransactWriteItem>,
    places: &mut Places,
) -> Result<(), StoreError> {
    for limit in limits {
        writes.push(match limit.done_at {
            Some(done_at) => space(store, &limit, done_at),
            None => count(store, &limit),
        }?);
        places.counted.push((writes.len() - 1, limit));
    }
    Ok(())
}

pub(super) fn built<T>(part: Result<T, BuildError>) -> Result<T, StoreError> {
    part.map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(super) fn put(put: Result<Put, BuildError>) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().put(built(put)?).build())
}

pub(super) fn put_new(store: &DynamoDbStore, item: Item) -> Result<TransactWriteItem, StoreError> {
    let new = Put::builder().table_name(&store.table).set_item(Some(item));
    put(new.condition_expression(IS_NEW).build())
}

/// The incident, if it is still at the version that the change was decided on.
fn incident(
    store: &DynamoDbStore,
    change: &crate::incident::Change,
) -> Result<TransactWriteItem, StoreError> {
    let item = items::incident(&change.incident)?;
    put(put_after(store, item, change.incident.version).build())
}

/// Puts this version of an item, if the one before it is what is there: for the first, nothing.
pub(super) fn put_after(store: &DynamoDbStore, item: Item, version: u64) -> PutBuilder {
    let put = Put::builder().table_name(&store.table).set_item(Some(item));
    match version {
        1 => put.condition_expression(IS_NEW),
        version => put
            .condition_expression("#version = :decided_on")
            .expression_attribute_names("#version", items::VERSION)
            .expression_attribute_values(":decided_on", number(version - 1)),
    }
}

/// Nothing to write but an answer, which is true only of the version that it was decided on.
fn still_at_version(
    store: &DynamoDbStore,
    change: &crate::incident::Change,
) -> Result<TransactWriteItem, StoreError> {
    let check = ConditionCheck::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::incident_pk(&change.incident.number)))
        .key(keys::SK, string(keys::INCIDENT))
        .condition_expression("#version = :decided_on")
        .expression_attribute_names("#version", items::VERSION)
        .expression_attribute_values(":decided_on", number(change.incident.version));
    Ok(TransactWriteItem::builder().condition_check(built(check.build())?).build())
}

/// The answer, unless one that has not expired is there; TTL deletes late.
pub(super) fn remember(
    store: &DynamoDbStore,
    answered: &AnsweredRequest,
) -> Result<TransactWriteItem, StoreError> {
    let new = Put::builder()
        .table_name(&store.table)
        .set_item(Some(items::answered(answered)))
        .condition_expression("attribute_not_exists(pk) OR #expires_at <= :answered_at")
        .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
        .expression_attribute_values(":answered_at", number(answered.answered_at.as_second()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    put(new.build())
}

/// One more in a window that has room. Each window has an item of its own, forgotten by TTL once
/// the window is over; that DynamoDB is late at it does no harm.
fn count(store: &DynamoDbStore, limit: &Limit) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::limit_pk(limit)))
        .key(keys::SK, string(keys::LIMIT))
        .condition_expression("attribute_not_exists(done) OR done < :most")
        .update_expression(
            "SET #item = :item, v = if_not_exists(v, :v), #expires_at = :until ADD done :one",
        )
        .expression_attribute_values(":v", newest())
        .expression_attribute_names("#item", keys::ITEM)
        .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
        .expression_attribute_values(":item", string(keys::LIMIT))
        .expression_attribute_values(":until", number(limit.until.as_second()))
        .expression_attribute_values(":most", number(limit.count))
        .expression_attribute_values(":one", number(1));
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}

/// Done now, if it was not done too short a time ago.
fn space(
    store: &DynamoDbStore,
    limit: &Limit,
    done_at: Timestamp,
) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::limit_pk(limit)))
        .key(keys::SK, string(keys::LIMIT))
        .condition_expression("attribute_not_exists(done_at) OR done_at <= :since")
        .update_expression(
            "SET #item = :item, v = if_not_exists(v, :v), #expires_at = :until, done_at = :now",
        )
        .expression_attribute_values(":v", newest())
        .expression_attribute_names("#item", keys::ITEM)
        .expression_attribute_names("#expires_at", keys::EXPIRES_AT)
        .expression_attribute_values(":item", string(keys::LIMIT))
        .expression_attribute_values(":until", number(limit.until.as_second()))
        .expression_attribute_values(":since", millis(limit.since))
        .expression_attribute_values(":now", millis(done_at));
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}

fn park(store: &DynamoDbStore, parked: &ParkedEmail) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(&store.table)
        .set_key(Some(items::outbox_key(&parked.id().clone().into()).into()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let given_up = |error: &str| {
        update
            .clone()
            .update_expression(outbox::PARK)
            .expression_attribute_names("#status", items::STATUS)
            .expression_attribute_names("#error", items::ERROR)
            .expression_attribute_values(":parked", string("parked"))
            .expression_attribute_values(":error", string(error))
            .expression_attribute_values(":v", newest())
    };
    let update = match parked {
        ParkedEmail::Unsendable { claim_id, error, .. } => given_up(error)
            .condition_expression(known_and("#status = :sending AND claim_id = :claim_id"))
            .expression_attribute_values(":sending", string("sending"))
            .expression_attribute_values(":claim_id", string(claim_id)),
        ParkedEmail::Unreadable { error, .. } => {
            let condition = known_and("attribute_exists(pk) AND #status <> :parked");
            given_up(error).condition_expression(condition)
        }
        ParkedEmail::Undelivered(learned) => {
            let learn = outbox::learn_update(learned);
            update
                .condition_expression(learn.condition)
                .update_expression(learn.update)
                .set_expression_attribute_names(Some(learn.names))
                .set_expression_attribute_values(Some(learn.values))
        }
    };
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}
