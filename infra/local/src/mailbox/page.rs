//! The mailbox over HTTP: a page for people, JSON for programs.
//!
//! Letters are shown, never trusted: their HTML comes from its own address with a policy that lets
//! it load and run nothing, into a sandboxed frame; their bytes are for saving, not for showing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::future::{BoxFuture, join_all};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bounces::Bounce;
use super::{MOST_KEPT, Mailbox, Message, News, Raw};
use crate::inbound::Addresses;
use crate::s3::{Objects, Wanted};

/// Runs its own scripts, asks this server, and shows frames of it; nothing from anywhere else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";
/// A letter has inline styles and nothing else.
const LETTER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";
/// The bytes of a mail are nothing that a browser should make sense of.
const RAW_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
/// So many outcomes are looked up at once.
const MOST_OUTCOMES: usize = 50;

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// What the page is made of, compiled in.
const FILES: [(&str, &str, &str); 5] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../../templates/mailbox/style.css")),
    ("mailbox.js", SCRIPT, include_str!("../../templates/mailbox/mailbox.js")),
    ("reading.js", SCRIPT, include_str!("../../templates/mailbox/reading.js")),
    ("threads.js", SCRIPT, include_str!("../../templates/mailbox/threads.js")),
    ("writing.js", SCRIPT, include_str!("../../templates/mailbox/writing.js")),
];

/// Says what the desk made of the mail with this id, once it has made something of it.
pub type Outcomes = Arc<dyn Fn(String) -> BoxFuture<'static, Option<String>> + Send + Sync>;

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page<'a> {
    api: &'a str,
    mailbox: &'a str,
    addresses: Option<&'a Addresses>,
}

/// What is shown.
#[derive(Clone)]
pub struct Shown {
    /// The messages.
    pub mailbox: Mailbox,
    /// Their bytes, of those that were handed over as bytes.
    pub objects: Objects,
    /// What the desk made of those that came in.
    pub outcomes: Outcomes,
}

/// Where things are, for the page's examples.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The address of the HTTP API.
    pub api: &'a str,
    /// The address of the page itself.
    pub mailbox: &'a str,
    /// The desk's addresses.
    pub addresses: Option<&'a Addresses>,
}

#[derive(Clone)]
struct Served {
    shown: Shown,
    page: Arc<str>,
    /// Another one at each start, by which a page that stayed open knows that it must begin anew.
    run: u32,
}

/// The page at `/` and the messages as JSON.
///
/// # Errors
///
/// When the page cannot be rendered.
pub fn router(shown: Shown, places: Places<'_>) -> Result<Router, askama::Error> {
    let Places { api, mailbox, addresses } = places;
    let page = Page { api, mailbox, addresses }.render()?.into();
    let routes = Router::new()
        .route("/", get(page_for_people))
        .route("/page/{file}", get(file))
        .route("/messages", get(messages))
        .route("/messages/{id}", get(message))
        .route("/messages/{id}/html", get(letter))
        .route("/messages/{id}/raw", get(raw))
        .route("/headings", get(headings))
        .route("/outcomes", get(outcomes))
        .with_state(Served { shown, page, run: fastrand::u32(..) });
    Ok(routes)
}

async fn page_for_people(State(served): State<Served>) -> Response {
    let policy = (header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    ([policy], Html(served.page.to_string())).into_response()
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.into_iter().find(|(known, ..)| *known == name) {
        // Another desk on the same port may have others.
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
                .into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn messages(
    State(served): State<Served>,
    Query(filter): Query<Filter>,
) -> Json<Vec<Arc<Message>>> {
    Json(served.shown.mailbox.messages(0, filter.to.as_deref()))
}

/// A message, and what the desk made of it.
#[derive(Debug, Serialize)]
struct WithOutcome<'a> {
    #[serde(flatten)]
    message: &'a Message,
    outcome: Option<String>,
}

async fn message(State(Served { shown, .. }): State<Served>, Path(id): Path<String>) -> Response {
    let Some(message) = shown.mailbox.message(&id) else { return no_such_message() };
    let outcome = if message.incoming { (shown.outcomes)(id).await } else { None };
    Json(WithOutcome { message: &message, outcome }).into_response()
}

async fn letter(State(served): State<Served>, Path(id): Path<String>) -> Response {
    let policy = (header::CONTENT_SECURITY_POLICY, LETTER_POLICY);
    match served.shown.mailbox.message(&id).and_then(|message| message.html.clone()) {
        Some(html) => ([policy], Html(html)).into_response(),
        None => no_such_message(),
    }
}

async fn raw(State(Served { shown, .. }): State<Served>, Path(id): Path<String>) -> Response {
    let message = shown.mailbox.message(&id);
    let Some(Raw { bucket, key }) = message.and_then(|message| message.raw.clone()) else {
        return no_such_message();
    };
    match shown.objects.get(&bucket, &key, Wanted::Whole) {
        Ok(part) => {
            let name = HeaderValue::try_from(format!("attachment; filename=\"{id}.eml\""));
            let name = name.unwrap_or(HeaderValue::from_static("attachment"));
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("message/rfc822")),
                (header::CONTENT_DISPOSITION, name),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(RAW_POLICY)),
            ];
            (headers, part.bytes).into_response()
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a mail's bytes are gone");
            no_such_message()
        }
    }
}

#[derive(Debug, Deserialize)]
struct After {
    #[serde(default)]
    after: usize,
}

/// What the list shows of a message, and which conversation it belongs to.
#[derive(Debug, Serialize)]
struct Heading<'a> {
    id: &'a str,
    from: &'a str,
    to: &'a str,
    subject: &'a str,
    sent_at: &'a str,
    incoming: bool,
    bounce: Option<Bounce>,
    /// Its own `Message-ID`, and those that it names: what shares one is one conversation.
    message_ids: Vec<&'a str>,
}

impl<'a> Heading<'a> {
    fn of(message: &'a Message) -> Self {
        let ids = ["Message-ID", "In-Reply-To", "References"].into_iter();
        let ids = ids.filter_map(|name| message.header(name)).flat_map(str::split_whitespace);
        Self {
            id: &message.id,
            from: &message.from,
            to: &message.to,
            subject: &message.subject,
            sent_at: &message.sent_at,
            incoming: message.incoming,
            bounce: message.bounce,
            message_ids: ids.filter(|id| id.starts_with('<') && id.ends_with('>')).collect(),
        }
    }
}

/// What the page asks for each second: only what is new, where the next begins, and how many of all
/// there have been are no longer kept.
async fn headings(State(served): State<Served>, Query(After { after }): Query<After>) -> Response {
    let News { messages, next, gone } = served.shown.mailbox.news(after);
    let headings: Vec<_> = messages.iter().map(|message| Heading::of(message)).collect();
    let (mailbox, most) = (served.run, MOST_KEPT);
    Json(json!({
        "mailbox": mailbox, "headings": headings, "next": next, "gone": gone, "most_kept": most,
    }))
    .into_response()
}

/// `GET /outcomes?id=…&id=…`: of those mails of which something was made.
async fn outcomes(
    State(Served { shown, .. }): State<Served>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Response {
    let ids = asked.into_iter().filter(|(name, _)| name == "id").map(|(_, id)| id);
    let incoming = ids
        .take(MOST_OUTCOMES)
        .filter(|id| shown.mailbox.message(id).is_some_and(|message| message.incoming));
    let looked_up = incoming.map(|id| async { ((shown.outcomes)(id.clone()).await, id) });
    let known = join_all(looked_up).await.into_iter();
    let known = known.filter_map(|(outcome, id)| Some((id, json!(outcome?))));
    Json(known.collect::<serde_json::Map<_, _>>()).into_response()
}

fn no_such_message() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "message": "There is no such message." }))).into_response()
}

#[cfg(test)]
mod tests;
