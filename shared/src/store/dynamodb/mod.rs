//! The store in DynamoDB: one table, one sparse index of what is due.
//!
//! Reads are consistent where something is decided on them; the index only nominates. Nothing here
//! decides.

mod accounts;
mod board;
mod commit;
mod failure;
mod figures;
mod items;
pub mod keys;
mod mails;
mod outbox;
pub mod schema;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    AnsweredRequest, Board, BoardPosition, Commit, Committed, DuePage, DuePosition, HeldPage,
    Limit, MailWrite, RequestKey, Requeued, Store, StoreError, Story, Watch,
};
use crate::account::{Account, AccountIncident, RememberedId};
use crate::email::{EmailId, OutboxEmail};
use crate::figures::Figures;
use crate::inbound::{MailId, MailRecord};
use crate::incident::Incident;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::{AccountId, Domain, IncidentNumber};
use crate::outbox::{EmailItem, Learned, OutboxId, Settlement, WebhookItem};
use crate::webhook::WebhookId;
use failure::unavailable;
use items::string;

/// The store in DynamoDB. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    /// A store in `table`.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}

impl Store for DynamoDbStore {
    async fn load(&self, number: &IncidentNumber) -> Result<Option<Incident>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(keys::PK, string(keys::incident_pk(number)))
            .key(keys::SK, string(keys::INCIDENT))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        found.item().map(items::read_incident).transpose()
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        commit::commit(self, commit).await
    }

    async fn answered(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> Result<Option<AnsweredRequest>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(keys::PK, string(keys::request_pk(key)))
            .key(keys::SK, string(keys::REQUEST))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        let answered = found.item().map(items::read_answered).transpose()?;
        Ok(answered.filter(|answered| answered.expires_at > now))
    }

    async fn due(
        &self,
        shard: u8,
        until: Timestamp,
        after: Option<&DuePosition>,
    ) -> Result<DuePage, StoreError> {
        board::due(self, shard, until, after).await
    }

    async fn claim_email(
        &self,
        id: &EmailId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<EmailItem>, StoreError> {
        let item = outbox::claim(self, &id.clone().into(), claim_id, lease_until).await?;
        item.as_ref().map(items::read_email).transpose()
    }

    async fn claim_webhook(
        &self,
        id: &WebhookId,
        claim_id: &str,
        lease_until: Timestamp,
    ) -> Result<Option<WebhookItem>, StoreError> {
        let item = outbox::claim(self, &id.clone().into(), claim_id, lease_until).await?;
        item.as_ref().map(items::read_webhook).transpose()
    }

    async fn load_email(&self, id: &EmailId) -> Result<Option<EmailItem>, StoreError> {
        outbox::load_email(self, id).await
    }

    async fn learn(&self, learned: &Learned) -> Result<(), StoreError> {
        outbox::learn(self, learned).await
    }

    async fn settle(
        &self,
        id: &OutboxId,
        claim_id: &str,
        settlement: &Settlement,
    ) -> Result<(), StoreError> {
        outbox::settle(self, id, claim_id, settlement).await
    }

    async fn requeue(
        &self,
        id: &OutboxId,
        due_at: Timestamp,
        pending_until: Timestamp,
    ) -> Result<Option<Requeued>, StoreError> {
        outbox::requeue(self, id, due_at, pending_until).await
    }

    async fn cancel_email(&self, id: &EmailId, due_at: Timestamp) -> Result<bool, StoreError> {
        outbox::cancel(self, id, due_at).await
    }

    async fn open_incidents(
        &self,
        after: Option<&BoardPosition>,
        limit: usize,
    ) -> Result<Board, StoreError> {
        board::open_incidents(self, after, limit).await
    }

    async fn entries_of(
        &self,
        number: &IncidentNumber,
        version: u64,
    ) -> Result<Vec<TimelineEntry>, StoreError> {
        let mut found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :entries)")
            .expression_attribute_values(":pk", string(keys::incident_pk(number)))
            .expression_attribute_values(":entries", string(keys::entries_of(version)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut entries = Vec::new();
        while let Some(item) = found.next().await {
            entries.push(items::read_entry(&item.map_err(unavailable)?)?);
        }
        Ok(entries)
    }

    async fn story(&self, number: &IncidentNumber) -> Result<Option<Story>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(keys::incident_pk(number)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let (mut incident, mut timeline) = (None, Vec::new());
        let (mut emails, mut webhooks) = (Vec::new(), Vec::new());
        while let Some(item) = pages.next().await {
            let item = item.map_err(unavailable)?;
            match items::text(&item, keys::ITEM).as_deref() {
                Some(keys::INCIDENT) => incident = Some(items::read_incident(&item)?),
                Some(keys::ENTRY) => timeline.push(items::read_entry(&item)?),
                Some(keys::EMAIL) => emails.push(items::read_email(&item)?),
                Some(keys::WEBHOOK) => webhooks.push(items::read_webhook(&item)?),
                // Kinds of a later version are not this one's business.
                _ => {}
            }
        }
        Ok(incident.map(|incident| Story { incident, timeline, emails, webhooks }))
    }

    async fn load_account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        accounts::load(self, id).await
    }

    async fn put_account(
        &self,
        account: &Account,
        before: Option<&Account>,
    ) -> Result<(), StoreError> {
        accounts::put_alone(self, account, before).await
    }

    async fn account_of(&self, domain: &Domain) -> Result<Option<AccountId>, StoreError> {
        accounts::of_domain(self, domain).await
    }

    async fn keep_mail(
        &self,
        mails: &[MailWrite],
        emails: &[OutboxEmail],
        limits: &[Limit],
        answered: Option<&AnsweredRequest>,
    ) -> Result<Committed, StoreError> {
        mails::keep(self, mails, emails, limits, answered).await
    }

    async fn load_mail(&self, id: &MailId) -> Result<Option<MailRecord>, StoreError> {
        mails::load(self, id).await
    }

    async fn held_mails(
        &self,
        after: Option<&(Timestamp, MailId)>,
        limit: usize,
    ) -> Result<HeldPage, StoreError> {
        mails::held(self, after, limit).await
    }

    async fn load_watch(&self) -> Result<Watch, StoreError> {
        mails::load_watch(self).await
    }

    async fn put_watch(&self, watch: &Watch, emails: &[OutboxEmail]) -> Result<(), StoreError> {
        mails::put_watch(self, watch, emails).await
    }

    async fn account_incidents(
        &self,
        account: &AccountId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<AccountIncident>, StoreError> {
        accounts::incidents(self, account, since, limit).await
    }

    async fn settle_recurrence(
        &self,
        id: &RememberedId,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        accounts::settle(self, id, due_at).await
    }

    async fn figures(&self, from: Date, to: Date) -> Result<Figures, StoreError> {
        figures::figures(self, from, to).await
    }
}
