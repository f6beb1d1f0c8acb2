//! Care opens an incident.

use jiff::Timestamp;

use super::note::TOLD_TO_TEAMS;
use super::{priority, respond};
use crate::account::RememberedId;
use crate::email::{EmailKind, Promise};
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::ClockName;
use crate::incident::timeline::Event;
use crate::incident::values::{Channel, Customer, Priority, Summary};
use crate::incident::{Breaches, Command, Incident, Status};
use crate::policy::Policy;

/// Opened by phone or chat, the initial response is met at once, because a representative is live;
/// by mail or another system it is due from when the incident reached care.
pub(super) fn open(
    state: Option<&Incident>,
    command: Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let Command::Open { number, priority, channel, summary, customer, received_at, by_mail } =
        command
    else {
        return Err(Refusal::UnknownIncident);
    };
    let opened_at = respond::not_quite_now(received_at.unwrap_or(now), now);
    respond::refuse_out_of_range(opened_at, now, "/received_at")?;
    if let Some(incident) = state {
        // Only care completes. Whoever opens by mail finds the incident of before.
        let is_known = by_mail.is_some()
            || !incident.is_open()
            || incident.summary.is_some() && !incident.unclaimed;
        return if is_known {
            Err(Refusal::AlreadyOpen)
        } else {
            let draft = Draft::of(incident.clone(), policy, now);
            Ok(complete(draft, priority, channel, summary, customer))
        };
    }
    let incident = Incident {
        summary: Some(summary),
        unclaimed: by_mail.is_some() && customer.account.is_none(),
        responded_at: channel.is_live().then_some(opened_at),
        ..new(number, priority, channel, customer, opened_at)
    };
    let mut draft = Draft::of(incident, policy, now);
    let clock_name = if channel.is_live() { ClockName::Update } else { ClockName::InitialResponse };
    let (clock, started) = draft.promise(clock_name, opened_at);
    let promise = Promise { clock: clock_name, due_at: clock.due_at };
    if channel.is_live() {
        draft.incident.update = Some(clock);
    } else {
        draft.incident.initial_response = Some(clock);
    }
    let teams = policy.targets(priority).responsible.clone();
    let (message_id, message) =
        by_mail.map_or((None, None), |mail| (mail.message_id, mail.message));
    let told = message.as_ref().map(|message| message.shortened(TOLD_TO_TEAMS));
    draft.tell_teams(&teams, &EmailKind::TeamEngaged { channel, promise, message: told });
    let own = draft.incident.customer.email.clone();
    draft.answer(&own, message_id);
    draft.tell_customers(&EmailKind::IncidentOpened { channel, promise });
    let opened = Event::Opened { priority, channel, opened_at, teams, message };
    draft.record_starting(opened, vec![started]);
    Ok(draft.finish())
}

/// An incident of which nothing is promised yet.
pub(super) fn new(
    number: crate::incident::values::IncidentNumber,
    priority: Priority,
    channel: Channel,
    customer: Customer,
    opened_at: Timestamp,
) -> Incident {
    Incident {
        number,
        version: 0,
        priority,
        channel,
        summary: None,
        customer,
        unclaimed: false,
        opened_at,
        status: Status::Open,
        initial_response: None,
        update: None,
        responded_at: None,
        escalation: None,
        pause: None,
        remind_at: None,
        reopened: 0,
        breaches: Breaches::default(),
        account_manager: None,
        unreachable: Vec::new(),
    }
}

/// A customer escalated before care had entered the incident, or opened it by mail. Care's word is
/// added; whoever escalated is still told, and what was promised stays promised. Nobody is alerted: the teams are.
///
/// Of a mail nobody vouches for whose incident it is: anybody may have named a number that was yet to
/// come. Who escalated by mail and is not of the customer's house is told nothing more.
fn complete(
    mut draft: Draft<'_>,
    priority: Priority,
    channel: Channel,
    summary: Summary,
    customer: Customer,
) -> Change {
    draft.incident.summary = Some(summary.clone());
    draft.incident.unclaimed = false;
    let by_mail = std::mem::replace(&mut draft.incident.channel, channel) == Channel::Email;
    let escalated_by = std::mem::replace(&mut draft.incident.customer, customer);
    let own = &draft.incident.customer;
    let is_other = escalated_by.email != own.email;
    let is_vouched_for = !by_mail || !is_other || is_of_one_house(&escalated_by, own);
    let claimed = escalated_by.account.clone();
    let adopted = claimed.clone().filter(|_| is_vouched_for);
    let account = draft.incident.customer.account.take().or(adopted);
    // The account that the customer named is not to hear of an incident that is another's.
    draft.forgotten =
        claimed.filter(|claimed| account.as_ref() != Some(claimed)).map(|account| RememberedId {
            account,
            opened_at: draft.incident.opened_at,
            number: draft.incident.number.clone(),
        });
    draft.incident.customer.account = account;
    let keeps = is_other && is_vouched_for;
    if let Some(escalation) = draft.incident.escalation.as_mut().filter(|_| keeps) {
        escalation.requesters.insert(0, escalated_by);
    }
    let moved = priority::move_deadlines(&mut draft, priority);
    draft.record_starting(Event::Completed { priority, channel, summary }, moved);
    draft.finish()
}

/// Whether two customers are of one account, or write from one domain.
fn is_of_one_house(one: &Customer, other: &Customer) -> bool {
    let of_account = one.account.is_some() && one.account == other.account;
    of_account || one.email.domain().eq_ignore_ascii_case(other.email.domain())
}
