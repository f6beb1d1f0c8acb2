//! The ladder: started by an escalation, climbed by time, stopped by a person.

use jiff::{SignedDuration, Timestamp};

use crate::email::{Alert, EmailKind};
use crate::incident::change::{Change, Draft, Refusal};
use crate::incident::clock::{ClockName, Lateness, after};
use crate::incident::escalation::{Cause, Climb, Escalation};
use crate::incident::timeline::Event;
use crate::incident::values::Name;
use crate::policy::TeamId;

/// The least that a level has when the ladder resumes on it.
const LEAST_LEFT: SignedDuration = SignedDuration::from_mins(1);

/// Starts an escalation at a level, from 1 (the last, if the ladder is shorter), and returns the
/// promised response.
pub(super) fn start(draft: &mut Draft<'_>, cause: Cause, level: u32) -> Timestamp {
    let (clock, started) = draft.promise(ClockName::EscalationResponse, draft.now);
    let promised_at = clock.due_at;
    let sequence = draft.incident.escalation.as_ref().map_or(0, |last| last.sequence) + 1;
    let raised = match cause.clone() {
        Cause::Customer { requester, business_justification } => Event::EscalatedByCustomer {
            escalation: sequence,
            requester,
            business_justification,
            due_at: promised_at,
        },
        Cause::Deadline { clock, .. } => {
            Event::EscalatedByDeadline { escalation: sequence, clock, due_at: promised_at }
        }
        Cause::Reopening { times, .. } => {
            Event::EscalatedByReopening { escalation: sequence, times, due_at: promised_at }
        }
    };
    draft.record_starting(raised, vec![started]);
    // Whoever was to be reminded is alerted now.
    draft.incident.remind_at = None;
    let ladder = draft.policy.ladder(draft.incident.priority).clone();
    let levels = u32::try_from(ladder.levels.len()).unwrap_or(u32::MAX);
    let escalation = Escalation {
        sequence,
        cause,
        clock,
        ladder,
        level: level.clamp(1, levels.max(1)) - 1,
        round: 1,
        climb: Climb::Climbing { due_at: draft.now },
        told: Vec::new(),
        justification: None,
        requesters: Vec::new(),
    };
    let climbed = climb(draft, escalation);
    draft.incident.escalation = Some(climbed);
    promised_at
}

/// Alerts the next level that reaches anybody; after the last round the ladder is exhausted.
pub(super) fn climb(draft: &mut Draft<'_>, mut escalation: Escalation) -> Escalation {
    let mut skipped = Vec::new();
    // Once through all levels finds whoever can be reached; a second pass would find nobody new.
    for _ in 0..escalation.ladder.levels.len() {
        if escalation.level as usize >= escalation.ladder.levels.len() {
            if escalation.round >= escalation.ladder.rounds {
                break;
            }
            escalation.round += 1;
            escalation.level = 0;
        }
        escalation.level += 1;
        let Some(level) = escalation.current_level().cloned() else { break };
        if reaches_somebody(draft, &escalation) {
            record_skipped(draft, &escalation, skipped);
            let due_at = after(draft.now, level.within.duration());
            escalation.climb = Climb::Climbing { due_at };
            alert(draft, &mut escalation, None);
            return escalation;
        }
        skipped.push(escalation.level);
    }
    record_skipped(draft, &escalation, skipped);
    exhaust(draft, escalation)
}

fn record_skipped(draft: &mut Draft<'_>, escalation: &Escalation, levels: Vec<u32>) {
    if !levels.is_empty() {
        draft.record(Event::LevelsSkipped { escalation: escalation.sequence, levels });
    }
}

/// Whether an alert of the level on which the escalation stands would reach anybody.
pub(super) fn reaches_somebody(draft: &Draft<'_>, escalation: &Escalation) -> bool {
    let teams = escalation.current_level().map(|level| level.teams.as_slice()).unwrap_or_default();
    teams.iter().any(|id| is_reached(draft, id))
}

fn is_reached(draft: &Draft<'_>, team: &TeamId) -> bool {
    draft.policy.team(team).is_some_and(|team| !draft.recipients(team).is_empty())
}

/// Alerts the level on which the escalation stands.
fn alert(draft: &mut Draft<'_>, escalation: &mut Escalation, taken_by: Option<Name>) {
    let (Some(level), Climb::Climbing { due_at }) =
        (escalation.current_level().cloned(), escalation.climb.clone())
    else {
        return;
    };
    let teams: Vec<_> = level.teams.into_iter().filter(|id| is_reached(draft, id)).collect();
    draft.record(Event::LevelAlerted {
        escalation: escalation.sequence,
        level: escalation.level,
        round: escalation.round,
        teams: teams.clone(),
        until: due_at,
    });
    let kind = alert_email(escalation, due_at, taken_by);
    draft.tell_teams(&teams, &kind);
    for team in teams {
        if !escalation.told.contains(&team) {
            escalation.told.push(team);
        }
    }
}

/// The alert of the level on which the escalation stands.
fn alert_email(
    escalation: &Escalation,
    level_until: Timestamp,
    taken_by: Option<Name>,
) -> EmailKind {
    EmailKind::EscalationAlert {
        alert: Alert {
            escalation: escalation.sequence,
            level: escalation.level,
            levels: u32::try_from(escalation.ladder.levels.len()).unwrap_or(u32::MAX),
            round: escalation.round,
            rounds: escalation.ladder.rounds,
        },
        cause: escalation.reason().clone(),
        promised_at: escalation.clock.due_at,
        level_until,
        unanswered_since_taken_by: taken_by,
    }
}

/// Everybody on the ladder is alarmed, and again until a person acts.
fn exhaust(draft: &mut Draft<'_>, mut escalation: Escalation) -> Escalation {
    let alarm_at = after(draft.now, escalation.ladder.alarm_every.duration());
    let mut teams: Vec<TeamId> = Vec::new();
    for team in escalation.ladder.levels.iter().flat_map(|level| &level.teams) {
        if !teams.contains(team) {
            teams.push(team.clone());
        }
    }
    escalation.told = teams.clone();
    escalation.climb = Climb::Exhausted { alarm_at };
    alarm(draft, &escalation, alarm_at);
    draft.record(Event::LadderExhausted { escalation: escalation.sequence, teams, alarm_at });
    escalation
}

fn alarm(draft: &mut Draft<'_>, escalation: &Escalation, alarm_at: Timestamp) {
    draft.tell_teams(
        &escalation.told,
        &EmailKind::LadderExhausted {
            escalation: escalation.sequence,
            rounds: escalation.round,
            cause: escalation.reason().clone(),
            promised_at: escalation.clock.due_at,
            alarm_at,
        },
    );
}

/// The ladder's own instant has come: the level ran out, an acknowledgement expired, or the alarm
/// is due again.
pub(super) fn step(draft: &mut Draft<'_>, mut escalation: Escalation) -> Escalation {
    let now = draft.now;
    let sequence = escalation.sequence;
    match escalation.climb.clone() {
        Climb::Climbing { due_at } => {
            draft.record(Event::LevelRanOut {
                escalation: sequence,
                level: escalation.level,
                round: escalation.round,
                lateness: Lateness::of(due_at, now),
            });
            climb(draft, escalation)
        }
        Climb::Acknowledged { by, until, left_ms, .. } => {
            draft.record(Event::AcknowledgementExpired {
                escalation: sequence,
                by: by.clone(),
                lateness: Lateness::of(until, now),
            });
            let Some(left_ms) = left_ms else { return exhaust(draft, escalation) };
            escalation.climb = Climb::Climbing { due_at: level_end(&escalation, left_ms, now) };
            alert(draft, &mut escalation, Some(by));
            escalation
        }
        Climb::Exhausted { alarm_at: due_at } => {
            let alarm_at = after(now, escalation.ladder.alarm_every.duration());
            escalation.climb = Climb::Exhausted { alarm_at };
            let lateness = Lateness::of(due_at, now);
            alarm(draft, &escalation, alarm_at);
            draft.record(Event::AlarmRepeated { escalation: sequence, lateness, alarm_at });
            escalation
        }
        Climb::Stopped { .. } => escalation,
    }
}

/// When a level on which the ladder resumes runs out: it has what was left of it, and enough to read
/// an e-mail by, however little that was.
fn level_end(escalation: &Escalation, left_ms: i64, now: Timestamp) -> Timestamp {
    let level = escalation.current_level().map_or(LEAST_LEFT, |l| l.within.duration());
    after(now, SignedDuration::from_millis(left_ms).max(LEAST_LEFT.min(level)))
}

/// A person withdraws the acknowledgement that stands, whoever has it: the ladder goes on where it
/// stood. Where nobody has it, nothing changes.
pub(super) fn resume(mut draft: Draft<'_>, by: Name) -> Change {
    let Some(mut escalation) = draft.incident.running_escalation().cloned() else {
        return draft.finish();
    };
    let Climb::Acknowledged { by: taken_by, left_ms, .. } = escalation.climb.clone() else {
        return draft.finish();
    };
    let sequence = escalation.sequence;
    let (by_hand, had_it) = (by.clone(), taken_by.clone());
    draft.record(Event::AcknowledgementWithdrawn { escalation: sequence, by, taken_by });
    // One e-mail to everybody told, those of the level among them: an alert beside it would say the
    // same.
    let level_until = if let Some(left_ms) = left_ms {
        let until = level_end(&escalation, left_ms, draft.now);
        escalation.climb = Climb::Climbing { due_at: until };
        let level = escalation.current_level().cloned();
        draft.record(Event::LevelAlerted {
            escalation: sequence,
            level: escalation.level,
            round: escalation.round,
            teams: level.map(|level| level.teams).unwrap_or_default(),
            until,
        });
        Some(until)
    } else {
        let alarm_at = after(draft.now, escalation.ladder.alarm_every.duration());
        escalation.climb = Climb::Exhausted { alarm_at };
        let teams = escalation.told.clone();
        draft.record(Event::LadderExhausted { escalation: sequence, teams, alarm_at });
        None
    };
    draft.tell_teams(
        &escalation.told,
        &EmailKind::AcknowledgementWithdrawn {
            escalation: sequence,
            by: by_hand,
            taken_by: had_it,
            cause: escalation.reason().clone(),
            promised_at: escalation.clock.due_at,
            level_until,
        },
    );
    draft.incident.escalation = Some(escalation);
    draft.finish()
}

/// A person takes the escalation: the ladder stops, the clocks do not. Taking what is taken changes
/// nothing.
pub(super) fn acknowledge(mut draft: Draft<'_>, by: Name) -> Result<Change, Refusal> {
    let Some(mut escalation) = draft.incident.running_escalation().cloned() else {
        return Err(match &draft.incident.status {
            crate::incident::Status::Resolved { by, .. } => {
                Refusal::AlreadyResolved { by: by.clone() }
            }
            crate::incident::Status::Open => Refusal::NoRunningEscalation,
        });
    };
    let now = draft.now;
    let left_ms = match escalation.climb {
        Climb::Acknowledged { .. } | Climb::Stopped { .. } => return Ok(draft.finish()),
        Climb::Climbing { due_at } => Some(Lateness::of(now, due_at).late_ms),
        Climb::Exhausted { .. } => None,
    };
    let until = after(now, escalation.ladder.acknowledged_for.duration());
    draft.tell_teams(
        &escalation.told,
        &EmailKind::EscalationAcknowledged {
            escalation: escalation.sequence,
            by: by.clone(),
            until,
            promised_at: escalation.clock.due_at,
        },
    );
    draft.record(Event::Acknowledged {
        escalation: escalation.sequence,
        raised_at: Some(escalation.clock.started_at),
        by: by.clone(),
        until,
    });
    escalation.climb = Climb::Acknowledged { by, at: now, until, left_ms };
    draft.incident.escalation = Some(escalation);
    Ok(draft.finish())
}
