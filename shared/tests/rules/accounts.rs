//! The account manager: looped in by care, told of recurring incidents, never alerted.

use jiff::{SignedDuration, Timestamp};
use shared::account::{Account, AccountIncident};
use shared::email::EmailKind;
use shared::incident::Breaches;
use shared::incident::Command;
use shared::incident::values::{Channel, Priority};

use crate::story::{Story, customer, escalate, given, open, resolve};

fn account() -> Account {
    Account {
        id: "acme".parse().unwrap(),
        version: 1,
        name: "Acme".parse().unwrap(),
        account_manager: shared::account::AccountManager {
            name: "Mary Manager".parse().unwrap(),
            email: "mary@desk.example".parse().unwrap(),
            language: None,
        },
        domains: Vec::new(),
        language: None,
        recurrence_noticed_at: None,
    }
}

fn incident(number: &str, opened_at: Timestamp, escalations: u32) -> AccountIncident {
    AccountIncident {
        number: number.parse().unwrap(),
        opened_at,
        priority: Priority::P1,
        summary: None,
        resolved: true,
        escalations,
        breaches: Breaches::default(),
    }
}

fn incidents(story: &Story, count: i64, escalations: u32) -> Vec<AccountIncident> {
    let day = |n| story.now - SignedDuration::from_hours(24 * n);
    (0..count).map(|n| incident(&format!("INC-{n}"), day(n), escalations)).collect()
}

fn notice(story: &Story, account: Account, count: i64, escalations: u32) -> Command {
    Command::NoticeRecurrence { account, incidents: incidents(story, count, escalations) }
}

/// Three incidents or two escalations within 30 days.
fn with_rule() -> Story {
    let mut story = given();
    story.policy.recurrence = Some(shared::policy::Recurrence {
        within: "30d".to_owned().try_into().unwrap(),
        incidents: 3,
        escalations: 2,
    });
    story.when(open(Channel::Email))
}

#[test]
fn a_manager_is_never_alerted() {
    let story = given().when(open(Channel::Email)).when(escalate()).until(10 * 60);
    assert!(story.emails().all(|email| email.recipient.as_str() != "mary@desk.example"));
}

#[test]
fn looped_in_the_manager_gets_the_story_and_the_customer_is_told() {
    let story = given().when(open(Channel::Email)).when(escalate());
    let so_far: Vec<_> = story.entries().cloned().collect();
    let engage = |story| Command::EngageAccountManager {
        by: "Grace".parse().unwrap(),
        reason: "Ada asks for you.".parse().unwrap(),
        account: account(),
        story,
    };
    let story = story.when(engage(so_far.clone()));
    story
        .then_happened(&["0m account_manager_engaged"])
        .then_told(&["account_manager_engaged -> mary", "account_manager_involved -> ada"]);
    let told = &story.emails().next().unwrap().kind;
    assert!(
        matches!(told, EmailKind::AccountManagerEngaged { story, left_out: 0, .. } if *story == so_far)
    );
    // Asked again, the manager gets the story anew; the customer knows already.
    story.when(engage(so_far)).then_told(&["account_manager_engaged -> mary"]);
}

#[test]
fn a_long_story_is_cut_at_its_beginning_and_says_so() {
    let story = given().when(open(Channel::Email)).when(escalate());
    let entry = story.entries().next().unwrap().clone();
    let story = story.when(Command::EngageAccountManager {
        by: "Grace".parse().unwrap(),
        reason: "Ada asks for you.".parse().unwrap(),
        account: account(),
        story: vec![entry; 100],
    });
    let told = &story.emails().next().unwrap().kind;
    assert!(
        matches!(told, EmailKind::AccountManagerEngaged { story, left_out: 60, .. } if story.len() == 40)
    );
}

#[test]
fn a_report_of_the_customer_reaches_the_manager_with_the_list() {
    let story = given().when(open(Channel::Email));
    let report = Command::ReportRecurrence {
        reporter: customer(),
        message: "Every Monday the same.".parse().unwrap(),
        account: account(),
        incidents: incidents(&story, 60, 0),
        since: story.start,
    };
    let story = story.when(report);
    story
        .then_happened(&["0m recurrence_reported"])
        .then_told(&["recurrence_received -> ada", "recurrence_reported -> mary"]);
    let told = &story.emails().nth(1).unwrap().kind;
    let EmailKind::RecurrenceReported { incidents, .. } = told else { panic!("{told:?}") };
    assert_eq!(incidents.len(), 50, "the latest fifty");
    assert_eq!(incidents[0].number.as_str(), "INC-0", "latest first");
}

#[test]
fn recurrence_is_noticed_by_number_of_incidents_or_of_escalations() {
    for (count, escalations, noticed) in [(2, 0, false), (3, 0, true), (1, 1, false), (1, 2, true)]
    {
        let story = with_rule();
        let notice = notice(&story, account(), count, escalations);
        let story = story.when(notice);
        let told = story.emails().count();
        assert_eq!(told, usize::from(noticed), "{count} incidents, {escalations} escalations");
    }
}

#[test]
fn the_manager_is_told_once_per_period() {
    let story = with_rule();
    let told = notice(&story, account(), 3, 0);
    let story = story.when(told);
    story.then_happened(&["0m recurrence_noticed"]);
    let after = story.last[0].account.clone().unwrap();
    assert_eq!((after.version, after.recurrence_noticed_at), (2, Some(story.start)));
    let again = notice(&story, after.clone(), 4, 0);
    let story = story.when(again);
    story.then_happened(&[]);
    let mut story = story.when(resolve());
    story.now = story.start + SignedDuration::from_hours(30 * 24);
    let later = notice(&story, after, 3, 0);
    story.when(later).then_happened(&[&format!("{}m recurrence_noticed", 30 * 24 * 60)]);
}

#[test]
fn an_incident_that_care_completes_with_its_account_gives_reason_to_look() {
    let Command::Open { priority, channel, summary, customer, received_at, .. } =
        open(Channel::Phone)
    else {
        unreachable!()
    };
    let mut escalated = escalate();
    let Command::Escalate { number, .. } = &mut escalated else { unreachable!() };
    *number = "INC-9".parse().unwrap();
    let story = Story { incident: None, ..with_rule() }.when(escalated);
    assert_eq!(story.last[0].remembered, None, "nobody knows whose it is");
    let customer = shared::incident::values::Customer { account: Some(account().id), ..customer };
    let number = "INC-9".parse().unwrap();
    let story = story.when(Command::Open {
        number,
        priority,
        channel,
        summary,
        customer,
        received_at,
        by_mail: None,
    });
    let remembered = story.last[0].remembered.as_ref().unwrap();
    assert_eq!(remembered.incident.escalations, 1);
    assert_eq!(remembered.look_at, Some(story.now));
}

#[test]
fn without_a_rule_nothing_is_noticed() {
    let story = given().when(open(Channel::Email));
    let notice = notice(&story, account(), 50, 3);
    story.when(notice).then_happened(&[]);
}
