//! The account's manager: looped in by care, or told that incidents recur. Never alerted.

use jiff::Timestamp;

use super::respond::refuse_resolved;
use crate::account::{Account, AccountIncident, recurrence};
use crate::email::EmailKind;
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::timeline::{Event, TimelineEntry};
use crate::incident::values::{Customer, Justification, Name, Note};

/// How many entries of the story the manager gets: the latest.
const STORY_ENTRIES: usize = 40;
/// How much of a long text: with so many entries the e-mail must stay well below DynamoDB's 400 KB.
const STORY_TEXT: usize = 600;

/// Care loops the manager in. The manager gets the story so far; the customer is told who helps.
/// Asked again, the manager gets the story as it is by then, and the customer is not told twice.
pub(super) fn engage_manager(
    mut draft: Draft<'_>,
    by: Name,
    reason: Note,
    account: Account,
    story: Vec<TimelineEntry>,
) -> Result<Change, Refusal> {
    refuse_resolved(&draft.incident)?;
    let manager = account.account_manager.name.clone();
    let left_out = story.len().saturating_sub(STORY_ENTRIES);
    let story = story.into_iter().skip(left_out).map(|entry| entry.shortened(STORY_TEXT)).collect();
    let told = EmailKind::AccountManagerEngaged {
        manager: manager.clone(),
        by: by.clone(),
        reason: reason.clone(),
        account: account.name.clone(),
        promise: draft.next_promise(),
        breaches: draft.incident.breaches,
        story,
        left_out,
    };
    tell_manager(&mut draft, &account, told);
    if draft.incident.account_manager.as_ref() != Some(&manager) {
        let (by, manager) = (by.clone(), manager.clone());
        draft.tell_customers(&EmailKind::AccountManagerInvolved { by, manager });
    }
    draft.incident.account_manager = Some(manager.clone());
    // From now on the account remembers the incident, if it did not before.
    draft.incident.customer.account.get_or_insert(account.id);
    draft.record(Event::AccountManagerEngaged { by, manager, reason });
    Ok(draft.finish())
}

/// A customer reports recurring incidents: the manager gets the report with the list, the customer
/// a receipt.
pub(super) fn report_recurrence(
    mut draft: Draft<'_>,
    reporter: Customer,
    message: Justification,
    account: Account,
    incidents: Vec<AccountIncident>,
    since: Timestamp,
) -> Change {
    let manager = account.account_manager.name.clone();
    let listed = latest(incidents);
    let count = listed.len();
    draft.tell_customer(
        &reporter,
        EmailKind::RecurrenceReceived {
            manager: manager.clone(),
            message: message.clone(),
            incidents: count,
        },
    );
    let told = EmailKind::RecurrenceReported {
        manager: manager.clone(),
        reporter: reporter.name.clone(),
        reply_to: reporter.email,
        message,
        account: account.name.clone(),
        since,
        incidents: listed,
    };
    tell_manager(&mut draft, &account, told);
    draft.record(Event::RecurrenceReported {
        reporter: reporter.name,
        account: account.id,
        manager,
        incidents: count,
    });
    draft.finish()
}

/// Tells the manager once per period, if the policy's rule says that incidents recur.
pub(super) fn notice_recurrence(
    mut draft: Draft<'_>,
    mut account: Account,
    incidents: Vec<AccountIncident>,
) -> Change {
    let Some(rule) = draft.policy.recurrence else { return draft.finish() };
    if !recurrence::is_to_be_noticed(&rule, &account, &incidents, draft.now) {
        return draft.finish();
    }
    let manager = account.account_manager.name.clone();
    let listed = latest(incidents);
    let count = listed.len();
    let told = EmailKind::RecurrenceNoticed {
        manager: manager.clone(),
        account: account.name.clone(),
        since: recurrence::since(&rule, draft.now),
        incidents: listed,
    };
    tell_manager(&mut draft, &account, told);
    account.recurrence_noticed_at = Some(draft.now);
    account.version += 1;
    let id = account.id.clone();
    draft.account = Some(account);
    draft.record(Event::RecurrenceNoticed { account: id, manager, incidents: count });
    draft.finish()
}

fn tell_manager(draft: &mut Draft<'_>, account: &Account, kind: EmailKind) {
    let manager = &account.account_manager;
    let language = manager.language.unwrap_or(draft.policy.desk.default_language);
    draft.tell(&manager.email, language, kind);
}

fn latest(mut incidents: Vec<AccountIncident>) -> Vec<AccountIncident> {
    incidents.sort_by_key(|incident| std::cmp::Reverse(incident.opened_at));
    incidents.truncate(recurrence::MOST_LISTED);
    incidents
}
