//! A desk that runs for long: what it holds in memory does not grow with what it has done.
//!
//! The test counts what is bounded. The long run, by hand, also says how much memory the process has
//! as it goes on: see `tests/README.md`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::ask::{PAUSE, TRIES, ask, ask_with, escalation, json_of};
use crate::killed::Process;
use crate::memory::Memory;

const CLIENTS: usize = 8;
/// After so many incidents the clients wait for their e-mails: the desk takes in faster than it sends, and
/// what waits to be sent shall not be taken for what is never given back.
const BREATH: usize = 500;
/// So many e-mails are in the mailbox's file at most, and so many lines in that of a queue that waits
/// for nothing.
const LONGEST_MAILBOX: usize = 10_000;
const LONGEST_QUEUE: usize = 1_000;

/// Customers escalate, each an incident; care acknowledges every other one, and resolves them all.
async fn whole_life(desk: &Process, n: usize) {
    let number = format!("INC-{n}");
    let post = async |path: &str, body: &str, status: &str| {
        let key = format!("idempotency-key: {path}\r\n");
        let answer = ask_with(desk.api, "POST", path, &key, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    };
    let body = escalation(&number).replace("ada@", &format!("customer-{n}@"));
    let key = format!("idempotency-key: {number}\r\n");
    let answer = ask_with(desk.api, "POST", "/v1/escalations", &key, &body).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    if n.is_multiple_of(2) {
        let path = format!("/v1/incidents/{number}/acknowledgement");
        post(&path, r#"{"by": "Linus Roy"}"#, "200").await;
    }
    let path = format!("/v1/incidents/{number}/resolution");
    post(&path, r#"{"by": "Grace Hall"}"#, "200").await;
}

/// Those from one number to another, by several clients.
async fn live(desk: &Arc<Process>, from: usize, until: usize) {
    let next = Arc::new(AtomicUsize::new(from));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (next, desk) = (next.clone(), desk.clone());
        clients.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= until {
                    break;
                }
                whole_life(&desk, n).await;
            }
        });
    }
    clients.join_all().await;
}

/// How many e-mails the desk has sent.
async fn sent(desk: &Process) -> u64 {
    let news = json_of(&ask(desk.mailbox, "GET", "/headings?after=1000000000", "").await);
    news["next"].as_u64().expect("a place")
}

/// How many e-mails an incident has, and how many of them are at no end yet, or were not heard of. On a
/// slow machine one that waited for longer than the resolution took is cancelled.
async fn emails(desk: &Process, n: usize) -> (u64, u64) {
    let story = json_of(&ask(desk.api, "GET", &format!("/v1/incidents/INC-{n}"), "").await);
    let emails = story["emails"].as_array().expect("e-mails");
    let is_open = |email: &&Value| {
        let is_ended = matches!(email["delivery"]["status"].as_str(), Some("sent" | "cancelled"));
        !is_ended || email["confirmation"] == "awaited"
    };
    (emails.len() as u64, emails.iter().filter(is_open).count() as u64)
}

/// Waits until all e-mails of these are at their end. What got stuck waits for a lease to run out.
async fn settled(desk: &Process, incidents: std::ops::Range<usize>) {
    for n in incidents {
        for _ in 0..4 * TRIES {
            if emails(desk, n).await.1 == 0 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        assert_eq!(emails(desk, n).await.1, 0, "INC-{n} is not told of");
    }
}

/// A data folder, in memory where the system has a memory file system: it is not the disk that is asked.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn lines(file: &Path) -> usize {
    let text = std::fs::read(file).expect("a file of the desk");
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// The records of the stream that nobody has trimmed.
fn stream_records(data: &Path) -> u64 {
    let database = rusqlite::Connection::open(data.join("dynamodb.sqlite")).expect("the table");
    let count = "SELECT count(*) FROM _stream_records";
    database.query_row(count, [], |row| row.get(0)).expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_beside_the_table_is_bounded() {
    const INCIDENTS: usize = 40;
    let data = folder();
    let desk = Arc::new(Process::start_with(Some(data.path()), "warn").await);
    live(&desk, 0, INCIDENTS).await;
    settled(&desk, 0..INCIDENTS).await;
    assert!(sent(&desk).await >= 4 * INCIDENTS as u64, "the alerts alone");
    let mut kept = (0, 0);
    for _ in 0..TRIES {
        // Of the stream the newest record is left, and of what SES told nothing.
        kept = (stream_records(data.path()), lines(&data.path().join("ses-events.jsonl")));
        if kept == (1, 0) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(kept, (1, 0));
}

/// `INCIDENTS=100000`, `KEPT=1` with a data folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long"]
async fn memory_is_flat() {
    #[expect(clippy::disallowed_methods, reason = "asked of the test, not of a function")]
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let incidents: usize = asked("INCIDENTS").unwrap_or(2_000);
    let data = asked("KEPT").map(|_: usize| folder());
    let desk = Arc::new(Process::start_with(data.as_ref().map(|data| data.path()), "warn").await);
    let mut seen = vec![Memory::of(&desk.child, 0, sent(&desk).await)];
    seen[0].say();
    let mut done = 0;
    for tenth in 1..=10 {
        let end = incidents * tenth / 10;
        while done < end {
            let until = end.min(done + BREATH);
            live(&desk, done, until).await;
            // E-mails go out in their order: with the last ones, those before are settled.
            settled(&desk, until.saturating_sub(4 * CLIENTS)..until).await;
            done = until;
        }
        let memory = Memory::of(&desk.child, done, sent(&desk).await);
        memory.say();
        seen.push(memory);
    }
    if let Some(data) = &data {
        assert!(lines(&data.path().join("mailbox.jsonl")) <= LONGEST_MAILBOX);
        assert!(lines(&data.path().join("ses-events.jsonl")) <= LONGEST_QUEUE + 2 * CLIENTS * 10);
    }
    Memory::is_flat(&seen);
}
