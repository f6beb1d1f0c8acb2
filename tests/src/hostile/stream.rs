//! Records of the stream, and the items that they are of: what Lambda hands to `dispatch-email` and
//! `dispatch-webhook`, and what DynamoDB then answers.
//!
//! The input is lines: the event; what a claim answers, a status before it or none; what reads answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use dispatch_webhook::Poster;
use serde_json::Value;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::email::render::Rendered;
use shared::links::LinkWriter;
use shared::mailer::memory::MemoryMailer;
use shared::policy::Policy;
use shared::store::dynamodb::{DynamoDbStore, keys};
use shared::webhook::keys::{WebhookKeys, written};
use tokio::runtime::Runtime;

use super::fresh::runtime;
use super::letters;
use super::table::{Answer, Table};
use crate::receiver::Receivers;
use crate::{DEFAULT_POLICY, link_keys, link_writer, met};

const RECEIVER: &str = "crm.example.com";
const WEBHOOK: &str = "[webhooks.crm]\nurl = \"https://crm.example.com/hook\"\n";

/// Both functions that empty the outbox, on a table that answers as it is told.
struct Outbox {
    table: Table,
    desk: Desk<DynamoDbStore>,
    mailer: MemoryMailer,
    links: LinkWriter,
    keys: WebhookKeys,
    runtime: Runtime,
}

/// What is in the outbox.
#[derive(Clone, Copy)]
enum Kind {
    Email,
    Webhook,
}

impl Kind {
    /// The id of what has these keys, if it is of this kind.
    fn id_of(self, (pk, sk): (&str, &str)) -> Option<String> {
        match self {
            Self::Email => keys::email_id(pk, sk).map(|id| id.to_string()),
            Self::Webhook => keys::webhook_id(pk, sk).map(|id| id.to_string()),
        }
    }
}

/// What a function did with a batch.
struct Done {
    /// The ids that it claimed.
    claimed: Vec<String>,
    /// The records that it wants again.
    again: Vec<Option<String>>,
    /// What it sent.
    letters: Vec<Rendered>,
    /// How many webhooks it posted.
    posted: usize,
}

thread_local! {
    static OUTBOX: Outbox = Outbox::made();
}

/// Plays an event.
///
/// # Panics
///
/// When a record is neither handled nor reported, or something else does not hold.
pub fn play(input: &[u8]) -> String {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    // What is no batch is handed to no function: Lambda reports all of it.
    let event = lines.next().unwrap_or_default();
    let Ok(batch) = serde_json::from_slice::<Batch>(event) else { return "no batch".to_owned() };
    let claimed = Answer::read(lines.next().unwrap_or_default());
    let read = lines.next().filter(|line| !line.is_empty()).unwrap_or(b"{}");
    let read = Answer::read(read);
    OUTBOX.with(|outbox| {
        let both = [Kind::Email, Kind::Webhook].map(|kind| {
            outbox.table.answers(claimed.clone(), read.clone());
            let done = outbox.dispatched(kind, batch.clone());
            done.hold(kind, &batch, &claimed);
            done
        });
        let count = |count: fn(&Done) -> usize| both.iter().map(count).sum::<usize>();
        let claimed = count(|done| done.claimed.len());
        let sent = count(|done| done.letters.len() + done.posted);
        format!("claimed {claimed}, sent {sent}, again {}", count(|done| done.again.len()))
    })
}

impl Outbox {
    fn made() -> Self {
        let table = Table::default();
        let policy = Policy::read(&format!("{DEFAULT_POLICY}\n{WEBHOOK}")).expect("a policy");
        let desk =
            Desk { store: table.store(), policy: Arc::new(policy), clock: Clock::of(met::now) };
        Self {
            table,
            desk,
            mailer: MemoryMailer::default(),
            links: link_writer(link_keys()),
            keys: WebhookKeys::new(&written(&[7; 32]), None).expect("a key"),
            runtime: runtime(),
        }
    }

    fn dispatched(&self, kind: Kind, batch: Batch) -> Done {
        let receivers = Receivers::default();
        let poster = Poster::new(receivers.connector());
        let answer = self.runtime.block_on(async {
            match kind {
                Kind::Email => {
                    dispatch_email::handle(&self.desk, &self.mailer, &self.links, batch).await
                }
                Kind::Webhook => {
                    dispatch_webhook::handle(&self.desk, &self.keys, &poster, batch).await
                }
            }
        });
        let claimed = self.table.claims().into_iter().map(|(pk, sk)| {
            let id = kind.id_of((&pk, &sk));
            id.unwrap_or_else(|| panic!("{pk} {sk} is claimed, and is not of its outbox"))
        });
        Done {
            claimed: claimed.collect(),
            again: answer.batch_item_failures.into_iter().map(|f| f.item_identifier).collect(),
            letters: self.mailer.take_sent(),
            posted: receivers.taken_by(RECEIVER).len(),
        }
    }
}

impl Done {
    fn hold(&self, kind: Kind, batch: &Batch, claimed: &Answer) {
        let of_kind = |record: &&Value| keyed(record).and_then(|keys| kind.id_of(keys)).is_some();
        let mine: Vec<_> = batch.records.iter().filter(of_kind).collect();
        let ids: BTreeSet<_> = mine.iter().filter_map(|it| kind.id_of(keyed(it)?)).collect();
        let claims: BTreeSet<_> = self.claimed.iter().cloned().collect();
        assert_eq!(claims, ids, "what is claimed is what the records are of");
        for again in &self.again {
            let known = batch.records.iter().any(|record| sequence(record) == again.as_deref());
            assert!(again.is_some() && known, "{again:?} is reported, and is in no record");
        }
        if claimed.is_no_answer() {
            let told = mine.iter().filter(|record| sequence(record).is_some()).count();
            assert_eq!(self.again.len(), told, "neither handled nor reported");
            assert!(self.letters.is_empty() && self.posted == 0, "sent without a claim");
        }
        assert!(self.letters.len() + self.posted <= mine.len(), "sent more than was claimed");
        self.letters.iter().for_each(letters::hold);
    }
}

/// The keys of a record, if it has any.
fn keyed(record: &Value) -> Option<(&str, &str)> {
    let key = |name: &str| record["dynamodb"]["Keys"][name]["S"].as_str();
    key("pk").zip(key("sk"))
}

fn sequence(record: &Value) -> Option<&str> {
    record["dynamodb"]["SequenceNumber"].as_str()
}
