//! Amazon S3, as far as mail that comes in needs it: SES puts objects, `GetObject` reads them.
//!
//! In memory, and with `--data` in files: what [`Objects::put`] has returned from outlives
//! `kill -9`. Over HTTP nothing can be written or deleted, and nothing outside its folder is read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

const FOLDER: &str = "objects";

/// Where the endpoint is on its port: the SDK puts the bucket and the key behind it, and no slash.
pub const ENDPOINT: &str = "/s3/";

/// The objects of all buckets. Clones share them.
#[derive(Debug, Clone)]
pub struct Objects(Arc<Kept>);

#[derive(Debug)]
enum Kept {
    InMemory(Mutex<HashMap<(String, String), Bytes>>),
    InFolder(PathBuf),
}

/// An object, or the part of it that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The bytes of the part.
    pub bytes: Bytes,
    /// Where they stand in the object.
    pub range: Range<u64>,
    /// The size of the whole object.
    pub size: u64,
}

/// Which part of an object is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// From this byte to that one, which is part of it; or to the end.
    From(u64, Option<u64>),
    /// So many at its end.
    Last(u64),
}

impl Wanted {
    /// As `Range` says it. What is no single range of bytes is ignored (RFC 9110, section 14.2).
    fn read(headers: &HeaderMap) -> Self {
        let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        range.and_then(Self::of).unwrap_or(Self::Whole)
    }

    fn of(range: &str) -> Option<Self> {
        let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", last) => last.parse().ok().map(Self::Last),
            (first, "") => first.parse().ok().map(|first| Self::From(first, None)),
            (first, last) => {
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// The bytes of an object of this size; none when it has none of them.
    fn within(self, size: u64) -> Option<Range<u64>> {
        match self {
            Self::Whole => Some(0..size),
            Self::From(first, last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                (first < end).then_some(first..end)
            }
            Self::Last(bytes) => (bytes > 0 && size > 0).then(|| size.saturating_sub(bytes)..size),
        }
    }
}

/// Why an object was not read.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// There is none.
    #[error("there is no such object")]
    NoSuchKey,
    /// It has none of the bytes that were asked for.
    #[error("the object has {0} bytes, and none of those asked for")]
    OutOfRange(u64),
    /// The file cannot be read.
    #[error("the object cannot be read")]
    Unreadable(#[source] io::Error),
}

impl Objects {
    /// Objects that go away with the desk.
    #[must_use]
    pub fn passing() -> Self {
        Self(Arc::new(Kept::InMemory(Mutex::default())))
    }

    /// Objects that are kept in the folder `data`, with those that were in it before.
    #[must_use]
    pub fn kept(data: &Path) -> Self {
        Self(Arc::new(Kept::InFolder(data.join(FOLDER))))
    }

    /// Stores an object, in place of one that was there.
    ///
    /// # Errors
    ///
    /// When its file cannot be written, or its name is none that [`is_plain`] takes.
    pub fn put(&self, bucket: &str, key: &str, bytes: Bytes) -> io::Result<()> {
        if !is_plain(bucket) || !is_plain(key) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a name of an object"));
        }
        match &*self.0 {
            Kept::InMemory(objects) => {
                let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                objects.insert((bucket.to_owned(), key.to_owned()), bytes);
                Ok(())
            }
            Kept::InFolder(folder) => {
                let path = folder.join(bucket).join(key);
                std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
                // A name of its own until it is whole: nobody reads half an object.
                let growing = folder.join(bucket).join(format!("{key}.growing"));
                std::fs::write(&growing, &bytes)?;
                std::fs::rename(growing, path)
            }
        }
    }

    /// Reads a part of an object.
    ///
    /// # Errors
    ///
    /// [`GetError`].
    pub fn get(&self, bucket: &str, key: &str, wanted: Wanted) -> Result<Part, GetError> {
        if !is_plain(bucket) || !is_plain(key) {
            return Err(GetError::NoSuchKey);
        }
        match &*self.0 {
            Kept::InMemory(objects) => {
                let objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                let object = objects.get(&(bucket.to_owned(), key.to_owned()));
                let object = object.ok_or(GetError::NoSuchKey)?;
                let size = object.len() as u64;
                let range = wanted.within(size).ok_or(GetError::OutOfRange(size))?;
                // Both are at most its length, which is a usize.
                let bytes = object.slice(range.start as usize..range.end as usize);
                Ok(Part { bytes, range, size })
            }
            Kept::InFolder(folder) => read_part(&folder.join(bucket).join(key), wanted),
        }
    }
}

fn read_part(path: &Path, wanted: Wanted) -> Result<Part, GetError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => GetError::NoSuchKey,
        _ => GetError::Unreadable(error),
    };
    let mut file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(GetError::NoSuchKey);
    }
    let size = about.len();
    let range = wanted.within(size).ok_or(GetError::OutOfRange(size))?;
    file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(range.end - range.start).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Part { bytes: bytes.into(), range, size })
}

/// Whether it is a name that the desk gives buckets and objects: letters, digits, `.`, `_`, `-`, in
/// parts between slashes of which none is empty or begins with a dot. No other is a path in a folder.
fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    name.split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}

/// Answers `GetObject` in path style, below [`ENDPOINT`].
pub fn router(objects: Objects) -> Router {
    Router::new()
        .route(&format!("{ENDPOINT}{{bucket}}/{{*key}}"), get(get_object).fallback(not_offered))
        .route(&format!("{ENDPOINT}{{bucket}}"), any(not_offered))
        .with_state(objects)
}

async fn get_object(
    State(objects): State<Objects>,
    UrlPath((bucket, key)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let wanted = Wanted::read(&headers);
    match objects.get(&bucket, &key, wanted) {
        Ok(Part { bytes, range, size }) => {
            let kind = [(header::CONTENT_TYPE, "binary/octet-stream")];
            let ranges = [(header::ACCEPT_RANGES, "bytes")];
            if wanted == Wanted::Whole {
                return (kind, ranges, bytes).into_response();
            }
            let says = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let says = [(header::CONTENT_RANGE, says)];
            (StatusCode::PARTIAL_CONTENT, kind, ranges, says, bytes).into_response()
        }
        Err(GetError::NoSuchKey) => {
            refused(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
        }
        Err(error @ GetError::OutOfRange(_)) => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            refused(status, "InvalidRange", &error.to_string())
        }
        Err(error @ GetError::Unreadable(_)) => {
            tracing::error!(error = &error as &dyn std::error::Error, key, "an object is lost");
            refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error.to_string())
        }
    }
}

async fn not_offered() -> Response {
    let message = "The local S3 endpoint knows GetObject, GET /{bucket}/{key}, and no other \
                   operation.";
    refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
}

/// In the form of the AWS protocol `restXml`; no message here has a character of XML's own.
fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_s3::error::ProvideErrorMetadata;
    use tokio::net::TcpListener;

    use super::*;

    async fn served(objects: &Objects) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(objects.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn client(address: SocketAddr) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(format!("http://{address}{ENDPOINT}"))
            .build();
        Client::from_conf(config)
    }

    /// The bytes of an object and what is said of their range, or the code of the error.
    async fn got(
        client: &Client,
        key: &str,
        range: Option<&str>,
    ) -> Result<(String, Option<String>), String> {
        let asked = client.get_object().bucket("mail").key(key).set_range(range.map(str::to_owned));
        match asked.send().await {
            Ok(object) => {
                let range = object.content_range().map(str::to_owned);
                let bytes = object.body.collect().await.unwrap().to_vec();
                Ok((String::from_utf8(bytes).unwrap(), range))
            }
            Err(error) => Err(error.code().unwrap_or("no code").to_owned()),
        }
    }

    #[tokio::test]
    async fn the_real_client_reads_objects_and_parts_of_them_from_memory_and_from_files() {
        let data = tempfile::tempdir().unwrap();
        for objects in [Objects::passing(), Objects::kept(data.path())] {
            objects.put("mail", "inbound/1", Bytes::from_static(b"0123456789")).unwrap();
            objects.put("mail", "inbound/empty", Bytes::new()).unwrap();
            let client = client(served(&objects).await);
            let part = |text: &str, range: &str| Ok((text.to_owned(), Some(range.to_owned())));
            let get = async |key, range| got(&client, key, range).await;
            assert_eq!(get("inbound/1", None).await, Ok(("0123456789".to_owned(), None)));
            assert_eq!(get("inbound/1", Some("bytes=2-4")).await, part("234", "bytes 2-4/10"));
            assert_eq!(
                get("inbound/1", Some("bytes=0-4194303")).await,
                part("0123456789", "bytes 0-9/10")
            );
            assert_eq!(get("inbound/1", Some("bytes=8-")).await, part("89", "bytes 8-9/10"));
            assert_eq!(get("inbound/1", Some("bytes=-3")).await, part("789", "bytes 7-9/10"));
            assert_eq!(get("inbound/1", Some("bytes=4-2")).await.unwrap().0, "0123456789");
            for (key, range, code) in [
                ("inbound/2", None, "NoSuchKey"),
                ("inbound", None, "NoSuchKey"),
                ("inbound/1/2", None, "NoSuchKey"),
                ("inbound/1", Some("bytes=10-"), "InvalidRange"),
                ("inbound/empty", Some("bytes=0-9"), "InvalidRange"),
            ] {
                assert_eq!(get(key, range).await, Err(code.to_owned()), "{key} {range:?}");
            }
            let put = client.put_object().bucket("mail").key("inbound/1").send().await;
            assert_eq!(put.unwrap_err().code(), Some("NotImplemented"));
        }
        let again = Objects::kept(data.path());
        let part = again.get("mail", "inbound/1", Wanted::From(9, None)).unwrap();
        assert_eq!(part, Part { bytes: Bytes::from_static(b"9"), range: 9..10, size: 10 });
    }

    #[test]
    fn nothing_outside_the_folder_is_read_or_written() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("secret"), "secret").unwrap();
        let objects = Objects::kept(data.path());
        for key in ["../../secret", "../secret", "/etc/hostname", "a/../../secret", "", "a//b", "."]
        {
            let read = objects.get("mail", key, Wanted::Whole);
            assert!(matches!(read, Err(GetError::NoSuchKey)), "{key}: {read:?}");
            assert!(objects.put("mail", key, Bytes::new()).is_err(), "{key}");
            assert!(matches!(objects.get("..", key, Wanted::Whole), Err(GetError::NoSuchKey)));
        }
    }
}
