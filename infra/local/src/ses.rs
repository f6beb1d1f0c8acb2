//! Amazon SES, version 2 of its API, as far as the desk uses it: `SendEmail`, into the [`Mailbox`].
//!
//! Checks what SES checks, by its reference, and refuses in its form, so that a mistake shows here
//! and not only in an AWS account. It sends nothing anywhere. What becomes of an e-mail is told by
//! [`events`]; one to the desk's own address comes back in, as it would.

mod checks;
pub mod events;
#[cfg(test)]
mod tests;

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
    checks::tags(&tags)?;
    checks::set(set.as_deref())?;
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
        checks::address("FromEmailAddress", &from)?;
        let to = checks::recipient(request.destination)?;
        let Some(Simple { subject, body, headers: given }) = request.content.simple else {
            return Err(bad_request("The local SES endpoint takes Content.Simple only."));
        };
        checks::line("Subject", &subject.data)?;
        if body.text.is_none() && body.html.is_none() {
            return Err(bad_request("Missing required field: Body needs Text or Html."));
        }
        for address in &request.reply_to_addresses {
            checks::address("ReplyToAddresses", address)?;
        }
        checks::headers(&given)?;

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
