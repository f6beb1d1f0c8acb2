//! What happens to the steps of a ladder, and to reminders.

use jiff::Timestamp;

use super::Fold;
use crate::email::EmailKind;
use crate::incident::clock::{ClockName, Lateness};
use crate::incident::deadlines::{
    Alerted, Deadline, Step, StepDeadline, StepOutcome, StoppedBy, told,
};
use crate::incident::timeline::{Event, TimelineEntry};
use crate::policy::TeamId;

impl Fold<'_> {
    /// What an entry says of steps.
    pub(super) fn step_event(&mut self, entry: &TimelineEntry) {
        let (at, version) = (entry.at, entry.version);
        match &entry.event {
            Event::EscalatedByCustomer { .. }
            | Event::EscalatedByDeadline { .. }
            | Event::EscalatedByReopening { .. } => {
                self.told.clear();
                self.end_reminder(StepOutcome::Replaced { at });
            }
            Event::LevelAlerted { escalation, level, round, teams, until } => {
                self.breach_alerted(version, teams);
                self.remember(teams);
                let here = (*escalation, *level, *round);
                let emails = self.outbox.of_version(version, |kind| told::is_alert(kind, here));
                let step = Step::Level { escalation: *escalation, level: *level, round: *round };
                self.stand_on(step, at, *until, Alerted { teams: teams.clone(), emails });
            }
            Event::LevelRanOut { lateness, .. }
            | Event::AcknowledgementExpired { lateness, .. } => {
                self.end_step(StepOutcome::RanOut(*lateness));
            }
            Event::Acknowledged { escalation, by, until, .. } => {
                self.end_step(StepOutcome::Acknowledged { by: by.clone(), at });
                let is_it = |kind: &_| matches!(kind, EmailKind::EscalationAcknowledged { .. });
                let emails = self.outbox.of_version(version, is_it);
                let step = Step::Acknowledgement { escalation: *escalation, by: by.clone() };
                let alerted = Alerted { teams: self.told.clone(), emails };
                self.stand_on(step, at, *until, alerted);
            }
            Event::LadderExhausted { escalation, teams, alarm_at } => {
                self.told.clone_from(teams);
                self.alarm(entry, *escalation, *alarm_at);
            }
            Event::AlarmRepeated { escalation, lateness, alarm_at } => {
                self.end_step(StepOutcome::RanOut(*lateness));
                self.alarm(entry, *escalation, *alarm_at);
            }
            Event::CustomerInvited { clock, remind_at, teams } => {
                self.breach_alerted(version, teams);
                self.end_reminder(StepOutcome::Replaced { at });
                let emails = self.outbox.of_version(version, |kind| told::is_breach(kind, *clock));
                self.remind(at, *remind_at, Alerted { teams: teams.clone(), emails });
            }
            Event::ReminderGiven { lateness, remind_at, teams } => {
                self.reminded(entry, *lateness, *remind_at, teams);
            }
            Event::Responded { author, stopped, .. } => {
                let stop =
                    StepOutcome::Stopped { because: StoppedBy::Response, by: author.clone(), at };
                if stopped.iter().any(|stop| stop.clock == ClockName::EscalationResponse) {
                    self.end_step(stop.clone());
                }
                // One that was older than the last one stopped nothing.
                if !stopped.is_empty() {
                    self.end_reminder(stop);
                }
            }
            Event::Resolved { by, .. } => {
                let because = StoppedBy::Resolution;
                let stop = StepOutcome::Stopped { because, by: by.clone(), at };
                self.end_step(stop.clone());
                self.end_reminder(stop);
            }
            _ => {}
        }
    }

    fn remember(&mut self, teams: &[TeamId]) {
        for team in teams {
            if !self.told.contains(team) {
                self.told.push(team.clone());
            }
        }
    }

    /// The ladder stands on this step from now on.
    fn stand_on(&mut self, step: Step, started_at: Timestamp, due_at: Timestamp, to: Alerted) {
        self.end_step(StepOutcome::Replaced { at: started_at });
        self.step = Some(self.deadlines.len());
        self.push(step, started_at, due_at, to);
    }

    fn push(&mut self, step: Step, started_at: Timestamp, due_at: Timestamp, alerted: Alerted) {
        let outcome = StepOutcome::Running;
        let step = StepDeadline { step, started_at, due_at, alerted, outcome };
        self.deadlines.push(Deadline::Step(step));
    }

    fn end_step(&mut self, outcome: StepOutcome) {
        let at = self.step.take();
        self.end(at, outcome);
    }

    fn end_reminder(&mut self, outcome: StepOutcome) {
        let at = self.reminder.take();
        self.end(at, outcome);
    }

    fn end(&mut self, at: Option<usize>, outcome: StepOutcome) {
        if let Some(Deadline::Step(step)) = at.and_then(|at| self.deadlines.get_mut(at)) {
            step.outcome = outcome;
        }
    }

    fn alarm(&mut self, entry: &TimelineEntry, escalation: u32, alarm_at: Timestamp) {
        let is_it = |kind: &_| matches!(kind, EmailKind::LadderExhausted { .. });
        let emails = self.outbox.of_version(entry.version, is_it);
        let alerted = Alerted { teams: self.told.clone(), emails };
        self.stand_on(Step::Alarm { escalation }, entry.at, alarm_at, alerted);
    }

    fn remind(&mut self, at: Timestamp, remind_at: Timestamp, alerted: Alerted) {
        self.reminder = Some(self.deadlines.len());
        self.push(Step::Reminder, at, remind_at, alerted);
    }

    fn reminded(
        &mut self,
        entry: &TimelineEntry,
        lateness: Lateness,
        remind_at: Timestamp,
        teams: &[TeamId],
    ) {
        self.end_reminder(StepOutcome::RanOut(lateness));
        let is_it = |kind: &_| matches!(kind, EmailKind::PromiseOverdue { .. });
        let emails = self.outbox.of_version(entry.version, is_it);
        self.remind(entry.at, remind_at, Alerted { teams: teams.to_vec(), emails });
    }
}
