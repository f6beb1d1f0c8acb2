//! Amazon SES, version 2 of its API, as far as the desk uses it: `SendEmail`, into the [`Mailbox`].
//!
//! Checks what SES checks, by its reference, and refuses in its form, so that a mistake shows here
//! and not only in an AWS account. It sends nothing anywhere. What becomes of an e-mail is told by
//! [`events`]; one to the desk's own address comes back in, as it would.

pub mod events;

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;
use serde::Deserialize;
use serde_json::json;
use shared::clock::Clock;

use crate::inbound::{Envelope, Inbound, Verdicts};
use crate::mailbox::bounces::{Bounce, Bounces};
use crate::mailbox::{Mailbox, Message};
use crate::queue::Queue;

const MOST_HEADERS: usize = 15;
const LONGEST_HEADER_NAME: usize = 126;
const LONGEST_HEADER: usize = 996;
const LONGEST_TAG: usize = 256;
/// As long as so many events are not heard, nothing more is taken: what the desk has to send waits in its
/// outbox, and not here in memory.
const MOST_UNHEARD: usize = 10_000;

/// Answers `SendEmail`.
pub fn router(ses: Ses) -> Router {
    Router::new()
        .route("/v2/email/outbound-emails", post(send_email))
        .route("/v2/{*operation}", axum::routing::any(no_such_operation))
        .with_state(ses)
}

/// The endpoint.
#[derive(Debug, Clone)]
pub struct Ses {
    /// Where e-mails go.
    pub mailbox: Mailbox,
    /// The addresses where something else becomes of them.
    pub bounces: Bounces,
    /// Where the events of e-mails go.
    pub events: Queue,
    /// Where those to the desk itself go.
    pub inbound: Inbound,
    /// The time.
    pub clock: Clock,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: Option<String>,
    destination: Option<Destination>,
    #[serde(default)]
    reply_to_addresses: Vec<String>,
    content: Content,
    #[serde(default)]
    email_tags: Vec<Pair>,
    configuration_set_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    #[serde(default)]
    to_addresses: Vec<String>,
    #[serde(default)]
    cc_addresses: Vec<String>,
    #[serde(default)]
    bcc_addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Option<Simple>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Part,
    body: Body,
    #[serde(default)]
    headers: Vec<Pair>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Option<Part>,
    html: Option<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    data: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    name: String,
    value: String,
}

/// A refusal in the form of the AWS protocol `restJson1`.
struct Refused {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = Json(json!({ "message": self.message }));
        (self.status, [("x-amzn-errortype", self.kind)], body).into_response()
    }
}

fn bad_request(message: impl Into<String>) -> Refused {
    let message = message.into();
    Refused { status: StatusCode::BAD_REQUEST, kind: "BadRequestException", message }
}

async fn no_such_operation() -> Refused {
    Refused {
        status: StatusCode::NOT_FOUND,
        kind: "UnknownOperationException",
        message: "The local SES endpoint knows SendEmail, POST /v2/email/outbound-emails, and no \
                  other operation."
            .to_owned(),
    }
}

async fn send_email(State(ses): State<Ses>, body: Bytes) -> Result<Response, Refused> {
    if ses.events.has(MOST_UNHEARD) {
        return Err(Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "TooManyRequestsException",
            message: "Maximum sending rate exceeded.".to_owned(),
        });
    }
    let mut request: SendEmail =
        serde_json::from_slice(&body).map_err(|error| bad_request(error.to_string()))?;
    let set = request.configuration_set_name.take();
    let tags = std::mem::take(&mut request.email_tags);
    check_tags(&tags)?;
    check_set(set.as_deref())?;
    let message = ses.message(request)?;
    let id = message.id.clone();
    // With the address: this is the terminal of whoever tries the desk, beside the mailbox itself.
    tracing::info!(to = message.to, subject = message.subject, "e-mail sent");
    match ses.mailbox.deliver(message.clone()) {
        Ok(()) => {
            ses.tell_what_became_of(&message, set.as_deref(), tags);
            Ok(Json(json!({ "MessageId": id })).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "the mailbox could not be written");
            Err(Refused {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                kind: "InternalServiceErrorException",
                message: "The mailbox could not be written.".to_owned(),
            })
        }
    }
}

impl Ses {
    fn message(&self, request: SendEmail) -> Result<Message, Refused> {
        let from = request.from_email_address.unwrap_or_default();
        check_address("FromEmailAddress", &from)?;
        let to = recipient(request.destination)?;
        let Some(Simple { subject, body, headers: given }) = request.content.simple else {
            return Err(bad_request("The local SES endpoint takes Content.Simple only."));
        };
        check_line("Subject", &subject.data)?;
        if body.text.is_none() && body.html.is_none() {
            return Err(bad_request("Missing required field: Body needs Text or Html."));
        }
        for address in &request.reply_to_addresses {
            check_address("ReplyToAddresses", address)?;
        }
        check_headers(&given)?;

        let now = self.clock.now();
        // As SES writes its ids: unique, and in the order of sending.
        let id = format!("{:016x}-{:016x}-000000", now.as_millisecond(), fastrand::u64(..));
        let date = rfc2822::to_string(&now.to_zoned_datetime(TimeZone::UTC));
        let mut headers: BTreeMap<String, String> =
            given.into_iter().map(|Pair { name, value }| (name, value)).collect();
        headers.insert("From".to_owned(), from.clone());
        headers.insert("To".to_owned(), to.clone());
        headers.insert("Subject".to_owned(), subject.data.clone());
        if !request.reply_to_addresses.is_empty() {
            headers.insert("Reply-To".to_owned(), request.reply_to_addresses.join(", "));
        }
        headers.insert("Date".to_owned(), date.unwrap_or_else(|_| now.to_string()));
        headers.insert("Message-ID".to_owned(), format!("<{id}@local.amazonses.com>"));
        Ok(Message {
            id,
            from,
            subject: subject.data,
            text: body.text.map(|part| part.data),
            html: body.html.map(|part| part.data),
            headers,
            sent_at: format!("{now:.3}"),
            bounce: self.bounces.of(&to),
            to,
            ..Message::default()
        })
    }

    /// After an e-mail was taken, nothing may fail any more: what cannot be told is in the log.
    fn tell_what_became_of(&self, message: &Message, set: Option<&str>, tags: Vec<Pair>) {
        let now = self.clock.now();
        let tags: Vec<_> = tags.into_iter().map(|Pair { name, value }| (name, value)).collect();
        let events = set.map_or_else(Vec::new, |set| events::of(message, set, &tags, now));
        for event in events {
            if let Err(error) = self.events.send(event.to_string(), now) {
                tracing::error!(%error, "an event of an e-mail is lost");
            }
        }
        let arrives = matches!(message.bounce, None | Some(Bounce::Complaint));
        if arrives
            && self.inbound.is_desks(&message.to)
            && let Err(error) = self.come_back_in(message)
        {
            tracing::error!(%error, "an e-mail to the desk itself is lost");
        }
    }

    /// As the servers of SES hand an e-mail to those that receive it.
    fn come_back_in(&self, message: &Message) -> std::io::Result<()> {
        let mut mail = MessageBuilder::new();
        for (name, value) in &message.headers {
            mail = match name.as_str() {
                "Subject" => mail.subject(value.as_str()),
                _ => mail.header(name.as_str(), Raw::new(value.as_str())),
            };
        }
        if let Some(text) = &message.text {
            mail = mail.text_body(text.as_str());
        }
        if let Some(html) = &message.html {
            mail = mail.html_body(html.as_str());
        }
        let from = format!("{}@eu-west-1.amazonses.com", message.id);
        let envelope = Envelope { from, to: vec![message.to.clone()] };
        self.inbound.receive(&mail.write_to_vec()?, &envelope, &Verdicts::default()).map(drop)
    }
}

/// SES takes fifty; the desk writes one e-mail for each recipient, and more in one is a mistake of it.
fn recipient(destination: Option<Destination>) -> Result<String, Refused> {
    let all = destination.map_or_else(Vec::new, |destination| {
        [destination.to_addresses, destination.cc_addresses, destination.bcc_addresses].concat()
    });
    match <[String; 1]>::try_from(all) {
        Ok([to]) => check_address("Destination", &to).map(|()| to),
        Err(all) if all.is_empty() => Err(bad_request("Destination has no recipient.")),
        Err(_) => Err(bad_request("The local SES endpoint takes one recipient in each e-mail.")),
    }
}

fn check_address(field: &str, address: &str) -> Result<(), Refused> {
    check_line(field, address)?;
    let plain = address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>'));
    let parts = plain.split_once('@');
    let right = address.is_ascii()
        && parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if right { Ok(()) } else { Err(bad_request(format!("{field}: not an e-mail address."))) }
}

fn check_line(field: &str, text: &str) -> Result<(), Refused> {
    if text.is_empty() {
        Err(bad_request(format!("Missing required field: {field}.")))
    } else if text.chars().any(char::is_control) {
        Err(bad_request(format!("{field} contains control characters.")))
    } else {
        Ok(())
    }
}

fn check_tags(tags: &[Pair]) -> Result<(), Refused> {
    let right = |text: &str| {
        (1..=LONGEST_TAG).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    match tags.iter().find(|tag| !right(&tag.name) || !right(&tag.value)) {
        Some(tag) => Err(bad_request(format!(
            "Invalid tag {}: names and values are 1 to 256 ASCII letters, numbers, underscores and \
             dashes.",
            tag.name
        ))),
        None => Ok(()),
    }
}

fn check_set(set: Option<&str>) -> Result<(), Refused> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match set {
        Some(set) if !(1..=64).contains(&set.len()) || !set.bytes().all(plain) => {
            Err(bad_request("ConfigurationSetName: 1 to 64 ASCII letters, numbers, _ and -."))
        }
        _ => Ok(()),
    }
}

fn check_headers(headers: &[Pair]) -> Result<(), Refused> {
    if headers.len() > MOST_HEADERS {
        return Err(bad_request(format!("At most {MOST_HEADERS} headers can be added.")));
    }
    let right = |Pair { name, value }: &Pair| {
        (1..=LONGEST_HEADER_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
            && name.len() + value.len() <= LONGEST_HEADER
            && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    match headers.iter().find(|header| !right(header)) {
        Some(header) => Err(bad_request(format!("Invalid header {}.", header.name))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
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
}
