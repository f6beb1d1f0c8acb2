//! What people write of a calendar: the hours of each weekday and the holidays.
//!
//! Days are numbered from 1970-01-01 and times of day counted in seconds of the clock on the
//! wall. Nothing here may know a zone: when the wall shows a time is the calendar's matter.

use std::collections::BTreeSet;

use deserr::{Deserr, ValuePointerRef};
use jiff::civil::{Date, Time, date};

use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;

/// The seconds that a wall clock shows in a day.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// From one time of the day to another, as in `"09:00-12:00"`; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(try_from(String) = range -> Invalid)]
pub(super) struct Range {
    pub(super) opens: i64,
    pub(super) closes: i64,
}

fn range(text: String) -> Result<Range, Invalid> {
    let said = "must be two times of a day, the earlier first, such as \"09:00-12:00\"; \
                the end of the day is \"24:00\"";
    let both = text
        .split_once('-')
        .and_then(|(opens, closes)| Some(Range { opens: time(opens)?, closes: time(closes)? }));
    both.filter(|range| range.opens < range.closes).ok_or_else(|| Invalid(said.to_owned()))
}

fn time(text: &str) -> Option<i64> {
    if text == "24:00" {
        return Some(DAY);
    }
    let time = Time::strptime("%H:%M", text).ok()?;
    Some(i64::from(time.hour()) * 60 * 60 + i64::from(time.minute()) * 60)
}

/// The ranges of one weekday, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, try_from(Vec<Range>) = ascending -> Invalid)]
pub(super) struct Day(Vec<Range>);

fn ascending(ranges: Vec<Range>) -> Result<Day, Invalid> {
    if ranges.windows(2).all(|pair| pair[0].closes <= pair[1].opens) {
        Ok(Day(ranges))
    } else {
        let said = "has a range that starts before the one ahead of it ends; \
                    write them in their order, without overlap";
        Err(Invalid(said.to_owned()))
    }
}

/// The hours of a week; a weekday that is left out has none.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = some_hours -> Invalid)]
pub(super) struct Week {
    #[deserr(default)]
    monday: Day,
    #[deserr(default)]
    tuesday: Day,
    #[deserr(default)]
    wednesday: Day,
    #[deserr(default)]
    thursday: Day,
    #[deserr(default)]
    friday: Day,
    #[deserr(default)]
    saturday: Day,
    #[deserr(default)]
    sunday: Day,
}

fn some_hours(week: Week, _: ValuePointerRef<'_>) -> Result<Week, Invalid> {
    if (0..7).any(|day| !week.on(day).is_empty()) {
        return Ok(week);
    }
    let said = "has no hours at all, so that nothing would ever be due; \
                write some, such as monday = [\"09:00-17:00\"]";
    Err(Invalid(said.to_owned()))
}

impl Week {
    /// The ranges on the day of that number.
    pub(super) fn on(&self, day: i64) -> &[Range] {
        // 1970-01-01 was a Thursday.
        let Day(ranges) = match day.rem_euclid(7) {
            0 => &self.thursday,
            1 => &self.friday,
            2 => &self.saturday,
            3 => &self.sunday,
            4 => &self.monday,
            5 => &self.tuesday,
            _ => &self.wednesday,
        };
        ranges
    }
}

/// A day that is written as `"2026-12-25"`, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserr)]
#[deserr(try_from(String) = day -> Invalid)]
struct Holiday(i64);

fn day(text: String) -> Result<Holiday, Invalid> {
    // An instant reads as a date too, and is none: it has a time that would be forgotten.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    let days = |date: Date| date.duration_since(date_one()).as_secs() / DAY;
    date.map(|date| Holiday(days(date)))
        .ok_or_else(|| Invalid("must be a date such as \"2026-12-25\"".to_owned()))
}

fn date_one() -> Date {
    date(1970, 1, 1)
}

/// Days that have no hours, whatever their weekday.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, from(Vec<Holiday>) = holidays)]
pub(super) struct Holidays(BTreeSet<i64>);

fn holidays(days: Vec<Holiday>) -> Holidays {
    Holidays(days.into_iter().map(|Holiday(day)| day).collect())
}

impl Holidays {
    /// Whether the day of that number is one of them.
    pub(super) fn has(&self, day: i64) -> bool {
        self.0.contains(&day)
    }
}
