//! What care sees of an incident.

use jiff::Timestamp;
use serde::Serialize;
use shared::email::{EmailId, EmailKind};
use shared::incident::clock::{Clock, ClockName};
use shared::incident::escalation::{Cause, Climb, Escalation};
use shared::incident::values::{
    Channel, Customer, EmailAddress, IncidentNumber, Language, Name, Priority, Summary,
};
use shared::incident::{Breaches, Incident, Pause, Status};
use shared::outbox::{Confirmation, Delivery, EmailItem, FactKind, WebhookItem};
use shared::policy::{Id, Policy, TeamId};
use shared::store::Story;

use crate::told::{self, ToldEntry};

/// An incident and every promise that runs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IncidentView {
    /// How care and the customer know it.
    pub number: IncidentNumber,
    /// Counts changes.
    pub version: u64,
    /// Its priority.
    pub priority: Priority,
    /// How it reached care.
    pub channel: Channel,
    /// What it is about; `null` when an escalation created it.
    pub summary: Option<Summary>,
    /// Whose it is.
    pub customer: Customer,
    /// `open`, or `resolved` by whom and when.
    pub status: Status,
    /// When it reached care.
    pub opened_at: Timestamp,
    /// When care last responded.
    pub responded_at: Option<Timestamp>,
    /// The next instant at which the desk acts by itself; `null` once resolved.
    pub next_due_at: Option<Timestamp>,
    /// The clocks; `null` for one that does not run.
    pub clocks: Clocks,
    /// For what care waits on the customer, since when and until when; `null` when it does not.
    pub pause: Option<Pause>,
    /// How often it was reopened.
    pub reopened: u32,
    /// The promises that were broken on it.
    pub breaches: Breaches,
    /// The account manager whom care looped in.
    pub account_manager: Option<Name>,
    /// The last escalation.
    pub escalation: Option<EscalationView>,
}

/// The three clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Clocks {
    /// The promise of a first response.
    pub initial_response: Option<Clock>,
    /// The promise of a further response.
    pub update: Option<Clock>,
    /// The promise of a response to the running escalation.
    pub escalation_response: Option<Clock>,
}

/// An escalation and its ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EscalationView {
    /// 1 for the incident's first escalation.
    pub sequence: u32,
    /// Why it was raised.
    pub cause: Cause,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// The promised response.
    pub response_due_at: Timestamp,
    /// Whether that promise was broken.
    pub breached: bool,
    /// The level last alerted, from 1.
    pub level: u32,
    /// How many levels there are.
    pub levels: usize,
    /// The round it is in, from 1.
    pub round: u32,
    /// How many rounds there are.
    pub rounds: u32,
    /// Where the climb stands.
    pub ladder: Climb,
    /// Teams alerted so far.
    pub told: Vec<TeamId>,
}

/// All that is known of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StoryView {
    /// Its state.
    #[serde(flatten)]
    pub incident: IncidentView,
    /// What happened, in order: what the desk recorded, each with its version, and between it, at its
    /// own instant, what SES said of e-mails.
    pub timeline: Vec<ToldEntry>,
    /// Who was told, in order, and how far that got.
    pub emails: Vec<EmailView>,
    /// Which other systems hear of it, in order, and how far that got.
    pub webhooks: Vec<WebhookView>,
}

/// An e-mail and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EmailView {
    /// Its id, as in the header `X-Escalation-Desk-Email-Id`.
    pub id: EmailId,
    /// To whom.
    pub to: EmailAddress,
    /// In which language.
    pub language: Language,
    /// When it was written.
    pub created_at: Timestamp,
    /// What it says.
    pub kind: EmailKind,
    /// How far it got.
    pub delivery: Delivery,
    /// How it stands by what SES has said of it since; `null` before SES took it.
    pub confirmation: Option<Confirmation>,
    /// What SES has said of it, earliest first; each kind once, with its earliest instant.
    pub facts: Vec<FactView>,
}

/// Something that SES said of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FactView {
    /// What.
    pub fact: FactKind,
    /// When it was so, by the mail system's clock.
    pub at: Timestamp,
    /// In the mail system's words; may be empty. Of `sent` it is SES's id.
    pub detail: String,
}

/// A webhook and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WebhookView {
    /// Its id, as in the header `webhook-id`.
    pub id: String,
    /// Which webhook of the policy.
    pub webhook: Id,
    /// The version of the incident that it tells of.
    pub version: u64,
    /// When it was written.
    pub created_at: Timestamp,
    /// How far it got.
    pub delivery: Delivery,
}

impl IncidentView {
    /// The view of an incident.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        let clock = |name| incident.clock(name).cloned();
        Self {
            number: incident.number.clone(),
            version: incident.version,
            priority: incident.priority,
            channel: incident.channel,
            summary: incident.summary.clone(),
            customer: incident.customer.clone(),
            status: incident.status.clone(),
            opened_at: incident.opened_at,
            responded_at: incident.responded_at,
            next_due_at: incident.next_due(),
            clocks: Clocks {
                initial_response: clock(ClockName::InitialResponse),
                update: clock(ClockName::Update),
                escalation_response: clock(ClockName::EscalationResponse),
            },
            pause: incident.pause.clone(),
            reopened: incident.reopened,
            breaches: incident.breaches,
            account_manager: incident.account_manager.clone(),
            escalation: incident.escalation.as_ref().map(EscalationView::of),
        }
    }
}

impl EscalationView {
    fn of(escalation: &Escalation) -> Self {
        Self {
            sequence: escalation.sequence,
            cause: escalation.cause.clone(),
            raised_at: escalation.clock.started_at,
            response_due_at: escalation.clock.due_at,
            breached: escalation.clock.breached,
            level: escalation.level,
            levels: escalation.ladder.levels.len(),
            round: escalation.round,
            rounds: escalation.ladder.rounds,
            ladder: escalation.climb.clone(),
            told: escalation.told.clone(),
        }
    }
}

impl StoryView {
    /// The view of a story at `now`.
    #[must_use]
    pub fn of(story: &Story, policy: &Policy, now: Timestamp) -> Self {
        let email = |item| EmailView::of(item, policy, now);
        Self {
            incident: IncidentView::of(&story.incident),
            timeline: told::timeline(story),
            emails: story.emails.iter().map(email).collect(),
            webhooks: story.webhooks.iter().map(WebhookView::of).collect(),
        }
    }
}

impl EmailView {
    fn of(item: &EmailItem, policy: &Policy, now: Timestamp) -> Self {
        let unconfirmed_after = policy.desk.unconfirmed_after.duration();
        let facts = item.facts.iter().map(|(fact, known)| FactView {
            fact,
            at: known.at,
            detail: known.detail.clone(),
        });
        let mut facts: Vec<_> = facts.collect();
        // Those of one instant in the order of their kinds.
        facts.sort_by_key(|fact| fact.at);
        Self {
            confirmation: item.confirmation(now, unconfirmed_after),
            facts,
            id: item.email.id.clone(),
            to: item.email.recipient.clone(),
            language: item.email.language,
            created_at: item.email.created_at,
            kind: item.email.kind.clone(),
            delivery: item.delivery.clone(),
        }
    }
}

impl WebhookView {
    fn of(item: &WebhookItem) -> Self {
        Self {
            id: item.webhook.id.to_string(),
            webhook: item.webhook.webhook.clone(),
            version: item.webhook.id.version,
            created_at: item.webhook.created_at,
            delivery: item.delivery.clone(),
        }
    }
}
