//! SES, asked over its HTTP routes: what it takes, what it refuses, what it tells.

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::inbound::Addresses;
use crate::queue::Settings;
use crate::s3::Objects;

fn email() -> Value {
    json!({
        "FromEmailAddress": "\"Customer Care\" <care@example.com>",
        "Destination": {"ToAddresses": ["triage@example.com"]},
        "ReplyToAddresses": ["care+token@example.com"],
        "Content": {"Simple": {
            "Subject": {"Data": "P1 INC-1", "Charset": "UTF-8"},
            "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<p>html"}},
            "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        }},
        "EmailTags": [{"Name": "incident", "Value": "INC-1"}],
        "ConfigurationSetName": "desk",
    })
}

fn ses() -> Ses {
    let clock = Clock::of(|| Timestamp::UNIX_EPOCH);
    let (mailbox, settings) = (Mailbox::default(), Settings::default());
    let inbound = Inbound {
        addresses: Addresses::of_tests(),
        objects: Objects::passing(),
        queue: Queue::passing("mail", settings),
        mailbox: mailbox.clone(),
        clock: clock.clone(),
    };
    let events = Queue::passing("events", settings);
    Ses { mailbox, bounces: Bounces::default(), events, inbound, clock }
}

async fn ask(ses: &Ses, path: &str, body: String) -> (StatusCode, String) {
    let request = Request::post(path).body(Body::from(body)).unwrap();
    let response = router(ses.clone()).oneshot(request).await.unwrap();
    let kind = response.headers().get("x-amzn-errortype");
    let kind = kind.map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status(), kind)
}

async fn send(ses: &Ses, email: &Value) -> (StatusCode, String) {
    ask(ses, "/v2/email/outbound-emails", email.to_string()).await
}

/// The types of the events that wait.
fn told(ses: &Ses) -> Vec<String> {
    let events = ses.events.receive(10).into_iter();
    let event = |body: &str| serde_json::from_str::<Value>(body).unwrap();
    events.map(|told| event(&told.body)["detail"]["eventType"].to_string()).collect()
}

#[tokio::test]
async fn what_nobody_hears_of_is_not_taken_without_end() {
    let ses = ses();
    for n in 0..MOST_UNHEARD {
        ses.events.send(n.to_string(), Timestamp::UNIX_EPOCH).unwrap();
    }
    let refused = (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException".to_owned());
    assert_eq!(send(&ses, &email()).await, refused);
    assert!(ses.mailbox.is_empty());
    ses.events.delete(&ses.events.receive(1)[0]);
    assert_eq!(send(&ses, &email()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_email_arrives_with_the_headers_that_ses_adds() {
    let ses = ses();
    assert_eq!(send(&ses, &email()).await.0, StatusCode::OK);
    let message = &ses.mailbox.messages(0, None)[0];
    assert_eq!(message.to, "triage@example.com");
    assert_eq!(message.sent_at, "1970-01-01T00:00:00.000Z");
    assert_eq!(message.html.as_deref(), Some("<p>html"));
    assert_eq!(message.headers["Auto-Submitted"], "auto-generated");
    assert_eq!(message.headers["Reply-To"], "care+token@example.com");
    assert_eq!(message.headers["Date"], "Thu, 1 Jan 1970 00:00:00 +0000");
    assert!(message.headers["Message-ID"].contains(&message.id));
}

#[tokio::test]
async fn what_is_malformed_is_refused_as_ses_refuses_it_and_arrives_nowhere() {
    let changed = |pointer: &str, value: Value| {
        let mut email = email();
        *email.pointer_mut(pointer).unwrap() = value;
        email
    };
    let header = |value: String| json!([{ "Name": "X-A", "Value": value }]);
    let malformed = [
        json!({}),
        json!([]),
        changed("/FromEmailAddress", Value::Null),
        changed("/FromEmailAddress", json!("care")),
        changed("/Destination", json!({"ToAddresses": []})),
        changed("/Destination/ToAddresses", json!(["a@example.com", "b@example.com"])),
        changed("/Destination/ToAddresses/0", json!("a@example.com\r\nBcc: b@example.com")),
        changed("/Content", json!({"Raw": {"Data": ""}})),
        changed("/Content/Simple/Subject/Data", json!("")),
        changed("/Content/Simple/Subject/Data", json!("a\nb")),
        changed("/Content/Simple/Body", json!({})),
        changed("/Content/Simple/Headers", header("a\r\nb".to_owned())),
        changed("/Content/Simple/Headers", header("é".to_owned())),
        changed("/Content/Simple/Headers", header("x".repeat(994))),
        changed("/Content/Simple/Headers/0/Name", json!("X A")),
        changed("/ReplyToAddresses", json!(["care"])),
        changed("/ReplyToAddresses", json!(["a@example.com\r\nBcc: b@example.com"])),
        changed("/ConfigurationSetName", json!("a b")),
        changed("/EmailTags/0/Value", json!("INC.1")),
        changed("/EmailTags/0/Name", json!("")),
    ];
    let ses = ses();
    let bad = (StatusCode::BAD_REQUEST, "BadRequestException".to_owned());
    for email in malformed {
        assert_eq!(send(&ses, &email).await, bad, "{email}");
    }
    let path = "/v2/email/outbound-emails";
    assert_eq!(ask(&ses, path, "{".to_owned()).await, bad);
    assert!(ses.mailbox.is_empty() && ses.events.is_empty());
}

#[tokio::test]
async fn an_unknown_operation_is_an_error_that_says_so() {
    let answer = ask(&ses(), "/v2/email/identities", String::new()).await;
    assert_eq!(answer, (StatusCode::NOT_FOUND, "UnknownOperationException".to_owned()));
}

#[tokio::test]
async fn what_became_of_an_email_is_told_where_it_has_a_configuration_set() {
    let ses = ses();
    send(&ses, &email()).await;
    assert_eq!(told(&ses), ["\"Send\"", "\"Delivery\""]);
    let mut without = email();
    without.as_object_mut().unwrap().remove("ConfigurationSetName");
    send(&ses, &without).await;
    assert_eq!(told(&ses), [""; 0]);
}

#[tokio::test]
async fn an_email_to_an_address_that_bounces_is_marked_so_and_told_so() {
    let ses = ses();
    ses.bounces.tell("Triage@example.com", Some(Bounce::Permanent)).unwrap();
    send(&ses, &email()).await;
    assert_eq!(ses.mailbox.messages(0, None)[0].bounce, Some(Bounce::Permanent));
    assert_eq!(told(&ses), ["\"Send\"", "\"Bounce\""]);
}

#[tokio::test]
async fn an_email_to_the_desk_itself_comes_back_in() {
    let ses = ses();
    let mut to_itself = email();
    to_itself["Destination"]["ToAddresses"] = json!(["Care+token@example.com"]);
    to_itself["Content"]["Simple"]["Subject"]["Data"] = json!("déjà vu");
    send(&ses, &to_itself).await;
    let [out, back] = &ses.mailbox.messages(0, None)[..] else { panic!("not two") };
    assert_eq!((out.incoming, back.incoming), (false, true));
    assert_eq!((back.subject.as_str(), back.text.as_deref()), ("déjà vu", Some("text")));
    for name in ["From", "Message-ID", "Auto-Submitted", "Reply-To"] {
        assert_eq!(back.header(name), out.header(name), "{name}");
    }
    let sender = format!("<{}@eu-west-1.amazonses.com>", out.id);
    assert_eq!(back.header("Return-Path"), Some(sender.as_str()));
    assert_eq!(ses.inbound.queue.len(), 1);
}
