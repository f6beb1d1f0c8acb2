//! `GET /v1/incidents`: open incidents in order of what is due next, a page at a time.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::desk::Desk;
use shared::http::openapi::ForeignCursor;
use shared::http::{Answer, IncidentsRead, Problem, ProblemField, Reading};
use shared::store::{BoardPosition, Store};

use crate::view::IncidentView;

const DEFAULT_LIMIT: usize = 25;
/// What one `BatchGetItem` can load.
const MAX_LIMIT: usize = 100;

/// The query as it comes; numbers are text here, so that each mistake is named.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// How many incidents make a page.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<String>,
    /// The `next_cursor` of an earlier page; one that is not of this desk is 400.
    #[param(
        min_length = 3,
        pattern = "^[0-9]{1,14}[.][A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        example = "1795507200000.INC-1"
    )]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct IncidentList {
    /// The incidents.
    incidents: Vec<IncidentView>,
    /// Hand it back as `cursor` for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Lists open incidents in order of what is due next, a page at a time.
#[utoipa::path(
    get,
    path = "/v1/incidents",
    operation_id = "list_incidents",
    tag = "incidents",
    params(Page),
    responses(
        (status = 200, description = "A page of open incidents.", body = IncidentList),
        ForeignCursor,
    ),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn list<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = page.map_err(|rejection| {
        // serde's words, such as "unknown field `x`" or "duplicate field `limit`".
        Problem::wrong_fields(vec![ProblemField::parameter("query", rejection.body_text())])
    })?;
    let (limit, after) = read(&page)?;
    let board = desk.store.open_incidents(after.as_ref(), limit).await?;
    let list = IncidentList {
        incidents: board.incidents.iter().map(IncidentView::of).collect(),
        next_cursor: board.next.as_ref().map(cursor),
    };
    Ok(reading.answer(Answer::json(StatusCode::OK, &list)))
}

fn read(page: &Page) -> Result<(usize, Option<BoardPosition>), Problem> {
    let mut wrong = Vec::new();
    let limit = match page.limit.as_deref().map(str::parse) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => {
            wrong.push(ProblemField::parameter("limit", "must be a number from 1 to 100"));
            DEFAULT_LIMIT
        }
    };
    let after = page.cursor.as_deref().and_then(|text| {
        let position = position(text);
        if position.is_none() {
            let detail = "must be the `next_cursor` of an earlier page";
            wrong.push(ProblemField::parameter("cursor", detail));
        }
        position
    });
    if wrong.is_empty() {
        Ok((limit, after))
    } else if page.cursor.is_some() && after.is_none() {
        // Not a mistake in a field but no request of ours at all: no client makes cursors up.
        Err(Problem::foreign_cursor(wrong))
    } else {
        Err(Problem::wrong_fields(wrong))
    }
}

/// `<epoch milliseconds>.<number>`: the number may hold dots itself, the milliseconds cannot.
fn cursor(position: &BoardPosition) -> String {
    format!("{}.{}", position.due_at.as_millisecond(), position.number)
}

fn position(cursor: &str) -> Option<BoardPosition> {
    let (millis, number) = cursor.split_once('.')?;
    let due_at = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    Some(BoardPosition { due_at, number: number.parse().ok()? })
}
