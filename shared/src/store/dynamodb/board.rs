//! What is due, from the sparse index: a page for the sweep, and the board of open incidents.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::items::{self, Item, millis, string};
use super::{DynamoDbStore, failure::unavailable, keys};
use crate::incident::Incident;
use crate::incident::values::IncidentNumber;
use crate::store::{
    Board, BoardPosition, DUE_SHARDS, DueItem, DuePage, DuePosition, DueTarget, StoreError,
};

const BATCH_ROUNDS: usize = 5;

pub(super) async fn due(
    store: &DynamoDbStore,
    shard: u8,
    until: Timestamp,
    after: Option<&DuePosition>,
) -> Result<DuePage, StoreError> {
    let page = store
        .client
        .query()
        .table_name(&store.table)
        .index_name(keys::DUE_INDEX)
        .key_condition_expression("due_shard = :shard AND due_at <= :until")
        .expression_attribute_values(":shard", string(shard.to_string()))
        .expression_attribute_values(":until", millis(until))
        .set_exclusive_start_key(after.map(|after| position_key(shard, after)))
        .send()
        .await
        .map_err(unavailable)?;
    let next = page.last_evaluated_key().map(position).transpose()?;
    let items = page.items().iter().map(|item| {
        position(item).map(|DuePosition { due_at, target }| DueItem { due_at, target })
    });
    Ok(DuePage { items: items.collect::<Result<_, _>>()?, next })
}

fn position(item: &Item) -> Result<DuePosition, StoreError> {
    let read = || {
        let (pk, sk) = (items::text(item, keys::PK)?, items::text(item, keys::SK)?);
        let due_at = item.get(keys::DUE_AT)?.as_n().ok()?.parse().ok()?;
        let due_at = Timestamp::from_millisecond(due_at).ok()?;
        Some(DuePosition { due_at, target: keys::due_target(pk, sk) })
    };
    read().ok_or_else(|| StoreError::Corrupt("the due index has an entry without keys".to_owned()))
}

fn position_key(shard: u8, position: &DuePosition) -> Item {
    let (pk, sk) = match &position.target {
        DueTarget::Incident(number) => (keys::incident_pk(number), keys::INCIDENT.to_owned()),
        DueTarget::Email(id) => (keys::thread_pk(&id.thread), keys::email_sk(id)),
        DueTarget::Recurrence(id) => (keys::account_pk(&id.account), keys::remembered_sk(id)),
        DueTarget::Webhook(id) => (keys::incident_pk(&id.number), keys::webhook_sk(id)),
        DueTarget::Quarantine => (keys::QUARANTINE_PK.to_owned(), keys::WATCH.to_owned()),
        DueTarget::Foreign { pk, sk } => (pk.clone(), sk.clone()),
    };
    [
        (keys::PK.to_owned(), string(pk)),
        (keys::SK.to_owned(), string(sk)),
        (keys::DUE_SHARD.to_owned(), string(shard.to_string())),
        (keys::DUE_AT.to_owned(), millis(position.due_at)),
    ]
    .into()
}

/// Merges the shards: each gives its first `limit + 1` behind `after`, and of these the first
/// `limit` are the page.
pub(super) async fn open_incidents(
    store: &DynamoDbStore,
    after: Option<&BoardPosition>,
    limit: usize,
) -> Result<Board, StoreError> {
    let shards = (0..DUE_SHARDS).map(|shard| first_of_shard(store, shard, after, limit + 1));
    let mut positions: Vec<_> = try_join_all(shards).await?.into_iter().flatten().collect();
    positions.sort();
    let next = (positions.len() > limit).then(|| positions[limit - 1].clone());
    positions.truncate(limit);
    let Loaded { mut incidents, unreadable } = load_all(store, &positions).await?;
    // The index may lag behind; the order is that of the page, the content that of the items.
    let place = |incident: &Incident| positions.iter().position(|at| at.number == incident.number);
    incidents.sort_by_key(place);
    incidents.retain(Incident::is_open);
    Ok(Board { incidents, unreadable, next })
}

async fn first_of_shard(
    store: &DynamoDbStore,
    shard: u8,
    after: Option<&BoardPosition>,
    limit: usize,
) -> Result<Vec<BoardPosition>, StoreError> {
    let from = after.map_or(Timestamp::MIN, |after| after.due_at);
    let mut pages = store
        .client
        .query()
        .table_name(&store.table)
        .index_name(keys::DUE_INDEX)
        .key_condition_expression("due_shard = :shard AND due_at >= :from")
        .expression_attribute_values(":shard", string(shard.to_string()))
        .expression_attribute_values(":from", millis(from))
        .into_paginator()
        .page_size(i32::try_from(limit).unwrap_or(i32::MAX))
        .items()
        .send();
    let mut found: Vec<BoardPosition> = Vec::new();
    while let Some(item) = pages.next().await {
        let DuePosition { due_at, target } = position(&item.map_err(unavailable)?)?;
        // Entries of the same instant come in no order: all of them, or the next page would miss one.
        if found.len() >= limit && found.last().is_some_and(|last| last.due_at != due_at) {
            break;
        }
        // E-mails and webhooks are due in the same index; they are not incidents of the board.
        if let DueTarget::Incident(number) = target {
            let at = BoardPosition { due_at, number };
            if after.is_none_or(|after| at > *after) {
                found.push(at);
            }
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Loaded {
    incidents: Vec<Incident>,
    unreadable: Vec<IncidentNumber>,
}

/// Loads the incidents of a page; at most 100, DynamoDB's limit for one `BatchGetItem`.
async fn load_all(
    store: &DynamoDbStore,
    positions: &[BoardPosition],
) -> Result<Loaded, StoreError> {
    let mut loaded = Loaded::default();
    if positions.is_empty() {
        return Ok(loaded);
    }
    let mut wanted = KeysAndAttributes::builder();
    for at in positions {
        wanted = wanted.keys(HashMap::from([
            (keys::PK.to_owned(), string(keys::incident_pk(&at.number))),
            (keys::SK.to_owned(), string(keys::INCIDENT)),
        ]));
    }
    let wanted = wanted.build().map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let mut request = Some(HashMap::from([(store.table.clone(), wanted)]));
    // DynamoDB leaves keys unprocessed when it is throttled; a few rounds, and then it is too busy.
    for _ in 0..BATCH_ROUNDS {
        let Some(wanted) = request.take() else { break };
        let got = store
            .client
            .batch_get_item()
            .set_request_items(Some(wanted))
            .send()
            .await
            .map_err(unavailable)?;
        let found = got.responses().and_then(|tables| tables.get(&store.table));
        for item in found.into_iter().flatten() {
            match items::read_incident(item) {
                Ok(incident) => loaded.incidents.push(incident),
                Err(error) => {
                    let number = items::text(item, keys::PK).and_then(|pk| keys::number_of(&pk));
                    tracing::error!(%error, "an open incident cannot be read");
                    loaded.unreadable.push(number.ok_or(error)?);
                }
            }
        }
        request = got.unprocessed_keys().filter(|left| !left.is_empty()).cloned();
    }
    if request.is_some() {
        return Err(StoreError::Unavailable("DynamoDB left keys of a batch unprocessed".into()));
    }
    Ok(loaded)
}
