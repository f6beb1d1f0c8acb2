//! Mail that is handed over, and what SES makes of it.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::queue::Settings;
use crate::s3::Wanted;

fn inbound() -> Inbound {
    Inbound {
        addresses: Addresses::of_tests(),
        objects: Objects::passing(),
        queue: Queue::passing("tests", Settings::default()),
        mailbox: Mailbox::default(),
        clock: Clock::of(|| Timestamp::UNIX_EPOCH),
    }
}

const MAIL: &str = "From: =?utf-8?q?Ad=C3=A9la?= Martin <ada@customer.example>\n\
                    To: Escalations <escalations@example.com>\n\
                    Cc: mary.moss@example.com\n\
                    Subject: INC-1: the checkout is down\n\
                    Date: Tue, 24 Nov 2026 08:00:00 +0100\n\
                    Message-ID: <1@customer.example>\n\
                    Authentication-Results: amazonses.com; dkim=pass header.i=@forged.example\n\
                    \n\
                    None of our shops can sell anything.\n";

struct Answer {
    status: u16,
    location: Option<String>,
    body: Value,
}

async fn post(inbound: &Inbound, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header("content-type", kind).body(body.into()).unwrap();
    let response = router(inbound.clone()).oneshot(request).await.unwrap();
    let location = response.headers().get("location");
    let location = location.map(|location| location.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, location, body: serde_json::from_slice(&body).unwrap() }
}

async fn hand_over(inbound: &Inbound, query: &str, mail: impl Into<Body>) -> Answer {
    post(inbound, &format!("/messages{query}"), "message/rfc822", mail).await
}

fn stored(inbound: &Inbound, id: &str) -> String {
    let part = inbound.objects.get(BUCKET, &format!("{PREFIX}{id}"), Wanted::Whole).unwrap();
    String::from_utf8(part.bytes.to_vec()).unwrap()
}

fn notification(inbound: &Inbound) -> Value {
    let received = inbound.queue.receive(1);
    serde_json::from_str(&received[0].body).unwrap()
}

#[tokio::test]
async fn a_mail_to_the_desk_is_stored_with_ses_headers_shown_and_notified() {
    let inbound = inbound();
    let answer = hand_over(&inbound, "", MAIL).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), answer.location), (40, Some(format!("/messages/{id}"))));
    let anonymous = |text: &str| text.replace(&id, "ID").replace("\r\n", "\n");
    insta::assert_snapshot!("stored", anonymous(&stored(&inbound, &id)));
    let notification = serde_json::to_string_pretty(&notification(&inbound)).unwrap();
    insta::assert_snapshot!("notification", anonymous(&notification));

    let messages = inbound.mailbox.messages(0, None);
    let shown: Vec<_> = messages.iter().map(|m| (m.to.as_str(), m.incoming)).collect();
    assert_eq!(shown, [("mary.moss@example.com", false), ("escalations@example.com", true)]);
    let message = inbound.mailbox.message(&id).unwrap();
    assert_eq!(message.from, "Adéla Martin <ada@customer.example>");
    assert_eq!(message.text.as_deref(), Some("None of our shops can sell anything.\r\n"));
    assert!(message.header("x-ses-receipt").is_some());
}

#[tokio::test]
async fn the_query_says_the_envelope_and_the_verdicts() {
    let inbound = inbound();
    let query = "?from=&to=p1@example.com&to=care%2Btoken@example.com&spf=gray&dkim=fail\
                 &dmarc=fail&dmarc_policy=reject&spam=disabled&virus=fail&dkim_domain=Other.example";
    let answer = hand_over(&inbound, query, MAIL).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let to_desk = serde_json::json!(["care+token@example.com", "p1@example.com"]);
    assert_eq!((&answer.body["to_desk"], inbound.mailbox.len()), (&to_desk, 1));
    let notification = notification(&inbound);
    assert_eq!(notification["mail"]["source"], "");
    let mut receipt = notification["receipt"].clone();
    receipt["action"]["objectKey"] = "KEY".into();
    insta::assert_json_snapshot!("verdicts", receipt);
    let stored = stored(&inbound, answer.body["id"].as_str().unwrap());
    assert!(stored.starts_with("Return-Path: <>\r\n"), "{stored}");
    assert!(stored.contains(" dkim=fail header.i=@other.example;\r\n"), "{stored}");
}

#[tokio::test]
async fn mail_to_others_goes_past_the_desk_with_its_bytes() {
    let inbound = inbound();
    let answer = hand_over(&inbound, "?to=x@example.org&to=y@example.org", MAIL).await;
    assert_eq!((answer.status, inbound.queue.len()), (202, 0), "{}", answer.body);
    let id = answer.body["id"].as_str().unwrap();
    let message = inbound.mailbox.message(id).unwrap();
    assert_eq!((message.to.as_str(), message.incoming), ("x@example.org", false));
    let Raw { bucket, key } = message.raw.clone().unwrap();
    let bytes = inbound.objects.get(&bucket, &key, Wanted::Whole).unwrap().bytes;
    assert_eq!(bytes, MAIL.replace('\n', "\r\n"));
    assert_eq!(inbound.mailbox.messages(0, Some("y@example.org")).len(), 1);
}

#[tokio::test]
async fn without_addresses_of_its_own_the_desk_receives_nothing() {
    let inbound = Inbound { addresses: None, ..inbound() };
    assert_eq!(hand_over(&inbound, "", MAIL).await.status, 202);
    assert_eq!((inbound.queue.len(), inbound.mailbox.len()), (0, 2));
}

#[tokio::test]
async fn a_mail_without_a_from_or_with_two_comes_in_all_the_same() {
    let inbound = inbound();
    let two = "From: a@example.org\nFrom: b@example.org\n\ntext";
    for mail in ["Subject: none\n\ntext", two, "\0\u{fffd}", "From: \n\n"] {
        let answer = hand_over(&inbound, "?to=p1@example.com", mail).await;
        assert_eq!(answer.status, 202, "{mail:?}: {}", answer.body);
    }
    assert_eq!(inbound.queue.len(), 4);
}

#[tokio::test]
async fn every_mistake_is_told_at_once_and_nothing_is_taken() {
    let inbound = inbound();
    let query = "?from=ada&to=desk&spf=good&spam=maybe&dmarc_policy=all&dkim_domain=x&sfp=pass";
    let answer = hand_over(&inbound, query, MAIL).await;
    assert_eq!(answer.status, 422);
    let nobody = hand_over(&inbound, "", "Subject: none\n\n").await;
    let many: String = (0..51).map(|n| format!("&to=a{n}@example.com")).collect();
    let many = hand_over(&inbound, &format!("?{many}"), MAIL).await;
    let empty = hand_over(&inbound, "", "").await;
    insta::assert_json_snapshot!("mistakes", [answer.body, nobody.body, many.body, empty.body]);
    let kind = post(&inbound, "/messages", "text/plain", MAIL).await;
    assert_eq!(
        (kind.status, &kind.body["message"]),
        (415, &"Send it with content-type: message/rfc822.".into())
    );
    assert!(inbound.mailbox.is_empty() && inbound.queue.is_empty());
}

#[tokio::test]
async fn forty_megabytes_are_taken_and_not_a_byte_more() {
    let inbound = inbound();
    let most = 40 * 1024 * 1024;
    let mut mail = MAIL.replace('\n', "\r\n").into_bytes();
    mail.resize(most + 1, b'x');
    assert_eq!(hand_over(&inbound, "", mail.clone()).await.status, 413);
    mail.truncate(most);
    assert_eq!(hand_over(&inbound, "", mail).await.status, 202);
}

#[tokio::test]
async fn headers_beyond_ten_kilobytes_are_left_out_of_the_notification_and_not_of_the_object() {
    let inbound = inbound();
    let mail = format!("X-Long: {}\n{MAIL}", "x".repeat(10 * 1024));
    let answer = hand_over(&inbound, "", mail).await;
    let notification = notification(&inbound);
    assert_eq!(notification["mail"]["headersTruncated"], true);
    let last = notification["mail"]["headers"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "X-SES-DKIM-SIGNATURE");
    assert!(stored(&inbound, answer.body["id"].as_str().unwrap()).contains("X-Long: xxx"));
}

#[tokio::test]
async fn two_hundred_thousand_parts_are_a_mail_too() {
    let parts = "--b\r\n\r\n\r\n".repeat(200_000);
    let mail = format!(
        "From: ada@customer.example\r\nTo: p1@example.com\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"
    );
    assert_eq!(hand_over(&inbound(), "", mail).await.status, 202);
}

#[tokio::test]
async fn a_composed_mail_takes_the_same_way() {
    let inbound = inbound();
    let composed = serde_json::json!({
        "from": "Zoé <zoe@client.example>", "to": "care+token@example.com",
        "subject": "Re: café", "text": "Ça marche.",
        "in_reply_to": "<1@local.amazonses.com>", "references": "<root@example.com> <1@local.amazonses.com>",
    });
    let answer =
        post(&inbound, "/compose?dmarc=fail", "application/json", composed.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let notification = notification(&inbound);
    assert_eq!(notification["mail"]["source"], "zoe@client.example");
    assert_eq!(notification["receipt"]["dmarcVerdict"]["status"], "FAIL");
    let message = inbound.mailbox.message(answer.body["id"].as_str().unwrap()).unwrap();
    assert_eq!(
        (message.subject.as_str(), message.text.as_deref()),
        ("Re: café", Some("Ça marche."))
    );
    assert_eq!(message.header("In-Reply-To"), Some("<1@local.amazonses.com>"));
    assert_eq!(message.header("References"), Some("<root@example.com> <1@local.amazonses.com>"));
}

#[tokio::test]
async fn a_form_that_is_wrong_says_every_field_and_sends_nothing() {
    let inbound = inbound();
    let wrong = serde_json::json!({ "from": "a\r\nBcc: b@example.com", "subject": "a\nb" });
    let answer = post(&inbound, "/compose", "application/json", wrong.to_string()).await;
    assert_eq!(answer.status, 422);
    let fields: Vec<_> =
        answer.body["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(fields, ["from", "to", "subject"]);
    assert_eq!(post(&inbound, "/compose", "application/json", r#"{"cc": ""}"#).await.status, 400);
    assert_eq!(post(&inbound, "/compose", "text/plain", "{}").await.status, 415);
    assert!(inbound.mailbox.is_empty());
}

#[tokio::test]
async fn what_was_taken_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let open = || Inbound {
        objects: Objects::kept(data.path()),
        queue: Queue::open("mail", Settings::default(), data.path()).unwrap(),
        mailbox: Mailbox::open(data.path()).unwrap(),
        ..inbound()
    };
    let answer = hand_over(&open(), "", MAIL).await;
    let again = open();
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(notification(&again)["mail"]["messageId"], id);
    assert!(stored(&again, id).ends_with("None of our shops can sell anything.\r\n"));
    assert!(again.mailbox.message(id).unwrap().incoming);
}
