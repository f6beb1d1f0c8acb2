//! A desk that is asked to stop, stops in order, whoever still listens.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn a_desk_whose_words_nobody_reads_any_more_stops_in_order() {
    let mut desk = Command::new(env!("CARGO_BIN_EXE_escalation-desk"))
        .args(["--port", "0", "--dynamodb-port", "0", "--mailbox-port", "0"])
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the desk");
    let mut said = BufReader::new(desk.stdout.take().expect("its output")).lines();
    while !said.next_line().await.expect("a line").expect("one more line").contains("Mailbox") {}
    // As when it is piped into `head`.
    drop(said);

    let id = desk.id().expect("a process").to_string();
    let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
    assert!(asked.success());

    let ended = desk.wait_with_output().await.expect("its end");
    assert!(ended.status.success(), "{}: {}", ended.status, String::from_utf8_lossy(&ended.stderr));
}
