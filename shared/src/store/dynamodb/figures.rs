//! The figures: counters that grow in the transaction of the change that they count.
//!
//! A day's counters are spread over [`FIGURE_SHARDS`] items, because two transactions cannot touch
//! the same item at once: the later one is refused and decided anew. At the API's limit of 50
//! requests a second and some 20 ms for a transaction, one other is on its way at any time, and in
//! 64 shards one request in 64 meets it; of a sweep's 16 at once, one in four meets another. Those
//! come back a few milliseconds later, as after any conflict. Shards that nothing fell into have no
//! item, so a quiet day costs no more to read than it had changes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use futures::future::try_join_all;
use jiff::civil::Date;

use super::items::{self, number, string};
use super::{DynamoDbStore, failure::unavailable, keys, schema};
use crate::figures::{Counter, Figures, Tally};
use crate::incident::Incident;
use crate::store::StoreError;

/// Adds what a change counts to the figures of its day.
pub(super) fn count(
    store: &DynamoDbStore,
    incident: &Incident,
    tally: &Tally,
) -> Result<TransactWriteItem, StoreError> {
    let shard = keys::figures_shard(&incident.number, incident.version);
    let mut update = Update::builder()
        .table_name(&store.table)
        .key(keys::PK, string(keys::figures_pk(tally.day)))
        .key(keys::SK, string(keys::figures_sk(tally.day, shard)))
        .expression_attribute_names("#item", keys::ITEM)
        .expression_attribute_values(":item", string(keys::FIGURES))
        .expression_attribute_values(":v", schema::newest());
    let mut added = Vec::new();
    for (n, (counter, times)) in tally.figures().iter().enumerate() {
        update = update
            .expression_attribute_names(format!("#c{n}"), counter.to_string())
            .expression_attribute_values(format!(":c{n}"), number(times));
        added.push(format!("#c{n} :c{n}"));
    }
    let update = update
        .update_expression(format!(
            "SET #item = :item, v = if_not_exists(v, :v) ADD {}",
            added.join(", ")
        ))
        .build()
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The sums from one day to another, both included: one query for each month.
pub(super) async fn figures(
    store: &DynamoDbStore,
    from: Date,
    to: Date,
) -> Result<Figures, StoreError> {
    let mut months = Vec::new();
    let mut first = from;
    while first <= to {
        let last = first.last_of_month();
        months.push(of_month(store, first, last.min(to)));
        let Ok(next) = last.tomorrow() else { break };
        first = next;
    }
    let mut figures = Figures::default();
    for month in try_join_all(months).await? {
        figures.merge(&month);
    }
    Ok(figures)
}

/// Some days of one month. A moment behind is good enough for sums of days, and costs half.
async fn of_month(store: &DynamoDbStore, first: Date, last: Date) -> Result<Figures, StoreError> {
    let mut pages = store
        .client
        .query()
        .table_name(&store.table)
        .key_condition_expression("pk = :month AND sk BETWEEN :first AND :last")
        .expression_attribute_values(":month", string(keys::figures_pk(first)))
        .expression_attribute_values(":first", string(keys::figures_sk(first, 0)))
        .expression_attribute_values(":last", string(keys::figures_sk(last, u8::MAX)))
        .into_paginator()
        .items()
        .send();
    let mut figures = Figures::default();
    while let Some(item) = pages.next().await {
        let item: HashMap<_, _> = item.map_err(unavailable)?;
        schema::known(&item)?;
        for (name, times) in &item {
            // Keys, and counters of another version, are not this one's business.
            let Some(counter) = Counter::named(name) else { continue };
            let times = times.as_n().ok().and_then(|times| times.parse().ok());
            figures.add(
                counter,
                times.ok_or_else(|| items::corrupt(&item, "has a count that is none"))?,
            );
        }
    }
    Ok(figures)
}
