//! The rules: one arm for each command.

mod account;
mod deadline;
mod escalate;
mod ladder;
mod note;
mod open;
mod pause;
mod priority;
mod reopen;
mod respond;
mod undeliverable;

use jiff::Timestamp;

use super::Incident;
use super::change::{Change, Draft, Refusal};
use super::command::Command;
use crate::policy::Policy;

/// Decides what a command comes to, at the instant `now`.
///
/// "Nothing to do" is a change without entries, not an error.
///
/// # Errors
///
/// A [`Refusal`] when the incident's state does not allow the command.
pub fn decide(
    state: Option<&Incident>,
    command: Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Change, Refusal> {
    match (command, state) {
        (Command::Escalate { number, requester, business_justification, by_mail }, state) => {
            let asked = escalate::Asked { requester, business_justification, by_mail };
            Ok(escalate::escalate(state, number, asked, policy, now))
        }
        (open @ Command::Open { .. }, state) => open::open(state, open, policy, now),
        (_, None) => Err(Refusal::UnknownIncident),
        (command, Some(incident)) => on_known(Draft::of(incident.clone(), policy, now), command),
    }
}

fn on_known(draft: Draft<'_>, command: Command) -> Result<Change, Refusal> {
    match command {
        Command::Respond { author, message, at } => respond::respond(draft, author, message, at),
        Command::Acknowledge { by } => ladder::acknowledge(draft, by),
        Command::ResumeLadder { by } => Ok(ladder::resume(draft, by)),
        Command::WaitOnCustomer { by, reason, until } => {
            pause::wait_on_customer(draft, by, reason, until)
        }
        Command::CustomerReplied { from, message, at } => {
            pause::customer_replied(draft, from, message, at)
        }
        Command::AddNote { from, address, role, message } => {
            Ok(note::add(draft, from, &address, role, message))
        }
        Command::ChangePriority { by, priority, reason } => {
            priority::change(draft, by, priority, reason)
        }
        Command::EngageAccountManager { by, reason, account, story } => {
            account::engage_manager(draft, by, reason, account, story)
        }
        Command::ReportRecurrence { reporter, message, account, incidents, since } => {
            Ok(account::report_recurrence(draft, reporter, message, account, incidents, since))
        }
        Command::NoticeRecurrence { account, incidents } => {
            Ok(account::notice_recurrence(draft, account, incidents))
        }
        Command::Resolve { by, note } => respond::resolve(draft, by, note),
        Command::Reopen { by, note } => Ok(reopen::reopen(draft, by, note)),
        Command::DeadlinePassed => Ok(deadline::deadline_passed(draft)),
        Command::Undeliverable { email, recipient, kind, reason } => {
            Ok(undeliverable::undeliverable(draft, email, recipient, kind, reason))
        }
        // Carried out above: they need no incident that is known.
        Command::Escalate { .. } | Command::Open { .. } => Ok(draft.finish()),
    }
}
