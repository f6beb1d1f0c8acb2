//! `manage-incident`: customer care opens, answers, acknowledges, resolves and reads incidents.
//!
//! Parse, carry out, answer. No rule lives here.

mod deadlines;
mod document;
mod list;
mod request;
mod simulate;
mod view;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use shared::desk::Desk;
use shared::http::openapi::{AskedHeaders, NumberOfPath, ReadingHeaders, StateRefused};
use shared::http::{
    Answer, Asked, IncidentsRead, IncidentsWrite, Number, Problem, Reading, answer, no_such_method,
    no_such_route,
};
use shared::incident::{Change, Command, Refusal};
use shared::store::Store;

pub use deadlines::DeadlinesView;
use request::{Acknowledgement, NewIncident, Resolution, ResponseGiven};
pub use view::{IncidentView, StoryView};

/// What the OpenAPI document says of these routes. Only the test that writes it calls this.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(
    open,
    list::list,
    read,
    deadlines::explained,
    respond,
    acknowledge,
    resolve,
    simulate::simulate,
    document::read,
))]
pub struct Documented;

/// The routes of this function.
pub fn router<S: Store>(desk: Desk<S>) -> Router {
    Router::new()
        .route("/openapi.json", get(document::read))
        .route("/v1/incidents", post(open::<S>).get(list::list::<S>))
        .route("/v1/incidents/{number}", get(read::<S>))
        .route("/v1/incidents/{number}/deadlines", get(deadlines::explained::<S>))
        .route("/v1/policy/simulations", post(simulate::simulate::<S>))
        .route("/v1/incidents/{number}/responses", post(respond::<S>))
        .route("/v1/incidents/{number}/acknowledgement", post(acknowledge::<S>))
        .route("/v1/incidents/{number}/resolution", post(resolve::<S>))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(desk)
}

/// Opens an incident. Its number is care's own.
#[utoipa::path(
    post,
    path = "/v1/incidents",
    operation_id = "open_incident",
    tag = "incidents",
    params(AskedHeaders),
    request_body = NewIncident,
    responses(
        (status = 201, description = "Opened; its clocks run.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
async fn open<S: Store>(
    State(desk): State<Desk<S>>,
    asked: Asked<IncidentsWrite, NewIncident>,
) -> Result<Response, Problem> {
    let NewIncident { number, priority, channel, summary, customer, received_at } =
        asked.body.clone();
    let received_at = received_at.map(|instant| instant.0);
    let command =
        Command::Open { number: number.clone(), priority, channel, summary, customer, received_at };
    answer(&desk, &asked, &number, &command, |change| {
        say(StatusCode::CREATED, change).at(format!("/v1/incidents/{}", change.incident.number))
    })
    .await
}

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
async fn respond<S: Store>(
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
async fn acknowledge<S: Store>(
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
async fn resolve<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, Resolution>,
) -> Result<Response, Problem> {
    let Resolution { by, note } = asked.body.clone();
    let command = Command::Resolve { by, note };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Reads all that is known of an incident: state, clocks, timeline, e-mails and how far they got.
#[utoipa::path(
    get,
    path = "/v1/incidents/{number}",
    operation_id = "read_incident",
    tag = "incidents",
    params(NumberOfPath, ReadingHeaders),
    responses(
        (status = 200, description = "The incident and its story.", body = StoryView),
    ),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    Number(number): Number,
) -> Result<Response, Problem> {
    let story = desk.store.story(&number).await?.ok_or(Refusal::UnknownIncident)?;
    let answer = Answer::json(StatusCode::OK, &StoryView::of(&story));
    // How far e-mails got is not part of the version.
    Ok(reading.answer(answer.at_version_and_body(story.incident.version)))
}

fn say(status: StatusCode, change: &Change) -> Answer {
    let incident = &change.incident;
    Answer::json(status, &IncidentView::of(incident)).at_version(incident.version)
}
