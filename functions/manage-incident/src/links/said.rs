//! What a page has to say, before it is in words.

use axum::http::StatusCode;
use jiff::Timestamp;
use shared::incident::Incident;
use shared::incident::escalation::Escalation;
use shared::incident::timeline::TimelineEntry;
use shared::incident::values::{Justification, Name};

use super::typed::Typed;

/// What a page has to say. Each is one status.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// No link: changed, cut off, or never one of ours.
    NoLink,
    /// A link that was right once.
    Expired,
    /// A right link to an incident that is not there.
    NoIncident,
    /// The escalation that the link is for is over.
    Over(Over<'a>),
    /// The page of the escalation, with the form that takes it.
    Acknowledge {
        incident: &'a Incident,
        escalation: &'a Escalation,
        teams: Vec<Name>,
        typed: &'a Typed,
    },
    /// A person has the escalation: whoever just took it, or somebody before.
    Acknowledged {
        incident: &'a Incident,
        by: &'a Name,
        at: Timestamp,
        until: Timestamp,
        now: bool,
    },
    /// The page of the acknowledgement, with the form that withdraws it.
    Resume {
        incident: &'a Incident,
        by: &'a Name,
        at: Timestamp,
        until: Timestamp,
        typed: &'a Typed,
    },
    /// Nobody has the escalation: it was just withdrawn, or nobody had it.
    NobodyHasIt { incident: &'a Incident, escalation: &'a Escalation, now: bool },
    /// The customer's page; without a timeline for who is not the incident's own customer.
    View { incident: &'a Incident, timeline: &'a [TimelineEntry], escalate: String },
    /// The form by which a customer escalates.
    Escalate { incident: &'a Incident, typed: &'a Typed },
    /// The customer escalated.
    Escalated { incident: &'a Incident, justification: &'a Justification },
    /// One escalation too many of the same customer in the same window.
    TooMany { until: Timestamp },
    /// A form that is longer than any that a person sends from the page.
    TooLong,
    /// What came is not the page's form.
    NoForm(StatusCode),
    /// A link is followed or its form sent, and nothing else.
    NoMethod,
    /// The desk cannot answer now.
    Unavailable,
    /// The desk cannot read its own state.
    Broken,
}

/// How an escalation ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over<'a> {
    pub incident: &'a Incident,
    /// Whether the incident was escalated anew since.
    pub anew: bool,
}

impl Said<'_> {
    /// Its status. What can never work again is gone (410); what never was is not found (404).
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoLink | Self::NoIncident => StatusCode::NOT_FOUND,
            Self::Expired | Self::Over(_) => StatusCode::GONE,
            Self::Acknowledge { typed, .. }
            | Self::Resume { typed, .. }
            | Self::Escalate { typed, .. }
                if typed.is_wrong() =>
            {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Acknowledge { .. }
            | Self::Acknowledged { .. }
            | Self::Resume { .. }
            | Self::NobodyHasIt { .. }
            | Self::View { .. }
            | Self::Escalate { .. }
            | Self::Escalated { .. } => StatusCode::OK,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoForm(status) => *status,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
