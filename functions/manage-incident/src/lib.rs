//! `manage-incident`: customer care opens, answers, acknowledges, resolves and reads incidents.
//!
//! Parse, carry out, answer. No rule lives here.

pub mod links;
mod list;
mod request;
mod view;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use shared::desk::Desk;
use shared::http::{Answer, Asked, Number, Problem, answer, no_such_method, no_such_route};
use shared::incident::{Change, Command, Refusal};
use shared::links::KeyRing;
use shared::store::Store;

use request::{Acknowledgement, NewIncident, Resolution, ResponseGiven};
pub use view::{IncidentView, StoryView};

/// The routes of this function.
pub fn router<S: Store>(desk: Desk<S>, keys: KeyRing) -> Router {
    let links = links::router(desk.clone(), keys);
    Router::new()
        .route("/v1/incidents", post(open::<S>).get(list::list::<S>))
        .route("/v1/incidents/{number}", get(read::<S>))
        .route("/v1/incidents/{number}/responses", post(respond::<S>))
        .route("/v1/incidents/{number}/acknowledgement", post(acknowledge::<S>))
        .route("/v1/incidents/{number}/resolution", post(resolve::<S>))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(desk)
        .merge(links)
}

async fn open<S: Store>(
    State(desk): State<Desk<S>>,
    asked: Asked<NewIncident>,
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

async fn respond<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<ResponseGiven>,
) -> Result<Response, Problem> {
    let ResponseGiven { author, message, at } = asked.body.clone();
    let command = Command::Respond { author, message, at: at.map(|instant| instant.0) };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

async fn acknowledge<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<Acknowledgement>,
) -> Result<Response, Problem> {
    let command = Command::Acknowledge { by: asked.body.by.clone() };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

async fn resolve<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<Resolution>,
) -> Result<Response, Problem> {
    let Resolution { by, note } = asked.body.clone();
    let command = Command::Resolve { by, note };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
) -> Result<Answer, Problem> {
    let story = desk.store.story(&number).await?.ok_or(Refusal::UnknownIncident)?;
    Ok(Answer::json(StatusCode::OK, &StoryView::of(&story)))
}

fn say(status: StatusCode, change: &Change) -> Answer {
    Answer::json(status, &IncidentView::of(&change.incident))
}
