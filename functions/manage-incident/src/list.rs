//! `GET /v1/incidents`: open incidents in order of what is due next, a page at a time.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use shared::desk::Desk;
use shared::http::openapi::ForeignCursor;
use shared::http::{Answer, IncidentsRead, Problem, Reading};
use shared::incident::values::IncidentNumber;
use shared::store::{BoardPosition, Store};
use shared::telemetry::{Metric, emit};

use crate::paging;
use crate::view::IncidentView;

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
    /// The numbers of those on this page that this version of the desk cannot read, as after a rollback:
    /// they are open, and nothing is done for them. Not there when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<IncidentNumber>,
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
    let Page { limit, cursor } = paging::known(page)?;
    let (limit, after) = paging::read(limit.as_deref(), cursor.as_deref(), |cursor| {
        let (due_at, number) = paging::parts(cursor)?;
        Some(BoardPosition { due_at, number })
    })?;
    let board = desk.store.open_incidents(after.as_ref(), limit).await?;
    for _ in &board.unreadable {
        emit(Metric::Unreadable, 1, desk.clock.now());
    }
    let list = IncidentList {
        incidents: board.incidents.iter().map(IncidentView::of).collect(),
        unreadable: board.unreadable,
        next_cursor: board.next.map(|at| paging::cursor(at.due_at, &at.number)),
    };
    Ok(reading.answer(Answer::json(StatusCode::OK, &list)))
}
