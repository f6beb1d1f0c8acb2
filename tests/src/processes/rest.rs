//! The end of a run: nothing goes wrong any more, and everything that was going on comes to its end.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use escalation_desk::table::TABLE;
use shared::email::EmailId;
use shared::store::Store;
use shared::store::dynamodb::keys;

use super::Processes;
use super::people::resolve;
use super::seen::{Did, Write};

type Item = HashMap<String, AttributeValue>;

/// The keys of all for which something is due, and when: the whole of the index.
async fn due(client: &Client) -> Vec<Item> {
    let scan = client.scan().table_name(TABLE).index_name(keys::DUE_INDEX);
    let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    items.expect("the run's own reading")
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

impl Processes {
    /// Waits until nothing is due any more, no mail waits, and SES has told all. Returns what still does when that takes
    /// longer than `most`.
    pub async fn come_to_rest(&self, most: Duration) -> Result<(), String> {
        let client = self.services.dynamodb.aws.dynamodb();
        let until = tokio::time::Instant::now() + most;
        let mut was_at_rest = false;
        for round in 0.. {
            tokio::time::sleep(self.settings.beat / 4).await;
            let is_told = !self.services.told.has(1);
            let due = due(&client).await;
            let unread = self.unread().await;
            let is_quiet = is_told && unread == 0 && !self.region.waits_for_late_ones();
            if due.is_empty() && is_quiet {
                // What SES told last may just have led to something.
                if was_at_rest {
                    return Ok(());
                }
                was_at_rest = true;
                continue;
            }
            was_at_rest = false;
            if tokio::time::Instant::now() > until {
                let what = due.iter().take(5);
                let what =
                    what.map(|item| format!("{} {}", text(item, keys::PK), text(item, keys::SK)));
                let what = what.collect::<Vec<_>>().join(", ");
                return Err(format!("{} are still due, {unread} mails unread: {what}", due.len()));
            }
            for item in &due {
                if text(item, keys::SK) == keys::INCIDENT
                    && let Some(number) = text(item, keys::PK).strip_prefix("INCIDENT#")
                {
                    resolve(&self.town, number, round).await;
                } else if self.passes_time_for(item) && !self.region.waits_for_late_ones() {
                    self.hasten(&client, item).await;
                }
            }
        }
        unreachable!("there is no last round")
    }

    /// How many mails were taken of which nothing is written down yet.
    async fn unread(&self) -> usize {
        let mails: Vec<_> =
            self.town.requests.all().iter().filter_map(|request| request.mail.clone()).collect();
        let mut unread = 0;
        for id in mails {
            let known = match id.parse() {
                Ok(id) => self.services.store().load_mail(&id).await.ok().flatten(),
                Err(_) => None,
            };
            unread += usize::from(known.is_none());
        }
        unread
    }

    /// Whether nobody waits until an item is due. A webhook may be due in a day, after some failures.
    fn passes_time_for(&self, item: &Item) -> bool {
        let is_webhook = || keys::webhook_id(text(item, keys::PK), text(item, keys::SK)).is_some();
        self.settings.hastens || is_webhook()
    }

    /// Lets the time of an item of the outbox pass: what is due later, such as the end of a lease whose
    /// holder is dead, is due now. To the desk that is the same as waiting.
    async fn hasten(&self, client: &Client, item: &Item) {
        let now_ms = self.region.clock.now().as_millisecond();
        let due_ms =
            item.get(keys::DUE_AT).and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
        let (pk, sk) = (text(item, keys::PK), text(item, keys::SK));
        let email = keys::email_id(pk, sk);
        let is_held =
            || email.as_ref().is_some_and(|email| self.region.seen().is_held(&self.region, email));
        let Some(due_ms) = due_ms.filter(|due_ms| *due_ms > now_ms + 2_000 && !is_held()) else {
            return;
        };
        let began = self.region.now();
        let number = |n: i64| AttributeValue::N(n.to_string());
        let mut update = client
            .update_item()
            .table_name(TABLE)
            .update_expression("SET due_at = :now")
            .condition_expression("due_at = :due_at")
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":due_at", number(due_ms));
        for name in [keys::PK, keys::SK] {
            update = update.key(name, AttributeValue::S(text(item, name).to_owned()));
        }
        if update.send().await.is_ok()
            && let Some(email) = email
        {
            self.note(email, began);
        }
    }

    fn note(&self, email: EmailId, began: u64) {
        let (ended, ended_ms) = (self.region.now(), self.region.clock.now().as_millisecond());
        let write = Write { did: Did::Hastened, by: 0, began, ended, ended_ms };
        self.region.seen().wrote(&self.region, email, write);
    }
}
