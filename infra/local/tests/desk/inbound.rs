//! Mail that is sent into the desk, over real connections and past a `kill -9`.

use std::net::SocketAddr;

use escalation_desk::desk;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::{ask, json_of, options};
use crate::killed::Process;

fn mail(n: usize) -> String {
    format!(
        "From: Ada Martin <ada@customer.example>\r\nTo: escalations@example.com\r\n\
         Cc: mary.moss@example.com\r\nSubject: INC-{n}: the checkout is down\r\n\
         Message-ID: <{n}@customer.example>\r\n\r\nNone of our shops can sell anything.\r\n"
    )
}

async fn hand_over(mailbox: SocketAddr, mail: &str) -> String {
    let mut connection = TcpStream::connect(mailbox).await.expect("a connection");
    let length = mail.len();
    let head = format!(
        "POST /messages HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
         content-type: message/rfc822\r\ncontent-length: {length}\r\n\r\n"
    );
    connection.write_all(format!("{head}{mail}").as_bytes()).await.expect("to ask");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    answer
}

fn id_of(answer: &str) -> String {
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    json_of(answer)["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_to_the_desk_shows_as_incoming_with_its_bytes_and_a_copy_for_who_else_got_it() {
    let running = desk::start(options()).await.expect("a desk");
    let id = id_of(&hand_over(running.mailbox, &mail(1)).await);
    let shown = json_of(&ask(running.mailbox, "GET", &format!("/messages/{id}"), "").await);
    assert_eq!(shown["incoming"], true);
    assert_eq!(shown["from"], "Ada Martin <ada@customer.example>");
    let raw = ask(running.mailbox, "GET", &format!("/messages/{id}/raw"), "").await;
    assert!(raw.contains("\r\n\r\nReturn-Path: <ada@customer.example>\r\n"), "{raw}");
    assert!(raw.ends_with(&mail(1)), "{raw}");
    let copy = ask(running.mailbox, "GET", "/messages?to=mary.moss@example.com", "").await;
    assert_eq!(json_of(&copy)[0]["incoming"], false);
    let object = ask(running.mailbox, "GET", &format!("/s3/inbound-mail/received/{id}"), "").await;
    assert!(object.ends_with(&mail(1)), "{object}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_was_made_to_bounce_is_not_delivered_to() {
    let running = desk::start(options()).await.expect("a desk");
    let kind = r#"{"kind": "permanent"}"#;
    let path = "/bounces/triage@example.com";
    assert!(ask(running.mailbox, "PUT", path, kind).await.starts_with("HTTP/1.1 204 "));
    ask(running.api, "POST", "/v1/escalations", &crate::ask::escalation("INC-1")).await;
    crate::ask::emails(&running, 4).await;
    let bounce = |to: &str| running.mail.messages(0, Some(to))[0].bounce.is_some();
    assert!(bounce("triage@example.com") && !bounce("care-management@example.com"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_was_taken_is_there_after_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    let mut desk = Process::start(data.path()).await;
    let mut taken = Vec::new();
    for n in 0..20 {
        taken.push(id_of(&hand_over(desk.mailbox, &mail(n)).await));
    }
    desk.child.kill().await.expect("to kill it");

    let desk = Process::start(data.path()).await;
    for (n, id) in taken.iter().enumerate() {
        let shown: Value = json_of(&ask(desk.mailbox, "GET", &format!("/messages/{id}"), "").await);
        assert_eq!(shown["subject"], format!("INC-{n}: the checkout is down"));
        let raw = ask(desk.mailbox, "GET", &format!("/messages/{id}/raw"), "").await;
        assert!(raw.ends_with(&mail(n)), "{raw}");
    }
}
