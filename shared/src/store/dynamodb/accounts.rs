//! Accounts, and what they remember of their incidents.

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;

use super::commit::{self, built, put_after, transact};
use super::failure::{self, Places, unavailable};
use super::items::{self, millis, string};
use super::schema::{KNOWN, known_and, newest};
use super::{DynamoDbStore, keys};
use crate::account::{Account, AccountIncident, Remembered, RememberedId};
use crate::incident::values::{AccountId, Domain};
use crate::store::StoreError;

pub(super) async fn load(
    store: &DynamoDbStore,
    id: &AccountId,
) -> Result<Option<Account>, StoreError> {
    let found = store
        .client
        .get_item()
        .table_name(&store.table)
        .key(keys::PK, string(keys::account_pk(id)))
        .key(keys::SK, string(keys::ACCOUNT))
        .consistent_read(true)
        .send()
        .await
        .map_err(unavailable)?;
    found.item().map(items::read_account).transpose()
}

/// The account, if it is the version after what is there.
pub(super) fn put(store: &DynamoDbStore, account: &Account) -> Result<PutBuilder, StoreError> {
    let item = items::account(account)?;
    Ok(put_after(store, item, account.version))
}

/// The account, and whose its domains are. A domain that is another's stays so.
pub(super) async fn put_alone(
    store: &DynamoDbStore,
    account: &Account,
    before: Option<&Account>,
) -> Result<(), StoreError> {
    let mut writes = vec![commit::put(put(store, account)?.build())?];
    let had = before.map(|before| before.domains.as_slice()).unwrap_or_default();
    for domain in &account.domains {
        let taken = Put::builder()
            .table_name(&store.table)
            .set_item(Some(items::domain(domain, &account.id)))
            .condition_expression(known_and("attribute_not_exists(pk) OR #account = :account"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":v", newest())
            .expression_attribute_names("#account", keys::ACCOUNT.to_ascii_lowercase())
            .expression_attribute_values(":account", string(account.id.as_str()));
        writes.push(commit::put(taken.build())?);
    }
    for domain in had.iter().filter(|domain| !account.domains.contains(domain)) {
        if of_domain(store, domain).await?.as_ref() != Some(&account.id) {
            // The desk wrote it before it knew whose domains are, and it may be another's by now.
            continue;
        }
        let freed = Delete::builder()
            .table_name(&store.table)
            .key(keys::PK, string(keys::domain_pk(domain)))
            .key(keys::SK, string(keys::DOMAIN))
            .condition_expression(known_and("attribute_not_exists(pk) OR #account = :account"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":v", newest())
            .expression_attribute_names("#account", keys::ACCOUNT.to_ascii_lowercase())
            .expression_attribute_values(":account", string(account.id.as_str()));
        writes.push(TransactWriteItem::builder().delete(built(freed.build())?).build());
    }
    transact(store, writes, Places::default()).await.map(drop)
}

pub(super) async fn of_domain(
    store: &DynamoDbStore,
    domain: &Domain,
) -> Result<Option<AccountId>, StoreError> {
    let found = store
        .client
        .get_item()
        .table_name(&store.table)
        .key(keys::PK, string(keys::domain_pk(domain)))
        .key(keys::SK, string(keys::DOMAIN))
        .consistent_read(true)
        .send()
        .await
        .map_err(unavailable)?;
    found.item().map(items::read_domain).transpose()
}

/// Writes what the account remembers. An update and not a put: when nothing new is to be looked at,
/// what is still due stays due.
pub(super) fn remember(
    store: &DynamoDbStore,
    remembered: &Remembered,
) -> Result<TransactWriteItem, StoreError> {
    let id = remembered.id();
    let update = Update::builder()
        .table_name(&store.table)
        .set_key(Some(items::remembered_key(&id).into()))
        .condition_expression(KNOWN)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .expression_attribute_values(":v", newest())
        .expression_attribute_names("#item", keys::ITEM)
        .expression_attribute_names("#remembered", items::REMEMBERED)
        .expression_attribute_values(":item", string(keys::REMEMBERED))
        .expression_attribute_values(":remembered", items::map(&remembered.incident)?);
    let update = match remembered.look_at {
        None => update.update_expression("SET #item = :item, v = :v, #remembered = :remembered"),
        Some(look_at) => update
            .update_expression(
                "SET #item = :item, v = :v, #remembered = :remembered, \
                 due_shard = :due_shard, due_at = :due_at",
            )
            .expression_attribute_values(
                ":due_shard",
                string(keys::shard_of(&id.number).to_string()),
            )
            .expression_attribute_values(":due_at", millis(look_at)),
    };
    Ok(TransactWriteItem::builder().update(built(update.build())?).build())
}

pub(super) fn forget(
    store: &DynamoDbStore,
    id: &RememberedId,
) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .table_name(&store.table)
        .set_key(Some(items::remembered_key(id).into()))
        .condition_expression(KNOWN)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .expression_attribute_values(":v", newest());
    Ok(TransactWriteItem::builder().delete(built(delete.build())?).build())
}

pub(super) async fn incidents(
    store: &DynamoDbStore,
    account: &AccountId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<AccountIncident>, StoreError> {
    let mut pages = store
        .client
        .query()
        .table_name(&store.table)
        .key_condition_expression("pk = :pk AND sk BETWEEN :since AND :latest")
        .expression_attribute_values(":pk", string(keys::account_pk(account)))
        .expression_attribute_values(":since", string(keys::remembered_since(since)))
        .expression_attribute_values(":latest", string(keys::remembered_since(Timestamp::MAX)))
        .scan_index_forward(false)
        .consistent_read(true)
        .into_paginator()
        .page_size(i32::try_from(limit).unwrap_or(i32::MAX))
        .items()
        .send();
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(item) = pages.next().await
    {
        found.push(items::read_remembered(&item.map_err(unavailable)?)?);
    }
    Ok(found)
}

pub(super) async fn settle(
    store: &DynamoDbStore,
    id: &RememberedId,
    due_at: Timestamp,
) -> Result<bool, StoreError> {
    let outcome = store
        .client
        .update_item()
        .table_name(&store.table)
        .set_key(Some(items::remembered_key(id).into()))
        .condition_expression(known_and("due_at = :due_at"))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .update_expression("REMOVE due_shard, due_at")
        .expression_attribute_values(":v", newest())
        .expression_attribute_values(":due_at", millis(due_at))
        .send()
        .await;
    Ok(failure::conditional(outcome)?.is_ok())
}
