//! What care does on an incident: one POST each.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use shared::desk::Desk;
use shared::http::openapi::{AskedHeaders, NumberOfPath, StateRefused};
use shared::http::{Asked, IncidentsWrite, Number, Problem, answer};
use shared::incident::Command;
use shared::store::Store;

use crate::request::{
    Acknowledgement, CustomerReply, PauseAsked, PriorityFound, Reopening, Resolution, ResponseGiven,
};
use crate::say;
use crate::view::IncidentView;

/// Records that a human in care gave the customer a public response.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/responses",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = ResponseGiven,
    responses(
        (status = 200, description = "Recorded; the next promise runs.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn respond<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, ResponseGiven>,
) -> Result<Response, Problem> {
    let ResponseGiven { author, message, at } = asked.body.clone();
    let command = Command::Respond { author, message, at: at.map(|instant| instant.0) };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Takes the running escalation. 200 as well when somebody else has it: the answer says who.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/acknowledgement",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = Acknowledgement,
    responses(
        (status = 200, description = "Somebody has it; the ladder waits.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn acknowledge<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, Acknowledgement>,
) -> Result<Response, Problem> {
    let command = Command::Acknowledge { by: asked.body.by.clone() };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Resolves an incident: every promise ends.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/resolution",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = Resolution,
    responses(
        (status = 200, description = "Resolved.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn resolve<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, Resolution>,
) -> Result<Response, Problem> {
    let Resolution { by, note } = asked.body.clone();
    let command = Command::Resolve { by, note };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Waits on the customer: the promise of an update pauses until the customer replies, and no
/// longer than until the given instant.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/pause",
    operation_id = "wait_on_customer",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = PauseAsked,
    responses(
        (status = 200, description = "Waiting; or still waiting, for the new reason.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn wait<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, PauseAsked>,
) -> Result<Response, Problem> {
    let PauseAsked { by, reason, until } = asked.body.clone();
    let command = Command::WaitOnCustomer { by, reason, until: until.0 };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Records that the customer wrote or called: a pause ends, a resolved incident is open again.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/customer-replies",
    operation_id = "record_customer_reply",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = CustomerReply,
    responses(
        (status = 200, description = "Recorded, and those concerned are told.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn customer_replied<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, CustomerReply>,
) -> Result<Response, Problem> {
    let CustomerReply { from, message, at } = asked.body.clone();
    let command = Command::CustomerReplied { from, message, at: at.map(|instant| instant.0) };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Changes the priority. Raised, the running promises are due as if it had been so from their
/// start; lowered, what was promised stays.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/priority",
    operation_id = "change_priority",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = PriorityFound,
    responses(
        (status = 200, description = "Changed; or it was so already.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn change_priority<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, PriorityFound>,
) -> Result<Response, Problem> {
    let PriorityFound { by, priority, reason } = asked.body.clone();
    let command = Command::ChangePriority { by, priority, reason };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Opens a resolved incident again. From the second time on it is also escalated.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/reopening",
    operation_id = "reopen_incident",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = Reopening,
    responses(
        (status = 200, description = "Open again; or it was open.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn reopen<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, Reopening>,
) -> Result<Response, Problem> {
    let Reopening { by, note } = asked.body.clone();
    let command = Command::Reopen { by, note };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}
