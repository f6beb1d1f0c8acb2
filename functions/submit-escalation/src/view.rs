//! What a customer may see of an incident: the state and the promised times, nobody's names.

use jiff::Timestamp;
use serde::Serialize;
use shared::incident::clock::ClockName;
use shared::incident::escalation::{Cause, Climb, Escalation};
use shared::incident::timeline::Event;
use shared::incident::values::{IncidentNumber, Note, Priority};
use shared::incident::{Change, Incident, Status};

/// An incident and its escalation, as the customer sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CustomerEscalationView)]
pub struct EscalationView {
    /// The incident.
    pub incident_number: IncidentNumber,
    /// Its priority.
    pub priority: Priority,
    /// `open` or `resolved`.
    #[schema(pattern = "^(open|resolved)$")]
    pub status: &'static str,
    /// The next promise to the customer; `null` when none runs that is not broken already.
    pub next_promise: Option<PromiseView>,
    /// What care needs from the customer to go on; `null` when it waits for nothing.
    pub waiting_on_you: Option<WaitingOnYou>,
    /// The last escalation; `null` when there was none.
    pub escalation: Option<EscalationState>,
}

/// Care waits on the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WaitingOnYou {
    /// For what.
    pub reason: Note,
    /// When care goes on all the same.
    pub until: Timestamp,
}

/// A promise to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PromiseView {
    /// Which promise.
    pub clock: ClockName,
    /// When it runs out.
    pub due_at: Timestamp,
}

/// An escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EscalationState {
    /// `alerted`: teams were told; `acknowledged`: a person took it; `answered`: it is over.
    #[schema(pattern = "^(alerted|acknowledged|answered)$")]
    pub state: &'static str,
    /// `customer`, `deadline` or `reopening`.
    #[schema(pattern = "^(customer|deadline|reopening)$")]
    pub raised_by: &'static str,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// The promised response.
    pub response_due_at: Timestamp,
    /// Whether that promise was broken.
    pub overdue: bool,
}

impl EscalationView {
    /// The view of an incident.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        Self {
            incident_number: incident.number.clone(),
            priority: incident.priority,
            status: match incident.status {
                Status::Open => "open",
                Status::Resolved { .. } => "resolved",
            },
            next_promise: incident
                .next_promise()
                .filter(|_| incident.is_open())
                .map(|(clock, due_at)| PromiseView { clock, due_at }),
            waiting_on_you: incident
                .pause
                .as_ref()
                .map(|pause| WaitingOnYou { reason: pause.reason.clone(), until: pause.until }),
            escalation: incident.escalation.as_ref().map(EscalationState::of),
        }
    }
}

impl EscalationState {
    fn of(escalation: &Escalation) -> Self {
        Self {
            state: match escalation.climb {
                Climb::Climbing { .. } | Climb::Exhausted { .. } => "alerted",
                Climb::Acknowledged { .. } => "acknowledged",
                Climb::Stopped { .. } => "answered",
            },
            raised_by: match escalation.cause {
                Cause::Customer { .. } => "customer",
                Cause::Deadline { .. } => "deadline",
                Cause::Reopening { .. } => "reopening",
            },
            raised_at: escalation.clock.started_at,
            response_due_at: escalation.clock.due_at,
            overdue: escalation.clock.breached,
        }
    }
}

/// Whether a change started an escalation, and did not only add to one.
pub(super) fn escalation_is_new(change: &Change) -> bool {
    change.entries.iter().any(|entry| matches!(entry.event, Event::EscalatedByCustomer { .. }))
}
