//! Which e-mails told of a deadline.

use super::EmailTold;
use crate::email::{EmailKind, Promise};
use crate::incident::clock::ClockName;
use crate::incident::escalation::Cause;
use crate::incident::timeline::{Event, TimelineEntry};
use crate::outbox::EmailItem;

/// The e-mails at hand, by the change that wrote them.
pub(super) struct Outbox<'a> {
    emails: &'a [EmailItem],
    /// The version that passed on an e-mail of an earlier one.
    passed_on: Vec<(u64, u64)>,
}

impl<'a> Outbox<'a> {
    pub fn of(timeline: &[TimelineEntry], emails: &'a [EmailItem]) -> Self {
        let passed_on = timeline.iter().filter_map(|entry| match &entry.event {
            Event::Undeliverable { email, .. } => Some((email.version, entry.version)),
            _ => None,
        });
        Self { emails, passed_on: passed_on.collect() }
    }

    /// The e-mails of a version that `is_meant` means, and those that took the place of one of them:
    /// they say the same, and alert for the same step if they alert for one.
    pub fn of_version(
        &self,
        version: u64,
        is_meant: impl Fn(&EmailKind) -> bool,
    ) -> Vec<EmailTold> {
        let meant = |item: &&EmailItem| is_meant(&item.email.kind);
        let own = self.emails.iter().filter(|item| item.email.id.version == version);
        let mut told: Vec<_> = own.filter(meant).collect();
        let alerts: Vec<_> = told.iter().map(|item| item.email.kind.alert()).collect();
        let mut versions = vec![version];
        // In the order of the timeline, so that what was passed on twice is followed too.
        for (of, by) in &self.passed_on {
            if versions.contains(of) && !versions.contains(by) {
                versions.push(*by);
            }
        }
        let passed_on = |item: &&EmailItem| versions[1..].contains(&item.email.id.version);
        let same = |item: &&EmailItem| alerts.contains(&item.email.kind.alert());
        told.extend(self.emails.iter().filter(passed_on).filter(meant).filter(same));
        told.into_iter().map(email_told).collect()
    }
}

fn email_told(item: &EmailItem) -> EmailTold {
    EmailTold {
        id: item.email.id.clone(),
        to: item.email.recipient.clone(),
        status: item.delivery.status,
        sent_at: item.delivery.sent_at,
    }
}

/// Tells that a deadline of this clock comes near.
pub(super) fn is_warning(kind: &EmailKind, clock: ClockName) -> bool {
    matches!(kind, EmailKind::DeadlineNear { promise } if promise.clock == clock)
}

/// Tells that a deadline of this clock was missed, to teams and customers.
pub(super) fn is_breach(kind: &EmailKind, name: ClockName) -> bool {
    let is_it = |broken: &Promise| broken.clock == name;
    match kind {
        EmailKind::PromiseBroken { broken, .. }
        | EmailKind::DeadlineMissed { broken, .. }
        | EmailKind::PromiseOverdue { broken, .. }
        | EmailKind::EscalationInvited { broken } => is_it(broken),
        EmailKind::EscalationAlert { cause: Cause::Deadline { clock, .. }, .. } => *clock == name,
        _ => false,
    }
}

/// Alerts this level in this round.
pub(super) fn is_alert(kind: &EmailKind, step: (u32, u32, u32)) -> bool {
    kind.alert().is_some_and(|alert| (alert.escalation, alert.level, alert.round) == step)
}
