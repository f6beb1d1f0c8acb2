//! An e-mail can never be sent: whoever it was for is "not told", so somebody else is.

use super::ladder;
use crate::email::{Alert, EmailId, EmailKind};
use crate::incident::change::{Change, Draft};
use crate::incident::escalation::{Climb, Escalation};
use crate::incident::timeline::Event;
use crate::incident::values::EmailAddress;

/// An alert passes on to the team's next backup address; when nobody on the level can be reached,
/// the ladder climbs at once. The teams that the policy names hear of it in every case.
pub(super) fn undeliverable(
    mut draft: Draft<'_>,
    email: EmailId,
    recipient: Option<EmailAddress>,
    alert: Option<Alert>,
    is_notice: bool,
    reason: String,
) -> Change {
    let mut told_instead = Vec::new();
    if let (Some(recipient), Some(alert)) = (&recipient, alert)
        && let Some(mut escalation) = standing_on(&draft, alert)
    {
        if !escalation.unreachable.contains(recipient) {
            escalation.unreachable.push(recipient.clone());
        }
        let backup = next_backup(&draft, &escalation, recipient);
        let teams = escalation.current_level().map(|level| level.teams.clone()).unwrap_or_default();
        if let (Some((backup, language)), Climb::Climbing { due_at }) = (backup, &escalation.climb)
        {
            let kind = ladder::alert_email(&escalation, *due_at, None);
            draft.tell(&backup, language, kind);
            escalation.stand_ins.push(backup.clone());
            told_instead.push(backup);
        } else if !ladder::reaches_somebody(&draft, &escalation, &teams) {
            escalation = ladder::climb(&mut draft, escalation);
        }
        draft.incident.escalation = Some(escalation);
    }
    if !is_notice {
        let teams = draft.policy.desk.undeliverable_teams.clone();
        draft.tell_teams(
            &teams,
            &EmailKind::EmailUndeliverable {
                recipient: recipient.clone(),
                reason: reason.clone(),
                told_instead: told_instead.clone(),
            },
        );
    }
    draft.record(Event::Undeliverable { email, recipient, reason, told_instead });
    draft.finish()
}

/// The escalation, if it still waits on the very step that was alerted.
fn standing_on(draft: &Draft<'_>, alert: Alert) -> Option<Escalation> {
    let escalation = draft.incident.running_escalation()?;
    let here = (escalation.sequence, escalation.level, escalation.round);
    let climbing = matches!(escalation.climb, Climb::Climbing { .. });
    (climbing && here == (alert.escalation, alert.level, alert.round)).then(|| escalation.clone())
}

/// The next backup address of the recipient's team that is neither dead nor told.
fn next_backup(
    draft: &Draft<'_>,
    escalation: &Escalation,
    recipient: &EmailAddress,
) -> Option<(EmailAddress, crate::incident::values::Language)> {
    let level = escalation.current_level()?;
    let teams = level.teams.iter().filter_map(|id| draft.policy.team(id));
    let of_recipient =
        teams.filter(|team| team.addresses.contains(recipient) || team.backup.contains(recipient));
    let mut backups = of_recipient.flat_map(|team| {
        let language = team.language.unwrap_or(draft.policy.desk.default_language);
        team.backup.iter().map(move |address| (address.clone(), language))
    });
    let used = [&escalation.unreachable, &escalation.stand_ins];
    backups.find(|(address, _)| !used.iter().any(|list| list.contains(address)))
}
