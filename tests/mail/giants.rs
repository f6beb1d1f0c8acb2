//! Mails that no file should hold: as large, as deep and as many-parted as SES takes them. Each ends,
//! soon, as something.

use desk_tests::arrivals::Arriving;
use shared::inbound::Outcome;

use super::met::{desk, receive};

/// What the function fetches of a mail.
const FETCHED: usize = 4 * 1024 * 1024;
const HEAD: &str = "From: Ada Martin <ada@acme.example>\r\nTo: escalations@example.com\r\n\
                    Subject: INC-1001\r\nMIME-Version: 1.0\r\n";
const TEXT: &str =
    "Content-Type: text/plain\r\n\r\nAll our shops are closed since this morning.\r\n";

async fn becomes(raw: String) -> String {
    let mut raw = raw.into_bytes();
    raw.truncate(FETCHED);
    let arriving = Arriving::from("ada@acme.example", "escalations@example.com", raw);
    receive(&desk().await, &arriving).await.to_string()
}

#[tokio::test]
async fn forty_megabytes_of_attachment_behind_the_text_escalate() {
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let attachment = line.repeat(40 * 1024 * 1024 / line.len());
    let raw = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{TEXT}\r\n--x\r\n\
         Content-Type: application/octet-stream; name=log.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{attachment}--x--\r\n"
    );
    assert_eq!(becomes(raw).await, "escalated INC-1001");
}

#[tokio::test]
async fn forty_megabytes_before_the_text_are_asked_about() {
    let attachment = "QUJD".repeat(10 * 1024 * 1024);
    let raw = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: application/octet-stream; name=log.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{attachment}\r\n--x\r\n{TEXT}\r\n--x--\r\n"
    );
    assert_eq!(becomes(raw).await, "incomplete justification");
}

#[tokio::test]
async fn two_hundred_thousand_parts_behind_the_text_escalate() {
    let parts = "--x\r\n\r\na\r\n".repeat(200_000);
    let raw = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{TEXT}\r\n{parts}--x--\r\n"
    );
    assert_eq!(becomes(raw).await, "escalated INC-1001");
}

#[tokio::test]
async fn ten_thousand_levels_end_as_something() {
    let open: String = (0..10_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let outcome = becomes(format!("{HEAD}{open}{TEXT}")).await;
    assert!(
        ["escalated INC-1001", "incomplete justification"].contains(&outcome.as_str()),
        "{outcome}"
    );
}

#[tokio::test]
async fn a_hundred_thousand_headers_and_one_of_a_megabyte_are_read_over() {
    let many = "X-Trace: hop\r\n".repeat(100_000);
    let long = format!("X-Long: {}\r\n", "a".repeat(1024 * 1024));
    assert_eq!(becomes(format!("{long}{many}{HEAD}{TEXT}")).await, "escalated INC-1001");
}

/// Whoever reads on to the end at each paragraph takes minutes for these.
#[tokio::test]
async fn paragraphs_of_nothing_but_rules_are_read_once() {
    let rules = "=\r\n\r\n".repeat(66_666);
    assert_eq!(becomes(format!("{HEAD}{TEXT}{rules}")).await, "escalated INC-1001");
}

#[tokio::test]
async fn a_mail_that_is_gone_is_noted() {
    let desk = desk().await;
    let arriving = Arriving::plain("ada@acme.example", "escalations@example.com", "INC-1001", "x");
    let receipt = arriving.receipt(super::met::ID, super::met::now());
    let outcome = shared::inbound::act::gone(&desk, &receipt).await.unwrap();
    assert_eq!(outcome.to_string(), "noted gone");
    assert!(matches!(outcome, Outcome::Noted { .. }));
}
