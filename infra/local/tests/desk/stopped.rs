//! A desk that is asked to stop, stops in order, whoever still listens.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::ask::{ask, escalation};
use crate::killed::{addresses, program};

#[tokio::test]
async fn a_desk_whose_words_nobody_reads_any_more_works_on_and_stops_in_order() {
    let mut desk = program("info").stderr(Stdio::piped()).spawn().expect("the desk");
    let mut said = BufReader::new(desk.stdout.take().expect("its output")).lines();
    let [api, _] = addresses(&mut said).await;
    // As when both are piped into `head`.
    drop((said, desk.stderr.take()));

    let answer = ask(api, "POST", "/v1/escalations", &escalation("INC-1")).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let id = desk.id().expect("a process").to_string();
    let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
    assert!(asked.success());
    let status = desk.wait().await.expect("its end");
    assert!(status.success(), "{status}");
}
