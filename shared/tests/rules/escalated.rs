//! What is promised to whom around an escalation: receipts, those who escalated, promises that break.

use jiff::SignedDuration;
use shared::email::EmailKind;
use shared::incident::command::ByMail;
use shared::incident::values::{Channel, Customer};
use shared::incident::{Command, Refusal};
use shared::policy::Policy;

use crate::story::{POLICY, Story, customer, escalate, given, open, resolve, respond};

fn mailed(answers_again: bool) -> Option<ByMail> {
    Some(ByMail { message_id: None, message: None, answers_again })
}

fn escalate_by(email: &str, by_mail: Option<ByMail>) -> Command {
    let Command::Escalate { number, business_justification, .. } = escalate() else {
        unreachable!()
    };
    let requester = Customer { email: email.parse().unwrap(), ..customer() };
    Command::Escalate { number, requester, business_justification, by_mail }
}

fn receipts(story: &Story) -> usize {
    let receipt = |kind: &EmailKind| matches!(kind, EmailKind::EscalationReceived { .. });
    story.emails().filter(|email| receipt(&email.kind)).count()
}

#[test]
fn whoever_escalates_once_more_has_a_receipt_unless_a_machine_answered_a_moment_ago() {
    for (by_mail, first, again) in [(None, 1, 1), (mailed(true), 1, 1), (mailed(false), 1, 0)] {
        let story = given().when(escalate_by("ada@customer.example", by_mail.clone()));
        assert_eq!(receipts(&story), first, "{by_mail:?}");
        let story = story.when(escalate_by("ada@customer.example", by_mail.clone()));
        assert_eq!(receipts(&story), again, "{by_mail:?}");
    }
}

#[test]
fn everybody_who_escalated_hears_what_becomes_of_it_up_to_ten_beside_the_customer() {
    let mut story = given().when(escalate());
    for n in 0..12 {
        let requester = format!("eve{n}@customer.example");
        for _ in 0..2 {
            story = story.when(escalate_by(&requester, None));
        }
        let known = story.incident().escalation.as_ref().unwrap().requesters.len();
        assert_eq!(known, (n + 1).min(10), "after {requester}");
    }
    let story = story.when(escalate_by("ada@customer.example", None)).when(resolve());
    let told = |email: &&shared::email::OutboxEmail| {
        matches!(email.kind, EmailKind::IncidentResolved { .. })
    };
    let told: Vec<_> = story.emails().filter(told).map(|email| email.recipient.as_str()).collect();
    let mut expected = vec!["ada@customer.example".to_owned()];
    expected.extend((0..10).map(|n| format!("eve{n}@customer.example")));
    assert_eq!(told, expected);
}

#[test]
fn a_broken_promise_says_when_the_escalation_is_to_be_answered_unless_that_is_broken_too() {
    let promised_at = |story: &Story| {
        let told = story.emails().find_map(|email| match &email.kind {
            EmailKind::PromiseBroken { promised_at, .. } => Some(*promised_at),
            _ => None,
        });
        told.unwrap().map(|at| story.minutes(at))
    };
    let story = given().when(open(Channel::Email)).until(30).when(escalate()).until(59).until(60);
    assert_eq!(promised_at(&story), Some(90));
    let story = given().when(open(Channel::Phone)).until(10).when(escalate()).until(359);
    assert_eq!(promised_at(&story.until(360)), None);
}

#[test]
fn of_warnings_that_were_held_up_the_last_one_says_it_all() {
    let once = r#"initial_response = { within = "1h", warnings = ["15m"] }"#;
    let more = r#"initial_response = { within = "1h", warnings = ["30m", "15m", "5m"] }"#;
    assert!(POLICY.contains(once));
    for (back_at, next) in [(30, 45), (44, 45), (45, 55), (50, 55), (55, 60)] {
        let mut story = given();
        story.policy = Policy::read(&POLICY.replacen(once, more, 1)).unwrap();
        let story = story.when(open(Channel::Email)).outage_until(back_at).until(back_at);
        assert_eq!(story.entries().count(), 1, "one warning at minute {back_at}");
        story.then_due(Some(next));
    }
}

fn open_by(channel: Channel, account: Option<&str>, by_mail: Option<ByMail>) -> Command {
    let Command::Open { number, priority, summary, received_at, .. } = open(channel) else {
        unreachable!()
    };
    let account = account.map(|account| account.parse().unwrap());
    let customer = Customer { account, ..customer() };
    Command::Open { number, priority, channel, summary, customer, received_at, by_mail }
}

#[test]
fn care_completes_what_a_customer_or_a_mail_of_nobodys_account_made_and_nothing_else() {
    let by_care = || open_by(Channel::Phone, None, None);
    let by_mail = |account| open_by(Channel::Email, account, mailed(true));
    for (made, completed) in [
        (escalate(), true),
        (by_mail(None), true),
        (by_mail(Some("ACME")), false),
        (by_care(), false),
        (open_by(Channel::Api, None, None), false),
    ] {
        let story = given().when(made.clone());
        if completed {
            let by_mail = story.refuses(by_mail(None));
            assert_eq!(by_mail, Refusal::AlreadyOpen, "no mail completes: {made:?}");
            let resolved = given().when(made.clone()).when(resolve());
            assert_eq!(resolved.refuses(by_care()), Refusal::AlreadyOpen, "{made:?}");
            story.when(by_care());
        } else {
            assert_eq!(story.refuses(by_care()), Refusal::AlreadyOpen, "{made:?}");
        }
    }
}

#[test]
fn who_calls_has_been_responded_to_and_who_writes_has_not() {
    for (channel, responded) in [
        (Channel::Phone, true),
        (Channel::Chat, true),
        (Channel::Email, false),
        (Channel::Api, false),
    ] {
        let story = given().when(open(channel));
        let at = story.incident().responded_at;
        assert_eq!(at, responded.then_some(story.start), "{channel:?}");
    }
    let story = given().when(open(Channel::Email)).until(5).when(respond());
    let at = story.start + SignedDuration::from_mins(5);
    assert_eq!(story.incident().responded_at, Some(at));
}

fn responded(at: jiff::Timestamp) -> Command {
    Command::Respond { author: "Grace".parse().unwrap(), message: None, at: Some(at) }
}

#[test]
fn an_instant_is_a_year_ago_at_most_and_ahead_by_no_more_than_clocks_differ() {
    let (second, year) = (SignedDuration::from_secs(1), SignedDuration::from_hours(366 * 24));
    let moment = SignedDuration::from_millis(1);
    let Command::Open { number, priority, summary, .. } = open(Channel::Email) else {
        unreachable!()
    };
    let open_at = |received_at| Command::Open {
        number: number.clone(),
        priority,
        channel: Channel::Email,
        summary: summary.clone(),
        customer: customer(),
        received_at: Some(received_at),
        by_mail: None,
    };
    let story = given();
    let (now, opened_at) = (story.now, |story: Story| story.incident().opened_at);
    assert_eq!(opened_at(given().when(open_at(now - second))), now - second);
    assert_eq!(opened_at(given().when(open_at(now))), now);
    assert_eq!(opened_at(given().when(open_at(now + moment))), now, "that is now");
    assert_eq!(opened_at(given().when(open_at(now + second * 5))), now, "that is now");
    let pointer = "/received_at";
    let ahead = story.refuses(open_at(now + second * 5 + moment));
    assert_eq!(ahead, Refusal::InTheFuture { pointer });
    assert_eq!(opened_at(given().when(open_at(now - year))), now - year);
    assert_eq!(story.refuses(open_at(now - year - moment)), Refusal::TooLongAgo { pointer });
}

#[test]
fn a_response_at_the_very_instant_of_the_deadline_keeps_the_promise() {
    let moment = SignedDuration::from_millis(1);
    for (late_by, happened) in [
        (SignedDuration::ZERO, vec!["60m responded"]),
        (moment, vec!["60m deadline_missed clock=initial_response late_ms=1", "60m responded"]),
    ] {
        let story = given().when(open(Channel::Email)).outage_until(60);
        let now = story.now + late_by;
        let story = Story { now, ..story };
        story.when(responded(now)).then_happened(&happened);
    }
}
