//! Reads the stream of the table and trims what is consumed.
//!
//! dynoxide keeps stream records for ever and looks at all of them for each write, which gets
//! slower and slower. So a second connection to its file adds two indexes and deletes what is
//! consumed. It never deletes the newest record: dynoxide counts on from it.
//!
//! What is not trimmed is what is read again after a restart; there is no other position to keep.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;

use super::Record;

/// How long a trim waits for a writer. dynoxide's own transactions take milliseconds.
const BUSY_FOR: Duration = Duration::from_secs(5);

const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS _desk_stream_order
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS _desk_stream_event ON _stream_records (event_id);";

const TRIM: &str = "
    DELETE FROM _stream_records
    WHERE table_name = ?1
      AND id <= (SELECT id FROM _stream_records WHERE event_id = ?2)
      AND id < (SELECT max(id) FROM _stream_records WHERE table_name = ?1)";

/// Why the stream could not be read or trimmed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such stream.
    #[error("the table {0} has no stream")]
    NoStream(String),
    /// dynoxide failed. Its error is not `Sync`, hence the text.
    #[error("the stream could not be read: {0}")]
    Read(String),
    /// A record cannot be written as JSON.
    #[error("a stream record is not JSON")]
    Record(#[from] serde_json::Error),
    /// The second connection failed.
    #[error("the stream could not be trimmed")]
    Trim(#[from] rusqlite::Error),
    /// The thread that does the blocking work is gone: the desk is stopping.
    #[error("the stream is being closed")]
    Closing(#[from] tokio::task::JoinError),
}

impl From<DynoxideError> for SourceError {
    fn from(error: DynoxideError) -> Self {
        Self::Read(error.to_string())
    }
}

/// A place in the stream.
#[derive(Debug, Clone)]
pub struct Position(String);

/// A record and the id by which it is trimmed.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamedRecord {
    /// Its id.
    pub event_id: String,
    /// What Lambda hands on.
    pub record: Record,
}

/// The stream of one table. It has a single shard. Cheap to clone.
#[derive(Clone)]
pub struct StreamSource {
    database: Database,
    trimmer: Arc<Mutex<Connection>>,
    table: String,
    arn: String,
}

impl StreamSource {
    /// Opens the stream of `table` in `database`, whose file is `path`.
    ///
    /// # Errors
    ///
    /// [`SourceError`] when the table has no stream, or the second connection fails.
    pub fn open(database: Database, path: &Path, table: &str) -> Result<Self, SourceError> {
        let request =
            ListStreamsRequest { table_name: Some(table.to_owned()), ..Default::default() };
        let stream = database.list_streams(request)?.streams.into_iter().next();
        let stream = stream.ok_or_else(|| SourceError::NoStream(table.to_owned()))?;
        let trimmer = Connection::open(path)?;
        trimmer.busy_timeout(BUSY_FOR)?;
        trimmer.execute_batch(INDEXES)?;
        Ok(Self {
            database,
            trimmer: Arc::new(Mutex::new(trimmer)),
            table: table.to_owned(),
            arn: stream.stream_arn,
        })
    }

    /// Where the oldest record is that was not trimmed.
    ///
    /// # Errors
    ///
    /// [`SourceError::Read`].
    pub fn trim_horizon(&self) -> Result<Position, SourceError> {
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: dynoxide::streams::shard_id(&self.table),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            sequence_number: None,
        };
        let iterator = self.database.get_shard_iterator(request)?.shard_iterator;
        iterator.map(Position).ok_or_else(|| SourceError::NoStream(self.table.clone()))
    }

    /// At most `limit` records from `position` on, oldest first, and where the next are.
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub async fn read(
        &self,
        position: &Position,
        limit: usize,
    ) -> Result<(Vec<StreamedRecord>, Position), SourceError> {
        let this = self.clone();
        let position = position.clone();
        // dynoxide is synchronous and waits for its turn at the database.
        tokio::task::spawn_blocking(move || this.read_now(position, limit)).await?
    }

    fn read_now(
        &self,
        position: Position,
        limit: usize,
    ) -> Result<(Vec<StreamedRecord>, Position), SourceError> {
        let request = GetRecordsRequest { shard_iterator: position.0.clone(), limit: Some(limit) };
        let answer = self.database.get_records(request)?;
        let records = answer.records.into_iter().map(|record| self.streamed(record));
        let records = records.collect::<Result<_, _>>()?;
        Ok((records, answer.next_shard_iterator.map_or(position, Position)))
    }

    /// dynoxide writes the JSON that DynamoDB writes; the address of the stream is Lambda's addition.
    fn streamed(
        &self,
        record: dynoxide::actions::get_records::Record,
    ) -> Result<StreamedRecord, SourceError> {
        let mut json = serde_json::to_value(&record)?;
        json["eventSourceARN"] = self.arn.clone().into();
        Ok(StreamedRecord { event_id: record.event_id, record: json })
    }

    /// Forgets the record with this id and all before it, but never the newest of all.
    ///
    /// # Errors
    ///
    /// [`SourceError::Trim`].
    pub async fn trim(&self, event_id: &str) -> Result<(), SourceError> {
        let this = self.clone();
        let event_id = event_id.to_owned();
        tokio::task::spawn_blocking(move || this.trim_now(&event_id)).await?
    }

    fn trim_now(&self, event_id: &str) -> Result<(), SourceError> {
        let trimmer = self.trimmer.lock().unwrap_or_else(PoisonError::into_inner);
        trimmer.prepare_cached(TRIM)?.execute((&self.table, event_id))?;
        Ok(())
    }
}

/// A small table with a stream, for the tests of this folder.
#[cfg(test)]
pub(super) mod fixture {
    use serde_json::json;

    use super::*;

    /// The folder must outlive the other two.
    pub fn table_with_stream() -> (tempfile::TempDir, Database, StreamSource) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.sqlite");
        let database = Database::new(path.to_str().unwrap()).unwrap();
        let create = json!({
            "TableName": "desk", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
        });
        database.create_table(serde_json::from_str(&create.to_string()).unwrap()).unwrap();
        let source = StreamSource::open(database.clone(), &path, "desk").unwrap();
        (folder, database, source)
    }

    pub fn put(database: &Database, pk: &str, sk: &str, item: &str, status: &str) {
        let put = json!({"TableName": "desk", "Item": {
            "pk": {"S": pk}, "sk": {"S": sk}, "item": {"S": item}, "status": {"S": status},
        }});
        database.put_item(serde_json::from_str(&put.to_string()).unwrap()).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::super::record;
    use super::*;

    fn put(database: &Database, pk: &str) {
        fixture::put(database, pk, "EMAIL", "EMAIL", "pending");
    }

    async fn remaining(source: &StreamSource) -> Vec<StreamedRecord> {
        source.read(&source.trim_horizon().unwrap(), 1000).await.unwrap().0
    }

    #[tokio::test]
    async fn records_come_in_order_as_lambda_events() {
        let (_folder, database, source) = fixture::table_with_stream();
        put(&database, "a");
        put(&database, "b");
        let start = source.trim_horizon().unwrap();
        let (first, next) = source.read(&start, 1).await.unwrap();
        let (second, end) = source.read(&next, 10).await.unwrap();
        assert!(source.read(&end, 10).await.unwrap().0.is_empty());
        let (first, second) = (&first[0].record, &second[0].record);
        assert_eq!(first["eventName"], "INSERT");
        assert!(first["eventSourceARN"].as_str().unwrap().contains("table/desk/stream/"));
        assert_eq!(first["dynamodb"]["NewImage"]["pk"]["S"], "a");
        assert_eq!(second["dynamodb"]["NewImage"]["pk"]["S"], "b");
        assert!(record::sequence_number(first) < record::sequence_number(second));
    }

    #[tokio::test]
    async fn the_newest_record_outlives_a_trim_and_the_numbers_go_on() {
        let (_folder, database, source) = fixture::table_with_stream();
        ["a", "b", "c"].iter().for_each(|pk| put(&database, pk));
        let all = remaining(&source).await;
        source.trim(&all[0].event_id).await.unwrap();
        assert_eq!(remaining(&source).await, all[1..]);
        source.trim(&all[2].event_id).await.unwrap();
        assert_eq!(remaining(&source).await, all[2..]);
        put(&database, "d");
        let now = remaining(&source).await;
        let [last, next] = [&all[2], &now[1]].map(|kept| record::sequence_number(&kept.record));
        assert!(next > last);
    }
}
