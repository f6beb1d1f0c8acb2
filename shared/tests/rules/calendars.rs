//! Business calendars: a table that was worked out by hand, and what holds for every calendar.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::date};
use shared::incident::clock::Clock;
use shared::policy::{Calendar, Period, Policy, Target};

use crate::any_calendar::{DEFAULT, at, calendar};

/// Paris works 8 hours a day, with lunch; New York 8 hours without. `night` is open where clocks
/// change, `fold` opens before they do and closes in the hour that is skipped or shown twice.
const CALENDARS: &str = r#"
[calendars.paris]
time_zone = "Europe/Paris"
hours = { monday = ["09:00-12:00", "13:00-18:00"], tuesday = ["09:00-12:00", "13:00-18:00"], wednesday = ["09:00-12:00", "13:00-18:00"], thursday = ["09:00-12:00", "13:00-18:00"], friday = ["09:00-12:00", "13:00-18:00"] }
holidays = [2026-05-01, "2026-12-25"]

[calendars.new-york]
time_zone = "America/New_York"
hours = { monday = ["09:00-17:00"], tuesday = ["09:00-17:00"], wednesday = ["09:00-17:00"], thursday = ["09:00-17:00"], friday = ["09:00-17:00"] }
holidays = ["2026-11-26"]

[calendars.paris-days]
time_zone = "Europe/Paris"
hours = { saturday = ["00:00-24:00"], sunday = ["00:00-24:00"] }

[calendars.new-york-days]
time_zone = "America/New_York"
hours = { saturday = ["00:00-24:00"], sunday = ["00:00-24:00"] }

[calendars.night]
time_zone = "Europe/Paris"
hours = { sunday = ["01:00-05:00"] }

[calendars.fold]
time_zone = "Europe/Paris"
hours = { sunday = ["01:30-02:30"] }
"#;

struct Row {
    what: &'static str,
    calendar: &'static str,
    start: &'static str,
    within: &'static str,
    /// From, to.
    pause: Option<(&'static str, &'static str)>,
    due: &'static str,
}

const fn row(
    what: &'static str,
    calendar: &'static str,
    start: &'static str,
    within: &'static str,
    due: &'static str,
) -> Row {
    Row { what, calendar, start, within, pause: None, due }
}

const fn paused(row: Row, from: &'static str, to: &'static str) -> Row {
    Row { pause: Some((from, to)), ..row }
}

/// Each `due` was worked out by hand, as the comment says. 2026-06-01 is a Monday. Clocks change on
/// Sundays: in Paris on 29 March (02:00 is 03:00) and 25 October (03:00 is 02:00), in New York on
/// 8 March (02:00 is 03:00) and 1 November (02:00 is 01:00).
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // 09:30 + 2h.
    row("within a morning", "paris", "2026-06-01T09:30+02:00", "2h", "2026-06-01T11:30+02:00"),
    // 11-12 is 1h, lunch is none, 13-14 is the other.
    row("over lunch", "paris", "2026-06-01T11:00+02:00", "2h", "2026-06-01T14:00+02:00"),
    // 10-12 is 2h: due as the morning ends, not as the afternoon starts.
    row("up to lunch", "paris", "2026-06-01T10:00+02:00", "2h", "2026-06-01T12:00+02:00"),
    // Counts from 13:00.
    row("a start at lunch", "paris", "2026-06-01T12:20+02:00", "30m", "2026-06-01T13:30+02:00"),
    // Counts from 09:00.
    row("a start before work", "paris", "2026-06-01T06:00+02:00", "1h", "2026-06-01T10:00+02:00"),
    // Counts from Tuesday, 09:00.
    row("a start after work", "paris", "2026-06-01T19:00+02:00", "1h", "2026-06-02T10:00+02:00"),
    // 1h on Friday; Saturday and Sunday none; 1h on Monday.
    row("over a weekend", "paris", "2026-06-05T17:00+02:00", "2h", "2026-06-08T10:00+02:00"),
    // Thursday 16-18 is 2h; Friday 25 is a holiday; Monday 28 has 9-12 (3h) and 13-16 (3h).
    row("over Christmas", "paris", "2026-12-24T16:00+01:00", "8h", "2026-12-28T16:00+01:00"),
    // Friday 1 May is a holiday; Monday 4 from 09:00.
    row("a start on a holiday", "paris", "2026-05-01T10:00+02:00", "1h", "2026-05-04T10:00+02:00"),
    // 16-17 is 1h on Wednesday; Thursday 26 is Thanksgiving; 9-10 on Friday.
    row("over Thanksgiving", "new-york", "2026-11-25T16:00-05:00", "2h", "2026-11-27T10:00-05:00"),
    // 40h is a week of five days of 8h: Monday 09:00 to Friday 18:00.
    row("a week", "paris", "2026-06-01T09:00+02:00", "1d 16h", "2026-06-05T18:00+02:00"),

    // 1h on Friday in winter, 1h on Monday in summer.
    row("Paris, spring, work", "paris", "2026-03-27T17:00+01:00", "2h", "2026-03-30T10:00+02:00"),
    // 1h on Friday in summer, 1h on Monday in winter.
    row("Paris, autumn, work", "paris", "2026-10-23T17:00+02:00", "2h", "2026-10-26T10:00+01:00"),
    // 1h on Friday, 2h on Monday.
    row("New York, spring, work", "new-york", "2026-03-06T16:00-05:00", "3h", "2026-03-09T11:00-04:00"),
    row("New York, autumn, work", "new-york", "2026-10-30T16:00-04:00", "3h", "2026-11-02T11:00-05:00"),
    // Saturday has 12h left. 12h into Sunday the wall shows 13:00, as one hour was skipped.
    row("Paris, spring, day", "paris-days", "2026-03-28T12:00+01:00", "1d", "2026-03-29T13:00+02:00"),
    row("New York, spring, day", "new-york-days", "2026-03-07T12:00-05:00", "1d", "2026-03-08T13:00-04:00"),
    // 12h into Sunday the wall shows 11:00, as one hour was shown twice.
    row("Paris, autumn, day", "paris-days", "2026-10-24T12:00+02:00", "1d", "2026-10-25T11:00+01:00"),
    row("New York, autumn, day", "new-york-days", "2026-10-31T12:00-04:00", "1d", "2026-11-01T11:00-05:00"),
    // The Sunday has 23h, so it is over as they are.
    row("a day of 23 hours", "paris-days", "2026-03-29T00:00+01:00", "23h", "2026-03-30T00:00+02:00"),
    // The Sunday has 25h.
    row("a day of 25 hours", "paris-days", "2026-10-25T00:00+02:00", "1d 1h", "2026-10-26T00:00+01:00"),
    // 01-02 and 03-05 are 3h; the fourth is 01-02 on the next Sunday.
    row("a skipped hour", "night", "2026-03-28T20:00+01:00", "4h", "2026-04-05T02:00+02:00"),
    // 01-03 in summer is 2h, 02-04 in winter the other 2h.
    row("an hour twice", "night", "2026-10-24T20:00+02:00", "4h", "2026-10-25T04:00+01:00"),
    // 01:30-02:00 is 30m and the rest is skipped; 45m are left for the next Sunday.
    row("hours that end in the gap", "fold", "2026-03-29T00:00+01:00", "1h 15m", "2026-04-05T02:15+02:00"),
    // 01:30-02:30 in summer is 1h; the wall shows 02:00-02:15 again in winter.
    row("hours that end in the fold", "fold", "2026-10-25T00:00+02:00", "1h 15m", "2026-10-25T02:15+01:00"),

    // 10-11 is 1h; 3h are left at 14:30.
    paused(row("a pause", "paris", "2026-06-01T10:00+02:00", "4h", "2026-06-01T17:30+02:00"),
        "2026-06-01T11:00+02:00", "2026-06-01T14:30+02:00"),
    // Friday 16-17 is 1h; on Tuesday 11-12 is the second, 13-15 are the last two.
    paused(row("a pause over a weekend", "paris", "2026-06-05T16:00+02:00", "4h", "2026-06-09T15:00+02:00"),
        "2026-06-05T17:00+02:00", "2026-06-09T11:00+02:00"),
    // Friday 16-18 is 2h, Monday 9-11 are the other two: no time inside hours was lost.
    paused(row("a pause outside hours", "paris", "2026-06-05T16:00+02:00", "4h", "2026-06-08T11:00+02:00"),
        "2026-06-06T10:00+02:00", "2026-06-07T10:00+02:00"),
    // 22-01 is 3h. Resumed at 04:00, which is 2h later, the other 3h end at 07:00.
    paused(row("a pause, Paris, spring", "paris-days", "2026-03-28T22:00+01:00", "6h", "2026-03-29T07:00+02:00"),
        "2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00"),
    // 01:00-02:30 in summer is 1h 30m; 02:30-05:00 in winter are the other 2h 30m.
    paused(row("a pause, Paris, autumn", "night", "2026-10-24T20:00+02:00", "4h", "2026-10-25T05:00+01:00"),
        "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),
    // 00-01:30 is 1h 30m. Resumed at 03:30, which is 1h later, the other 2h 30m end at 06:00.
    paused(row("a pause, New York, spring", "new-york-days", "2026-03-08T00:00-05:00", "4h", "2026-03-08T06:00-04:00"),
        "2026-03-08T01:30-05:00", "2026-03-08T03:30-04:00"),
    // 00-01:30 in summer is 1h 30m. Resumed an hour later, 2h 30m from 01:30 in winter end at 04:00.
    paused(row("a pause, New York, autumn", "new-york-days", "2026-11-01T00:00-04:00", "4h", "2026-11-01T04:00-05:00"),
        "2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00"),
];

fn policy() -> Policy {
    Policy::read(&format!("{DEFAULT}{CALENDARS}")).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn target(within: &str, calendar: &str, warnings: &[&str]) -> Target {
    Target {
        within: Period::try_from(within.to_owned()).unwrap(),
        calendar: Some(calendar.parse().unwrap()),
        warnings: warnings.iter().map(|w| (*w).to_owned().try_into().unwrap()).collect(),
    }
}

#[test]
fn deadlines_are_where_they_were_worked_out_by_hand() {
    let policy = policy();
    let mut wrong = String::new();
    for Row { what, calendar, start, within, pause, due } in TABLE {
        let start = at(start);
        let mut clock = Clock::start(&policy, &target(within, calendar, &[]), start, start);
        if let Some((from, to)) = pause {
            clock.pause(at(from));
            clock.resume(&policy, at(to));
        }
        if clock.due_at != at(due) {
            writeln!(wrong, "{what}: due {}, not {}", clock.due_at, at(due)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn warnings_count_working_time_and_those_of_one_instant_are_given_once() {
    // Friday 17:00 to Monday 12:00 is 4h. An hour ahead is Monday 11:00; half of it has passed on
    // Monday 10:00; 75% is that hour ahead again; three hours ahead is Monday 09:00, when there is
    // somebody to be warned, and not Friday 18:00.
    let (policy, start) = (policy(), at("2026-06-05T17:00+02:00"));
    let promise = target("4h", "paris", &["1h", "50%", "75%", "3h"]);
    let clock = Clock::start(&policy, &promise, start, start);
    let monday = |time: &str| at(&format!("2026-06-08T{time}+02:00"));
    assert_eq!(clock.warnings, [monday("09:00"), monday("10:00"), monday("11:00")]);
    assert_eq!(clock.due_at, monday("12:00"));
}

#[test]
fn a_share_that_has_passed_as_the_hours_end_is_told_as_they_end() {
    let (policy, start) = (policy(), at("2026-06-05T17:00+02:00"));
    let clock = Clock::start(&policy, &target("4h", "paris", &["25%"]), start, start);
    assert_eq!(clock.warnings, [at("2026-06-05T18:00+02:00")]);
}

#[test]
fn a_year_of_working_time_at_an_hour_a_week_takes_168_years() {
    let calendar = calendar("UTC", "monday = ['09:00-10:00']", "");
    let due_at = calendar.after(at("2026-01-01T00:00Z"), Period::LONGEST.duration());
    // 366 days have 8784 hours; the first Monday is 5 January.
    let last_monday = date(2026, 1, 5).checked_add(8783.weeks()).unwrap();
    assert_eq!(due_at, at(&format!("{last_monday}T10:00Z")));
}

#[test]
fn at_the_ends_of_representable_time_a_calendar_stays_there() {
    let year = Period::LONGEST.duration();
    for zone in ["Europe/Paris", "America/New_York", "UTC"] {
        let calendar = calendar(zone, "monday = ['09:00-09:01']", "");
        assert_eq!(calendar.after(at("9999-12-01T00:00Z"), year), Timestamp::MAX);
        assert_eq!(calendar.after(Timestamp::MAX, year), Timestamp::MAX);
        assert_eq!(calendar.before(Timestamp::MIN, year), Timestamp::MIN);
        assert_eq!(calendar.between(Timestamp::MAX, Timestamp::MAX), SignedDuration::ZERO);
        // A minute a week: there is not that much working time left.
        assert_eq!(calendar.after(at("2026-01-01T00:00Z"), year), Timestamp::MAX);
    }
}

#[test]
fn a_calendar_is_what_was_written_whatever_the_order_of_its_holidays() {
    let hours = "monday = ['09:00-17:00']";
    let one: Calendar = calendar("UTC", hours, "'2026-12-25', '2026-01-01'");
    let other = calendar("UTC", hours, "'2026-01-01', '2026-12-25', '2026-01-01'");
    assert_eq!(one, other);
}
