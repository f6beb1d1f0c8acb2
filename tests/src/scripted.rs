//! A server on loopback that answers as it is told, also as no honest server would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does once it has read a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Sends this, byte for byte, and keeps the connection open.
    Bytes(String),
    /// Sends this and closes the connection.
    Last(String),
    /// Says nothing and keeps the connection open.
    Silence,
}

impl Answer {
    /// A whole answer with this body.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::Bytes(http(status, "", body.len(), body))
    }

    /// A refusal, its code in the header, as AWS sends it.
    #[must_use]
    pub fn refusal(status: u16, code: &str) -> Self {
        let body = r#"{"message":"Said by the server."}"#;
        Self::Bytes(http(status, &format!("x-amzn-ErrorType: {code}\r\n"), body.len(), body))
    }

    /// A good answer of which only this much of the body arrives.
    #[must_use]
    pub fn cut_off(arrives: &str) -> Self {
        Self::Last(http(200, "", arrives.len() + 1, arrives))
    }

    /// The connection ends without a word.
    #[must_use]
    pub fn dropped() -> Self {
        Self::Last(String::new())
    }
}

fn http(status: u16, headers: &str, length: usize, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// On which connection, from 0.
    pub connection: usize,
    /// The method and the path.
    pub line: String,
    /// The headers, a line each, in the order of their names.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Answer>,
    arrived: Vec<Arrived>,
}

/// A server that gives the answers of a script, one for each request, whatever is asked; after the
/// last it drops every request.
#[derive(Debug)]
pub struct Scripted {
    url: String,
    state: Arc<Mutex<State>>,
    news: Arc<Notify>,
}

impl Scripted {
    /// Starts one on a free port. It ends with the test's runtime.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let script = script.into_iter().collect();
        let state = Arc::new(Mutex::new(State { script, arrived: Vec::new() }));
        let news = Arc::new(Notify::new());
        tokio::spawn(accept(listener, state.clone(), news.clone()));
        Self { url, state, news }
    }

    /// Adds an answer to the end of the script.
    pub fn then(&self, answer: Answer) {
        lock(&self.state).script.push_back(answer);
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What has arrived, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Arrived> {
        lock(&self.state).arrived.clone()
    }

    /// Waits until a request has been read to its end.
    pub async fn read_one(&self) {
        self.news.notified().await;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, news: Arc<Notify>) {
    for connection in 0.. {
        let (stream, _) = listener.accept().await.expect("a connection");
        tokio::spawn(serve(connection, stream, state.clone(), news.clone()));
    }
}

async fn serve(connection: usize, stream: TcpStream, state: Arc<Mutex<State>>, news: Arc<Notify>) {
    let mut stream = BufReader::new(stream);
    while let Some((line, headers, body)) = read(&mut stream).await {
        let answer = {
            let mut state = lock(&state);
            state.arrived.push(Arrived { connection, line, headers, body });
            state.script.pop_front().unwrap_or_else(Answer::dropped)
        };
        news.notify_one();
        let (Answer::Bytes(bytes) | Answer::Last(bytes)) = &answer else { continue };
        let written = stream.write_all(bytes.as_bytes()).await;
        if written.is_err() || matches!(answer, Answer::Last(_)) {
            return;
        }
    }
}

/// One request; `None` at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<String>, String)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    let line = head.first()?.trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = head.split_off(1);
    headers.sort();
    Some((line, headers, String::from_utf8(body).ok()?))
}
