//! Each check of the end, on what breaks it.

use jiff::{SignedDuration, Timestamp};
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Change, Command, Incident, decide};
use shared::outbox::{Delivery, EmailFacts, WebhookItem};
use shared::policy::Policy;
use shared::webhook::payload;

use super::super::seen::Attempt;
use super::*;
use crate::DEFAULT_POLICY;
use crate::world::start;

const ADA: &str = "ada@customer.example";

fn ada() -> Customer {
    let (name, email) = ("Ada".parse().unwrap(), ADA.parse().unwrap());
    Customer { name, email, language: None, account: None }
}

/// Ada escalates, nobody takes it for so many minutes, and care resolves it.
fn end_after(minutes: i64, late: SignedDuration) -> End {
    let policy = format!("{DEFAULT_POLICY}\n[webhooks.crm]\nurl = \"https://crm.example/hook\"");
    let policy = Policy::read(&policy).unwrap();
    let mut story: Option<Story> = None;
    let (mut seen, mut heard) = (HashMap::new(), HashMap::new());
    let escalate = Command::Escalate {
        number: "INC-1".parse().unwrap(),
        requester: ada(),
        business_justification: "Our shop is down. Call 1-1.".parse().unwrap(),
        by_mail: None,
    };
    let mut tell = |command: Command, at: Timestamp| {
        let before: Option<&Incident> = story.as_ref().map(|story| &story.incident);
        let change: Change = decide(before, command, &policy, at).unwrap();
        let due = change.incident.next_due();
        let mut emails = story.as_ref().map(|story| story.emails.clone()).unwrap_or_default();
        let mut timeline = story.as_ref().map(|story| story.timeline.clone()).unwrap_or_default();
        for email in change.emails {
            let ses_id = format!("ses-{}", email.id);
            let attempt = Attempt {
                by: 1,
                began: 0,
                taken: Some((1, ses_id.clone())),
                fault: None,
                says_so: false,
                marked: Some(2),
            };
            let attempts = vec![attempt];
            seen.insert(email.id.clone(), EmailSeen { attempts, ..EmailSeen::default() });
            let mut delivery = Delivery::pending(at);
            delivery.status = DeliveryStatus::Sent;
            delivery.due_at = None;
            delivery.ses_message_id = Some(ses_id);
            emails.push(EmailItem::of(email, delivery, EmailFacts::default()));
        }
        let mut webhooks = story.as_ref().map(|story| story.webhooks.clone()).unwrap_or_default();
        for webhook in change.webhooks {
            let taken = vec![payload(&webhook, &change.entries).unwrap()];
            heard.insert(webhook.id.to_string(), Heard { taken, ..Heard::default() });
            let mut delivery = Delivery::pending(at);
            (delivery.status, delivery.due_at) = (DeliveryStatus::Sent, None);
            webhooks.push(WebhookItem { webhook, delivery });
        }
        timeline.extend(change.entries);
        let incident = change.incident;
        story = Some(Story { incident, timeline, emails, webhooks });
        due
    };
    let mut due = tell(escalate, start());
    let over = start() + SignedDuration::from_mins(minutes);
    while let Some(at) = due.filter(|at| *at < over) {
        due = tell(Command::DeadlinePassed, at + late);
    }
    let (by, note) = ("Linus".parse().unwrap(), Some("It works. Call 1-2.".parse().unwrap()));
    tell(Command::Resolve { by, note }, over + late);
    let request = |wish, words: &str| Request {
        wish,
        number: "INC-1".to_owned(),
        words: words.to_owned(),
        customer: ADA.to_owned(),
        status: 200,
        times: 1,
        differs: None,
        mail: None,
    };
    let requests = vec![request(Wish::Escalate, "Call 1-1"), request(Wish::Resolve, "Call 1-2")];
    let stories = BTreeMap::from([("INC-1".to_owned(), story.unwrap())]);
    End { stories, requests, seen, heard, ..End::default() }
}

fn end() -> End {
    end_after(90, SignedDuration::ZERO)
}

/// Which checks break once the end is changed so.
fn broken(change: impl FnOnce(&mut End, &mut Story)) -> BTreeSet<&'static str> {
    let mut end = end();
    let mut story = end.stories.remove("INC-1").unwrap();
    change(&mut end, &mut story);
    end.stories.insert("INC-1".to_owned(), story);
    end.check().into_iter().map(|(check, _)| check).collect()
}

#[test]
fn an_end_at_which_all_is_right_breaks_nothing() {
    let mut end = end();
    assert_eq!(end.check(), []);
    assert!(end.deadlines > 3 && end.lateness_ms.len() > 3, "{:?}", end.lateness_ms);
    assert_eq!(end.lateness_ms.last(), Some(&0));
}

#[test]
fn what_was_accepted_and_is_lost_is_found() {
    let mut gone = end();
    gone.stories.clear();
    gone.seen.clear();
    gone.heard.clear();
    let checks: Vec<_> = gone.check().into_iter().map(|(check, _)| check).collect();
    assert_eq!(checks, ["what was accepted is there"]);
    let other = broken(|end, _| end.requests[0].words = "Call 1-11".to_owned());
    assert_eq!(other, ["what was accepted is there"].into());
}

#[test]
fn what_happened_twice_or_was_refused_or_answered_otherwise_is_found() {
    let twice = broken(|_, story| {
        let escalated = story.timeline.iter().find(|entry| entry.event.name().starts_with("esc"));
        let escalated = escalated.unwrap().clone();
        story.timeline.push(escalated);
    });
    assert!(twice.contains("what was accepted happened once"), "{twice:?}");
    assert!(twice.contains("a change is whole"), "{twice:?}");
    assert_eq!(broken(|end, _| end.requests[1].status = 409), [REFUSED].into());
    let unanswered = broken(|end, _| end.requests[1].status = 0);
    assert_eq!(unanswered, ["every request is answered"].into());
    let differs = broken(|end, _| end.requests[1].differs = Some("two".to_owned()));
    assert_eq!(differs, ["one key has one answer"].into());
    let mail = broken(|end, _| end.requests[0].mail = Some("lost".to_owned()));
    assert_eq!(mail, ["every mail comes to something"].into());
}

#[test]
fn an_email_that_is_missing_unfinished_or_unknown_is_found() {
    let is_hers = |item: &EmailItem| item.email.recipient.as_str() == ADA;
    let receipt = broken(|_, story| story.emails.retain(|item| !is_hers(item)));
    assert!(receipt.contains("who escalated has a receipt"), "{receipt:?}");
    assert!(receipt.contains("what SES took is in the outbox"), "{receipt:?}");
    for status in [DeliveryStatus::Sending, DeliveryStatus::Pending, DeliveryStatus::Parked] {
        let unfinished = broken(|_, story| story.emails[0].delivery.status = status);
        assert_eq!(unfinished, [ENDS].into(), "{status:?}");
    }
    let cancelled = DeliveryStatus::Cancelled;
    assert_eq!(broken(|_, story| story.emails[0].delivery.status = cancelled), BTreeSet::new());
    let untaken = broken(|end, story| drop(end.seen.remove(&story.emails[0].email.id)));
    assert_eq!(untaken, ["what is sent was taken by SES"].into());
    let otherwise = broken(|_, story| story.emails[0].delivery.ses_message_id = None);
    assert_eq!(otherwise, ["what is sent was taken by SES"].into());
}

#[test]
fn who_is_told_twice_is_found() {
    let alerted = |story: &mut Story| {
        let alert = story.emails.iter().find(|item| item.email.kind.alert().is_some());
        let mut again = alert.unwrap().clone();
        again.email.id.index += 100;
        again
    };
    let same_change = broken(|end, story| {
        let again = alerted(story);
        end.seen.insert(again.email.id.clone(), end.seen[&story.emails[0].email.id].clone());
        story.emails.push(again);
    });
    assert!(same_change.contains("a step tells a recipient once"), "{same_change:?}");
    assert!(same_change.contains("a change tells a recipient a thing once"), "{same_change:?}");
}

#[test]
fn a_deadline_that_is_not_served_or_late_is_found() {
    let unserved = broken(|_, story| {
        let is_late = |entry: &TimelineEntry| !matches!(entry.event, Event::Resolved { .. });
        story.timeline.retain(is_late);
    });
    assert!(unserved.contains("every deadline is served"), "{unserved:?}");
}

/// What breaks when the first level ran out so late, with a sweep from and to so long after it was acted on.
fn late_by(ms: i64, sweep: (i64, i64), was_left_alone: bool) -> (BTreeSet<&'static str>, usize) {
    let mut end = end_after(90, SignedDuration::from_millis(ms));
    let ran_out = |entry: &&TimelineEntry| matches!(entry.event, Event::LevelRanOut { .. });
    let at_ms = end.stories["INC-1"].timeline.iter().find(ran_out).unwrap().at.as_millisecond();
    let (began_ms, ended_ms) = (at_ms + sweep.0, at_ms + sweep.1);
    end.sweeps = vec![Sweep { began_ms, ended_ms, was_left_alone }];
    let checks = end.check().into_iter().map(|(check, _)| check).collect();
    (checks, end.unrecovered.len())
}

#[test]
fn what_a_sweep_passes_over_is_found() {
    let passed_over = |sweep| late_by(5_000, sweep, true).0;
    assert_eq!(passed_over((-4_000, -2_000)), ["a sweep passes over nothing that is due"].into());
    assert_eq!(passed_over((-4_000, 100)), BTreeSet::new(), "it was this one");
    assert_eq!(passed_over((-9_000, -6_000)), BTreeSet::new(), "it was not due then");
    assert_eq!(late_by(5_000, (-4_000, -2_000), false).0, BTreeSet::new(), "it was killed");
}

#[test]
fn what_is_late_after_recovery_is_found_and_what_is_late_before_it_is_told() {
    let in_time = "a deadline is acted on in time";
    assert_eq!(late_by(120_000, (-119_000, 10), true), (BTreeSet::new(), 0));
    let (broken, told) = late_by(121_000, (-120_500, 10), true);
    assert_eq!(broken, [in_time].into());
    assert!(told > 0);
    let (broken, told) = late_by(121_000, (-119_000, 10), true);
    assert_eq!(broken, BTreeSet::new(), "nothing had recovered before");
    assert!(told > 0);
    let (broken, told) = late_by(121_000, (-120_500, -500), false);
    assert_eq!(broken, BTreeSet::new(), "it was killed");
    assert!(told > 0);
}

#[test]
fn a_change_of_which_a_system_does_not_hear_or_hears_otherwise_is_found() {
    let first = |story: &Story| story.webhooks[0].webhook.id.to_string();
    let unheard = broken(|end, story| drop(end.heard.remove(&first(story))));
    assert_eq!(unheard, ["each system has heard of every change"].into());
    let unwritten = broken(|end, story| {
        end.heard.remove(&first(story));
        story.webhooks.remove(0);
    });
    assert_eq!(unwritten, ["each system is to hear of every change"].into());
    let unknown = broken(|end, _| drop(end.heard.insert("INC-2-1-0".into(), Heard::default())));
    assert_eq!(unknown, ["what is heard is in the outbox"].into());
    let pending = DeliveryStatus::Pending;
    let unfinished = broken(|_, story| story.webhooks[0].delivery.status = pending);
    assert_eq!(unfinished, ["every webhook ends"].into());
    let words = "what is heard is what happened";
    for spoiled in [
        |heard: &mut Heard| heard.is_forged = true,
        |heard: &mut Heard| heard.taken.push("{}".to_owned()),
    ] {
        let other = broken(|end, story| spoiled(end.heard.get_mut(&first(story)).unwrap()));
        assert_eq!(other, [words].into());
    }
    let again = broken(|end, story| {
        let heard = end.heard.get_mut(&first(story)).unwrap();
        heard.taken.push(heard.taken[0].clone());
    });
    assert_eq!(again, BTreeSet::new(), "once more is no violation");
}

#[test]
fn an_incident_that_is_opened_twice_is_found() {
    let priority = Priority::P1;
    let twice = broken(|_, story| {
        let mut opened = story.timeline[0].clone();
        let channel = Channel::Email;
        let teams = Vec::new();
        let opened_at = start();
        opened.event = Event::Opened { priority, channel, opened_at, teams, message: None };
        opened.index =
            u32::try_from(story.timeline.iter().filter(|e| e.version == 1).count()).unwrap();
        story.timeline.push(opened);
    });
    assert!(twice.contains("an incident is opened once"), "{twice:?}");
}
