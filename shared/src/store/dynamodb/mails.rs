//! Mails that came in: what became of each, and those that wait for people.

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;

use super::commit::{self, built, count_all, put, put_after, put_new, remember, transact};
use super::failure::{Places, unavailable};
use super::items::{self, millis, number, string};
use super::schema::{KNOWN, newest};
use super::{DynamoDbStore, keys};
use crate::email::{OutboxEmail, Thread};
use crate::inbound::{MailId, MailRecord};
use crate::store::{AnsweredRequest, Committed, HeldPage, Limit, MailWrite, StoreError, Watch};

/// What becomes of mails, as part of a transaction.
pub(super) fn write(
    store: &DynamoDbStore,
    mails: &[MailWrite],
    writes: &mut Vec<TransactWriteItem>,
    places: &mut Places,
) -> Result<(), StoreError> {
    for MailWrite { record, left } in mails {
        places.mails.push(writes.len());
        writes.push(put(put_after(store, items::mail(record)?, record.version).build())?);
        if let Some(left) = left.filter(|left| Some(*left) != record.tell_at) {
            writes.push(leave(store, left, &record.id)?);
        }
        if let (Some(tell_at), Some(held)) = (record.tell_at, record.held()) {
            let item = items::held(tell_at, &held)?;
            let place = aws_sdk_dynamodb::types::Put::builder();
            writes.push(put(place.table_name(&store.table).set_item(Some(item)).build())?);
            writes.push(wake(store, record.decided_at)?);
        }
    }
    Ok(())
}

fn leave(
    store: &DynamoDbStore,
    tell_at: Timestamp,
    id: &MailId,
) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::QUARANTINE_PK))
        .key(keys::SK, string(keys::held_sk(tell_at, id)))
        .condition_expression(KNOWN)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .expression_attribute_values(":v", newest());
    Ok(TransactWriteItem::builder().delete(built(delete.build())?).build())
}

/// Has the desk look at the quarantine at once, and decide then when people are told. An instant that
/// lies ahead would not do: each mail of a flood would move it on, and nobody would be told until the
/// flood is over. What they are told at this very moment is decided anew, for the version moves on.
fn wake(store: &DynamoDbStore, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::QUARANTINE_PK))
        .key(keys::SK, string(keys::WATCH))
        .condition_expression(KNOWN)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .update_expression(
            "SET #item = :item, v = if_not_exists(v, :v), due_shard = :shard, due_at = :now \
             ADD #version :one",
        )
        .expression_attribute_values(":v", newest())
        .expression_attribute_names("#item", keys::ITEM)
        .expression_attribute_names("#version", items::VERSION)
        .expression_attribute_values(":item", string(keys::WATCH))
        .expression_attribute_values(":shard", shard())
        .expression_attribute_values(":now", millis(now))
        .expression_attribute_values(":one", number(1));
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}

fn shard() -> AttributeValue {
    string(keys::shard_of_thread(&Thread::Quarantine).to_string())
}

pub(super) async fn keep(
    store: &DynamoDbStore,
    mails: &[MailWrite],
    emails: &[OutboxEmail],
    limits: &[Limit],
    answered: Option<&AnsweredRequest>,
) -> Result<Committed, StoreError> {
    let (mut writes, mut places) = (Vec::new(), Places::default());
    if let Some(answered) = answered {
        places.request = Some(writes.len());
        writes.push(remember(store, answered)?);
    }
    write(store, mails, &mut writes, &mut places)?;
    for email in emails {
        writes.push(put_new(store, items::email(email)?)?);
    }
    count_all(store, limits.to_vec(), &mut writes, &mut places)?;
    transact(store, writes, places).await
}

pub(super) async fn load(
    store: &DynamoDbStore,
    id: &MailId,
) -> Result<Option<MailRecord>, StoreError> {
    let found = store
        .client
        .get_item()
        .table_name(&store.table)
        .key(keys::PK, string(keys::mail_pk(id)))
        .key(keys::SK, string(keys::MAIL))
        .consistent_read(true)
        .send()
        .await
        .map_err(unavailable)?;
    found.item().map(items::read_mail).transpose()
}

pub(super) async fn held(
    store: &DynamoDbStore,
    behind: Option<&(Timestamp, MailId)>,
    limit: usize,
) -> Result<HeldPage, StoreError> {
    // Behind a place is what sorts after it; a blank sorts before whatever an id may have.
    let from = match behind {
        Some((tell_at, id)) => format!("{} ", keys::held_sk(*tell_at, id)),
        None => format!("{}#", keys::HELD),
    };
    let mut pages = store
        .client
        .query()
        .table_name(&store.table)
        .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
        .expression_attribute_values(":pk", string(keys::QUARANTINE_PK))
        .expression_attribute_values(":from", string(from))
        .expression_attribute_values(":to", string(format!("{}#~", keys::HELD)))
        .consistent_read(true)
        .into_paginator()
        .page_size(i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX))
        .items()
        .send();
    let mut mails = Vec::new();
    while mails.len() <= limit
        && let Some(item) = pages.next().await
    {
        mails.push(items::read_held(&item.map_err(unavailable)?)?);
    }
    let more = mails.len() > limit;
    mails.truncate(limit);
    let next = mails.last().filter(|_| more).map(|(tell_at, held)| (*tell_at, held.id.clone()));
    Ok(HeldPage { mails, next })
}

pub(super) async fn load_watch(store: &DynamoDbStore) -> Result<Watch, StoreError> {
    let found = store
        .client
        .get_item()
        .table_name(&store.table)
        .key(keys::PK, string(keys::QUARANTINE_PK))
        .key(keys::SK, string(keys::WATCH))
        .consistent_read(true)
        .send()
        .await
        .map_err(unavailable)?;
    Ok(found.item().map(items::read_watch).transpose()?.unwrap_or_default())
}

pub(super) async fn put_watch(
    store: &DynamoDbStore,
    watch: &Watch,
    emails: &[OutboxEmail],
) -> Result<(), StoreError> {
    let watched = put_after(store, items::watch(watch), watch.version).build();
    let mut writes = vec![commit::put(watched)?];
    for email in emails {
        writes.push(put_new(store, items::email(email)?)?);
    }
    transact(store, writes, Places::default()).await.map(drop)
}
