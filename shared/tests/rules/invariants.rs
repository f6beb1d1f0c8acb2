//! What holds whatever happens: random commands at random times, each invariant a named function.
//! The numbers are those of DESIGN.md section 9.

use std::collections::HashSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use shared::email::EmailId;
use shared::incident::clock::ClockName;
use shared::incident::escalation::Climb;
use shared::incident::timeline::Event;
use shared::incident::values::{Channel, Priority};
use shared::incident::{Change, Command, Incident, decide};
use shared::policy::Policy;

use crate::story::{
    POLICY, Story, acknowledge, escalate, given, open, resolve, respond, resume_ladder,
};

#[derive(Debug, Clone)]
enum Step {
    Ask(Box<Command>),
    /// Care waits on the customer for so many minutes at most.
    Wait(i64),
    /// Care responded so many minutes ago.
    RespondedBefore(i64),
    /// The customer wrote so many minutes ago.
    RepliedBefore(i64),
    /// The last alert to this recipient comes back.
    Bounce(usize),
    /// Minutes pass, and the desk acts on each instant as it comes.
    Pass(i64),
    /// Minutes pass in which the desk is down.
    Outage(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Ask(Box::new(escalate()))),
        2 => Just(Step::Ask(Box::new(open(Channel::Email)))),
        1 => Just(Step::Ask(Box::new(open(Channel::Chat)))),
        2 => Just(Step::Ask(Box::new(acknowledge()))),
        1 => Just(Step::Ask(Box::new(resume_ladder()))),
        2 => Just(Step::Ask(Box::new(respond()))),
        1 => Just(Step::Ask(Box::new(resolve()))),
        2 => Just(Step::Ask(Box::new(reopen()))),
        2 => Just(Step::Ask(Box::new(reply()))),
        2 => prop_oneof![Just(Priority::P1), Just(Priority::P2), Just(Priority::P4)]
            .prop_map(|priority| Step::Ask(Box::new(find(priority)))),
        2 => (1i64..2000).prop_map(Step::Wait),
        1 => (1i64..400).prop_map(Step::RespondedBefore),
        1 => (1i64..400).prop_map(Step::RepliedBefore),
        2 => (0usize..8).prop_map(Step::Bounce),
        6 => (0i64..90).prop_map(Step::Pass),
        1 => (0i64..600).prop_map(Step::Outage),
    ]
}

fn reopen() -> Command {
    Command::Reopen { by: "Grace".parse().unwrap(), note: None }
}

fn reply() -> Command {
    Command::CustomerReplied { from: "Ada".parse().unwrap(), message: None, at: None }
}

fn find(priority: Priority) -> Command {
    Command::ChangePriority { by: "Grace".parse().unwrap(), priority, reason: None }
}

#[derive(Default)]
struct History {
    emails: HashSet<EmailId>,
    alerts: HashSet<(u32, u32, u32, u64, String)>,
    /// Of which clock, started when: the breach as it was recorded.
    breaches: Vec<Event>,
}

/// The policy of these stories with updates that are promised in office hours, and other warnings.
fn in_office_hours() -> Policy {
    let office = "[calendars.office]\ntime_zone = \"Europe/Paris\"\nholidays = [\"2026-11-25\"]\n\
                  hours = { monday = [\"09:00-18:00\"], tuesday = [\"09:00-12:00\", \"13:00-18:00\"], \
                  wednesday = [\"09:00-18:00\"], thursday = [\"00:00-24:00\"] }\n";
    let update =
        "update = { within = \"6h\", calendar = \"office\", warnings = [\"75%\", \"10m\"] }";
    let text = POLICY.replace("update = { within = \"6h\", warnings = [\"1h\"] }", update);
    Policy::read(&format!("{text}\n{office}")).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn played(steps: Vec<Step>, by_itself: bool, office: bool) {
    let mut story = given();
    if office {
        story.policy = in_office_hours();
    }
    story.policy.desk.automatic_escalation = by_itself;
    let mut history = History::default();
    for step in steps {
        match step {
            Step::Outage(minutes) => story.now += SignedDuration::from_mins(minutes),
            Step::Pass(minutes) => {
                let end = story.now + SignedDuration::from_mins(minutes);
                while let Some(due) = story.incident.as_ref().and_then(Incident::next_due)
                    && due <= end
                {
                    i4_nothing_fires_before_its_instant(&story, due);
                    story.now = story.now.max(due);
                    let changed = ask(&mut story, &mut history, Command::DeadlinePassed);
                    i4_what_is_due_is_acted_on(changed);
                }
                story.now = end;
            }
            Step::Bounce(n) => {
                if let Some(bounce) = bounce(&story, n) {
                    ask(&mut story, &mut history, bounce);
                }
            }
            Step::Wait(minutes) => {
                let wait = Command::WaitOnCustomer {
                    by: "Grace".parse().unwrap(),
                    reason: "Please send the log.".parse().unwrap(),
                    until: story.now + SignedDuration::from_mins(minutes),
                };
                ask(&mut story, &mut history, wait);
            }
            Step::RespondedBefore(minutes) => {
                let Command::Respond { author, message, .. } = respond() else { unreachable!() };
                let at = Some(story.now - SignedDuration::from_mins(minutes));
                ask(&mut story, &mut history, Command::Respond { author, message, at });
            }
            Step::RepliedBefore(minutes) => {
                let Command::CustomerReplied { from, message, .. } = reply() else {
                    unreachable!()
                };
                let at = Some(story.now - SignedDuration::from_mins(minutes));
                ask(&mut story, &mut history, Command::CustomerReplied { from, message, at });
            }
            Step::Ask(command) => {
                ask(&mut story, &mut history, *command);
            }
        }
    }
}

proptest! {
    // As many as CI has time for, each short: most rules meet within a dozen steps.
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn the_invariants_hold(
        steps in prop::collection::vec(step(), 1..24), by_itself: bool, office: bool
    ) {
        played(steps, by_itself, office);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_invariants_hold_in_long_histories(
        steps in prop::collection::vec(step(), 60..200), by_itself: bool, office: bool
    ) {
        played(steps, by_itself, office);
    }
}

fn bounce(story: &Story, n: usize) -> Option<Command> {
    let email = story.emails().nth(n)?;
    Some(Command::Undeliverable {
        email: email.id.clone(),
        recipient: Some(email.recipient.clone()),
        kind: Some(email.kind.clone()),
        reason: "no such mailbox".to_owned(),
    })
}

/// Returns whether anything changed.
fn ask(story: &mut Story, history: &mut History, command: Command) -> bool {
    let before = story.incident.clone();
    let decided = decide(before.as_ref(), command.clone(), &story.policy, story.now);
    let again = decide(before.as_ref(), command.clone(), &story.policy, story.now);
    assert_eq!(decided, again, "deciding is pure");
    let Ok(change) = decided else { return false };
    i1_an_accepted_escalation_is_told_to_somebody(&command, &change);
    i3_exactly_one_due_instant_while_open(&change.incident);
    i5_each_step_tells_a_recipient_once(history, &change);
    i10_only_a_person_acknowledges(before.as_ref(), &command, &change.incident);
    i14_a_breach_is_recorded_once_and_never_changed(history, &change);
    a_version_is_made_by_each_change(before.as_ref(), &change);
    a_change_fits_into_a_transaction(&change);
    every_other_system_hears_of_a_change_once(&story.policy, &change);
    nothing_runs_once_resolved(&change.incident);
    a_pause_holds_up_an_update(&change.incident);
    if change.is_empty() {
        return false;
    }
    story.incident = Some(change.incident.clone());
    story.last = vec![change];
    true
}

fn i1_an_accepted_escalation_is_told_to_somebody(command: &Command, change: &Change) {
    if matches!(command, Command::Escalate { .. }) {
        assert!(change.emails.len() >= 2, "teams and requester are told");
    }
}

fn i3_exactly_one_due_instant_while_open(incident: &Incident) {
    assert_eq!(incident.is_open(), incident.next_due().is_some(), "due exactly while open");
    let earliest = ClockName::ALL
        .into_iter()
        .filter_map(|name| incident.clock(name)?.next_due())
        .chain(incident.running_escalation().and_then(|e| e.climb_due()))
        .chain(incident.pause.as_ref().map(|pause| pause.until))
        .chain(incident.remind_at)
        .min();
    if incident.is_open() {
        assert_eq!(incident.next_due(), earliest);
    }
}

fn i4_nothing_fires_before_its_instant(story: &Story, due: jiff::Timestamp) {
    let early = due - SignedDuration::from_millis(1);
    if early >= story.now {
        let state = story.incident.as_ref();
        let change = decide(state, Command::DeadlinePassed, &story.policy, early).unwrap();
        assert!(change.is_empty(), "fired a millisecond early");
    }
}

fn i4_what_is_due_is_acted_on(changed: bool) {
    assert!(changed, "what is due would stay due for ever");
}

fn i5_each_step_tells_a_recipient_once(history: &mut History, change: &Change) {
    for email in &change.emails {
        assert!(history.emails.insert(email.id.clone()), "an id of an e-mail is used once");
        if let Some(alert) = email.kind.alert() {
            let resumed = match &email.kind {
                // When an acknowledgement expires the level is alerted anew: a step of its own.
                shared::email::EmailKind::EscalationAlert {
                    unanswered_since_taken_by: Some(_),
                    ..
                } => email.id.version,
                _ => 0,
            };
            let to = email.recipient.to_string();
            let told = (alert.escalation, alert.level, alert.round, resumed, to);
            assert!(history.alerts.insert(told), "{:?} is told twice", email.kind);
        }
    }
}

fn i10_only_a_person_acknowledges(before: Option<&Incident>, command: &Command, after: &Incident) {
    let taken = |incident: &Incident| match incident.running_escalation() {
        Some(e) => {
            matches!(e.climb, Climb::Acknowledged { .. }).then(|| (e.sequence, e.climb.clone()))
        }
        None => None,
    };
    let is_new = taken(after).is_some() && before.and_then(taken) != taken(after);
    if is_new {
        assert!(matches!(command, Command::Acknowledge { .. }), "{command:?} acknowledged");
    }
}

fn i14_a_breach_is_recorded_once_and_never_changed(history: &mut History, change: &Change) {
    for entry in &change.entries {
        let Event::DeadlineMissed { clock, started_at, lateness } = &entry.event else { continue };
        assert!(lateness.fired_at >= lateness.due_at, "a breach is no earlier than its deadline");
        let same = |breach: &&Event| {
            matches!(breach, Event::DeadlineMissed { clock: c, started_at: s, .. }
                if c == clock && s == started_at)
        };
        assert!(!history.breaches.iter().any(|b| same(&b)), "{:?} is recorded twice", entry.event);
        history.breaches.push(entry.event.clone());
    }
    let counted = change.incident.breaches.total() as usize;
    assert_eq!(counted, history.breaches.len(), "every breach stays counted");
    for name in ClockName::ALL {
        let Some(clock) = change.incident.clock(name).filter(|clock| clock.breached) else {
            continue;
        };
        let due = history.breaches.iter().rev().find_map(|breach| match breach {
            Event::DeadlineMissed { clock: c, started_at, lateness }
                if *c == name && *started_at == clock.started_at =>
            {
                Some(lateness.due_at)
            }
            _ => None,
        });
        assert_eq!(due, Some(clock.due_at), "a broken promise keeps its deadline");
    }
}

fn a_version_is_made_by_each_change(before: Option<&Incident>, change: &Change) {
    let version = before.map_or(0, |incident| incident.version);
    assert_eq!(change.incident.version, version + u64::from(!change.is_empty()));
    if change.is_empty() {
        assert_eq!(Some(&change.incident), before, "nothing to do changes nothing");
        assert!(change.emails.is_empty());
    }
}

fn a_change_fits_into_a_transaction(change: &Change) {
    // The incident, its account's record of it and another's that goes, the figures, the account; with a request its
    // answer and a limit; for a parked e-mail its update.
    let written = change.entries.len() + change.emails.len() + change.webhooks.len();
    assert!(written + 8 <= 100);
    let recipients: HashSet<_> = change.emails.iter().map(|email| &email.recipient).collect();
    assert!(!change.entries.is_empty() || recipients.is_empty(), "what is told happened");
}

fn every_other_system_hears_of_a_change_once(policy: &Policy, change: &Change) {
    let expected: Vec<_> = policy.webhooks.0.keys().filter(|_| !change.is_empty()).collect();
    assert_eq!(
        change.webhooks.iter().map(|webhook| &webhook.webhook).collect::<Vec<_>>(),
        expected
    );
    let ids: HashSet<_> = change.webhooks.iter().map(|webhook| &webhook.id).collect();
    assert_eq!(ids.len(), expected.len(), "an id of a webhook is used once");
    assert!(ids.iter().all(|id| id.version == change.incident.version));
}

fn nothing_runs_once_resolved(incident: &Incident) {
    if !incident.is_open() {
        assert!(incident.running_escalation().is_none());
        assert!(incident.initial_response.is_none() && incident.update.is_none());
    }
}

fn a_pause_holds_up_an_update(incident: &Incident) {
    let is_held_up = incident.update.as_ref().is_some_and(|update| update.is_paused());
    assert_eq!(incident.pause.is_some(), is_held_up);
}
