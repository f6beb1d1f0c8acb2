//! `submit-escalation`: takes a customer's escalation and answers with its state and deadline, so
//! many in a window as the policy allows one customer.
//!
//! Parse, carry out, answer. No rule lives here, and no answer names a person in care.

mod view;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use deserr::Deserr;
use shared::desk::Desk;
use shared::http::openapi::{AskedHeaders, NumberOfPath, OverLimit, ReadingHeaders};
use shared::http::{
    Answer, Asked, EscalationsWrite, Number, Problem, Reading, answer_within, no_such_method,
    no_such_route,
};
use shared::incident::values::{Customer, IncidentNumber, Justification};
use shared::incident::{Change, Command, Incident, Refusal};
use shared::store::{Limit, Store};
use shared::wrong_fields::WrongFields;

pub use view::EscalationView;

/// What it reads of its environment beside what every function does: nothing.
pub type Variables = ();

/// `POST /v1/escalations`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct EscalationRequest {
    /// The incident; it need not be known to the desk.
    pub incident_number: IncidentNumber,
    /// Why management should look at it now: 10 to 4,000 characters.
    pub business_justification: Justification,
    /// Who asks, and where to answer.
    pub requester: Customer,
}

/// What the OpenAPI document says of these routes. Only the test that writes it calls this.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(submit, read))]
pub struct Documented;

/// The routes of this function.
pub fn router<S: Store>(desk: Desk<S>) -> Router {
    Router::new()
        .route("/v1/escalations", post(submit::<S>))
        .route("/v1/escalations/{number}", get(read::<S>))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(desk)
}

/// Escalates an incident. An unknown number opens one, a resolved incident is reopened; of an
/// escalation that runs, the justification is added.
#[utoipa::path(
    post,
    path = "/v1/escalations",
    operation_id = "submit_escalation",
    tag = "escalations",
    params(AskedHeaders),
    request_body = EscalationRequest,
    responses(
        (status = 201, description = "Escalated: teams are alerted.", body = EscalationView),
        (status = 200, description = "An escalation runs already; its promise stands.", body = EscalationView),
        OverLimit,
    ),
    security(("iam" = []), ("jwt" = ["escalations:write"])),
)]
async fn submit<S: Store>(
    State(desk): State<Desk<S>>,
    asked: Asked<EscalationsWrite, EscalationRequest>,
) -> Result<Response, Problem> {
    let EscalationRequest { incident_number: number, business_justification, requester } =
        asked.body.clone();
    let customer = requester.email.clone();
    let limit = |now| {
        let allowance = desk.policy.limits.escalations_per_customer?;
        Some(Limit::of("escalations", &customer, allowance, now))
    };
    let command = Command::Escalate {
        number: number.clone(),
        requester,
        business_justification,
        by_mail: None,
    };
    answer_within(&desk, &asked, &number, &command, limit, say).await
}

/// 201 for a new escalation, 200 when one is running already.
fn say(change: &Change) -> Answer {
    let status = if view::escalation_is_new(change) { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/v1/escalations/{}", change.incident.number);
    told(status, &change.incident).at(location)
}

/// Reads the state and the promised times of an incident that was escalated, and nobody's names.
#[utoipa::path(
    get,
    path = "/v1/escalations/{number}",
    operation_id = "read_escalation",
    tag = "escalations",
    params(NumberOfPath, ReadingHeaders),
    responses(
        (status = 200, description = "The incident as its customer sees it.", body = EscalationView),
    ),
    security(("iam" = []), ("jwt" = ["escalations:write"])),
)]
async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<EscalationsWrite>,
    Number(number): Number,
) -> Result<Response, Problem> {
    let incident = desk.store.load(&number).await?.ok_or(Refusal::UnknownIncident)?;
    Ok(reading.answer(told(StatusCode::OK, &incident)))
}

fn told(status: StatusCode, incident: &Incident) -> Answer {
    Answer::json(status, &EscalationView::of(incident)).at_version(incident.version)
}
