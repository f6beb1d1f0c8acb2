//! The invariants of DESIGN.md section 9, each a function named after its number and what it says. What
//! they ask for is what the [ledger](super::ledger) knows, and the store itself once all is quiet.

use jiff::Timestamp;
use shared::email::render::{REPEAT_HEADER, Rendered};
use shared::email::{EmailId, EmailKind, OutboxEmail};
use shared::inbound::{Noted, Outcome};
use shared::incident::Change;
use shared::incident::timeline::{Event, TimelineEntry};
use shared::outbox::{DeliveryStatus, EmailItem};
use shared::store::{Commit, DueTarget, RequestKey};

use super::asking::Meaning;
use super::holds::{
    Broken, a_pause_holds_up_an_update, a_version_is_made_by_each_change,
    i3_exactly_one_due_instant_while_open, i5_each_step_tells_a_recipient_once,
    i10_only_a_person_acknowledges, i14_a_breach_is_recorded_once_and_never_changed,
    nothing_runs_once_resolved,
};
use super::invocation::{Invocation, Kind};
use super::ledger::{KnownChange, KnownEmail, Ledger};

/// From where the desk writes.
const OWN_ADDRESS: &str = "care@example.com";
/// How late an undisturbed sweep may be: calls take milliseconds, and tries anew less than seconds.
const PROMPT_MS: u64 = 5_000;
/// The longest between two firings, with the clocks of both.
const FIRING_MS: u64 = 132_000;

fn hold(holds: bool, why: impl FnOnce() -> String) -> Broken {
    if holds { Ok(()) } else { Err(why()) }
}

/// Everything that can be asked of a commit when it is done, in the order of the numbers.
pub fn committed(
    ledger: &mut Ledger,
    by: &Invocation,
    commit: &Commit<'_>,
    clock: Timestamp,
) -> Result<(), (u8, String)> {
    let change = commit.change;
    if let Some(answered) = &commit.answered {
        let request = ledger.requests.entry(answered.key.clone()).or_default();
        request.effects += 1;
        let incident = &change.incident;
        request.made = Some((incident.number.clone(), incident.version, change.emails.len()));
        let is_receipt =
            |email: &OutboxEmail| matches!(email.kind, EmailKind::EscalationReceived { .. });
        request.has_receipt = change.emails.iter().any(is_receipt);
        i2_one_effect(ledger, &answered.key).map_err(|why| (2, why))?;
    }
    if change.is_empty() {
        return Ok(());
    }
    i2_a_mail_has_one_effect(ledger, change).map_err(|why| (2, why))?;
    let known = ledger.incidents.entry(change.incident.number.clone()).or_default();
    let before = known.incident.as_ref();
    i3_exactly_one_due_instant_while_open(&change.incident).map_err(|why| (3, why))?;
    nothing_runs_once_resolved(&change.incident).map_err(|why| (3, why))?;
    a_pause_holds_up_an_update(&change.incident).map_err(|why| (3, why))?;
    i4_never_before_its_instant(change, clock).map_err(|why| (4, why))?;
    i5_each_step_tells_a_recipient_once(&mut known.emails, &mut known.alerts, change)
        .map_err(|why| (5, why))?;
    i5_a_change_tells_a_recipient_a_thing_once(change).map_err(|why| (5, why))?;
    let asked_to = matches!(by.kind, Kind::Api { acknowledges: true, .. });
    i10_only_a_person_acknowledges(before, asked_to, &change.incident).map_err(|why| (10, why))?;
    i10_reading_changes_nothing(by).map_err(|why| (10, why))?;
    i11_unauthenticated_mail_changes_nothing(by).map_err(|why| (11, why))?;
    a_version_is_made_by_each_change(before, change).map_err(|why| (13, why))?;
    i13_a_change_is_whole(change).map_err(|why| (13, why))?;
    i14_a_breach_is_recorded_once_and_never_changed(&mut known.breaches, change)
        .map_err(|why| (14, why))?;
    known.incident = Some(change.incident.clone());
    known.changes.push(KnownChange {
        opened_at: change.incident.opened_at,
        entries: change.entries.clone(),
    });
    for email in &change.emails {
        ledger.emails.entry(email.id.clone()).or_default();
    }
    Ok(())
}

/// 1: every 2xx happened once, and its first e-mails are in the outbox.
pub fn i1_what_was_answered_happened(
    ledger: &Ledger,
    key: &RequestKey,
    meaning: Meaning,
) -> Broken {
    let escalates_or_opens = matches!(meaning, Meaning::Escalates | Meaning::Opens);
    let Some(request) = ledger.requests.get(key) else { return Err("it never happened".into()) };
    hold(request.effects == 1, || format!("it happened {} times", request.effects))?;
    let Some((number, version, emails)) = &request.made else {
        return hold(!escalates_or_opens, || "there is no incident".into());
    };
    let known = ledger.incidents.get(number);
    let written = known.map_or(0, |known| known.changes.len() as u64);
    hold(written >= *version, || format!("{number} has no version {version}"))?;
    hold(!escalates_or_opens || *emails > 0, || format!("{number} told nobody of it"))?;
    let is_told = request.has_receipt || meaning != Meaning::Escalates;
    hold(is_told, || format!("who escalated {number} has no receipt"))?;
    let of_version = |id: &&EmailId| id.version == *version;
    let kept = known.map_or(0, |known| known.emails.iter().filter(of_version).count());
    hold(*emails == 0 || kept == *emails, || format!("{kept} of {emails} e-mails are written"))
}

/// 2: one key, one effect.
pub fn i2_one_effect(ledger: &Ledger, key: &RequestKey) -> Broken {
    let effects = ledger.requests.get(key).map_or(0, |request| request.effects);
    hold(effects <= 1, || format!("the request {} has {effects} effects", key.key))
}

/// 2: one mail, one effect.
fn i2_a_mail_has_one_effect(ledger: &mut Ledger, change: &Change) -> Broken {
    let Some(mail) = change.entries.first().and_then(|entry| entry.mail.as_ref()) else {
        return Ok(());
    };
    let made = (change.incident.number.clone(), change.incident.version);
    let before = ledger.by_mail.insert(mail.id.clone(), made);
    hold(before.is_none(), || format!("the mail {} has two effects", mail.id))
}

/// 4: never before its instant, by the clock of whoever acts.
fn i4_never_before_its_instant(change: &Change, clock: Timestamp) -> Broken {
    for TimelineEntry { at, event, .. } in &change.entries {
        let Some(lateness) = event.lateness() else { continue };
        hold(lateness.fired_at >= lateness.due_at, || format!("{event:?} is early"))?;
        hold(*at >= lateness.due_at && *at <= clock, || format!("{event:?} at {at}"))?;
    }
    Ok(())
}

/// 4: about a second after it, once a sweep that nothing is wrong with has seen it; at worst within 120 s
/// of it, or of when nothing was wrong any more. Asked when something moves on from an instant.
pub fn i4_fires_in_time(
    ledger: &Ledger,
    target: &DueTarget,
    due_at: Timestamp,
    due_ms: u64,
    now: u64,
) -> Broken {
    let seen = ledger.seen.get(&(target.clone(), due_at));
    for (read_at, sweep) in seen.into_iter().flatten().filter(|(_, sweep)| !sweep.is_disturbed()) {
        let by_its_clock = due_ms.saturating_add_signed(-sweep.skew_ms);
        let latest = by_its_clock.max(*read_at) + PROMPT_MS;
        hold(now <= latest, || {
            format!("{target:?} due at {due_at} was seen by {} and acted on late", sweep.label)
        })?;
    }
    let known_since = ledger.due.get(target).map_or(0, |(_, since)| *since);
    let excused = ledger.excused_until.max(known_since).max(due_ms);
    hold(now <= excused + FIRING_MS, || {
        format!("{target:?} due at {due_at} waited {} s", (now - due_ms) / 1000)
    })
}

/// 4: a sweep that nothing was wrong with has moved all that it saw.
pub fn i4_a_sweep_acts_on_what_it_sees(
    ledger: &Ledger,
    sweep: &Invocation,
    still_due: impl Fn(&DueTarget) -> Option<Timestamp>,
) -> Broken {
    sweep.noted(|noted| {
        let left = noted.seen.iter().find(|(target, due_at, read_at)| {
            // It may have moved on and come back to the same instant since.
            let stood = ledger.due.get(target).is_some_and(|(_, since)| since <= read_at);
            still_due(target) == Some(*due_at) && stood
        });
        hold(left.is_none(), || format!("{} left {left:?}", sweep.label))
    })
}

/// 5: a change tells a recipient a thing once.
fn i5_a_change_tells_a_recipient_a_thing_once(change: &Change) -> Broken {
    for (n, email) in change.emails.iter().enumerate() {
        let is_same = change.emails[..n]
            .iter()
            .any(|other| other.recipient == email.recipient && other.kind == email.kind);
        hold(!is_same, || format!("{} says what another does", email.id))?;
    }
    Ok(())
}

/// 6: every e-mail ends sent, parked and passed on, or cancelled because its incident was resolved.
pub fn i6_every_email_ends(item: &EmailItem, known: &KnownEmail) -> Broken {
    let (id, status) = (&item.email.id, item.delivery.status);
    let ended = match status {
        DeliveryStatus::Sent | DeliveryStatus::Cancelled => true,
        DeliveryStatus::Parked => known.passed_on || id.thread.number().is_none(),
        _ => false,
    };
    hold(ended && item.delivery.due_at.is_none(), || format!("{id} is {status:?} for ever"))
}

/// 6: what is cancelled called for action on an incident that is resolved.
pub fn i6_only_what_is_moot_is_cancelled(ledger: &Ledger, item: &EmailItem) -> Broken {
    let id = &item.email.id;
    let known = id.thread.number().and_then(|number| ledger.incidents.get(number));
    // It was resolved when the sweep looked; it may have been reopened since. By versions: the clock of
    // whoever resolved it may be behind that of whoever wrote the e-mail.
    let was_resolved = known.is_some_and(|known| {
        let since = known.changes.iter().skip(usize::try_from(id.version).unwrap_or(usize::MAX));
        let mut entries = since.flat_map(|change| &change.entries);
        entries.any(|entry| matches!(entry.event, Event::Resolved { .. }))
    });
    let calls = item.email.kind.calls_for_action();
    hold(was_resolved && calls, || format!("{id} is cancelled, and was wanted"))
}

/// 7: at most once more than the desk could not know.
pub fn i7_repeats_only_after_ambiguity(id: &EmailId, known: &KnownEmail) -> Broken {
    let KnownEmail { taken, unmarked, .. } = known;
    hold(*taken <= 1 + unmarked, || {
        format!("{id} was sent {taken} times, and {unmarked} times before that was not marked")
    })
}

/// 7: what SES took and said so is marked, unless the store was away.
pub fn i7_what_ses_took_is_marked(by: &Invocation, unmarked: u64) -> Broken {
    hold(unmarked == 0 || by.is_disturbed(), || format!("{} marks nothing", by.label))
}

/// 7: a repeat says that it is one.
pub fn i7_repeats_are_labelled(email: &Rendered, known: &KnownEmail) -> Broken {
    let is_labelled = email.headers.iter().any(|(name, _)| *name == REPEAT_HEADER);
    hold(known.taken <= 1 || is_labelled, || format!("{} does not say that it is one", email.id))
}

/// 7: what SES told of is not sent again.
pub fn i7_what_ses_told_of_is_not_sent_again(item: &EmailItem) -> Broken {
    let told = item.facts.iter().next();
    hold(told.is_none(), || format!("{} is claimed, and SES said {told:?}", item.email.id))
}

/// 7: sent at least once, unless it was parked or cancelled.
pub fn i7_what_is_sent_was_taken(item: &EmailItem, known: &KnownEmail) -> Broken {
    let is_sent = item.delivery.status == DeliveryStatus::Sent;
    hold(!is_sent || known.taken > 0, || format!("SES never took {}", item.email.id))
}

/// 8: a claim is given when the one before it has ended.
pub fn i8_one_live_lease(id: &EmailId, known: &KnownEmail) -> Broken {
    hold(known.lease.is_none(), || format!("{id} is claimed while {:?} holds it", known.lease))
}

/// 8: nor is it sent twice at the same time, so that a lease must be longer than any attempt.
pub fn i8_one_attempt_at_a_time(id: &EmailId, known: &KnownEmail) -> Broken {
    hold(known.sending == 0, || format!("{id} is sent by two at the same time"))
}

/// 8: a lease is taken away when it has run out, by the clock of who takes it.
pub fn i8_a_lease_holds(id: &EmailId, known: &KnownEmail, clock: Timestamp) -> Broken {
    let lease = known.lease.as_ref();
    hold(lease.is_none_or(|(_, until)| *until <= clock), || {
        format!("{id} is taken from {lease:?} at {clock}")
    })
}

/// 9: what is known of an e-mail is all that was said of it, whatever the order and however often.
pub fn i9_facts_are_the_join_of_events(item: &EmailItem, known: &KnownEmail) -> Broken {
    let id = &item.email.id;
    for (kind, at) in &known.facts {
        let recorded = item.facts.get(*kind).map(|fact| fact.at);
        hold(recorded == Some(*at), || format!("{kind:?} of {id} at {at}, recorded {recorded:?}"))?;
    }
    let unheard = item.facts.iter().find(|(kind, _)| !known.facts.contains_key(kind));
    hold(unheard.is_none(), || format!("{id} has {unheard:?} that nobody said"))?;
    let parked = item.delivery.status == DeliveryStatus::Parked;
    hold(!item.facts.is_not_told() || parked, || format!("{id} told nobody and is not parked"))
}

/// 10: a GET, of a link as of anything, changes nothing.
fn i10_reading_changes_nothing(by: &Invocation) -> Broken {
    let reads = matches!(by.kind, Kind::Api { writes: false, .. });
    hold(!reads, || format!("{} only reads", by.label))
}

/// 11: mail of which nobody knows who wrote it changes no incident.
fn i11_unauthenticated_mail_changes_nothing(by: &Invocation) -> Broken {
    hold(by.kind != Kind::Mail { authenticated: false }, || format!("{} is forged", by.label))
}

/// 11: it is held for a person; only of what says that the desk itself wrote it, it is enough that it
/// is kept.
pub fn i11_unauthenticated_mail_is_held(outcome: &Outcome, from: &str) -> Broken {
    let is_held = matches!(outcome, Outcome::Quarantined { .. } | Outcome::Refused { .. });
    let is_own = matches!(outcome, Outcome::Noted { because: Noted::Own });
    let is_fine = is_held || is_own && from == OWN_ADDRESS;
    hold(is_fine, || format!("forged mail is {outcome}"))
}

/// 12: poison in a batch holds nothing else of it up.
pub fn i12_poison_holds_up_nothing(
    dispatch: &Invocation,
    ids: &[EmailId],
    failed: usize,
) -> Broken {
    let missed = dispatch.noted(|noted| ids.iter().find(|id| !noted.tried.contains(id)).cloned());
    hold(missed.is_none(), || format!("{} passed over {missed:?}", dispatch.label))?;
    hold(failed == 0, || format!("{} has {failed} records come again", dispatch.label))
}

/// 13: a change is numbered through, so that a crash can leave no half of one.
fn i13_a_change_is_whole(change: &Change) -> Broken {
    let version = change.incident.version;
    let entries = change.entries.iter().zip(0..).all(|(e, n)| e.version == version && e.index == n);
    let emails = change.emails.iter().zip(0..);
    let emails = emails.into_iter().all(|(e, n)| e.id.version == version && e.id.index == n);
    hold(entries && emails, || format!("version {version} is not numbered through"))
}
