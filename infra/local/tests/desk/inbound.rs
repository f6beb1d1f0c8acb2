//! Mail that is sent into the desk, over real connections and past a `kill -9`.

use std::net::SocketAddr;

use escalation_desk::desk;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::{PAUSE, TRIES, ask, emails, escalation, json_of, options};
use crate::killed::Process;

fn mail(n: usize) -> String {
    format!(
        "From: Ada Martin <ada@customer.example>\r\nTo: escalations@example.com\r\n\
         Cc: mary.moss@example.com\r\nSubject: INC-{n}: the checkout is down\r\n\
         Message-ID: <{n}@customer.example>\r\n\r\nNone of our shops can sell anything.\r\n"
    )
}

async fn hand_over(mailbox: SocketAddr, mail: &str) -> String {
    hand_over_as(mailbox, "", mail).await
}

async fn hand_over_as(mailbox: SocketAddr, query: &str, mail: &str) -> String {
    let mut connection = TcpStream::connect(mailbox).await.expect("a connection");
    let length = mail.len();
    let head = format!(
        "POST /messages{query} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
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

/// What the desk made of a mail, once it has made something of it.
async fn outcome(mailbox: SocketAddr, id: &str) -> Value {
    for _ in 0..TRIES {
        let shown = json_of(&ask(mailbox, "GET", &format!("/messages/{id}"), "").await);
        if !shown["outcome"].is_null() {
            return shown["outcome"].clone();
        }
        tokio::time::sleep(PAUSE).await;
    }
    Value::Null
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_escalates_by_mail_and_a_team_that_writes_back_has_responded() {
    let running = desk::start(options()).await.expect("a desk");
    let mailbox = running.mailbox;
    let id = id_of(&hand_over(mailbox, &mail(1)).await);
    assert_eq!(outcome(mailbox, &id).await, "escalated INC-1");
    // The copy for Mary Moss, the mail itself, and what the desk answers.
    emails(&running, 2 + 4).await;
    let alert = running.mail.messages(0, Some("triage@example.com"))[0].clone();
    let header = |name| alert.header(name).expect("an alert that can be answered");
    let reply = json!({
        "from": alert.to, "to": header("Reply-To"), "subject": format!("Re: {}", alert.subject),
        "text": format!("We are on it.\n\nOn Tue, care wrote:\n> {}", alert.subject),
        "in_reply_to": header("Message-ID"), "references": header("References"),
    });
    let id = id_of(&ask(mailbox, "POST", "/compose", &reply.to_string()).await);
    assert_eq!(outcome(mailbox, &id).await, "responded INC-1");
    let forged = mail(1).replace("From: Ada", "From: Mallory");
    let id = id_of(&hand_over_as(mailbox, "?dmarc=fail&dkim=fail", &forged).await);
    assert_eq!(outcome(mailbox, &id).await, "quarantined unauthenticated");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_bounces_is_marked_so_and_the_next_contact_is_told() {
    let running = desk::start(options()).await.expect("a desk");
    let kind = r#"{"kind": "permanent"}"#;
    let path = "/bounces/triage@example.com";
    assert!(ask(running.mailbox, "PUT", path, kind).await.starts_with("HTTP/1.1 204 "));
    ask(running.api, "POST", "/v1/escalations", &escalation("INC-1")).await;
    let mut told = Vec::new();
    for _ in 0..TRIES {
        told = running.mail.messages(0, Some("triage-on-call@example.com"));
        if !told.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(told.len(), 1);
    let bounced = |to: &str| running.mail.messages(0, Some(to))[0].bounce.is_some();
    assert!(bounced("triage@example.com") && !bounced("triage-on-call@example.com"));
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
