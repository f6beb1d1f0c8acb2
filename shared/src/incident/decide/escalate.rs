//! A customer escalates: a request that management looks at the incident now.

use jiff::Timestamp;

use super::{ladder, open, pause, reopen};
use crate::email::EmailKind;
use crate::incident::Incident;
use crate::incident::change::{Change, Draft};
use crate::incident::command::ByMail;
use crate::incident::escalation::Cause;
use crate::incident::timeline::{Event, PauseEnd};
use crate::incident::values::{Channel, Customer, IncidentNumber, Justification};
use crate::policy::Policy;

/// How many requesters an escalation keeps, so that its item stays small.
const MAX_REQUESTERS: usize = 10;

/// What a customer asks with.
pub(super) struct Asked {
    pub requester: Customer,
    pub business_justification: Justification,
    pub by_mail: Option<ByMail>,
}

/// Starts the ladder at level 1. If an escalation runs already, the justification is appended, its
/// teams are told, and the same promise is answered.
pub(super) fn escalate(
    state: Option<&Incident>,
    number: IncidentNumber,
    asked: Asked,
    policy: &Policy,
    now: Timestamp,
) -> Change {
    let Asked { mut requester, business_justification, by_mail } = asked;
    let channel = if by_mail.is_some() { Channel::Email } else { Channel::Api };
    let mut draft = match state {
        Some(incident) => Draft::of(incident.clone(), policy, now),
        None => unknown_incident(number, requester.clone(), channel, policy, now),
    };
    // Whoever has not chosen a language is written to as the incident's customer is.
    requester.language = requester.language.or(draft.incident.customer.language);
    let mut level = 1;
    let was_resolved = !draft.incident.is_open();
    if !was_resolved {
        pause::end(&mut draft, PauseEnd::Escalated, now);
    } else {
        reopen::mark_reopened(&mut draft, &requester.name, None);
        level = draft.incident.reopened;
    }
    let again = draft.incident.running_escalation().cloned();
    let (promised_at, overdue) = if let Some(running) = &again {
        draft.record(Event::JustificationAdded {
            escalation: running.sequence,
            requester: requester.name.clone(),
            business_justification: business_justification.clone(),
        });
        draft.tell_teams(
            &running.told,
            &EmailKind::JustificationAdded {
                escalation: running.sequence,
                requester: requester.name.clone(),
                business_justification: business_justification.clone(),
                promised_at: running.clock.due_at,
            },
        );
        (running.clock.due_at, running.clock.breached)
    } else {
        let cause = Cause::Customer {
            requester: requester.name.clone(),
            business_justification: business_justification.clone(),
        };
        (ladder::start(&mut draft, cause, level), false)
    };
    // Whoever escalates gets a receipt; the incident's own customer hears of a reopening too, but
    // not who asked for it.
    if was_resolved
        && requester.email != draft.incident.customer.email
        && let Some(promise) = draft.next_promise()
    {
        let (by, own) = (draft.policy.desk.name.clone(), draft.incident.customer.clone());
        draft.tell_customer(&own, EmailKind::IncidentReopened { by, promise, escalated: true });
    }
    remember(&mut draft, &requester, &business_justification);
    if again.is_some() && by_mail.as_ref().is_some_and(|mail| !mail.answers_again) {
        return draft.finish();
    }
    draft.answer(&requester.email, by_mail.and_then(|mail| mail.message_id));
    draft.tell_customer(
        &requester,
        EmailKind::EscalationReceived {
            requester: requester.name.clone(),
            business_justification,
            promised_at,
            overdue,
            again: again.is_some(),
        },
    );
    draft.finish()
}

/// Keeps who was promised a response, and what later levels should read.
fn remember(draft: &mut Draft<'_>, requester: &Customer, justification: &Justification) {
    let own = draft.incident.customer.email.clone();
    let Some(escalation) = &mut draft.incident.escalation else { return };
    if !matches!(escalation.cause, Cause::Customer { .. }) {
        escalation.justification = Some(Cause::Customer {
            requester: requester.name.clone(),
            business_justification: justification.clone(),
        });
    }
    let known = &mut escalation.requesters;
    let is_new = requester.email != own && known.iter().all(|k| k.email != requester.email);
    if is_new && known.len() < MAX_REQUESTERS {
        known.push(requester.clone());
    }
}

/// The incident of a number that the desk does not know: the customer's word is enough. It has no
/// initial response of its own, because it reached care before the desk heard of it.
fn unknown_incident<'a>(
    number: IncidentNumber,
    customer: Customer,
    channel: Channel,
    policy: &'a Policy,
    now: Timestamp,
) -> Draft<'a> {
    let priority = policy.desk.unknown_incident_priority;
    let incident = open::new(number, priority, channel, customer, now);
    let mut draft = Draft::of(incident, policy, now);
    let teams = Vec::new();
    draft.record(Event::Opened { priority, channel, opened_at: now, teams, message: None });
    draft
}
