//! `kill -9` in the middle of work: nothing that was answered is lost.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::ask::{PAUSE, TRIES, ask, copies, escalation, json_of};

/// A desk in a process of its own.
pub struct Process {
    pub child: Child,
    pub api: SocketAddr,
    pub mailbox: SocketAddr,
}

impl Process {
    pub async fn start(data: &Path) -> Self {
        Self::start_with(Some(data), "info").await
    }

    /// One that keeps nothing, without a folder; how much it logs.
    pub async fn start_with(data: Option<&Path>, log: &str) -> Self {
        let kept = data.map(|data| ["--data".as_ref(), data.as_os_str()]);
        let mut child = program(log).args(kept.into_iter().flatten()).spawn().expect("the desk");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let [api, mailbox] = addresses(&mut lines).await;
        // Read on, so that the desk is never held up by a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, api, mailbox }
    }
}

/// The program, on ports that are free, with its output at hand; how much it logs.
pub fn program(log: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_escalation-desk"));
    program
        .args(["--port", "0", "--dynamodb-port", "0", "--mailbox-port", "0"])
        .env("RUST_LOG", log)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    program
}

/// Where its HTTP API and its mailbox are, as it says when it has started.
pub async fn addresses(said: &mut Lines<BufReader<ChildStdout>>) -> [SocketAddr; 2] {
    let mut address = async |part: &str| loop {
        let line = said.next_line().await.expect("a line").expect("one more line");
        if let Some((_, url)) = line.split_once("http://").filter(|_| line.contains(part)) {
            break url.parse().expect("an address");
        }
    };
    [address("HTTP API").await, address("Mailbox").await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_a_kill_is_there_afterwards_and_every_repeat_is_labelled() {
    let data = tempfile::tempdir().expect("a folder");
    let mut desk = Process::start(data.path()).await;
    let answered = Arc::new(Mutex::new(BTreeSet::new()));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..4 {
        let (answered, api) = (answered.clone(), desk.api);
        clients.spawn(async move {
            for n in 0.. {
                let number = format!("INC-{client}-{n}");
                let answer = ask(api, "POST", "/v1/escalations", &escalation(&number)).await;
                if answer.starts_with("HTTP/1.1 201 ") {
                    answered.lock().expect("the list").insert(number);
                }
            }
        });
    }
    for _ in 0..TRIES {
        if answered.lock().expect("the list").len() >= 40 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    // SIGKILL, while requests and e-mails are on their way.
    desk.child.kill().await.expect("to kill it");
    clients.abort_all();
    while clients.join_next().await.is_some() {}
    let answered = answered.lock().expect("the list").clone();
    assert!(answered.len() >= 40);

    let desk = Process::start(data.path()).await;
    let mut wanted = BTreeSet::new();
    for number in &answered {
        let path = format!("/v1/incidents/{number}");
        let story = json_of(&ask(desk.api, "GET", &path, "").await);
        let emails = story["emails"].as_array().expect("an incident that was answered");
        wanted.extend(emails.iter().map(|email| email["id"].as_str().expect("an id").to_owned()));
    }
    assert_eq!(wanted.len(), answered.len() * 4);
    let mut sent = Default::default();
    // What was being sent when the desk died waits until its lease of 90 s has run out.
    for _ in 0..4 * TRIES {
        let messages = json_of(&ask(desk.mailbox, "GET", "/messages", "").await);
        let messages = messages.as_array().expect("messages").iter();
        let headers: Vec<_> = messages
            .map(|message| serde_json::from_value(message["headers"].clone()).expect("headers"))
            .collect();
        sent = copies(headers.iter());
        if wanted.iter().all(|id| sent.contains_key(id)) {
            break;
        }
        tokio::time::sleep(10 * PAUSE).await;
    }
    let missing: Vec<_> = wanted.iter().filter(|id| !sent.contains_key(*id)).collect();
    assert!(missing.is_empty(), "never sent: {missing:?}");
    for (id, (all, labelled)) in &sent {
        assert!(*all - *labelled <= 1, "{id} came {all} times, {labelled} of them labelled");
    }
}
