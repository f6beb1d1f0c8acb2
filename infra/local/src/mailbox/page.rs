//! The mailbox over HTTP: a page for people, JSON for programs.
//!
//! Letters are shown, never trusted: their HTML comes from its own address with a policy that lets
//! it load and run nothing, into a sandboxed frame.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Mailbox, Message};

/// Runs its own script, asks this server, and shows frames of it; nothing from anywhere else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; \
     style-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A letter has inline styles and nothing else.
const LETTER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page<'a> {
    api: &'a str,
}

#[derive(Clone)]
struct Shown {
    mailbox: Mailbox,
    page: Arc<str>,
    /// Another one at each start, by which a page that stayed open knows that it must begin anew.
    run: u32,
}

/// The page at `/` and the messages as JSON. `api` is the address of the HTTP API, for the page's
/// example.
///
/// # Errors
///
/// When the page cannot be rendered.
pub fn router(mailbox: Mailbox, api: &str) -> Result<Router, askama::Error> {
    let page = Page { api }.render()?.into();
    let routes = Router::new()
        .route("/", get(page_for_people))
        .route("/messages", get(messages))
        .route("/messages/{id}", get(message))
        .route("/messages/{id}/html", get(letter))
        .route("/headings", get(headings))
        .with_state(Shown { mailbox, page, run: fastrand::u32(..) });
    Ok(routes)
}

async fn page_for_people(State(shown): State<Shown>) -> Response {
    let policy = (header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    ([policy], Html(shown.page.to_string())).into_response()
}

#[derive(Debug, Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn messages(
    State(shown): State<Shown>,
    Query(filter): Query<Filter>,
) -> Json<Vec<Arc<Message>>> {
    Json(shown.mailbox.messages(0, filter.to.as_deref()))
}

async fn message(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    match shown.mailbox.message(&id) {
        Some(message) => Json(message).into_response(),
        None => no_such_message(),
    }
}

async fn letter(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    let policy = (header::CONTENT_SECURITY_POLICY, LETTER_POLICY);
    match shown.mailbox.message(&id).and_then(|message| message.html.clone()) {
        Some(html) => ([policy], Html(html)).into_response(),
        None => no_such_message(),
    }
}

#[derive(Debug, Deserialize)]
struct After {
    #[serde(default)]
    after: usize,
}

/// What the list shows of a message.
#[derive(Debug, Serialize)]
struct Heading<'a> {
    id: &'a str,
    to: &'a str,
    subject: &'a str,
    sent_at: &'a str,
}

/// What the page asks for each second: only what is new.
async fn headings(State(shown): State<Shown>, Query(After { after }): Query<After>) -> Response {
    let messages = shown.mailbox.messages(after, None);
    let headings: Vec<_> = messages
        .iter()
        .map(|message| Heading {
            id: &message.id,
            to: &message.to,
            subject: &message.subject,
            sent_at: &message.sent_at,
        })
        .collect();
    Json(json!({ "mailbox": shown.run, "headings": headings })).into_response()
}

fn no_such_message() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "message": "There is no such message." }))).into_response()
}
