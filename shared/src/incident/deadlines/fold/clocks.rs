//! What happens to clocks: given, paused, recomputed, warned of, missed, stopped.

use jiff::Timestamp;

use super::{Fold, place};
use crate::incident::Incident;
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::deadlines::{
    Alerted, Asked, ClockDeadline, Deadline, Given, MovedFrom, Outcome, PauseTold, SetBy, Stopped,
    StoppedBy, WarningTold, told,
};
use crate::incident::timeline::{Event, PauseEnd, StartedClock, StoppedClock, TimelineEntry};
use crate::incident::values::Name;
use crate::policy::TeamId;

impl Fold<'_> {
    /// What an entry says of clocks.
    pub(super) fn clock_event(&mut self, entry: &TimelineEntry) {
        match &entry.event {
            Event::PriorityChanged { .. } | Event::Completed { .. } => self.recomputed(entry),
            Event::WaitingOnCustomer { .. } => self.waiting(entry),
            Event::PauseEnded { .. } => self.pause_ended(&entry.event),
            Event::WarningGiven { clock, deadline, lateness, teams } => {
                self.warned(entry, *clock, *deadline, *lateness, teams);
            }
            Event::DeadlineMissed { clock, started_at, lateness } => {
                self.missed(entry, *clock, *started_at, *lateness);
            }
            Event::EscalatedByDeadline { escalation, clock, due_at } => {
                self.breach_escalated(entry, *clock, *escalation);
                self.given(entry, Some(*due_at));
            }
            Event::EscalatedByCustomer { due_at, .. }
            | Event::EscalatedByReopening { due_at, .. } => self.given(entry, Some(*due_at)),
            Event::Responded { author, responded_at, stopped, .. } => {
                self.stopped(entry, stopped, StoppedBy::Response, author, *responded_at);
                self.given(entry, None);
            }
            Event::Resolved { by, stopped, .. } => {
                self.stopped(entry, stopped, StoppedBy::Resolution, by, entry.at);
            }
            _ => self.given(entry, None),
        }
    }

    /// The promises that an entry gave. An escalation of an older version says only when its own is
    /// due.
    fn given(&mut self, entry: &TimelineEntry, escalation_due_at: Option<Timestamp>) {
        for started in &entry.started {
            let due_at = started.due_at;
            let clock = ClockDeadline {
                set_by: Some(SetBy::of(started)),
                recorded_at: Some(entry.at),
                warnings: started.warnings.iter().map(|due_at| planned(*due_at)).collect(),
                ..known(started.clock, Some(started.started_at), due_at)
            };
            self.begin(clock);
        }
        if let Some(due_at) = escalation_due_at.filter(|_| entry.started.is_empty()) {
            let clock = known(ClockName::EscalationResponse, Some(entry.at), due_at);
            self.begin(ClockDeadline { recorded_at: Some(entry.at), ..clock });
        }
    }

    fn begin(&mut self, clock: ClockDeadline) -> usize {
        let name = place(clock.clock);
        let at = self.deadlines.len();
        self.deadlines.push(Deadline::Clock(clock));
        self.running[name] = Some(at);
        at
    }

    fn clock_at(&mut self, at: usize) -> Option<&mut ClockDeadline> {
        match self.deadlines.get_mut(at) {
            Some(Deadline::Clock(clock)) => Some(clock),
            _ => None,
        }
    }

    /// The running deadline of a clock; one that the timeline has not told of begins here, with what
    /// is known of it.
    fn running(
        &mut self,
        name: ClockName,
        started_at: Option<Timestamp>,
        due_at: Timestamp,
    ) -> Option<&mut ClockDeadline> {
        let at = match self.running[place(name)] {
            Some(at) => at,
            None => self.begin(known(name, started_at, due_at)),
        };
        let clock = self.clock_at(at)?;
        clock.started_at = clock.started_at.or(started_at);
        Some(clock)
    }

    /// The promises of an entry are those that ran already, with other deadlines.
    fn recomputed(&mut self, entry: &TimelineEntry) {
        let (for_priority, by) = match &entry.event {
            Event::PriorityChanged { to, by, .. } => (Some(*to), Some(by.clone())),
            Event::Completed { priority, .. } => (Some(*priority), None),
            _ => (None, None),
        };
        for anew in &entry.started {
            let Some(clock) = self.running[place(anew.clock)].and_then(|at| self.clock_at(at))
            else {
                self.given(&TimelineEntry { started: vec![anew.clone()], ..entry.clone() }, None);
                continue;
            };
            clock.moved_from.push(MovedFrom {
                set_by: clock.set_by.replace(SetBy::of(anew)),
                due_at: clock.due_at,
                at: entry.at,
                for_priority,
                by: by.clone(),
            });
            clock.due_at = anew.due_at;
            clock.plan(&anew.warnings);
        }
    }

    fn waiting(&mut self, entry: &TimelineEntry) {
        let Event::WaitingOnCustomer { by, reason, until } = &entry.event else { return };
        let at = self.running[place(ClockName::Update)];
        let Some(clock) = at.and_then(|at| self.clock_at(at)) else { return };
        let asked = Asked { at: entry.at, by: by.clone(), reason: reason.clone(), until: *until };
        match clock.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            Some(lasting) => lasting.asked.push(asked),
            None => clock.pauses.push(PauseTold {
                from: entry.at,
                asked: vec![asked],
                to: None,
                because: None,
                due_was: clock.due_at,
                due_at: None,
            }),
        }
        clock.outcome = Outcome::Paused;
    }

    fn pause_ended(&mut self, event: &Event) {
        let Event::PauseEnded { since, ended_at, because, due_at, warnings } = event else {
            return;
        };
        let Some(clock) = self.running(ClockName::Update, None, *due_at) else { return };
        if clock.pauses.last().is_none_or(|pause| pause.to.is_some()) {
            let due_was = clock.due_at;
            clock.pauses.push(PauseTold {
                from: *since,
                asked: Vec::new(),
                to: None,
                because: None,
                due_was,
                due_at: None,
            });
        }
        if let Some(pause) = clock.pauses.last_mut() {
            pause.to = Some(*ended_at);
            pause.because = Some(*because);
            pause.due_at = Some(*due_at);
        }
        clock.outcome = Outcome::Running;
        // A raised priority is told next, and says itself what it moved.
        if *because != PauseEnd::PriorityRaised {
            clock.due_at = *due_at;
            clock.plan(warnings);
        }
    }

    fn warned(
        &mut self,
        entry: &TimelineEntry,
        name: ClockName,
        deadline: Timestamp,
        lateness: Lateness,
        teams: &[TeamId],
    ) {
        let is_meant = |kind: &_| told::is_warning(kind, name);
        let emails = self.outbox.of_version(entry.version, is_meant);
        let Some(clock) = self.running(name, None, deadline) else { return };
        let given = Given {
            at: lateness.fired_at,
            late_ms: lateness.late_ms,
            alerted: Alerted { teams: teams.to_vec(), emails },
        };
        let is_it = |warning: &&mut WarningTold| {
            warning.due_at == lateness.due_at && warning.given.is_none()
        };
        match clock.warnings.iter_mut().find(is_it) {
            Some(planned) => planned.given = Some(given),
            None => {
                clock.warnings.push(WarningTold { due_at: lateness.due_at, given: Some(given) });
                clock.warnings.sort_by_key(|warning| warning.due_at);
            }
        }
    }

    fn missed(
        &mut self,
        entry: &TimelineEntry,
        name: ClockName,
        started_at: Timestamp,
        lateness: Lateness,
    ) {
        let emails = self.outbox.of_version(entry.version, |kind| told::is_breach(kind, name));
        // Those who work on the escalation; if none runs, what follows in this change says whom.
        let runs = self.running[place(ClockName::EscalationResponse)].is_some();
        let teams = if runs { self.told.clone() } else { Vec::new() };
        let Some(clock) = self.running(name, Some(started_at), lateness.due_at) else { return };
        clock.due_at = lateness.due_at;
        clock.outcome = Outcome::Missed {
            lateness,
            alerted: Alerted { teams, emails },
            escalation: None,
            stopped: None,
        };
        self.missed[place(name)] = self.running[place(name)].map(|at| (at, entry.version));
    }

    /// A breach raised this escalation.
    fn breach_escalated(&mut self, entry: &TimelineEntry, name: ClockName, sequence: u32) {
        let Some((at, version)) = self.missed[place(name)] else { return };
        if version != entry.version {
            return;
        }
        let Some(ClockDeadline { outcome: Outcome::Missed { escalation, .. }, .. }) =
            self.clock_at(at)
        else {
            return;
        };
        *escalation = Some(sequence);
    }

    /// Whom a breach alerted: the first level of the escalation that it raised, or the responsible teams
    /// when the customer was invited to raise one.
    pub(super) fn breach_alerted(&mut self, version: u64, teams: &[TeamId]) {
        let of_version = self.missed.into_iter().flatten().filter(|(_, of)| *of == version);
        for (at, _) in of_version.collect::<Vec<_>>() {
            if let Some(ClockDeadline { outcome: Outcome::Missed { alerted, .. }, .. }) =
                self.clock_at(at)
            {
                alerted.teams = teams.to_vec();
            }
        }
    }

    fn stopped(
        &mut self,
        entry: &TimelineEntry,
        stopped: &[StoppedClock],
        because: StoppedBy,
        by: &Name,
        at: Timestamp,
    ) {
        for stop in stopped {
            let was_told = self.missed[place(stop.clock)].is_none_or(|(_, v)| v != entry.version);
            let Some(clock) = self.running(stop.clock, stop.started_at, stop.due_at) else {
                continue;
            };
            clock.due_at = stop.due_at;
            clock.stop(because, by, at, stop.overrun_ms);
            if let (Outcome::Missed { alerted, .. }, false) = (&mut clock.outcome, was_told) {
                // Found out by the very response: there was nobody to alert any more.
                *alerted = Alerted::default();
            }
            self.running[place(stop.clock)] = None;
        }
    }

    /// What the incident itself knows of clocks that the timeline has not told of.
    pub(super) fn complete_from(&mut self, incident: &Incident) {
        for name in ClockName::ALL {
            let Some(clock) = incident.clock(name) else { continue };
            if self.running[place(name)].is_none() {
                let told = known(name, Some(clock.started_at), clock.due_at);
                self.begin(ClockDeadline { recorded_at: Some(clock.set_at), ..told });
            }
            let coming = clock.warnings.as_slice();
            let Some(told) = self.running(name, Some(clock.started_at), clock.due_at) else {
                continue;
            };
            if !clock.breached && told.warnings.iter().all(|warning| warning.given.is_some()) {
                told.plan(coming);
            }
        }
    }
}

/// A deadline of which only this is known.
fn known(clock: ClockName, started_at: Option<Timestamp>, due_at: Timestamp) -> ClockDeadline {
    ClockDeadline {
        clock,
        set_by: None,
        started_at,
        recorded_at: None,
        due_at,
        moved_from: Vec::new(),
        pauses: Vec::new(),
        warnings: Vec::new(),
        outcome: Outcome::Running,
    }
}

fn planned(due_at: Timestamp) -> WarningTold {
    WarningTold { due_at, given: None }
}

impl SetBy {
    fn of(started: &StartedClock) -> Self {
        let StartedClock { rule, within, calendar, .. } = started;
        Self { rule: rule.clone(), within: *within, calendar: calendar.clone() }
    }
}

impl ClockDeadline {
    /// Plans these warnings, beside those that were given.
    fn plan(&mut self, warnings: &[Timestamp]) {
        self.warnings.retain(|warning| warning.given.is_some());
        self.warnings.extend(warnings.iter().map(|due_at| planned(*due_at)));
        self.warnings.sort_by_key(|warning| warning.due_at);
    }

    fn stop(&mut self, because: StoppedBy, by: &Name, at: Timestamp, overrun_ms: i64) {
        let by = by.clone();
        match (&mut self.outcome, because) {
            (Outcome::Missed { stopped, .. }, because) => {
                *stopped = Some(Stopped { because, by, at, overrun_ms });
            }
            (outcome, StoppedBy::Response) => *outcome = Outcome::Kept { by, at },
            (outcome, StoppedBy::Resolution) => *outcome = Outcome::Ended { by, at },
        }
    }
}
