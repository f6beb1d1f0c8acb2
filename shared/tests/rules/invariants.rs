//! What holds whatever happens: random commands at random times, each invariant a named function.
//! The numbers are those of DESIGN.md section 9.

use std::collections::HashSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use shared::email::EmailId;
use shared::incident::timeline::Event;
use shared::incident::values::{Channel, Priority};
use shared::incident::{Change, Command, Incident, decide};
use shared::policy::Policy;

use crate::holds::{
    Alerted, a_pause_holds_up_an_update, a_version_is_made_by_each_change,
    i3_exactly_one_due_instant_while_open, i5_each_step_tells_a_recipient_once,
    i10_only_a_person_acknowledges, i14_a_breach_is_recorded_once_and_never_changed,
    nothing_runs_once_resolved,
};
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
    /// Care writes down the last response once more, with its instant.
    RespondedThen,
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
        1 => Just(Step::RespondedThen),
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
    alerts: HashSet<Alerted>,
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
            Step::RespondedThen => {
                let Command::Respond { author, message, .. } = respond() else { unreachable!() };
                let at = story.incident.as_ref().and_then(|incident| incident.responded_at);
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
    i3_exactly_one_due_instant_while_open(&change.incident).unwrap();
    let History { emails, alerts, breaches } = history;
    i5_each_step_tells_a_recipient_once(emails, alerts, &change).unwrap();
    let asked_to = matches!(command, Command::Acknowledge { .. });
    i10_only_a_person_acknowledges(before.as_ref(), asked_to, &change.incident).unwrap();
    i14_a_breach_is_recorded_once_and_never_changed(breaches, &change).unwrap();
    a_version_is_made_by_each_change(before.as_ref(), &change).unwrap();
    a_change_fits_into_a_transaction(&change);
    every_other_system_hears_of_a_change_once(&story.policy, &change);
    nothing_runs_once_resolved(&change.incident).unwrap();
    a_pause_holds_up_an_update(&change.incident).unwrap();
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
