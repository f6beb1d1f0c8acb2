//! `GET /v1/incidents/{number}/deadlines`: every deadline there ever was, explained.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use shared::desk::Desk;
use shared::http::openapi::{NumberOfPath, ReadingHeaders};
use shared::http::{Answer, IncidentsRead, Number, Problem, Reading};
use shared::incident::Refusal;
use shared::incident::deadlines::{Deadline, explain};
use shared::incident::values::IncidentNumber;
use shared::store::Store;

/// The deadlines of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeadlinesView {
    /// The incident.
    pub number: IncidentNumber,
    /// Its version.
    pub version: u64,
    /// Every deadline there ever was on it, in order of their start.
    pub deadlines: Vec<Deadline>,
}

/// Explains every deadline: which rule of the policy set it, when it started, each pause, due,
/// warned, fired, lateness, whom it alerted, and how it ended.
#[utoipa::path(
    get,
    path = "/v1/incidents/{number}/deadlines",
    operation_id = "explain_deadlines",
    tag = "incidents",
    params(NumberOfPath, ReadingHeaders),
    responses(
        (status = 200, description = "Every deadline there ever was.", body = DeadlinesView),
    ),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn explained<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    Number(number): Number,
) -> Result<Response, Problem> {
    let story = desk.store.story(&number).await?.ok_or(Refusal::UnknownIncident)?;
    let view = DeadlinesView {
        number,
        version: story.incident.version,
        deadlines: explain(&story.incident, &story.timeline, &story.emails),
    };
    let answer = Answer::json(StatusCode::OK, &view);
    // How far e-mails got is not part of the version.
    Ok(reading.answer(answer.at_version_and_body(view.version)))
}
