//! What holds whatever happens: random commands at random times, each invariant a named function.
//! The numbers are those of DESIGN.md section 9.

use std::collections::HashSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use shared::email::EmailId;
use shared::incident::clock::ClockName;
use shared::incident::timeline::Event;
use shared::incident::values::Channel;
use shared::incident::{Change, Command, Incident, decide};
use shared::policy::Policy;

use crate::story::{Story, acknowledge, escalate, given, open, resolve, respond};

#[derive(Debug, Clone)]
enum Step {
    Ask(Box<Command>),
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
        2 => Just(Step::Ask(Box::new(respond()))),
        1 => Just(Step::Ask(Box::new(resolve()))),
        2 => (0usize..8).prop_map(Step::Bounce),
        6 => (0i64..90).prop_map(Step::Pass),
        1 => (0i64..600).prop_map(Step::Outage),
    ]
}

#[derive(Default)]
struct History {
    emails: Vec<EmailId>,
    alerts: Vec<(u32, u32, u32, u64, String)>,
    breaches: Vec<(ClockName, i64)>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_invariants_hold(steps in prop::collection::vec(step(), 1..60)) {
        let mut story = given();
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
                        ask(&mut story, &mut history, Command::DeadlinePassed);
                    }
                    story.now = end;
                }
                Step::Bounce(n) => {
                    if let Some(bounce) = bounce(&story, n) {
                        ask(&mut story, &mut history, bounce);
                    }
                }
                Step::Ask(command) => ask(&mut story, &mut history, *command),
            }
        }
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

fn ask(story: &mut Story, history: &mut History, command: Command) {
    let before = story.incident.clone();
    let decided = decide(before.as_ref(), command.clone(), &story.policy, story.now);
    let again = decide(before.as_ref(), command.clone(), &story.policy, story.now);
    assert_eq!(decided, again, "deciding is pure");
    let Ok(change) = decided else { return };
    i1_an_accepted_escalation_is_told_to_somebody(&command, &change);
    i3_exactly_one_due_instant_while_open(&change.incident);
    i5_each_step_tells_a_recipient_once(history, &change);
    i14_a_breach_is_recorded_once(history, &change);
    a_version_is_made_by_each_change(before.as_ref(), &change);
    a_change_fits_into_a_transaction(&change);
    every_other_system_hears_of_a_change_once(&story.policy, &change);
    nothing_runs_once_resolved(&change.incident);
    if !change.is_empty() {
        story.incident = Some(change.incident.clone());
        story.last = vec![change];
    }
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

fn i5_each_step_tells_a_recipient_once(history: &mut History, change: &Change) {
    for email in &change.emails {
        assert!(!history.emails.contains(&email.id), "an id of an e-mail is used once");
        history.emails.push(email.id.clone());
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
            assert!(!history.alerts.contains(&told), "{told:?} is told twice");
            history.alerts.push(told);
        }
    }
}

fn i14_a_breach_is_recorded_once(history: &mut History, change: &Change) {
    for entry in &change.entries {
        if let Event::DeadlineMissed { clock, started_at, lateness } = &entry.event {
            assert!(
                lateness.fired_at >= lateness.due_at,
                "a breach is no earlier than its deadline"
            );
            let breach = (*clock, started_at.as_millisecond());
            assert!(!history.breaches.contains(&breach), "{breach:?} is recorded twice");
            history.breaches.push(breach);
        }
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
    // The incident, and with a request its answer; for a parked e-mail its update.
    let written = change.entries.len() + change.emails.len() + change.webhooks.len();
    assert!(written + 2 <= 100);
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
