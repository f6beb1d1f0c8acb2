//! DynamoDB, embedded: dynoxide behind its HTTP server, so that the SDK's real clients talk to it.
//!
//! Always on a file. The stream's records have to be trimmed, for which a second SQLite connection
//! is needed ([`crate::stream::source`]), and an in-memory database has only one. When nothing is to
//! be kept, the file lies in a folder that goes away with the desk, in memory where the system has
//! a memory file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dynoxide::Database;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::stream::source::{SourceError, StreamSource};

const FILE: &str = "dynamodb.sqlite";
const MEMORY_FILE_SYSTEM: &str = "/dev/shm";

/// Why the embedded DynamoDB could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No folder for a database that is not kept.
    #[error("no temporary folder could be made")]
    Folder(#[source] std::io::Error),
    /// The database itself.
    #[error("the database {path} could not be opened: {error}")]
    Database {
        /// Its file.
        path: String,
        /// dynoxide's error, which is not `Sync` and so cannot be a source.
        error: String,
    },
    /// Its stream.
    #[error("the stream of the table {table} could not be opened")]
    Stream {
        /// The table.
        table: String,
        /// Why.
        source: SourceError,
    },
}

/// The embedded DynamoDB. Files that are not kept go when the last clone does.
#[derive(Clone)]
pub struct EmbeddedDynamoDb {
    database: Database,
    path: PathBuf,
    _folder: Option<Arc<TempDir>>,
}

impl EmbeddedDynamoDb {
    /// Opens the database in `data`, or an empty one that is not kept.
    ///
    /// SQLite syncs every commit to the disk before it is answered (write-ahead log,
    /// `synchronous = FULL`), so what was answered survives `kill -9` and a power cut.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(data: Option<&Path>) -> Result<Self, OpenError> {
        let (folder, path) = match data {
            Some(data) => (None, data.join(FILE)),
            None => {
                let folder = passing_folder().map_err(OpenError::Folder)?;
                let path = folder.path().join(FILE);
                (Some(Arc::new(folder)), path)
            }
        };
        let database = Database::new(&path.to_string_lossy()).map_err(|error| {
            OpenError::Database { path: path.display().to_string(), error: error.to_string() }
        })?;
        Ok(Self { database, path, _folder: folder })
    }

    /// The stream of `table`, which must exist.
    ///
    /// # Errors
    ///
    /// [`OpenError::Stream`].
    pub fn stream(&self, table: &str) -> Result<StreamSource, OpenError> {
        StreamSource::open(self.database.clone(), &self.path, table)
            .map_err(|source| OpenError::Stream { table: table.to_owned(), source })
    }

    /// Answers the SDK's requests on `listener` until `stop` resolves and running ones are done.
    pub fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let database = self.database.clone();
        async move {
            if let Err(error) =
                dynoxide::server::serve_with_shutdown(listener, database, stop).await
            {
                tracing::error!(error, "DynamoDB stopped");
            }
        }
    }

    /// Deletes what has expired, which DynamoDB does by itself and dynoxide when it is told to.
    pub async fn sweep_expired(&self) {
        let database = self.database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::debug!(items, "expired items deleted"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted"),
            Err(error) => tracing::warn!(%error, "expired items could not be deleted"),
        }
    }
}

fn passing_folder() -> std::io::Result<TempDir> {
    let named = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("escalation-desk-");
        builder
    };
    named().tempdir_in(MEMORY_FILE_SYSTEM).or_else(|_| named().tempdir())
}
