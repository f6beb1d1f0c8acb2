//! What holds of each change, whoever makes it: the random histories here ask it of the core alone, the
//! simulated worlds in `tests/` of all functions together. The numbers are those of DESIGN.md section 9.

use std::collections::HashSet;

use shared::email::{EmailId, EmailKind};
use shared::incident::clock::ClockName;
use shared::incident::escalation::Climb;
use shared::incident::timeline::Event;
use shared::incident::{Change, Incident};

/// Why something does not hold.
pub type Broken = Result<(), String>;

fn hold(holds: bool, why: impl FnOnce() -> String) -> Broken {
    if holds { Ok(()) } else { Err(why()) }
}

/// Which step of an escalation somebody was alerted for: escalation, level, round, and the version
/// when the level was alerted anew, to whom.
pub type Alerted = (u32, u32, u32, u64, String);

/// 3: exactly one due instant while it is open, the earliest of its clocks.
pub fn i3_exactly_one_due_instant_while_open(incident: &Incident) -> Broken {
    hold(incident.is_open() == incident.next_due().is_some(), || "due exactly while open".into())?;
    let earliest = ClockName::ALL
        .into_iter()
        .filter_map(|name| incident.clock(name)?.next_due())
        .chain(incident.running_escalation().and_then(|e| e.climb_due()))
        .chain(incident.pause.as_ref().map(|pause| pause.until))
        .chain(incident.remind_at)
        .min();
    let next = incident.next_due();
    hold(!incident.is_open() || next == earliest, || format!("due at {next:?}, not {earliest:?}"))
}

/// 5: an id of an e-mail is used once, and a step tells a recipient once.
pub fn i5_each_step_tells_a_recipient_once(
    emails: &mut HashSet<EmailId>,
    alerts: &mut HashSet<Alerted>,
    change: &Change,
) -> Broken {
    for email in &change.emails {
        let id = &email.id;
        hold(emails.insert(id.clone()), || format!("the id {id} is used twice"))?;
        let Some(alert) = email.kind.alert() else { continue };
        let resumed = match &email.kind {
            // When an acknowledgement expires the level is alerted anew: a step of its own.
            EmailKind::EscalationAlert { unanswered_since_taken_by: Some(_), .. } => id.version,
            _ => 0,
        };
        let to = email.recipient.to_string();
        let told = (alert.escalation, alert.level, alert.round, resumed, to);
        hold(alerts.insert(told), || format!("{:?} is told twice", email.kind))?;
    }
    Ok(())
}

/// 10: who has an escalation took it by asking to.
pub fn i10_only_a_person_acknowledges(
    before: Option<&Incident>,
    asked_to: bool,
    after: &Incident,
) -> Broken {
    let taken = |incident: &Incident| match incident.running_escalation() {
        Some(e) => {
            matches!(e.climb, Climb::Acknowledged { .. }).then(|| (e.sequence, e.climb.clone()))
        }
        None => None,
    };
    let is_new = taken(after).is_some() && before.and_then(taken) != taken(after);
    hold(!is_new || asked_to, || "acknowledged by what is no person's acknowledgement".into())
}

/// 14: a breach is recorded once and never changed.
pub fn i14_a_breach_is_recorded_once_and_never_changed(
    breaches: &mut Vec<Event>,
    change: &Change,
) -> Broken {
    for entry in &change.entries {
        let Event::DeadlineMissed { clock, started_at, lateness } = &entry.event else { continue };
        hold(lateness.fired_at >= lateness.due_at, || "a breach before its deadline".into())?;
        let same = |breach: &Event| {
            matches!(breach, Event::DeadlineMissed { clock: c, started_at: s, .. }
                if c == clock && s == started_at)
        };
        hold(!breaches.iter().any(same), || format!("{:?} is recorded twice", entry.event))?;
        breaches.push(entry.event.clone());
    }
    let counted = change.incident.breaches.total() as usize;
    hold(counted == breaches.len(), || {
        format!("{counted} breaches counted, {} recorded", breaches.len())
    })?;
    for name in ClockName::ALL {
        let Some(clock) = change.incident.clock(name).filter(|clock| clock.breached) else {
            continue;
        };
        let due = breaches.iter().rev().find_map(|breach| match breach {
            Event::DeadlineMissed { clock: c, started_at, lateness }
                if *c == name && *started_at == clock.started_at =>
            {
                Some(lateness.due_at)
            }
            _ => None,
        });
        hold(due == Some(clock.due_at), || {
            format!("the broken {name:?} was due at {due:?}, and now {}", clock.due_at)
        })?;
    }
    Ok(())
}

/// A change makes the next version; what has nothing to do changes nothing.
pub fn a_version_is_made_by_each_change(before: Option<&Incident>, change: &Change) -> Broken {
    let version = before.map_or(0, |incident| incident.version);
    let made = change.incident.version;
    hold(made == version + u64::from(!change.is_empty()), || format!("{made} after {version}"))?;
    let is_untouched = Some(&change.incident) == before && change.emails.is_empty();
    hold(!change.is_empty() || is_untouched, || "nothing to do changes something".into())
}

/// Nothing is promised once it is resolved.
pub fn nothing_runs_once_resolved(incident: &Incident) -> Broken {
    let runs = incident.running_escalation().is_some()
        || incident.initial_response.is_some()
        || incident.update.is_some();
    hold(incident.is_open() || !runs, || "something runs on what is resolved".into())
}

/// A pause holds up an update, and nothing else is one.
pub fn a_pause_holds_up_an_update(incident: &Incident) -> Broken {
    let is_held_up = incident.update.as_ref().is_some_and(|update| update.is_paused());
    hold(incident.pause.is_some() == is_held_up, || "a pause without a paused update".into())
}
