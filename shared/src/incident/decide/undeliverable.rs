//! An e-mail can never be sent: whoever it was for is "not told", so somebody else is.

use super::ladder;
use crate::email::{EmailId, EmailKind};
use crate::incident::change::{Change, Draft};
use crate::incident::escalation::{Climb, Escalation};
use crate::incident::timeline::Event;
use crate::incident::values::{EmailAddress, Language};
use crate::policy::Team;

/// The e-mail passes on to the next backup of the recipient's team; when nobody on the level that
/// was alerted can be reached, the ladder climbs at once. The teams that the policy names hear of it
/// in every case, unless it is such a notice that failed.
pub(super) fn undeliverable(
    mut draft: Draft<'_>,
    email: EmailId,
    recipient: Option<EmailAddress>,
    kind: Option<EmailKind>,
    reason: String,
) -> Change {
    let is_notice = matches!(kind, Some(EmailKind::EmailUndeliverable { .. }));
    let told_instead = match (&recipient, kind) {
        (Some(recipient), Some(kind)) if !is_notice => pass_on(&mut draft, recipient, &kind),
        _ => Vec::new(),
    };
    if !is_notice {
        let teams = draft.policy.desk.undeliverable_teams.clone();
        let notice = EmailKind::EmailUndeliverable {
            recipient: recipient.clone(),
            reason: reason.clone(),
            told_instead: told_instead.clone(),
        };
        draft.tell_teams(&teams, &notice);
    }
    draft.record(Event::Undeliverable { email, recipient, reason, told_instead });
    draft.finish()
}

/// Marks the address as dead and tells whoever stands in for it.
fn pass_on(draft: &mut Draft<'_>, recipient: &EmailAddress, kind: &EmailKind) -> Vec<EmailAddress> {
    let alerted = kind.alert().map(|_| standing_on(draft, kind));
    let teams: Vec<&Team> = match &alerted {
        Some(Some(escalation)) => level_teams(draft, escalation),
        _ => draft.policy.teams.0.values().collect(),
    };
    let concerned =
        |team: &&&Team| team.addresses.contains(recipient) || team.backup.contains(recipient);
    let recipients = |draft: &Draft<'_>| -> Vec<(EmailAddress, Language)> {
        teams.iter().filter(concerned).flat_map(|team| draft.recipients(team)).collect()
    };
    let before: Vec<_> = teams.iter().flat_map(|team| draft.recipients(team)).collect();
    let stand_ins: Vec<_> = if draft.incident.unreachable.contains(recipient) {
        // It was on its way before the address was known to be dead: its stand-in has not got it.
        stand_in(draft, &teams, recipient).into_iter().collect()
    } else {
        draft.incident.unreachable.push(recipient.clone());
        let told = |address: &EmailAddress| before.iter().any(|(told, _)| told == address);
        recipients(draft).into_iter().filter(|(address, _)| !told(address)).collect()
    };
    let is_moot =
        matches!(alerted, Some(None)) || kind.calls_for_action() && !draft.incident.is_open();
    if is_moot {
        return Vec::new();
    }
    for (address, language) in &stand_ins {
        draft.tell(address, *language, kind.clone());
    }
    if let Some(Some(escalation)) = alerted
        && !ladder::reaches_somebody(draft, &escalation)
    {
        let climbed = ladder::climb(draft, escalation);
        draft.incident.escalation = Some(climbed);
    }
    stand_ins.into_iter().map(|(address, _)| address).collect()
}

/// The n-th address of a team to die has the n-th backup that lives.
fn stand_in(
    draft: &Draft<'_>,
    teams: &[&Team],
    recipient: &EmailAddress,
) -> Option<(EmailAddress, Language)> {
    let team = teams.iter().find(|team| team.addresses.contains(recipient))?;
    let unreachable = &draft.incident.unreachable;
    let mut dead = unreachable.iter().filter(|address| team.addresses.contains(address));
    let place = dead.position(|address| address == recipient)?;
    let backup = team.backup.iter().filter(|address| !unreachable.contains(address)).nth(place)?;
    Some((backup.clone(), team.language.unwrap_or(draft.policy.desk.default_language)))
}

/// The escalation, if it still waits on the very step that was alerted.
fn standing_on(draft: &Draft<'_>, kind: &EmailKind) -> Option<Escalation> {
    let alert = kind.alert()?;
    let escalation = draft.incident.running_escalation()?;
    let here = (escalation.sequence, escalation.level, escalation.round);
    let climbing = matches!(escalation.climb, Climb::Climbing { .. });
    (climbing && here == (alert.escalation, alert.level, alert.round)).then(|| escalation.clone())
}

fn level_teams<'a>(draft: &Draft<'a>, escalation: &Escalation) -> Vec<&'a Team> {
    let policy = draft.policy;
    let teams = escalation.current_level().map(|level| level.teams.as_slice()).unwrap_or_default();
    teams.iter().filter_map(|id| policy.team(id)).collect()
}
