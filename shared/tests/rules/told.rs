//! Who is told of a change: who writes himself, whose mail is answered, and what has no room.

use shared::email::{Audience, EmailKind};
use shared::incident::command::ByMail;
use shared::incident::timeline::{Event, Role};
use shared::incident::values::{Channel, EmailAddress};
use shared::incident::{Command, decide};
use shared::policy::Policy;

use crate::story::{POLICY, Story, escalate, given, open, resolve};

fn note(address: &str, role: Role) -> Command {
    Command::AddNote {
        from: "Linus".parse().unwrap(),
        address: address.parse().unwrap(),
        role,
        message: "The disk is full.".parse().unwrap(),
    }
}

#[test]
fn nothing_to_do_is_an_empty_change_and_the_incident_as_it_was() {
    let story = given().when(open(Channel::Email));
    let state = story.incident.as_ref();
    let change = decide(state, Command::DeadlinePassed, &story.policy, story.now).unwrap();
    assert!(change.is_empty());
    assert_eq!((Some(&change.incident), change.emails.len()), (state, 0));
    assert!(!story.last[0].is_empty());
}

#[test]
fn a_note_tells_the_teams_concerned_but_not_whoever_wrote_it() {
    let story = given().when(escalate());
    for (address, told) in [
        ("linus@desk.example", vec!["note_added -> triage", "note_added -> management"]),
        ("triage@desk.example", vec!["note_added -> management"]),
        ("Triage@Desk.example", vec!["note_added -> management"]),
    ] {
        let command = note(address, Role::Team);
        let change = decide(story.incident.as_ref(), command, &story.policy, story.now).unwrap();
        let story = Story { last: vec![change], ..given() };
        story.then_happened(&["0m note_added"]).then_told(&told);
    }
}

#[test]
fn what_a_team_writes_of_a_resolved_incident_is_kept_and_nobody_told() {
    let story = given().when(escalate()).when(resolve());
    for (role, told) in [(Role::Team, 0), (Role::AccountManager, 1)] {
        let command = note("linus@desk.example", role);
        let change = decide(story.incident.as_ref(), command, &story.policy, story.now).unwrap();
        assert_eq!((change.entries.len(), change.emails.len()), (1, told), "{role:?}");
    }
}

#[test]
fn a_receipt_answers_the_mail_and_no_other_email_does() {
    let mail = ByMail {
        message_id: Some("<1@customer.example>".parse().unwrap()),
        message: None,
        answers_again: true,
    };
    let (mut escalate, mut open) = (escalate(), open(Channel::Email));
    if let Command::Escalate { by_mail, .. } | Command::Open { by_mail, .. } = &mut escalate {
        *by_mail = Some(mail.clone());
    }
    if let Command::Escalate { by_mail, .. } | Command::Open { by_mail, .. } = &mut open {
        *by_mail = Some(mail.clone());
    }
    for command in [escalate, open] {
        let story = given().when(command);
        for email in story.emails() {
            let is_receipt = email.recipient.as_str() == "ada@customer.example";
            let answers = is_receipt.then(|| mail.message_id.clone()).flatten();
            assert_eq!(email.answers, answers, "{:?}", email.kind);
        }
        assert!(story.emails().any(|email| email.answers.is_some()));
    }
}

/// The story of an escalation that tells so many more addresses than the policy had room for when it
/// was read.
fn escalated_to(addresses: usize, webhooks: usize) -> Story {
    let mut text = POLICY.to_owned();
    for n in 0..webhooks {
        text += &format!("\n[webhooks.w{n}]\nurl = \"https://w{n}.example\"");
    }
    let mut story = given();
    story.policy = Policy::read(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let address = |n| format!("t{n}@desk.example").parse::<EmailAddress>().unwrap();
    for (id, team) in &mut story.policy.teams.0 {
        team.addresses.clear();
        team.backup.clear();
        if id.as_str() == "triage" {
            team.addresses = (0..addresses).map(address).collect();
        }
    }
    story.when(escalate())
}

#[test]
fn when_not_everybody_has_room_customers_have_and_the_timeline_says_how_many_have_not() {
    // A hundred, less what else a transaction may have to write; the change's own entries are three.
    for webhooks in [0, 2] {
        let hear_of_it = escalated_to(1, webhooks).last[0].webhooks.len();
        let room = 100 - 13 - 3 - hear_of_it;
        let team = room - 1;
        let story = escalated_to(team, webhooks);
        assert_eq!((story.emails().count(), story.entries().count()), (room, 3), "all fit");
        for more in [1, 2, 40] {
            let story = escalated_to(team + more, webhooks);
            assert_eq!(story.emails().count() + story.entries().count(), room + 3);
            let left_out: Vec<_> = story
                .entries()
                .filter_map(|entry| match entry.event {
                    Event::NotEverybodyTold { left_out } => Some(left_out),
                    _ => None,
                })
                .collect();
            assert_eq!(left_out, [more + 1], "one more has to give way to the entry");
            let first = story.emails().next().unwrap();
            assert!(matches!(first.kind, EmailKind::EscalationReceived { .. }));
            let is_team = |audience| audience == Audience::Team;
            assert!(story.emails().skip(1).all(|email| is_team(email.kind.audience())));
        }
    }
}
