use proptest::prelude::*;

use super::*;
use crate::inbound::{Quarantined, waits_since};
use crate::incident::values::Language;

fn policy() -> Policy {
    let default = include_str!("../../../../infra/policy.toml");
    // Two teams of which one address is the same.
    let policy = default
        .replace(
            r#"quarantine_teams = ["care-management"]"#,
            r#"quarantine_teams = ["care-management", "night"]"#,
        )
        .replace(
            "[teams.service-operations]",
            "[teams.night]\nname = \"Night\"\nlanguage = \"fr\"\n\
             addresses = [\"night@example.com\", \"care-management@example.com\"]\n\n\
             [teams.service-operations]",
        );
    Policy::read(&policy).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Seconds after the world began.
fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
    after(start, SignedDuration::from_secs(seconds))
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

fn held(id: &str, because: Quarantined) -> HeldMail {
    let from = Some("ada@customer.example".parse().unwrap());
    HeldMail { id: id.parse().unwrap(), received_at: at(0), from, subject: String::new(), because }
}

fn noticed(watch: &Watch, waiting: &[(Timestamp, HeldMail)], now: i64) -> Notice {
    let policy = policy();
    notice(watch, waiting, &policy, policy.inbound.as_ref().unwrap(), at(now))
}

/// What an e-mail says: the mails that it lists, how many more, how many wait, whether it reminds.
fn says(notice: &Notice) -> Option<(Vec<&str>, usize, usize, bool)> {
    let email = notice.emails.first()?;
    let EmailKind::MailHeld { mails, more, waiting, reminder } = &email.kind else { panic!() };
    Some((mails.iter().map(|mail| mail.id.as_str()).collect(), *more, *waiting, *reminder))
}

/// Given what people were told (until and when) and mails in these places, when the desk looks, then
/// they are told this, and it looks again then. All in seconds.
#[test]
fn people_are_told_and_the_desk_looks_again() {
    type Told<'a> = Option<(&'a [&'a str], bool)>;
    type Row<'a> = (&'a str, Option<(i64, i64)>, &'a [i64], i64, Told<'a>, Option<i64>);
    let rows: &[Row<'_>] = &[
        ("nothing waits", None, &[], 0, None, None),
        ("nothing waits any more", Some((0, 30)), &[], 4 * HOUR, None, None),
        ("the first waits for the margin", None, &[0], 29, None, Some(30)),
        ("and is told", None, &[0], 30, Some((&["m0"], false)), Some(30 + 4 * HOUR)),
        (
            "with all others that are ready",
            None,
            &[0, 9, 20],
            40,
            Some((&["m0", "m1"], false)),
            Some(40 + 15 * MINUTE),
        ),
        (
            "one that comes after a notice waits its time",
            Some((0, 30)),
            &[0, 60],
            90,
            None,
            Some(30 + 15 * MINUTE),
        ),
        (
            "and is told then, alone",
            Some((0, 30)),
            &[0, 60],
            930,
            Some((&["m1"], false)),
            Some(930 + 4 * HOUR),
        ),
        (
            "long after a notice it is told at once",
            Some((0, 30)),
            &[0, 2 * HOUR],
            2 * HOUR + 30,
            Some((&["m1"], false)),
            Some(6 * HOUR + 30),
        ),
        ("what they know of is quiet", Some((0, 30)), &[0], HOUR, None, Some(30 + 4 * HOUR)),
        ("for four hours", Some((0, 30)), &[0], 4 * HOUR + 29, None, Some(30 + 4 * HOUR)),
        (
            "then they are reminded",
            Some((0, 30)),
            &[0],
            4 * HOUR + 30,
            Some((&["m0"], true)),
            Some(8 * HOUR + 30),
        ),
        (
            "of all that waits",
            Some((9, 39)),
            &[0, 5],
            4 * HOUR + 39,
            Some((&["m0", "m1"], true)),
            Some(8 * HOUR + 39),
        ),
        ("one that lies ahead is not told", None, &[15 * MINUTE], 0, None, Some(15 * MINUTE + 30)),
        (
            "nor does a notice of yesterday make the desk look for it",
            Some((-90_000, -90_000)),
            &[15 * MINUTE],
            0,
            None,
            Some(15 * MINUTE + 30),
        ),
        (
            "one that lies ahead is no reason to remind",
            Some((0, 30)),
            &[5 * HOUR],
            4 * HOUR + 30,
            None,
            Some(5 * HOUR + 30),
        ),
        (
            "it is told in its turn",
            Some((0, 30)),
            &[0, 15 * MINUTE],
            15 * MINUTE + 30,
            Some((&["m1"], false)),
            Some(4 * HOUR + 15 * MINUTE + 30),
        ),
    ];
    for (name, told, places, now, expected, due_at) in rows {
        let watch = Watch {
            version: 7,
            told_until: told.map(|(until, _)| at(until)),
            told_at: told.map(|(_, told_at)| at(told_at)),
            due_at: Some(at(*now)),
        };
        let waiting = (0..)
            .zip(*places)
            .map(|(n, place)| (at(*place), held(&format!("m{n}"), Quarantined::Unauthenticated)));
        let waiting: Vec<_> = waiting.collect();
        let notice = noticed(&watch, &waiting, *now);
        let told = says(&notice);
        let told = told.as_ref().map(|(ids, _, _, reminder)| (ids.as_slice(), *reminder));
        assert_eq!(told, *expected, "{name}");
        assert_eq!(notice.watch.due_at, due_at.map(at), "{name}");
        assert_eq!(notice.watch.version, 8, "{name}");
        let reminded = expected.is_some_and(|(_, reminder)| reminder);
        assert_eq!(notice.is_forgotten, reminded, "{name}");
    }
}

#[test]
fn each_address_is_told_once_in_the_language_of_its_team() {
    let notice = noticed(&Watch::default(), &[(at(0), held("m", Quarantined::Spam))], 30);
    let told = notice
        .emails
        .iter()
        .map(|email| (email.id.to_string(), email.recipient.to_string(), email.language));
    let row = |id: &str, to: &str, language| (id.to_owned(), to.to_owned(), language);
    let expected = [
        row("_-1-0", "care-management@example.com", Language::En),
        row("_-1-1", "night@example.com", Language::Fr),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_flood_is_one_email_that_lists_twenty_and_counts_the_rest() {
    let waiting: Vec<_> =
        (0..300).map(|n| (at(n), held(&format!("m{n}"), Quarantined::Flood))).collect();
    let notice = noticed(&Watch::default(), &waiting, 400);
    let (ids, more, waiting, reminder) = says(&notice).unwrap();
    assert_eq!((ids.len(), ids[0], more, waiting, reminder), (20, "m0", 280, 300, false));
}

/// The first waits for hours, and a new one comes each hour: each is told of, so nobody is reminded,
/// but that the first is forgotten is measured all the same.
#[test]
fn news_does_not_hide_that_something_is_forgotten() {
    let mut watch = Watch::default();
    let mut waiting = Vec::new();
    let mut forgotten = Vec::new();
    for hour in 0..6 {
        waiting.push((at(hour * HOUR), held(&format!("m{hour}"), Quarantined::Stranger)));
        let notice = noticed(&watch, &waiting, hour * HOUR + 30);
        assert!(matches!(says(&notice), Some((ids, _, _, false)) if ids.len() == 1));
        forgotten.push(notice.is_forgotten);
        watch = notice.watch;
    }
    assert_eq!(forgotten, [false, false, false, false, true, true]);
}

/// Something that happens to the quarantine.
#[derive(Debug, Clone)]
enum Happens {
    Nothing,
    /// A mail is held.
    Held,
    /// One is held until its sender says more.
    Asked,
    /// A person, or its sender, ends the wait of one.
    Ended(prop::sample::Index),
}

/// A mail, from when people are to be told of it to when it waited no more.
#[derive(Debug)]
struct Waited {
    tell_at: Timestamp,
    ended_at: Timestamp,
}

/// What people were told at once.
#[derive(Debug)]
struct Told {
    at: Timestamp,
    /// The mails, by their number.
    mails: Vec<usize>,
    recipients: Vec<String>,
    is_reminder: bool,
}

/// What a history came to.
#[derive(Debug, Default)]
struct Played {
    mails: Vec<Waited>,
    told: Vec<Told>,
}

/// How long the desk may leave what is due, in seconds: the schedule fires each minute.
const LATE: i64 = 60;

/// Plays a history: what happens after how many seconds, as the stores record it, and beside it a sweep
/// every so many seconds. Nothing happens in the nine hours that follow.
fn played(history: &[(i64, Happens)], sweeps: &[i64]) -> Played {
    let mut played = Played::default();
    let mut waiting: Vec<(Timestamp, HeldMail)> = Vec::new();
    let (mut watch, mut now, mut sweep) = (Watch::default(), at(0), at(0));
    let (policy, mut sweeps) = (policy(), sweeps.iter().cycle());
    for (gap, happens) in history.iter().chain([&(9 * HOUR, Happens::Nothing)]) {
        let until = after(now, SignedDuration::from_secs(*gap));
        while sweep <= until {
            if watch.due_at.is_some_and(|due_at| due_at <= sweep) {
                waiting.sort_by_key(|(tell_at, held)| (*tell_at, held.id.clone()));
                let inbound = policy.inbound.as_ref().unwrap();
                let notice = notice(&watch, &waiting, &policy, inbound, sweep);
                the_version_moves_on(&watch, &notice);
                nothing_is_due_when_nothing_waits(&notice, &waiting);
                no_look_is_in_vain(&notice, sweep);
                played.told.extend(told(&notice, sweep));
                watch = notice.watch;
            }
            sweep = after(sweep, SignedDuration::from_secs(*sweeps.next().unwrap()));
        }
        now = until;
        let (because, waits) = match happens {
            Happens::Nothing => continue,
            Happens::Ended(_) if waiting.is_empty() => continue,
            Happens::Ended(index) => {
                let (_, held) = waiting.remove(index.index(waiting.len()));
                played.mails[number(&held)].ended_at = now;
                continue;
            }
            Happens::Held => (Quarantined::Unauthenticated, 0),
            Happens::Asked => (Quarantined::Incomplete, 15 * MINUTE),
        };
        let tell_at = after(now, SignedDuration::from_secs(waits));
        let held = held(&played.mails.len().to_string(), because);
        assert_eq!(waits_since(&held, tell_at), now);
        played.mails.push(Waited { tell_at, ended_at: Timestamp::MAX });
        waiting.push((tell_at, held));
        watch = Watch { version: watch.version + 1, due_at: Some(now), ..watch };
    }
    for mail in &mut played.mails {
        mail.ended_at = mail.ended_at.min(now);
    }
    played
}

fn number(held: &HeldMail) -> usize {
    held.id.as_str().parse().unwrap()
}

fn told(notice: &Notice, now: Timestamp) -> Option<Told> {
    let EmailKind::MailHeld { mails, more: 0, reminder, .. } = &notice.emails.first()?.kind else {
        panic!("an e-mail lists all of so few mails");
    };
    Some(Told {
        at: now,
        mails: mails.iter().map(number).collect(),
        recipients: notice.emails.iter().map(|email| email.recipient.to_string()).collect(),
        is_reminder: *reminder,
    })
}

fn the_version_moves_on(watch: &Watch, notice: &Notice) {
    assert_eq!(notice.watch.version, watch.version + 1);
    assert!(notice.emails.iter().all(|email| email.id.version == notice.watch.version));
}

fn nothing_is_due_when_nothing_waits(notice: &Notice, waiting: &[(Timestamp, HeldMail)]) {
    if waiting.is_empty() {
        assert_eq!((notice.watch.due_at, notice.emails.len()), (None, 0));
    } else {
        assert!(notice.watch.due_at.is_some());
    }
}

/// The desk looks again later, never at once.
fn no_look_is_in_vain(notice: &Notice, now: Timestamp) {
    assert!(notice.watch.due_at.is_none_or(|due_at| due_at > now));
}

fn every_mail_that_waits_is_told_of_in_time(played: &Played) {
    let late = SignedDuration::from_secs(LATE);
    for (n, mail) in played.mails.iter().enumerate() {
        let first = played.told.iter().find(|told| told.mails.contains(&n));
        let latest = [MARGIN, AT_MOST_EVERY, late].into_iter().fold(mail.tell_at, after);
        match first {
            Some(told) => assert!(told.at <= latest, "mail {n} was told of at {}", told.at),
            None => assert!(mail.ended_at <= latest, "nobody was told of mail {n}"),
        }
    }
}

fn no_mail_is_told_of_before_its_time_or_once_it_waits_no_more(played: &Played) {
    for told in &played.told {
        for n in &told.mails {
            let mail = &played.mails[*n];
            assert!(after(mail.tell_at, MARGIN) <= told.at, "mail {n} was told of too early");
            assert!(told.at <= mail.ended_at, "mail {n} did not wait any more");
        }
    }
}

fn nobody_has_two_emails_within_a_quarter_of_an_hour(played: &Played) {
    for pair in played.told.windows(2) {
        assert!(after(pair[0].at, AT_MOST_EVERY) <= pair[1].at, "{pair:?}");
        let mut recipients = pair[1].recipients.clone();
        recipients.dedup();
        assert_eq!(recipients, ["care-management@example.com", "night@example.com"]);
    }
}

fn people_are_reminded_while_something_waits(played: &Played) {
    let late = SignedDuration::from_secs(LATE);
    for (n, mail) in played.mails.iter().enumerate() {
        let since = played.told.iter().position(|told| told.mails.contains(&n));
        let Some(since) = since else { continue };
        let mut last = played.told[since].at;
        let later = played.told[since..].iter().map(|told| told.at).chain([mail.ended_at]);
        for told_at in later.filter(|told_at| *told_at <= mail.ended_at) {
            assert!(told_at <= after(after(last, REMIND_EVERY), late), "mail {n} was forgotten");
            last = told_at;
        }
    }
}

fn who_is_reminded_had_four_hours_and_nothing_new(played: &Played) {
    for (n, told) in played.told.iter().enumerate() {
        let before = &played.told[..n];
        let is_known = |mail: &usize| before.iter().any(|told| told.mails.contains(mail));
        if told.is_reminder {
            assert!(after(before[n - 1].at, REMIND_EVERY) <= told.at);
            assert!(told.mails.iter().all(is_known));
        } else {
            assert!(!told.mails.iter().any(is_known), "told of twice as if it were new");
        }
    }
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => Just(Happens::Held),
        2 => Just(Happens::Asked),
        3 => any::<prop::sample::Index>().prop_map(Happens::Ended),
    ]
}

/// Seconds between two things that happen: a flood, minutes, hours.
fn gap() -> impl Strategy<Value = i64> {
    prop_oneof![0..20_i64, 0..20 * MINUTE, 0..6 * HOUR]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_happens_people_are_told_in_time_and_not_too_often(
        history in prop::collection::vec((gap(), happens()), 0..20),
        sweeps in prop::collection::vec(1..=LATE, 1..9),
    ) {
        let played = played(&history, &sweeps);
        every_mail_that_waits_is_told_of_in_time(&played);
        no_mail_is_told_of_before_its_time_or_once_it_waits_no_more(&played);
        nobody_has_two_emails_within_a_quarter_of_an_hour(&played);
        people_are_reminded_while_something_waits(&played);
        who_is_reminded_had_four_hours_and_nothing_new(&played);
    }
}
