//! Handing a mail over: `POST /messages` as bytes, `POST /compose` as a form.
//!
//! Neither takes a form of a web page's own (`text/plain`, `multipart/form-data`), so no other page in
//! the same browser can send mail here.

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::compose::Composed;
use super::mail::{Mail, with_line_ends_of_mail};
use super::wrong::{Wrong, is_address};
use super::{Addresses, Envelope, Inbound, Taken, Verdicts};

/// The largest mail that SES receives.
const LARGEST_MAIL: usize = 40 * 1024 * 1024;
/// A form has no more than a person types.
const LARGEST_FORM: usize = 1024 * 1024;
/// As many as SES takes in one mail.
const MOST_RECIPIENTS: usize = 50;

type Fields = Query<Vec<(String, String)>>;

/// `POST /messages` and `POST /compose`.
pub fn router(inbound: Inbound) -> Router {
    Router::new()
        .route("/messages", post(message))
        .route("/compose", post(compose))
        .with_state(inbound)
}

async fn message(
    State(inbound): State<Inbound>,
    Query(fields): Fields,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refused> {
    content_type(&headers, "message/rfc822")?;
    let bytes =
        body(request.into_body(), LARGEST_MAIL, "40 MB, which is the most that SES takes").await?;
    if bytes.is_empty() {
        let mut wrong = Wrong::default();
        wrong.field("body", "is empty; it must be a mail: headers, an empty line, text");
        return Err(wrong.into());
    }
    take(inbound, fields, with_line_ends_of_mail(&bytes)).await
}

async fn compose(
    State(inbound): State<Inbound>,
    Query(fields): Fields,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refused> {
    content_type(&headers, "application/json")?;
    let bytes = body(request.into_body(), LARGEST_FORM, "1 MB").await?;
    let composed: Composed = serde_json::from_slice(&bytes).map_err(|error| {
        said(StatusCode::BAD_REQUEST, &format!("The body is not what is expected: {error}."))
    })?;
    let mail = composed.mail(inbound.clock.now())?;
    take(inbound, fields, mail).await
}

/// Reading a large mail takes a while, and writing may: neither holds anybody else up.
async fn take(
    inbound: Inbound,
    fields: Vec<(String, String)>,
    bytes: Vec<u8>,
) -> Result<Response, Refused> {
    let taken = tokio::task::spawn_blocking(move || -> Result<Taken, Refused> {
        let (envelope, verdicts) = asked(&inbound, fields, &bytes)?;
        inbound.receive(&bytes, &envelope, &verdicts).map_err(|error| {
            tracing::error!(%error, "a mail could not be kept");
            said(StatusCode::INTERNAL_SERVER_ERROR, "The mail could not be kept; send it again.")
        })
    });
    let Taken { id, to_desk, to_others } = match taken.await {
        Ok(taken) => taken?,
        Err(error) => {
            tracing::error!(%error, "a mail could not be read");
            let message = "The mail could not be read: this is a mistake of the local desk.";
            return Err(said(StatusCode::INTERNAL_SERVER_ERROR, message));
        }
    };
    let location = [(header::LOCATION, format!("/messages/{id}"))];
    let body = json!({ "id": id, "to_desk": to_desk, "to_others": to_others });
    Ok((StatusCode::ACCEPTED, location, Json(body)).into_response())
}

/// The envelope and the verdicts that the query says, and what the mail says where it does not.
fn asked(
    inbound: &Inbound,
    fields: Vec<(String, String)>,
    bytes: &[u8],
) -> Result<(Envelope, Verdicts), Wrong> {
    let mut wrong = Wrong::default();
    let (mut from, mut to, mut verdicts) = (None, Vec::new(), Verdicts::default());
    for (name, value) in fields {
        match name.as_str() {
            "from" => from = Some(value.trim().trim_matches(['<', '>']).to_owned()),
            "to" => to.push(value.trim().to_owned()),
            known if Verdicts::FIELDS.contains(&known) => verdicts.set(known, &value, &mut wrong),
            unknown => {
                let known = Verdicts::FIELDS.join(", ");
                wrong.field(unknown, format!("is no field; there are from, to, {known}"));
            }
        }
    }
    let mail = Mail::read(bytes);
    // As a mail client hands it over; bounces have none, and say so: `?from=`.
    let from = from.unwrap_or_else(|| {
        mail.from_addresses.iter().find(|address| is_address(address)).cloned().unwrap_or_default()
    });
    if !from.is_empty() && !is_address(&from) {
        wrong.field("from", "is not an e-mail address");
    }
    if let Some(not_one) = to.iter().find(|address| !is_address(address)) {
        wrong.field("to", format!("is not an e-mail address: {}", not_one.escape_debug()));
    } else if to.is_empty() {
        to = mail.recipients.into_iter().filter(|address| is_address(address)).collect();
        if to.is_empty() {
            let desk = inbound.addresses.as_ref().map(Addresses::escalation);
            let example = desk.unwrap_or("somebody@example.com");
            let message = format!(
                "is missing: neither the query nor To and Cc name anybody; say ?to={example}"
            );
            wrong.field("to", message);
        }
    }
    to.sort();
    to.dedup();
    if to.len() > MOST_RECIPIENTS {
        wrong.field("to", format!("names {} addresses; SES takes {MOST_RECIPIENTS}", to.len()));
    }
    if wrong.is_empty() { Ok((Envelope { from, to }, verdicts)) } else { Err(wrong) }
}

fn content_type(headers: &HeaderMap, expected: &str) -> Result<(), Refused> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if given.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let message = format!("Send it with content-type: {expected}.");
    Err(said(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message))
}

async fn body(body: Body, most: usize, in_words: &str) -> Result<Bytes, Refused> {
    axum::body::to_bytes(body, most).await.map_err(|_| {
        said(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("It was cut off, or is larger than {in_words}."),
        )
    })
}

/// Why nothing was taken.
#[derive(Debug)]
enum Refused {
    Fields(Wrong),
    Whole(StatusCode, String),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Fields(wrong)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Fields(wrong) => wrong.into_response(),
            Self::Whole(status, message) => {
                (status, Json(json!({ "message": message }))).into_response()
            }
        }
    }
}

fn said(status: StatusCode, message: &str) -> Refused {
    Refused::Whole(status, message.to_owned())
}
