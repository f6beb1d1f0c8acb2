//! The whole desk in this process, asked over real connections.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::net::SocketAddr;
use std::time::Duration;

use escalation_desk::desk::{self, Running, StartError};
use escalation_desk::options::Options;
use shared::policy::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TRIES: u32 = 500;
const ESCALATION: &str = r#"{
    "incident_number": "INC-1",
    "business_justification": "Checkout has been down for all our shops.",
    "requester": {"name": "Ada Martin", "email": "ada@customer.example"}
}"#;

fn options() -> Options {
    Options::passing(Policy::read(include_str!("../../policy.toml")).expect("a policy"))
}

/// The whole answer, head and body, as text.
async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.expect("to ask");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    answer
}

async fn emails(running: &Running, wanted: usize) -> Vec<String> {
    for _ in 0..TRIES {
        if running.mail.len() >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut to: Vec<_> =
        running.mail.messages(0, None).iter().map(|message| message.to.clone()).collect();
    to.sort();
    to
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_escalation_alerts_level_one_and_outlives_a_restart_with_its_data() {
    let data = tempfile::tempdir().expect("a folder");
    let options = Options { data: Some(data.path().to_owned()), ..options() };
    let everybody = [
        "ada@customer.example",
        "care-management@example.com",
        "support-engineering@example.com",
        "triage@example.com",
    ];

    let running = desk::start(options.clone()).await.expect("a desk");
    let answer = ask(running.api, "POST", "/v1/escalations", ESCALATION).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(emails(&running, everybody.len()).await, everybody);
    let in_use = desk::start(options.clone()).await.err().expect("no second desk on this data");
    assert!(matches!(in_use, StartError::Data(_)), "{in_use}");
    running.stop().await;

    let running = desk::start(options).await.expect("the same desk");
    let answer = ask(running.api, "GET", "/v1/escalations/INC-1", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let again = ask(running.api, "POST", "/v1/escalations", ESCALATION).await;
    assert!(again.starts_with("HTTP/1.1 200 "), "running already: {again}");
    // The customer's second receipt, and the teams are told of the second request.
    assert_eq!(emails(&running, 2 * everybody.len()).await.len(), 2 * everybody.len());
    let page = ask(running.mailbox, "GET", "/", "").await;
    assert!(page.contains(&format!("http://{}/v1/escalations", running.api)), "{page}");
    running.stop().await;
}

#[tokio::test]
async fn a_taken_port_stops_the_start_before_anything_is_made() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut options = Options { data: Some(data.clone()), ..options() };
    options.ports.mailbox = taken.local_addr().expect("an address").port();
    let error = desk::start(options).await.err().expect("a taken port");
    assert!(error.to_string().contains("--mailbox-port"), "{error}");
    assert!(!data.exists());
}
