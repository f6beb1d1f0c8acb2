//! Telling people of mails that wait: at once for the first, together for those that follow, and again
//! for those at which nobody looks.
//!
//! Pure.

use jiff::{SignedDuration, Timestamp};

use crate::email::{EmailId, EmailKind, HeldMail, OutboxEmail, Thread};
use crate::incident::clock::after;
use crate::incident::values::Priority;
use crate::policy::{Inbound, Policy};
use crate::store::Watch;

/// How long after a mail was held people are told of it: longer than a transaction and the difference
/// of two clocks, so that none is passed over by a notice that is written at the same moment.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// A flood makes one e-mail in this time.
const AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How long people have to look before they are reminded.
const REMIND_EVERY: SignedDuration = SignedDuration::from_hours(4);
/// How many mails an e-mail lists.
const LISTED: usize = 20;

/// What people are to be told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What they know afterwards, at its next version.
    pub watch: Watch,
    /// The e-mails.
    pub emails: Vec<OutboxEmail>,
    /// Whether something waits that they have known of for as long as they have to look.
    pub is_forgotten: bool,
}

/// Decides whether people are told, and when the desk looks again. `waiting` is all that waits, with
/// the instants of their places, in order.
#[must_use]
pub fn notice(
    watch: &Watch,
    waiting: &[(Timestamp, HeldMail)],
    policy: &Policy,
    inbound: &Inbound,
    now: Timestamp,
) -> Notice {
    let until = after(now, -MARGIN);
    let is_new = |at: Timestamp| watch.told_until.is_none_or(|told| at > told);
    let ready: Vec<_> = waiting.iter().filter(|(at, _)| *at <= until).collect();
    let new: Vec<_> = ready.iter().filter(|(at, _)| is_new(*at)).map(|(_, held)| held).collect();
    let next_told = watch.told_at.map(|told| after(told, AT_MOST_EVERY));
    let remind_at = watch.told_at.map(|told| after(told, REMIND_EVERY));
    let mut next = Watch { version: watch.version + 1, ..watch.clone() };
    let mails = if new.is_empty() {
        let all = ready.iter().filter(|_| remind_at.is_none_or(|at| at <= now));
        all.map(|(_, held)| held).collect()
    } else if next_told.is_none_or(|at| at <= now) {
        new.clone()
    } else {
        Vec::new()
    };
    let (mut emails, mut is_forgotten) = (Vec::new(), false);
    if !mails.is_empty() {
        emails = written(&next, &mails, waiting.len(), new.is_empty(), policy, inbound, now);
        is_forgotten = ready.iter().any(|(at, _)| !is_new(*at) && after(*at, REMIND_EVERY) <= now);
        next.told_at = Some(now);
        next.told_until = Some(until);
    }
    let is_told = |at: Timestamp| next.told_until.is_some_and(|told| at <= told);
    let untold = waiting.iter().find(|(at, _)| !is_told(*at));
    let soon = untold.map(|(at, _)| {
        let at = after(*at, MARGIN);
        next.told_at.map_or(at, |told| at.max(after(told, AT_MOST_EVERY)))
    });
    let told_at = next.told_at.filter(|_| waiting.iter().any(|(at, _)| is_told(*at)));
    let later = told_at.map(|told| after(told, REMIND_EVERY));
    next.due_at = soon.into_iter().chain(later).min();
    Notice { watch: next, emails, is_forgotten }
}

fn written(
    watch: &Watch,
    mails: &[&HeldMail],
    waiting: usize,
    reminder: bool,
    policy: &Policy,
    inbound: &Inbound,
    now: Timestamp,
) -> Vec<OutboxEmail> {
    let kind = EmailKind::MailHeld {
        mails: mails.iter().take(LISTED).copied().cloned().collect(),
        more: mails.len().saturating_sub(LISTED),
        waiting,
        reminder,
    };
    let teams = inbound.quarantine_teams.iter().filter_map(|team| policy.team(team));
    let mut recipients = Vec::new();
    for team in teams {
        let language = team.language.unwrap_or(policy.desk.default_language);
        for address in &team.addresses {
            if !recipients.iter().any(|(known, _)| *known == address) {
                recipients.push((address, language));
            }
        }
    }
    let email = |(index, (to, language)): (u32, _)| {
        let to: &crate::incident::values::EmailAddress = to;
        OutboxEmail {
            id: EmailId { thread: Thread::Quarantine, version: watch.version, index },
            recipient: to.clone(),
            language,
            // What it says is about no incident; these two stand in no word of it.
            priority: Priority::P1,
            customer: policy.desk.name.clone(),
            summary: None,
            created_at: now,
            kind: kind.clone(),
            answers: None,
        }
    };
    (0..).zip(recipients).map(email).collect()
}

#[cfg(test)]
mod tests;
