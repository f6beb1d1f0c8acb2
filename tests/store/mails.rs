//! The contract of a store, continued: mails that came in, those that wait, and how often something
//! may be done.

use std::sync::Arc;

use desk_tests::arrivals::Arriving;
use desk_tests::call::{post, post_once, send};
use desk_tests::dynamodb::TestDynamoDb;
use desk_tests::link_keys;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::clock::Clock;
use shared::desk::Desk;
use shared::email::OutboxEmail;
use shared::inbound::{
    Arrival, Did, MailId, MailRecord, Missing, Outcome, Quarantined, act, reading,
};
use shared::incident::Command;
use shared::policy::{Alias, Allowance};
use shared::store::dynamodb::DynamoDbStore;
use shared::store::{Commit, Committed, DueTarget, Limit, MailWrite, Store, StoreError, Watch};

use crate::contract::{answered, committed, decided, due, escalation, later, now, only};

pub(crate) fn id(text: &str) -> MailId {
    text.parse().unwrap()
}

fn arrival(mail_id: &str) -> Arrival {
    let raw =
        "From: Ada <ada@customer.example>\r\nSubject: INC-1 \u{e9} \u{2713}\r\n\r\nIt is down.\r\n";
    Arrival {
        id: id(mail_id),
        received_at: now(),
        alias: Alias::Escalation,
        tag: None,
        mail: reading::read(raw.as_bytes(), "ada@customer.example"),
        said_before: None,
    }
}

pub(crate) fn quarantined() -> Outcome {
    Outcome::Quarantined { because: Quarantined::Stranger }
}

pub(crate) fn incomplete() -> Outcome {
    Outcome::Incomplete { missing: Missing::Number }
}

pub(crate) fn acted() -> Outcome {
    Outcome::Acted { did: Did::Escalated, number: "INC-1".parse().unwrap() }
}

pub(crate) fn refused() -> Outcome {
    Outcome::Refused { by: "Grace".parse().unwrap(), note: Some("No.".parse().unwrap()) }
}

pub(crate) fn first(mail_id: &str, outcome: Outcome, at: Timestamp) -> MailWrite {
    MailWrite::first(MailRecord::of(&arrival(mail_id), outcome, at))
}

/// What becomes of a mail next; it leaves its place.
pub(crate) fn next(before: &MailRecord, outcome: Outcome, at: Timestamp) -> MailWrite {
    let mut record = before.clone();
    record.becomes(outcome, None, at);
    MailWrite { record, left: before.tell_at }
}

async fn kept(store: &impl Store, mails: &[MailWrite]) -> Committed {
    store.keep_mail(mails, &[], &[], None).await.unwrap()
}

/// The ids of those that wait, all pages.
async fn waiting(store: &impl Store, limit: usize) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = store.held_mails(after.as_ref(), limit).await.unwrap();
        assert!(page.mails.len() <= limit);
        ids.extend(page.mails.into_iter().map(|(_, held)| held.id.to_string()));
        assert!(ids.len() < 1_000, "paging ends");
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

/// An e-mail to the sender of a mail.
fn question(mail_id: &str) -> OutboxEmail {
    let email = escalation("INC-9", now()).emails[0].clone();
    OutboxEmail { id: format!("_{mail_id}-1-0").parse().unwrap(), ..email }
}

pub async fn what_becomes_of_a_mail_is_kept_once_and_then_version_by_version(store: impl Store) {
    assert_eq!(store.load_mail(&id("m1")).await.unwrap(), None);
    let write = first("m1", quarantined(), now());
    assert_eq!(kept(&store, std::slice::from_ref(&write)).await, Committed::Done);
    assert_eq!(store.load_mail(&id("m1")).await.unwrap(), Some(write.record.clone()));
    // SES hands it on once more, and it would come to something else.
    let again = first("m1", acted(), later(5));
    assert_eq!(kept(&store, &[again]).await, Committed::AlreadyHandled);
    assert_eq!(store.load_mail(&id("m1")).await.unwrap(), Some(write.record.clone()));

    let decided = next(&write.record, refused(), later(9));
    assert_eq!(kept(&store, std::slice::from_ref(&decided)).await, Committed::Done);
    // Somebody else had read the version before.
    let late = next(&write.record, acted(), later(10));
    assert_eq!(kept(&store, &[late]).await, Committed::AlreadyHandled);
    let of_nothing = next(&first("m2", quarantined(), now()).record, refused(), later(9));
    assert_eq!(kept(&store, &[of_nothing]).await, Committed::AlreadyHandled);
    assert_eq!(store.load_mail(&id("m1")).await.unwrap(), Some(decided.record));
    assert_eq!(store.load_mail(&id("m2")).await.unwrap(), None);
}

pub async fn of_several_mails_all_are_kept_or_none(store: impl Store) {
    let before = first("m1", incomplete(), now());
    kept(&store, std::slice::from_ref(&before)).await;
    let both = [first("m2", quarantined(), later(1)), next(&before.record, acted(), later(1))];
    kept(&store, &[first("m2", refused(), now())]).await;
    assert_eq!(kept(&store, &both).await, Committed::AlreadyHandled);
    assert_eq!(waiting(&store, 9).await, ["m1"]);
    let watch = store.load_watch().await.unwrap();
    assert_eq!(watch.version, 1, "only the first was held");
}

pub async fn a_mail_that_waits_has_one_place_until_it_is_decided_on(store: impl Store) {
    let write = first("m1", incomplete(), now());
    kept(&store, std::slice::from_ref(&write)).await;
    let page = store.held_mails(None, 9).await.unwrap();
    let held = write.record.held().unwrap();
    assert_eq!(page.mails, [(later(15 * 60), held)], "with the place at which people are told");
    // It is held for another reason: it moves.
    let mut moved = write.record.clone();
    moved.becomes(quarantined(), Some(&arrival("m1")), later(60));
    let moved = MailWrite { record: moved, left: write.record.tell_at };
    kept(&store, std::slice::from_ref(&moved)).await;
    let page = store.held_mails(None, 9).await.unwrap();
    assert_eq!(page.mails, [(later(60), moved.record.held().unwrap())]);
    // Held anew at the very same place.
    let mut same = moved.record.clone();
    same.becomes(
        Outcome::Quarantined { because: Quarantined::Flood },
        Some(&arrival("m1")),
        later(60),
    );
    let same = MailWrite { record: same, left: moved.record.tell_at };
    kept(&store, std::slice::from_ref(&same)).await;
    assert_eq!(
        store.held_mails(None, 9).await.unwrap().mails,
        [(later(60), same.record.held().unwrap())]
    );
    kept(&store, &[next(&same.record, refused(), later(90))]).await;
    assert_eq!(waiting(&store, 9).await, Vec::<String>::new());
}

pub async fn mails_that_wait_are_listed_in_order_and_in_pages(store: impl Store) {
    // Ids of one instant sort as text, and one may be the beginning of another.
    for (mail_id, at) in [("b", 7), ("a.1", 7), ("a", 7), ("a-1", 7), ("Z", 7), ("z", 3), ("c", 11)]
    {
        kept(&store, &[first(mail_id, quarantined(), later(at))]).await;
    }
    kept(&store, &[first("noted", acted(), later(7))]).await;
    let expected = ["z", "Z", "a", "a-1", "a.1", "b", "c"];
    for limit in [1, 2, 3, 7, 100] {
        assert_eq!(waiting(&store, limit).await, expected, "pages of {limit}");
    }
    let last = store.held_mails(None, 7).await.unwrap();
    assert_eq!(last.next, None, "there is nothing behind the last");
    let behind = (later(11), id("c"));
    assert!(store.held_mails(Some(&behind), 7).await.unwrap().mails.is_empty());
    // A place at which nothing waits any more, or nothing ever did.
    let behind = (later(7), id("0"));
    let page = store.held_mails(Some(&behind), 1).await.unwrap();
    assert_eq!(page.mails[0].1.id, id("Z"));
}

pub async fn each_mail_that_is_held_has_the_desk_look_at_once(store: impl Store) {
    let quarantine = async |store: &_| -> Vec<_> {
        let due = due(store, later(1_000_000)).await.into_iter();
        due.filter(|(_, target)| *target == DueTarget::Quarantine).map(|(at, _)| at).collect()
    };
    assert_eq!(store.load_watch().await.unwrap(), Watch::default());
    kept(&store, &[first("m0", acted(), now())]).await;
    assert_eq!(store.load_watch().await.unwrap(), Watch::default(), "nothing waits");

    kept(&store, &[first("m1", incomplete(), later(1))]).await;
    assert_eq!(quarantine(&store).await, [later(1)]);
    let watch = store.load_watch().await.unwrap();
    assert_eq!((watch.version, watch.due_at), (1, Some(later(1))));

    let told = Watch {
        version: 2,
        told_until: Some(later(10)),
        told_at: Some(later(40)),
        due_at: Some(later(9_000)),
    };
    let email = OutboxEmail { id: "_-2-0".parse().unwrap(), ..question("m1") };
    store.put_watch(&told, std::slice::from_ref(&email)).await.unwrap();
    assert_eq!(store.load_watch().await.unwrap(), told);
    assert_eq!(quarantine(&store).await, [later(9_000)]);
    assert_eq!(store.load_email(&email.id).await.unwrap().unwrap().email, email);

    kept(&store, &[first("m2", quarantined(), later(50))]).await;
    let woken = Watch { version: 3, due_at: Some(later(50)), ..told.clone() };
    assert_eq!(store.load_watch().await.unwrap(), woken, "what people were told stays");
    assert_eq!(quarantine(&store).await, [later(50)]);
    let nothing = Watch { version: 4, due_at: None, ..told };
    store.put_watch(&nothing, &[]).await.unwrap();
    assert_eq!(quarantine(&store).await, Vec::<Timestamp>::new());
}

pub async fn what_people_are_told_is_written_only_on_what_was_looked_at(store: impl Store) {
    kept(&store, &[first("m1", quarantined(), now())]).await;
    let looked_at = store.load_watch().await.unwrap();
    kept(&store, &[first("m2", quarantined(), later(1))]).await;
    let notice = Watch { version: looked_at.version + 1, told_at: Some(later(30)), ..looked_at };
    let email = OutboxEmail { id: "_-2-0".parse().unwrap(), ..question("m1") };
    let lost = store.put_watch(&notice, std::slice::from_ref(&email)).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    assert_eq!(store.load_email(&email.id).await.unwrap(), None);
    assert_eq!(store.load_watch().await.unwrap().told_at, None);
}

pub async fn a_mail_is_kept_with_what_is_said_of_it_and_the_answer_or_not_at_all(
    store: impl Store,
) {
    let (write, email) = (first("m1", incomplete(), now()), question("m1"));
    let (writes, emails) = (std::slice::from_ref(&write), std::slice::from_ref(&email));
    let said = answered("key", now());
    let done = store.keep_mail(writes, emails, &[], Some(&said)).await.unwrap();
    assert_eq!(done, Committed::Done);
    assert_eq!(store.answered(&said.key, now()).await.unwrap(), Some(said.clone()));
    let item = store.load_email(&email.id).await.unwrap().unwrap();
    assert_eq!(item.email, email);

    // The same request once more, whatever became of the mail.
    let mut other = answered("key", later(5));
    other.body = "other".to_owned();
    let refusal = next(&write.record, refused(), later(5));
    for mails in [std::slice::from_ref(&refusal), writes, &[]] {
        let again = store.keep_mail(mails, &[], &[], Some(&other)).await.unwrap();
        assert_eq!(again, Committed::AlreadyAnswered(said.clone()));
    }
    // Somebody else was faster: no answer is remembered.
    let late = answered("late", later(6));
    let lost = store.keep_mail(writes, &[], &[], Some(&late)).await.unwrap();
    assert_eq!(lost, Committed::AlreadyHandled);
    assert_eq!(store.answered(&late.key, later(6)).await.unwrap(), None);
    assert_eq!(store.load_mail(&id("m1")).await.unwrap(), Some(write.record));
    // Nothing but an answer.
    let only = answered("only", later(7));
    let done = store.keep_mail(&[], &[], &[], Some(&only)).await.unwrap();
    assert_eq!(done, Committed::Done);
    assert_eq!(store.answered(&only.key, later(7)).await.unwrap(), Some(only));
}

pub async fn a_mail_is_decided_on_with_the_change_that_it_makes_or_not_at_all(store: impl Store) {
    let held = first("m1", incomplete(), now());
    kept(&store, std::slice::from_ref(&held)).await;
    let change = escalation("INC-1", later(5));
    let mails = || vec![first("m2", acted(), later(5)), next(&held.record, acted(), later(5))];
    let done = store.commit(Commit { mails: mails(), ..Commit::of(&change) }).await.unwrap();
    assert_eq!(done, Committed::Done);
    assert_eq!(waiting(&store, 9).await, Vec::<String>::new());
    for mail in mails() {
        assert_eq!(store.load_mail(&mail.record.id).await.unwrap(), Some(mail.record));
    }
    // The same mail again, to an incident that has moved on.
    let again = Command::Acknowledge { by: "Grace".parse().unwrap() };
    let again = decided(Some(&change.incident), again, later(6));
    for mail in mails() {
        let commit = Commit { mails: vec![mail], ..Commit::of(&again) };
        assert_eq!(store.commit(commit).await.unwrap(), Committed::AlreadyHandled);
    }
    let incident = store.load(&change.incident.number).await.unwrap();
    assert_eq!(incident, Some(change.incident), "nothing was written");
    // And a change that comes too late takes its mail with it.
    let late = escalation("INC-1", later(7));
    let commit = Commit { mails: vec![first("m3", acted(), later(7))], ..Commit::of(&late) };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Conflict)));
    assert_eq!(store.load_mail(&id("m3")).await.unwrap(), None);
}

fn ada() -> shared::incident::values::EmailAddress {
    "ada@customer.example".parse().unwrap()
}

fn hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

fn counted(count: u32, at: Timestamp) -> Limit {
    let allowance = Allowance { count, per: "1h".to_owned().try_into().unwrap() };
    Limit::of("mails", &ada(), allowance, at)
}

fn spaced(at: Timestamp) -> Limit {
    Limit::spaced("answers", &ada(), hour(), at)
}

pub async fn what_is_spaced_out_is_done_again_only_after_its_time(store: impl Store) {
    let ask = async |n: u32, limit: Limit| {
        let write = first(&format!("m{n}"), incomplete(), now());
        store.keep_mail(&[write], &[], &[limit], None).await.unwrap()
    };
    assert_eq!(ask(1, spaced(now())).await, Committed::Done);
    for seconds in [0, 1, 3599] {
        let over = ask(2, spaced(later(seconds))).await;
        assert_eq!(over, Committed::OverLimit(spaced(later(seconds))), "after {seconds} s");
    }
    assert_eq!(store.load_mail(&id("m2")).await.unwrap(), None, "nothing was written");
    assert_eq!(ask(2, spaced(later(3600))).await, Committed::Done);
    let over = ask(3, spaced(later(3601))).await;
    assert!(matches!(over, Committed::OverLimit(_)), "the time begins anew: {over:?}");
    let eve = Limit::spaced("answers", &"eve@customer.example".parse().unwrap(), hour(), now());
    assert_eq!(ask(3, eve).await, Committed::Done, "of somebody else");
}

pub async fn what_is_marked_is_done_whatever_was_before_and_begins_the_time_anew(
    store: impl Store,
) {
    let ask = async |n: u32, limit: Limit| {
        let write = first(&format!("m{n}"), incomplete(), now());
        store.keep_mail(&[write], &[], &[limit], None).await.unwrap()
    };
    let marked = |at| Limit::marked("answers", &ada(), hour(), at);
    assert_eq!(ask(1, spaced(now())).await, Committed::Done);
    assert_eq!(ask(2, marked(later(60))).await, Committed::Done);
    assert_eq!(ask(3, marked(later(61))).await, Committed::Done);
    let over = ask(4, spaced(later(3600))).await;
    assert!(matches!(over, Committed::OverLimit(_)), "{over:?}");
    assert_eq!(ask(4, spaced(later(3661))).await, Committed::Done);
}

pub async fn of_several_limits_each_counts_and_none_when_one_is_reached(store: impl Store) {
    let ask = async |n: i64, limits: Vec<Limit>| {
        let change = escalation(&format!("INC-{n}"), now());
        store.commit(Commit { limits, ..Commit::of(&change) }).await.unwrap()
    };
    let escalations = |count| Limit { what: "escalations", ..counted(count, now()) };
    let all = |at| vec![counted(3, at), escalations(2), spaced(at)];
    assert_eq!(ask(1, all(now())).await, Committed::Done);
    // The last is reached, so the others do not count.
    for _ in 0..3 {
        assert_eq!(ask(2, all(later(1))).await, Committed::OverLimit(spaced(later(1))));
    }
    assert_eq!(store.load(&"INC-2".parse().unwrap()).await.unwrap(), None);
    let without_answer = || vec![counted(3, now()), escalations(2)];
    assert_eq!(ask(2, without_answer()).await, Committed::Done);
    assert_eq!(ask(3, without_answer()).await, Committed::OverLimit(escalations(2)));
    assert_eq!(ask(3, vec![counted(3, now())]).await, Committed::Done, "the third of three");
    assert_eq!(ask(4, vec![counted(3, now())]).await, Committed::OverLimit(counted(3, now())));
    // The first that is reached is named.
    assert_eq!(ask(4, all(now())).await, Committed::OverLimit(counted(3, now())));
}

pub async fn a_mail_that_was_handled_counts_against_no_limit(store: impl Store) {
    let write = first("m1", quarantined(), now());
    kept(&store, std::slice::from_ref(&write)).await;
    let once = counted(1, now());
    for _ in 0..3 {
        let writes = std::slice::from_ref(&write);
        let again = store.keep_mail(writes, &[], std::slice::from_ref(&once), None).await;
        assert_eq!(again.unwrap(), Committed::AlreadyHandled);
    }
    let other = first("m2", quarantined(), now());
    let done = store.keep_mail(&[other], &[], std::slice::from_ref(&once), None).await.unwrap();
    assert_eq!(done, Committed::Done);
    // Handled before, and over the limit: it was handled.
    let again = store.keep_mail(&[write], &[], &[once], None).await.unwrap();
    assert_eq!(again, Committed::AlreadyHandled);
}

async fn on_dynamodb() -> (TestDynamoDb, Desk<DynamoDbStore>) {
    let dynamodb = TestDynamoDb::start().await;
    let store = DynamoDbStore::new(dynamodb.aws.dynamodb(), dynamodb.table);
    let policy = Arc::new(desk_tests::default_policy());
    (dynamodb, Desk { store, policy, clock: Clock::of(now) })
}

async fn forged(desk: &Desk<DynamoDbStore>, id: &str) -> String {
    let why = "Nobody can pay since this morning.";
    let mail = Arriving::plain("ada@customer.example", "escalations@example.com", "INC-1", why);
    let mail = Arriving { dmarc: "FAIL".to_owned(), ..mail };
    let read = reading::read(&mail.raw, &mail.envelope_from);
    let receipt = mail.receipt(id, now());
    act::receive(desk, &link_keys(), &receipt, read).await.unwrap().to_string()
}

/// Each has the desk look at the one quarantine.
#[tokio::test]
async fn mails_that_come_at_once_are_all_held() {
    let (_dynamodb, desk) = on_dynamodb().await;
    let ids: Vec<_> = (0..60).map(|n| format!("m{n:02}")).collect();
    let held = futures::future::join_all(ids.iter().map(|id| forged(&desk, id))).await;
    assert!(held.iter().all(|outcome| outcome == "quarantined unauthenticated"));
    assert_eq!(waiting(&desk.store, 25).await, ids);
}

#[tokio::test]
async fn of_decisions_that_come_at_once_one_wins() {
    let (_dynamodb, desk) = on_dynamodb().await;
    forged(&desk, "m1").await;
    let api = escalation_desk::gateway::router(desk.clone(), link_keys());
    let decide = async |n: usize, what: &str| {
        let body = json!({ "by": format!("Person {n}") });
        send(&api, post(&format!("/v1/quarantine/m1/{what}"), &body)).await
    };
    let all = (0..10).map(|n| decide(n, if n % 2 == 0 { "release" } else { "refusal" }));
    let replies = futures::future::join_all(all).await;
    let with = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with(200), with(409)), (1, 9), "{replies:?}");
    let decided = desk.store.load_mail(&id("m1")).await.unwrap().unwrap();
    assert_eq!(decided.version, 2);
}

/// Under one key, all are the same request.
#[tokio::test]
async fn a_release_that_is_sent_many_times_at_once_is_answered_the_same() {
    let (_dynamodb, desk) = on_dynamodb().await;
    forged(&desk, "m1").await;
    let api = escalation_desk::gateway::router(desk.clone(), link_keys());
    let path = "/v1/quarantine/m1/release";
    let body = json!({ "by": "Grace" });
    let all = (0..10).map(|_| send(&api, post_once(path, "key", &body)));
    let mut replies = futures::future::join_all(all).await;
    replies.dedup_by(|a, b| a.body == b.body && a.status == b.status);
    assert_eq!(replies.len(), 1, "{replies:?}");
    let incident = desk.store.load(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(incident.version, 1);
}

pub async fn emails_about_mail_are_no_part_of_an_incidents_story(store: impl Store) {
    committed(&store, "INC-1").await;
    let emails = [question("INC-1")];
    store.keep_mail(&[first("INC-1", incomplete(), now())], &emails, &[], None).await.unwrap();
    let story = store.story(&"INC-1".parse().unwrap()).await.unwrap().unwrap();
    assert!(story.emails.iter().all(|item| item.email.id != emails[0].id));
    let due = due(&store, later(60)).await;
    let target = DueTarget::Email(emails[0].id.clone());
    assert!(due.iter().any(|(_, due)| *due == target), "it is handed out when it gets stuck");
    let other = escalation("INC-2", now());
    store.commit(only(&other)).await.unwrap();
}
