//! The story of a deadline, continued: what came back, what was held up, what an older version told.

use jiff::SignedDuration;
use shared::incident::Command;
use shared::incident::clock::ClockName;
use shared::incident::command::ByMail;
use shared::incident::deadlines::{ClockDeadline, Deadline, Outcome, Step, StepOutcome, explain};
use shared::incident::timeline::Event;
use shared::incident::values::{Channel, Priority};
use shared::policy::Policy;

use crate::deadlines::{explained, find, timeline, whom};
use crate::story::{POLICY, Story, customer, escalate, given, open, resolve, respond};

fn comes_back(story: &Story, n: usize) -> Command {
    let email = story.emails().nth(n).unwrap();
    Command::Undeliverable {
        email: email.id.clone(),
        recipient: Some(email.recipient.clone()),
        kind: Some(email.kind.clone()),
        reason: "no such mailbox".to_owned(),
    }
}

/// Two warnings of one clock, the first at minute 30 and the second at minute 45.
fn warned_twice() -> Story {
    let mut story = given();
    let once = r#"initial_response = { within = "1h", warnings = ["15m"] }"#;
    let twice = r#"initial_response = { within = "1h", warnings = ["30m", "15m"] }"#;
    assert!(POLICY.contains(once));
    story.policy = Policy::read(&POLICY.replacen(once, twice, 1)).unwrap();
    story.when(open(Channel::Email))
}

/// To whom each warning of the first clock went.
fn warned(story: &Story) -> Vec<String> {
    let Deadline::Clock(clock) = &explained(story)[0] else { panic!("a clock comes first") };
    let given = clock.warnings.iter().filter_map(|warning| warning.given.as_ref());
    given.map(|given| whom(&given.alerted)).collect()
}

#[test]
fn a_warning_that_comes_back_is_told_with_who_was_told_instead_and_with_no_other_email() {
    let story = warned_twice().until(30).until(45);
    let bounced = comes_back(&story, 0);
    let told = ["[triage] by e-mail [triage]", "[triage] by e-mail [triage triage-backup]"];
    assert_eq!(warned(&story.when(bounced)), told, "the second came back");
    let story = warned_twice().until(30);
    let bounced = comes_back(&story, 0);
    let told = "[triage] by e-mail [triage triage-backup]";
    assert_eq!(warned(&story.when(bounced)), [told], "the first came back");
}

#[test]
fn a_missed_deadline_that_comes_back_is_told_with_who_was_told_instead_and_with_no_other_email() {
    let mut story = given();
    story.policy.desk.automatic_escalation = false;
    let story = story.when(open(Channel::Email)).until(59).until(60);
    let bounced = comes_back(&story, 0);
    let explained = explained(&story.when(bounced));
    let Deadline::Clock(clock) = &explained[0] else { panic!("a clock comes first") };
    let Outcome::Missed { alerted, .. } = &clock.outcome else { panic!("it was missed") };
    assert_eq!(whom(alerted), "[triage] by e-mail [triage ada triage-backup]");
}

#[test]
fn deadlines_are_told_in_the_order_in_which_they_began() {
    let story = given().when(open(Channel::Email)).until(10).when(escalate()).until(20);
    let at = Some(story.start + SignedDuration::from_mins(5));
    let author = "Grace".parse().unwrap();
    let story = story.when(Command::Respond { author, message: None, at });
    let began: Vec<_> = explained(&story)
        .iter()
        .map(|deadline| match deadline {
            Deadline::Clock(clock) => story.minutes(clock.started_at.unwrap()),
            Deadline::Step(step) => story.minutes(step.started_at),
        })
        .collect();
    assert_eq!(began, [0, 5, 10, 10]);
}

#[test]
fn a_response_ends_a_reminder_unless_it_is_older_than_the_last_one() {
    let reminder = |story: &Story| {
        let mut steps = explained(story).into_iter().filter_map(|deadline| match deadline {
            Deadline::Step(step) if step.step == Step::Reminder => Some(step.outcome),
            _ => None,
        });
        steps.next_back().unwrap()
    };
    let mut story = given();
    story.policy.desk.automatic_escalation = false;
    // An update that nobody gave; reminders since minute 390.
    let story = story.when(open(Channel::Email)).until(30).when(respond()).until(391);
    let responded = |story: Story, minute: i64| {
        let at = Some(story.start + SignedDuration::from_mins(minute));
        let author = "Grace".parse().unwrap();
        story.when(Command::Respond { author, message: None, at })
    };
    let story = responded(story, 20);
    assert_eq!(reminder(&story), StepOutcome::Running, "it was older than the last one");
    let story = responded(story, 391);
    assert!(matches!(reminder(&story), StepOutcome::Stopped { .. }), "{:?}", reminder(&story));
}

#[test]
fn an_escalation_of_an_older_version_is_told_with_what_its_entry_says() {
    let again = || given().when(escalate()).until(5).when(resolve()).until(9).when(escalate());
    for (story, from) in [
        (given().until(5).when(escalate()), 5),
        (given().until(5).when(escalate()).until(6).when(resolve()), 5),
        (again(), 9),
        (again().until(11).when(resolve()), 9),
    ] {
        let mut old = timeline(&story);
        old.iter_mut().for_each(|entry| entry.started.clear());
        let mut clocks =
            explain(story.incident(), &old, &[]).into_iter().filter_map(|it| match it {
                Deadline::Clock(clock) if clock.clock == ClockName::EscalationResponse => {
                    Some(clock)
                }
                _ => None,
            });
        let clock = clocks.next_back().unwrap();
        let minutes = |at| story.minutes(at);
        assert_eq!((clock.started_at.map(minutes), minutes(clock.due_at)), (Some(from), from + 60));
        assert_eq!(clock.recorded_at.map(minutes), Some(from));
    }
}

fn clocks(deadlines: Vec<Deadline>) -> Vec<ClockDeadline> {
    let clocks = deadlines.into_iter().filter_map(|deadline| match deadline {
        Deadline::Clock(clock) => Some(clock),
        Deadline::Step(_) => None,
    });
    clocks.collect()
}

#[test]
fn what_moved_a_deadline_is_told_with_its_priority_and_with_who_found_it() {
    let open_as = |priority| {
        let Command::Open { number, channel, summary, customer, received_at, by_mail, .. } =
            open(Channel::Email)
        else {
            unreachable!()
        };
        Command::Open { number, priority, channel, summary, customer, received_at, by_mail }
    };
    let by_mail = |command| {
        let mail = ByMail { message_id: None, message: None, answers_again: true };
        let Command::Open { number, priority, channel, summary, customer, received_at, .. } =
            command
        else {
            unreachable!()
        };
        let by_mail = Some(mail);
        Command::Open { number, priority, channel, summary, customer, received_at, by_mail }
    };
    let found = given().when(open_as(Priority::P3)).when(find(Priority::P1));
    let completed = given().when(by_mail(open_as(Priority::P3))).when(open_as(Priority::P1));
    for (story, by) in [(found, Some("Grace")), (completed, None)] {
        let clock = &clocks(explained(&story))[0];
        let [moved] = clock.moved_from.as_slice() else { panic!("{:?}", clock.moved_from) };
        assert_eq!(moved.for_priority, Some(Priority::P1));
        assert_eq!(moved.by.as_ref().map(|by| by.as_str()), by);
    }
}

#[test]
fn promises_that_an_older_version_did_not_tell_of_are_told_once_when_they_move() {
    let by_mail = Command::Open {
        number: "INC-1".parse().unwrap(),
        priority: Priority::P3,
        channel: Channel::Email,
        summary: "Slow".parse().unwrap(),
        customer: customer(),
        received_at: None,
        by_mail: None,
    };
    let mut story = given();
    story.policy.targets.p1.escalation_response.within = "30m".to_owned().try_into().unwrap();
    let story = story.when(by_mail).when(escalate()).when(find(Priority::P1));
    let mut old = timeline(&story);
    let moved = old.last().unwrap().started.len();
    assert_eq!(moved, 2, "both promises");
    for entry in &mut old {
        if !matches!(entry.event, Event::PriorityChanged { .. }) {
            entry.started.clear();
        }
    }
    let names: Vec<_> =
        clocks(explain(story.incident(), &old, &[])).iter().map(|clock| clock.clock).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_warning_that_was_held_up_and_left_out_is_told_as_not_given() {
    let once = r#"initial_response = { within = "1h", warnings = ["15m"] }"#;
    let more = r#"initial_response = { within = "1h", warnings = ["30m", "15m", "5m"] }"#;
    let mut story = given();
    story.policy = Policy::read(&POLICY.replacen(once, more, 1)).unwrap();
    let story = story.when(open(Channel::Email)).outage_until(45).until(50);
    let warnings = |story: &Story| -> Vec<_> {
        let clock = clocks(explained(story)).remove(0);
        let warnings = clock.warnings.into_iter();
        warnings.map(|it| (story.minutes(it.due_at), it.given.is_some())).collect()
    };
    assert_eq!(warnings(&story), [(30, true), (45, false), (55, false)]);
    assert_eq!(warnings(&story.until(56)), [(30, true), (45, false), (55, true)]);
}

#[test]
fn what_only_the_incident_knows_is_told_with_when_the_desk_set_it() {
    let story = given().when(open(Channel::Email)).until(5).when(respond());
    let clocks = clocks(explain(story.incident(), &[], &[]));
    let [clock] = clocks.as_slice() else { panic!("{clocks:?}") };
    assert_eq!(clock.clock, ClockName::Update);
    assert_eq!(clock.recorded_at.map(|at| story.minutes(at)), Some(5));
}

#[test]
fn a_response_ends_the_step_of_an_escalation_that_it_answers_and_no_other() {
    let step = |story: &Story| {
        let mut steps = explained(story).into_iter().filter_map(|deadline| match deadline {
            Deadline::Step(step) => Some(step.outcome),
            Deadline::Clock(_) => None,
        });
        steps.next_back().unwrap()
    };
    let responded = |story: Story, minute: i64| {
        let at = Some(story.start + SignedDuration::from_mins(minute));
        let author = "Grace".parse().unwrap();
        story.when(Command::Respond { author, message: None, at })
    };
    let escalated = || given().when(open(Channel::Email)).until(10).when(escalate()).until(15);
    assert_eq!(step(&responded(escalated(), 5)), StepOutcome::Running, "it was before");
    let answered = step(&responded(escalated(), 15));
    assert!(matches!(answered, StepOutcome::Stopped { .. }), "{answered:?}");
    let unknown = given().when(escalate()).until(15);
    let answered = step(&responded(unknown, 15));
    assert!(matches!(answered, StepOutcome::Stopped { .. }), "{answered:?}");
}
