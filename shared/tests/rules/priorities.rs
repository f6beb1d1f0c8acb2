//! A priority that is found later: raised, the promises are recomputed from their original start.

use shared::incident::Command;
use shared::incident::clock::ClockName;
use shared::incident::command::ByMail;
use shared::incident::timeline::{Event, PauseEnd};
use shared::incident::values::{Channel, Customer, Priority};

use crate::story::{Story, customer, escalate, given, open, resolve, respond};

fn open_as(priority: Priority, channel: Channel) -> Command {
    let Command::Open { number, summary, customer, received_at, .. } = open(channel) else {
        unreachable!()
    };
    Command::Open { number, priority, channel, summary, customer, received_at, by_mail: None }
}

fn find(priority: Priority) -> Command {
    Command::ChangePriority { by: "Grace".parse().unwrap(), priority, reason: None }
}

fn due(story: &Story, clock: ClockName) -> i64 {
    story.minutes(story.incident().clock(clock).unwrap().due_at)
}

#[test]
fn each_priority_has_its_own_targets() {
    for (priority, initial_response, update) in [
        (Priority::P1, 60, 6 * 60),
        (Priority::P2, 4 * 60, 24 * 60),
        (Priority::P3, 24 * 60, 3 * 24 * 60),
        (Priority::P4, 2 * 24 * 60, 7 * 24 * 60),
    ] {
        let story = given().when(open_as(priority, Channel::Email));
        assert_eq!(due(&story, ClockName::InitialResponse), initial_response, "{priority}");
        let story = story.when(respond());
        assert_eq!(due(&story, ClockName::Update), update, "{priority}");
    }
}

#[test]
fn raised_the_promise_is_due_as_if_it_had_been_so_from_the_start() {
    let story = given().when(open_as(Priority::P3, Channel::Email)).until(30);
    let story = story.when(find(Priority::P1));
    story
        .then_happened(&["30m priority_changed"])
        .then_told(&["targets_changed -> triage", "priority_changed -> ada"])
        .then_due(Some(45));
    assert_eq!(due(&story, ClockName::InitialResponse), 60);
}

#[test]
fn raised_too_late_the_promise_is_broken_at_once() {
    let story = given().when(open_as(Priority::P3, Channel::Email)).until(300);
    let story = story.when(find(Priority::P1)).until(300);
    // It was due at minute 60, but nobody could know before minute 300: not late by the desk.
    story.then_happened(&[
        "300m deadline_missed clock=initial_response late_ms=0",
        "300m escalated_by_deadline clock=initial_response",
        "300m level_alerted level=1 round=1",
    ]);
}

#[test]
fn a_deadline_is_never_moved_away_from_the_customer() {
    let mut story = given();
    story.policy.targets.p1.initial_response.within = "8h".to_owned().try_into().unwrap();
    let story = story.when(open_as(Priority::P2, Channel::Email)).when(find(Priority::P1));
    assert_eq!(due(&story, ClockName::InitialResponse), 4 * 60);
}

#[test]
fn a_deadline_that_was_missed_before_any_sweep_saw_it_is_not_moved_and_as_late_as_it_is() {
    let story = given().when(open_as(Priority::P2, Channel::Email)).outage_until(4 * 60 + 30);
    let story = story.when(find(Priority::P1)).until(4 * 60 + 30);
    story.then_happened(&[
        "270m deadline_missed clock=initial_response late_ms=1800000",
        "270m escalated_by_deadline clock=initial_response",
        "270m level_alerted level=1 round=1",
    ]);
}

#[test]
fn lowered_what_was_promised_stays_and_later_promises_are_lower() {
    let story = given().when(open_as(Priority::P1, Channel::Email)).when(find(Priority::P4));
    assert_eq!(due(&story, ClockName::InitialResponse), 60);
    let story = story.when(respond());
    assert_eq!(due(&story, ClockName::Update), 7 * 24 * 60);
}

#[test]
fn a_broken_promise_stays_broken_as_it_was() {
    let story = given().when(open_as(Priority::P2, Channel::Email)).until(4 * 60 + 1);
    let breaches = story.incident().breaches;
    let story = story.when(find(Priority::P1));
    assert_eq!(due(&story, ClockName::InitialResponse), 4 * 60);
    let story = story.until(4 * 60 + 2);
    assert_eq!(story.incident().breaches, breaches);
}

#[test]
fn the_same_priority_changes_nothing() {
    let story = given().when(open(Channel::Email)).when(find(Priority::P1));
    story.then_happened(&[]).then_told(&[]);
}

#[test]
fn care_completes_an_incident_that_a_customer_escalated_before_care_had_entered_it() {
    let story = given().when(escalate()).until(5).when(open_as(Priority::P1, Channel::Phone));
    story.then_happened(&["5m completed"]).then_told(&[]);
    let incident = story.incident();
    assert_eq!(incident.summary.as_ref().unwrap().as_str(), "Checkout is down");
    assert_eq!(incident.channel, Channel::Phone);
    assert_eq!(due(&story, ClockName::EscalationResponse), 60, "what was promised stays");
}

#[test]
fn care_says_whose_incident_it_is_and_the_account_that_the_customer_named_forgets_it() {
    let of = |account: &str| Customer { account: Some(account.parse().unwrap()), ..customer() };
    let business_justification = "We lose 40,000 EUR an hour.".parse().unwrap();
    let number = "INC-1".parse().unwrap();
    let escalated =
        Command::Escalate { number, requester: of("other"), business_justification, by_mail: None };
    let Command::Open { number, priority, channel, summary, received_at, .. } =
        open(Channel::Phone)
    else {
        unreachable!()
    };
    let customer = of("acme");
    let opened =
        Command::Open { number, priority, channel, summary, customer, received_at, by_mail: None };
    let story = given().when(escalated).when(opened);
    let change = &story.last[0];
    assert_eq!(change.remembered.as_ref().unwrap().account.as_str(), "acme");
    assert_eq!(change.forgotten.as_ref().unwrap().account.as_str(), "other");
}

#[test]
fn whoever_escalated_is_still_told_when_care_enters_another_customer() {
    let requester = Customer {
        name: "Bob".parse().unwrap(),
        email: "bob@customer.example".parse().unwrap(),
        ..customer()
    };
    let business_justification = "We lose 40,000 EUR an hour.".parse().unwrap();
    let number = "INC-1".parse().unwrap();
    let story = given().when(Command::Escalate {
        number,
        requester,
        business_justification,
        by_mail: None,
    });
    let story = story.when(open_as(Priority::P1, Channel::Phone)).when(resolve());
    let told: Vec<_> = story.emails().map(|email| email.recipient.to_string()).collect();
    for customer in ["ada@customer.example", "bob@customer.example"] {
        assert!(told.contains(&customer.to_owned()), "{customer} in {told:?}");
    }
}

#[test]
fn who_escalated_by_mail_what_turns_out_to_be_anothers_is_told_nothing_more() {
    let by_mail = ByMail { message_id: None, message: None, answers_again: true };
    let of = |email: &str, account: Option<&str>| Customer {
        name: "Bob".parse().unwrap(),
        email: email.parse().unwrap(),
        account: account.map(|id| id.parse().unwrap()),
        ..customer()
    };
    // Who escalated, of which account, by mail or through a portal that vouches for it; whether that
    // one is still told, and whether the account is the incident's.
    for (email, account, mail, is_told, is_of_account) in [
        ("bob@customer.example", None, true, true, false),
        ("bob@customer.example", Some("acme"), true, true, true),
        ("mallory@evil.example", None, true, false, false),
        ("mallory@evil.example", Some("evil"), true, false, false),
        ("bob@evil.example", Some("evil"), false, true, true),
    ] {
        let escalated = Command::Escalate {
            number: "INC-1".parse().unwrap(),
            requester: of(email, account),
            business_justification: "We lose 40,000 EUR an hour.".parse().unwrap(),
            by_mail: mail.then(|| by_mail.clone()),
        };
        let story = given().when(escalated).when(open(Channel::Phone));
        let incident = story.incident();
        let told = incident.escalation.iter().flat_map(|escalation| &escalation.requesters);
        let told: Vec<_> = told.map(|requester| requester.email.as_str()).collect();
        assert_eq!(told.contains(&email), is_told, "{email} {mail}");
        assert_eq!(incident.customer.account.is_some(), is_of_account, "{email} {mail}");
    }
}

#[test]
fn a_promise_that_runs_out_at_this_instant_is_not_moved_any_more() {
    let story = given().when(open_as(Priority::P2, Channel::Email)).outage_until(4 * 60);
    let story = story.when(find(Priority::P1));
    assert_eq!(due(&story, ClockName::InitialResponse), 4 * 60);
    assert!(story.entries().all(|entry| entry.started.is_empty()), "nothing moved");
}

#[test]
fn a_promise_that_is_due_at_the_same_instant_either_way_did_not_move() {
    let mut story = given();
    story.policy.targets.p1.initial_response.within = "4h".to_owned().try_into().unwrap();
    let story = story.when(open_as(Priority::P2, Channel::Email)).until(30);
    let before = story.incident().initial_response.clone();
    let story = story.when(find(Priority::P1));
    assert_eq!(story.incident().initial_response, before);
    assert!(story.entries().all(|entry| entry.started.is_empty()), "nothing moved");
}

#[test]
fn what_care_completes_with_the_priority_that_it_has_keeps_its_promises_whatever_the_policy_says_now()
 {
    let mut story = given().when(escalate());
    let before = due(&story, ClockName::EscalationResponse);
    story.policy.targets.p1.escalation_response.within = "10m".to_owned().try_into().unwrap();
    let story = story.when(open_as(Priority::P1, Channel::Phone));
    assert_eq!(due(&story, ClockName::EscalationResponse), before);
}

#[test]
fn raised_so_that_an_update_ran_out_before_care_began_to_wait_the_wait_ends() {
    for (waits_since, goes_on) in [(5, true), (7, false)] {
        let story = given().when(open_as(Priority::P3, Channel::Chat)).until(waits_since * 60);
        let wait = Command::WaitOnCustomer {
            by: "Grace".parse().unwrap(),
            reason: "Please send the log.".parse().unwrap(),
            until: story.now + jiff::SignedDuration::from_hours(9),
        };
        let story = story.when(wait).until(8 * 60).when(find(Priority::P1));
        assert_eq!(story.incident().pause.is_some(), goes_on, "since hour {waits_since}");
        let ended = story.entries().filter(|entry| {
            let because = PauseEnd::PriorityRaised;
            matches!(&entry.event, Event::PauseEnded { because: it, .. } if *it == because)
        });
        assert_eq!(ended.count(), usize::from(!goes_on));
    }
}
