//! `manage-incident`: what customer care does on incidents, accounts and mail that waits, and reads of
//! them, and the pages behind links in e-mails.
//!
//! Parse, carry out, answer. No rule lives here, and nobody acts by reading: what care asks needs a
//! scope, and what a link does needs a POST with what a person typed.

mod accounts;
mod actions;
mod deadlines;
mod document;
mod figures;
pub mod links;
mod list;
mod paging;
mod quarantine;
mod request;
mod simulate;
mod told;
mod view;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post, put};
use shared::desk::Desk;
use shared::http::openapi::{AskedHeaders, NumberOfPath, ReadingHeaders, StateRefused};
use shared::http::{
    Answer, Asked, IncidentsRead, IncidentsWrite, Number, Problem, Reading, answer, no_such_method,
    no_such_route,
};
use shared::incident::timeline::Event;
use shared::incident::{Change, Command, Refusal};
use shared::links::{KeyRing, KeySource};
use shared::store::Store;

pub use deadlines::DeadlinesView;
use request::NewIncident;
pub use view::{IncidentView, StoryView};

/// What it reads of its environment beside what every function does: where the keys of links are.
pub type Variables = KeySource;

/// What the OpenAPI document says of these routes. Only the test that writes it calls this.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(
    open,
    list::list,
    read,
    deadlines::explained,
    simulate::simulate,
    actions::respond,
    actions::acknowledge,
    actions::wait,
    actions::customer_replied,
    actions::change_priority,
    actions::resolve,
    actions::reopen,
    accounts::engage_manager,
    accounts::put,
    accounts::read,
    accounts::report_recurrence,
    quarantine::list,
    quarantine::read,
    quarantine::release,
    quarantine::refuse,
    figures::read,
    document::read,
))]
pub struct Documented;

/// What the routes share.
#[derive(Clone)]
struct Shared<S> {
    desk: Desk<S>,
    keys: KeyRing,
}

impl<S: Store> FromRef<Shared<S>> for Desk<S> {
    fn from_ref(shared: &Shared<S>) -> Self {
        shared.desk.clone()
    }
}

impl<S: Store> FromRef<Shared<S>> for KeyRing {
    fn from_ref(shared: &Shared<S>) -> Self {
        shared.keys.clone()
    }
}

/// The routes of this function.
pub fn router<S: Store>(desk: Desk<S>, keys: KeyRing) -> Router {
    let links = links::router(desk.clone(), keys.clone());
    Router::new()
        .route("/openapi.json", get(document::read))
        .route("/v1/incidents", post(open::<S>).get(list::list::<S>))
        .route("/v1/incidents/{number}", get(read::<S>))
        .route("/v1/incidents/{number}/deadlines", get(deadlines::explained::<S>))
        .route("/v1/policy/simulations", post(simulate::simulate::<S>))
        .route("/v1/incidents/{number}/responses", post(actions::respond::<S>))
        .route("/v1/incidents/{number}/acknowledgement", post(actions::acknowledge::<S>))
        .route("/v1/incidents/{number}/pause", post(actions::wait::<S>))
        .route("/v1/incidents/{number}/customer-replies", post(actions::customer_replied::<S>))
        .route("/v1/incidents/{number}/priority", post(actions::change_priority::<S>))
        .route("/v1/incidents/{number}/resolution", post(actions::resolve::<S>))
        .route("/v1/incidents/{number}/reopening", post(actions::reopen::<S>))
        .route("/v1/incidents/{number}/account-manager", post(accounts::engage_manager::<S>))
        .route("/v1/accounts/{id}", put(accounts::put::<S>).get(accounts::read::<S>))
        .route("/v1/accounts/{id}/recurrences", post(accounts::report_recurrence::<S>))
        .route("/v1/quarantine", get(quarantine::list::<S>))
        .route("/v1/quarantine/{id}", get(quarantine::read::<S>))
        .route("/v1/quarantine/{id}/release", post(quarantine::release::<S>))
        .route("/v1/quarantine/{id}/refusal", post(quarantine::refuse::<S>))
        .route("/v1/figures", get(figures::read::<S>))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(Shared { desk, keys })
        .merge(links)
}

/// Opens an incident. Its number is care's own. One that a customer escalated before care had
/// entered it, or that somebody of no account opened by mail, is completed: what care knows is added,
/// and what was promised stays promised.
#[utoipa::path(
    post,
    path = "/v1/incidents",
    operation_id = "open_incident",
    tag = "incidents",
    params(AskedHeaders),
    request_body = NewIncident,
    responses(
        (status = 201, description = "Opened; its clocks run.", body = IncidentView),
        (status = 200, description = "Completed: a customer had escalated it, or opened it by mail.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
async fn open<S: Store>(
    State(desk): State<Desk<S>>,
    asked: Asked<IncidentsWrite, NewIncident>,
) -> Result<Response, Problem> {
    let NewIncident { number, priority, channel, summary, mut customer, received_at } =
        asked.body.clone();
    accounts::speak_its_language(&desk, &mut customer).await?;
    let received_at = received_at.map(|instant| instant.0);
    let command = Command::Open {
        number: number.clone(),
        priority,
        channel,
        summary,
        customer,
        received_at,
        by_mail: None,
    };
    answer(&desk, &asked, &number, &command, |change| {
        let is_new = change.entries.iter().any(|e| matches!(e.event, Event::Opened { .. }));
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        say(status, change).at(format!("/v1/incidents/{}", change.incident.number))
    })
    .await
}

/// Reads all that is known of an incident: state, clocks, timeline, e-mails and how far they got.
///
/// Each e-mail says how far the desk got with it (`delivery`), and how it stands since (`confirmation`):
/// SES tells, often within seconds and sometimes after hours, that it was delivered, or bounced. An
/// e-mail that reached nobody is `parked` and others were told, which the timeline says as
/// `undeliverable`. What SES says does not change the incident's version; its entries of the timeline
/// (`email_fact`) have none.
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
    let view = StoryView::of(&story, &desk.policy, desk.clock.now());
    let answer = Answer::json(StatusCode::OK, &view);
    // How far e-mails got is not part of the version.
    Ok(reading.answer(answer.at_version_and_body(story.incident.version)))
}

fn say(status: StatusCode, change: &Change) -> Answer {
    let incident = &change.incident;
    Answer::json(status, &IncidentView::of(incident)).at_version(incident.version)
}
