//! HTTP/1.1 as bytes, so that a message can be left unanswered, held up, or cut in the middle.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request or an answer.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its first line.
    pub line: String,
    /// Its headers, as they came.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Message {
    /// An answer in JSON.
    #[must_use]
    pub fn json(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let length = body.len().to_string();
        let own = [("content-type", "application/json"), ("content-length", &length)];
        let headers = own.iter().chain(headers);
        Self {
            line: format!("HTTP/1.1 {status} "),
            headers: headers.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The path of a request.
    #[must_use]
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The same request for another path.
    #[must_use]
    pub fn to(mut self, path: &str) -> Self {
        let method = self.line.split(' ').next().unwrap_or_default();
        self.line = format!("{method} {path} HTTP/1.1");
        self
    }

    /// The status of an answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.line).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}

/// The next message; `None` at the end of the connection, also in the middle of a message.
pub async fn read(stream: &mut BufReader<TcpStream>) -> Option<Message> {
    let mut message = Message::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(':') {
            _ if message.line.is_empty() => message.line = line.to_owned(),
            Some((name, value)) => {
                message.headers.push((name.to_owned(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let length = message.header("content-length").map_or(Ok(0), str::parse).ok()?;
    assert!(message.header("transfer-encoding").is_none(), "nobody here writes in chunks");
    message.body = vec![0; length];
    stream.read_exact(&mut message.body).await.ok()?;
    Some(message)
}

/// Writes these bytes.
///
/// # Errors
///
/// When the other end is gone.
pub async fn write(stream: &mut BufReader<TcpStream>, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await
}

/// Reads whatever comes until the other end is gone.
pub async fn wait_for_end(stream: &mut BufReader<TcpStream>) {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}
