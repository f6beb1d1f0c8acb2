//! `POST /v1/policy/simulations`: what would follow of a scenario, without storing or sending it.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deserr::{DeserializeError, Deserr, ErrorKind, IntoValue, Value, ValueKind, ValuePointerRef};
use shared::desk::Desk;
use shared::http::{Answer, Asked, IncidentsRead, Problem};
use shared::policy::Policy;
use shared::simulation::{Scenario, Simulation, simulate as simulated};
use shared::store::Store;
use shared::wrong_fields::WrongFields;

use crate::request::Instant;

/// The longest policy that is tried out, in bytes: ten times the one that the desk comes with.
const LONGEST_POLICY: usize = 64 * 1024;

/// `POST /v1/policy/simulations`.
#[derive(Debug, Clone, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(super) struct SimulationAsked {
    /// A policy file's text, up to 64 KB; without it, the policy that is deployed.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    pub policy: Option<Proposed>,
    /// What is imagined.
    pub scenario: Scenario,
    /// When it is imagined, for scenarios that begin "now" or on a weekday; without it, now.
    #[deserr(default)]
    pub now: Option<Instant>,
    /// Whether e-mails come with their text.
    #[deserr(default)]
    pub bodies: Option<bool>,
}

/// A policy that is not deployed.
#[derive(Debug, Clone)]
pub(super) struct Proposed(Policy);

impl Deserr<WrongFields> for Proposed {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, WrongFields> {
        let Value::String(text) = value else {
            let error =
                ErrorKind::IncorrectValueKind { actual: value, accepted: &[ValueKind::String] };
            let (ControlFlow::Continue(wrong) | ControlFlow::Break(wrong)) =
                WrongFields::error(None, error, location);
            return Err(wrong);
        };
        let mut wrong = WrongFields::default();
        if text.len() > LONGEST_POLICY {
            wrong.push("/policy", "must not be longer than 64 KB (65,536 bytes)");
            return Err(wrong);
        }
        Policy::read(&text).map(Self).map_err(|mistakes| {
            for mistake in mistakes.0 {
                wrong.push("/policy", mistake.to_string());
            }
            wrong
        })
    }
}

/// Says what would follow of a scenario: every instant and every e-mail, under the policy that is
/// deployed or under another one. Nothing is stored, and nothing is sent.
#[utoipa::path(
    post,
    path = "/v1/policy/simulations",
    operation_id = "simulate",
    tag = "policy",
    request_body = SimulationAsked,
    responses(
        (status = 200, description = "What would follow.", body = Simulation),
    ),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn simulate<S: Store>(
    State(desk): State<Desk<S>>,
    asked: Asked<IncidentsRead, SimulationAsked>,
) -> Result<Response, Problem> {
    let SimulationAsked { policy, scenario, now, bodies } = asked.body;
    let policy = policy.as_ref().map_or(&*desk.policy, |Proposed(policy)| policy);
    let now = now.map_or_else(|| desk.clock.now(), |instant| instant.0);
    let simulation =
        simulated(policy, &scenario, now, bodies == Some(true)).map_err(|invalid| {
            let mut wrong = WrongFields::default();
            wrong.push("/scenario", invalid.to_string());
            Problem::from(wrong)
        })?;
    Ok(Answer::json(StatusCode::OK, &simulation).into_response())
}
