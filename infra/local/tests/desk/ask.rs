//! Asking a desk over real connections, and waiting for its mail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use escalation_desk::desk::Running;
use escalation_desk::options::Options;
use serde_json::{Value, json};
use shared::policy::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How often something that must come is looked for, 20 ms apart: 60 s.
pub const TRIES: u32 = 3_000;
/// Between two looks.
pub const PAUSE: Duration = Duration::from_millis(20);

pub fn options() -> Options {
    Options::passing(Policy::read(include_str!("../../../policy.toml")).expect("a policy"))
}

pub fn escalation(number: &str) -> String {
    json!({
        "incident_number": number,
        "business_justification": "Checkout has been down for all our shops.",
        "requester": { "name": "Ada Martin", "email": "ada@customer.example" },
    })
    .to_string()
}

/// The whole answer, head and body, as text.
pub async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    ask_with(address, method, path, "", body).await
}

/// The same, with more headers, each with its line end.
pub async fn ask_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> String {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{headers}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.expect("to ask");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    answer
}

pub async fn emails(running: &Running, wanted: usize) -> Vec<String> {
    for _ in 0..TRIES {
        if running.mail.len() >= wanted {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let mut to: Vec<_> =
        running.mail.messages(0, None).iter().map(|message| message.to.clone()).collect();
    to.sort();
    to
}

/// The body of an answer, as JSON.
pub fn json_of(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).expect("JSON")
}

/// How often each e-mail is in the mailbox, and how often it says that it is a repeat.
pub fn copies<'a>(
    headers: impl Iterator<Item = &'a BTreeMap<String, String>>,
) -> BTreeMap<String, (usize, usize)> {
    let mut copies: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for headers in headers {
        let id = headers["X-Escalation-Desk-Email-Id"].clone();
        let (all, labelled) = copies.entry(id).or_default();
        *all += 1;
        *labelled += usize::from(headers.contains_key("X-Escalation-Desk-Repeat"));
    }
    copies
}
