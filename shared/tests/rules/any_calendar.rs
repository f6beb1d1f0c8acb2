//! Any calendar at all, and what holds for each: named invariants, and a model that counts minute
//! by minute what clocks on the wall show.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proptest::prelude::*;
use shared::policy::{Calendar, Policy};

pub const DEFAULT: &str = include_str!("../../../infra/policy.toml");

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A calendar as a policy file writes it.
pub fn calendar(zone: &str, hours: &str, holidays: &str) -> Calendar {
    let written = format!(
        "{DEFAULT}\n[calendars.it]\ntime_zone = '{zone}'\nhours = {{ {hours} }}\n\
         holidays = [{holidays}]\n"
    );
    let policy = Policy::read(&written).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    policy.calendar(&"it".parse().unwrap()).unwrap().clone()
}

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Zones, each with an instant at which its clocks change: by an hour, by half an hour, at
/// midnight, and by a whole day.
const CHANGES: [(&str, &str); 9] = [
    ("UTC", "2026-03-29T01:00Z"),
    ("Europe/Paris", "2026-03-29T01:00Z"),
    ("Europe/Paris", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
];

/// What was written, for the model; minutes of the day.
#[derive(Debug, Clone)]
pub struct Written {
    zone: &'static str,
    pub change: Timestamp,
    week: Vec<Vec<(u16, u16)>>,
    holidays: Vec<Date>,
}

impl Written {
    pub fn calendar(&self) -> Calendar {
        let time = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let range = |(opens, closes): &(u16, u16)| format!("'{}-{}'", time(opens), time(closes));
        let day = |(name, ranges): (&str, &Vec<_>)| {
            format!("{name} = [{}]", ranges.iter().map(range).collect::<Vec<_>>().join(", "))
        };
        let hours: Vec<_> = DAYS.into_iter().zip(&self.week).map(day).collect();
        let holidays: Vec<_> = self.holidays.iter().map(|date| format!("'{date}'")).collect();
        calendar(self.zone, &hours.join(", "), &holidays.join(", "))
    }

    /// Whether a clock on the wall shows a time inside hours.
    fn is_open(&self, zone: &TimeZone, instant: Timestamp) -> bool {
        let wall = zone.to_datetime(instant);
        let day = wall.date().weekday().to_monday_zero_offset() as usize;
        let since_midnight = wall.time().duration_since(Time::midnight()).as_mins() as u16;
        !self.holidays.contains(&wall.date())
            && self.week[day]
                .iter()
                .any(|(opens, closes)| (*opens..*closes).contains(&since_midnight))
    }
}

fn day() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let some = prop::collection::btree_set(0u16..=1440, 2..7).prop_map(|marks| {
        let marks: Vec<_> = marks.into_iter().collect();
        marks.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    });
    prop_oneof![2 => Just(Vec::new()), 1 => Just(vec![(0, 1440)]), 4 => some]
}

/// Any calendar that has hours, with holidays around a change of its clocks.
pub fn written() -> impl Strategy<Value = Written> {
    let week = prop::collection::vec(day(), 7)
        .prop_filter("has hours", |week| week.iter().any(|day| !day.is_empty()));
    let holidays = prop::collection::vec(-4i64..5, 0..3);
    (prop::sample::select(&CHANGES), week, holidays).prop_map(|((zone, change), week, days)| {
        let change = at(change);
        let date = |day| TimeZone::UTC.to_datetime(change + SignedDuration::from_hours(24 * day));
        let holidays = days.into_iter().map(|day| date(day).date()).collect();
        Written { zone, change, week, holidays }
    })
}

/// Milliseconds around a change, up to two weeks away.
pub fn offset() -> impl Strategy<Value = SignedDuration> {
    let two_weeks = 14 * 24 * 60 * 60 * 1000i64;
    prop_oneof![-two_weeks..two_weeks, (-200i64..200).prop_map(|quarters| quarters * 900_000)]
        .prop_map(SignedDuration::from_millis)
}

/// Working time from nothing to 10 days; often whole quarters of an hour, so that it ends with
/// hours.
pub fn working() -> impl Strategy<Value = SignedDuration> {
    let ten_days = 10 * 24 * 60 * 60 * 1000i64;
    prop_oneof![0..ten_days, (0i64..200).prop_map(|quarters| quarters * 900_000)]
        .prop_map(SignedDuration::from_millis)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_calendar_counts_working_time_rightly(
        written in written(),
        starts in (offset(), offset(), offset()),
        worked in (working(), working()),
    ) {
        let calendar = written.calendar();
        let mut instants = [starts.0, starts.1, starts.2].map(|offset| written.change + offset);
        instants.sort_unstable();
        let mut worked = [worked.0, worked.1];
        worked.sort_unstable();
        c1_what_has_passed_by_after_is_what_was_asked(&calendar, instants[0], worked[0]);
        c2_after_is_monotone(&calendar, instants, worked);
        c3_before_undoes_after(&calendar, instants[0], worked[0]);
        c4_between_is_additive(&calendar, instants);
        c5_an_instant_counts_when_the_wall_shows_hours(&written, &calendar, instants[0]);
    }
}

fn c1_what_has_passed_by_after_is_what_was_asked(
    calendar: &Calendar,
    start: Timestamp,
    working: SignedDuration,
) {
    let end = calendar.after(start, working);
    assert_eq!(calendar.between(start, end), working);
    // And it is the first such instant.
    if end > start {
        let just_before = end - SignedDuration::from_nanos(1);
        assert!(calendar.between(start, just_before) < working);
    }
}

fn c2_after_is_monotone(
    calendar: &Calendar,
    [early, _, late]: [Timestamp; 3],
    [short, long]: [SignedDuration; 2],
) {
    assert!(calendar.after(early, short) <= calendar.after(early, long));
    assert!(calendar.after(early, long) <= calendar.after(late, long));
    assert!(calendar.before(late, long) <= calendar.before(late, short));
    assert!(calendar.before(early, long) <= calendar.before(late, long));
}

fn c3_before_undoes_after(calendar: &Calendar, start: Timestamp, working: SignedDuration) {
    let back = calendar.before(calendar.after(start, working), working);
    assert!(back >= start);
    assert_eq!(calendar.between(start, back), SignedDuration::ZERO);
    let from = calendar.before(start, working);
    assert_eq!(calendar.between(from, start), working);
    assert!(calendar.after(from, working) <= start);
}

fn c4_between_is_additive(calendar: &Calendar, [a, b, c]: [Timestamp; 3]) {
    assert_eq!(calendar.between(a, b) + calendar.between(b, c), calendar.between(a, c));
    assert_eq!(calendar.between(c, a), SignedDuration::ZERO);
}

fn c5_an_instant_counts_when_the_wall_shows_hours(
    written: &Written,
    calendar: &Calendar,
    somewhere: Timestamp,
) {
    let zone = TimeZone::get(written.zone).unwrap();
    let minute = SignedDuration::from_mins(1);
    let somewhere = Timestamp::from_second(somewhere.as_second().div_euclid(60) * 60).unwrap();
    for start in [written.change - SignedDuration::from_hours(36), somewhere] {
        let minutes = (0..72 * 60).map(|n| start + minute * n);
        let open = minutes.filter(|instant| written.is_open(&zone, *instant)).count();
        let counted = calendar.between(start, start + SignedDuration::from_hours(72));
        assert_eq!(counted, minute * i32::try_from(open).unwrap(), "from {start}");
    }
}
