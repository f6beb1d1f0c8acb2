//! Carries records from the stream to the functions that empty the outbox, several incidents at a
//! time and each incident's in order.
//!
//! Webhooks hold nobody up: the stream goes on, and is trimmed, whether their receiver answers or
//! not.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::consumed::{Consumed, Ticket};
use super::filter::Filter;
use super::lane::{Answer, Retries, deliver};
use super::source::{Position, SourceError, StreamSource, StreamedRecord};
use super::{Record, record};

/// How the mapping is set up.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many batches run at once, each of other incidents.
    pub lanes: usize,
    /// How many records a batch has at most.
    pub batch: usize,
    /// How a batch that fails is retried.
    pub retries: Retries,
    /// How long to wait before an empty stream is asked again.
    pub idle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let retries = Retries { most: 5, pause: Duration::from_millis(200) };
        Self { lanes: 4, batch: 10, retries, idle: Duration::from_millis(40) }
    }
}

/// Records read and not finished; beyond that reading waits for the lanes.
const MOST_OPEN: usize = 2_000;
const PAGE: usize = 200;
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);

type Lane = mpsc::Sender<(Ticket, Record)>;

/// Calls a function with a batch.
pub type Invoke = Arc<dyn Fn(Vec<Record>) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Calls a function for the records that pass a filter.
#[derive(Clone)]
pub struct Mapping {
    /// Which records.
    pub filter: Filter,
    /// The function.
    pub invoke: Invoke,
}

/// The mappings of the stream.
#[derive(Clone)]
pub struct Mappings {
    /// To `dispatch-email`.
    pub emails: Mapping,
    /// To `dispatch-webhook`.
    pub webhooks: Mapping,
}

/// Pumps until `stop` says true or its sender is gone, then lets running batches end.
pub async fn run(
    source: StreamSource,
    settings: Settings,
    mappings: Mappings,
    mut stop: watch::Receiver<bool>,
) {
    let consumed = Arc::new(Mutex::new(Consumed::default()));
    let mut running = JoinSet::new();
    let mut lanes = |Mapping { filter, invoke }: Mapping| -> Lanes {
        let lanes = (0..settings.lanes.max(1)).map(|_| {
            // Room for all that is read before the reader waits.
            let (lane, records) = mpsc::channel(MOST_OPEN + PAGE);
            let consumed = Arc::clone(&consumed);
            running.spawn(work(records, settings, Arc::clone(&invoke), consumed, stop.clone()));
            lane
        });
        Lanes { filter, lanes: lanes.collect() }
    };
    let (emails, webhooks) = (lanes(mappings.emails), lanes(mappings.webhooks));
    let mut reader = Reader { source, position: None, consumed, emails, webhooks };
    while !*stop.borrow() {
        let pause = match reader.step().await {
            Ok(Step::Read) => continue,
            Ok(Step::Idle) => settings.idle,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the stream is stuck");
                AFTER_AN_ERROR
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
    reader.emails.lanes.clear();
    reader.webhooks.lanes.clear();
    while running.join_next().await.is_some() {}
    reader.trim_or_say_why().await;
}

enum Step {
    Read,
    Idle,
}

struct Reader {
    source: StreamSource,
    position: Option<Position>,
    consumed: Arc<Mutex<Consumed>>,
    emails: Lanes,
    webhooks: Lanes,
}

/// The lanes of a function, and what they are for.
struct Lanes {
    filter: Filter,
    lanes: Vec<Lane>,
}

impl Reader {
    async fn step(&mut self) -> Result<Step, SourceError> {
        self.trim_or_say_why().await;
        if lock(&self.consumed).open() >= MOST_OPEN {
            return Ok(Step::Idle);
        }
        let position = match self.position.take() {
            Some(position) => position,
            None => self.source.trim_horizon()?,
        };
        // Put back first: after an error the same page is read again.
        let position = self.position.insert(position);
        let (records, next) = self.source.read(position, PAGE).await?;
        self.position = Some(next);
        if records.is_empty() {
            return Ok(Step::Idle);
        }
        records.into_iter().for_each(|record| self.deal_out(record));
        Ok(Step::Read)
    }

    fn deal_out(&self, StreamedRecord { event_id, record }: StreamedRecord) {
        let mut consumed = lock(&self.consumed);
        let ticket = consumed.read(event_id);
        if self.webhooks.filter.passes(&record)
            && let Err(TrySendError::Full(_)) = self.webhooks.take(ticket, record.clone())
        {
            tracing::warn!("too many webhooks wait; the sweep hands one out again");
        }
        if self.emails.filter.passes(&record) {
            // A lane only goes when the pump stops; the record is then read again after a restart.
            drop(self.emails.take(ticket, record));
        } else {
            consumed.finish(ticket);
        }
    }

    /// A trim that fails costs speed, not e-mails: the next one makes up for it.
    async fn trim_or_say_why(&self) {
        let point = lock(&self.consumed).take_trim_point();
        if let Some(event_id) = point
            && let Err(error) = self.source.trim(&event_id).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the stream was not trimmed");
        }
    }
}

impl Lanes {
    fn take(&self, ticket: Ticket, record: Record) -> Result<(), TrySendError<(Ticket, Record)>> {
        let lane = &self.lanes[lane_of(record::partition_key(&record), self.lanes.len())];
        lane.try_send((ticket, record))
    }
}

async fn work(
    mut records: mpsc::Receiver<(Ticket, Record)>,
    settings: Settings,
    invoke: Invoke,
    consumed: Arc<Mutex<Consumed>>,
    stop: watch::Receiver<bool>,
) {
    let mut waiting = Vec::new();
    while records.recv_many(&mut waiting, settings.batch).await > 0 && !*stop.borrow() {
        let (tickets, batch): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        deliver(batch, settings.retries, &|batch| invoke(batch)).await;
        let mut consumed = lock(&consumed);
        tickets.into_iter().for_each(|ticket| consumed.finish(ticket));
    }
}

fn lane_of(partition_key: &str, lanes: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    partition_key.hash(&mut hasher);
    usize::try_from(hasher.finish() % lanes as u64).unwrap_or(0)
}

/// A lane that panicked has not broken the account: each change of it is whole.
fn lock(consumed: &Mutex<Consumed>) -> std::sync::MutexGuard<'_, Consumed> {
    consumed.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};

    use super::super::source::fixture;
    use super::*;
    use crate::template::Template;

    const TRIES: u32 = 1_000;

    fn settings() -> Settings {
        let retries = Retries { most: 3, pause: Duration::ZERO };
        Settings { lanes: 3, batch: 4, retries, idle: Duration::from_millis(1) }
    }

    fn ids(batch: &[Record]) -> Vec<(String, String)> {
        let keys = batch.iter().map(|record| &record["dynamodb"]["Keys"]);
        let text = |value: &Record| value["S"].as_str().unwrap().to_owned();
        keys.map(|keys| (text(&keys["pk"]), text(&keys["sk"]))).collect()
    }

    fn invoked<F>(invoke: impl Fn(Vec<Record>) -> F + Send + Sync + 'static) -> Invoke
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Arc::new(move |batch| Box::pin(invoke(batch)))
    }

    fn never() -> Invoke {
        invoked(|_| std::future::pending())
    }

    /// The mappings as the template has them.
    fn mappings(emails: Invoke, webhooks: Invoke) -> Mappings {
        let mut filters = Template::shipped().unwrap().stream_filters().unwrap();
        let mut mapping = |function, invoke| {
            let filter = filters.remove(function).unwrap();
            Mapping { filter, invoke }
        };
        let emails = mapping("dispatch-email", emails);
        Mappings { emails, webhooks: mapping("dispatch-webhook", webhooks) }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_email_arrives_in_its_incidents_order_and_the_stream_is_trimmed() {
        let (_folder, database, source) = fixture::table_with_stream();
        for sk in 0..20 {
            for pk in ["INCIDENT#1", "INCIDENT#2", "INCIDENT#3"] {
                fixture::put(&database, pk, &format!("EMAIL#{sk:02}"), "EMAIL", "pending");
                fixture::put(&database, pk, "INCIDENT", "INCIDENT", "open");
            }
        }
        let done = Arc::new(Mutex::new(Vec::new()));
        let failed_before = Arc::new(Mutex::new(std::collections::HashSet::new()));
        let (in_function, failures) = (Arc::clone(&done), Arc::clone(&failed_before));
        // Fails the last record of each batch once, as a function does that was throttled.
        let invoke = move |batch: Vec<Record>| {
            let mut answer = DynamoDbEventResponse::default();
            let mut arrived = ids(&batch);
            if let (Some(id), Some(record)) = (arrived.last().cloned(), batch.last())
                && failures.lock().unwrap().insert(id)
            {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = record::sequence_number(record).map(str::to_owned);
                answer.batch_item_failures.push(failure);
                arrived.pop();
            }
            in_function.lock().unwrap().extend(arrived);
            std::future::ready(Ok(answer))
        };
        let mappings = mappings(invoked(invoke), never());
        let (stop, stopped) = watch::channel(false);
        let pump = tokio::spawn(run(source.clone(), settings(), mappings, stopped));
        for _ in 0..TRIES {
            if done.lock().unwrap().len() >= 60 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.send(true).unwrap();
        pump.await.unwrap();

        let done = done.lock().unwrap().clone();
        assert_eq!(done.len(), 60, "each exactly once");
        for pk in ["INCIDENT#1", "INCIDENT#2", "INCIDENT#3"] {
            let order: Vec<_> = done.iter().filter(|(of, _)| of == pk).map(|(_, sk)| sk).collect();
            assert_eq!(order.len(), 20);
            assert!(order.is_sorted(), "{order:?}");
        }
        let start = source.trim_horizon().unwrap();
        assert_eq!(source.read(&start, 1000).await.unwrap().0.len(), 1, "only the newest is kept");
    }

    #[tokio::test]
    async fn what_was_not_consumed_is_read_again_after_a_restart() {
        let (_folder, database, source) = fixture::table_with_stream();
        ["1", "2"]
            .iter()
            .for_each(|sk| fixture::put(&database, "INCIDENT#1", sk, "EMAIL", "pending"));
        let (called, mut calls) = mpsc::unbounded_channel();
        let hangs = move |batch: Vec<Record>| {
            let told = called.send(ids(&batch).len());
            async move {
                told?;
                std::future::pending().await
            }
        };
        let mappings = mappings(invoked(hangs), never());
        let (_stop, stopped) = watch::channel(false);
        let killed = tokio::spawn(run(source.clone(), settings(), mappings, stopped));
        assert_eq!(calls.recv().await, Some(2));
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled());

        let start = source.trim_horizon().unwrap();
        assert_eq!(source.read(&start, 10).await.unwrap().0.len(), 2);
    }

    /// A receiver that hangs holds up neither the e-mails behind its webhooks nor the stream.
    #[tokio::test]
    async fn webhooks_that_hang_hold_nobody_up() {
        let (_folder, database, source) = fixture::table_with_stream();
        for sk in 0..50 {
            fixture::put(
                &database,
                "INCIDENT#1",
                &format!("WEBHOOK#{sk:02}"),
                "WEBHOOK",
                "pending",
            );
        }
        fixture::put(&database, "INCIDENT#1", "EMAIL#1", "EMAIL", "pending");
        let (called, mut calls) = mpsc::unbounded_channel();
        let emails = move |batch: Vec<Record>| {
            let told = called.send(ids(&batch).len());
            async move { Ok(told.map(|()| DynamoDbEventResponse::default())?) }
        };
        let mappings = mappings(invoked(emails), never());
        let (_stop, stopped) = watch::channel(false);
        let pump = tokio::spawn(run(source.clone(), settings(), mappings, stopped));
        assert_eq!(calls.recv().await, Some(1));
        for _ in 0..TRIES {
            let start = source.trim_horizon().unwrap();
            if source.read(&start, 100).await.unwrap().0.len() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        pump.abort();
        let start = source.trim_horizon().unwrap();
        assert_eq!(source.read(&start, 100).await.unwrap().0.len(), 1, "only the newest is kept");
    }
}
