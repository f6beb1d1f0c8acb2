//! Instants as people read them: in the desk's time zone, in the recipient's language.
//!
//! jiff knows no language but English, and ICU's data would be most of a function's size: thirty
//! words stand here instead.

use jiff::{SignedDuration, Timestamp, ZonedDateTime, tz::TimeZone};

use crate::incident::values::Language;

const EN_DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const EN_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FR_DAYS: [&str; 7] =
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const FR_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

const SECONDS_MATTER_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Writes instants for one reader.
#[derive(Debug, Clone)]
pub struct When<'a> {
    /// The zone in which they are written.
    pub zone: &'a TimeZone,
    /// The reader's language.
    pub language: Language,
    /// When it is written: for an e-mail, when its cause happened. What is near that is told to the
    /// second.
    pub written_at: Timestamp,
}

impl When<'_> {
    /// The whole instant to the second, with its zone: `Tuesday 24 November 2026, 09:15:00 (CET,
    /// UTC+1)`.
    #[must_use]
    pub fn full(&self, instant: Timestamp) -> String {
        let at = instant.to_zoned_datetime(self.zone.clone());
        let (day, month) = self.names(&at);
        let (date, year) = (self.day_of_month(&at), at.year());
        let (time, zone) = (self.time(&at), zone_name(&at));
        match self.language {
            Language::En => format!("{day} {date} {month} {year}, {time} ({zone})"),
            Language::Fr => format!("{day} {date} {month} {year} à {time} ({zone})"),
        }
    }

    /// For subjects: the time of day, with the date when it is not the same day: `09:15 CET`.
    #[must_use]
    pub fn short(&self, instant: Timestamp) -> String {
        let at = instant.to_zoned_datetime(self.zone.clone());
        let time = format!("{} {}", self.time(&at), zone_abbreviation(&at));
        if at.date() == self.written_at.to_zoned_datetime(self.zone.clone()).date() {
            return time;
        }
        let (_, month) = self.names(&at);
        match self.language {
            Language::En => format!("{} {month}, {time}", at.day()),
            Language::Fr => format!("le {} {month} à {time}", self.day_of_month(&at)),
        }
    }

    /// For rows: to the minute, with the date where rows have one: `24 November, 09:15 CET`.
    pub(super) fn in_row(&self, instant: Timestamp, dated: bool) -> String {
        let at = instant.to_zoned_datetime(self.zone.clone());
        let time = format!("{} {}", self.hour_and_minute(&at), zone_abbreviation(&at));
        if !dated {
            return time;
        }
        let (_, month) = self.names(&at);
        format!("{} {month}, {time}", self.day_of_month(&at))
    }

    /// Whether it is on the day on which the e-mail was written.
    pub(super) fn is_same_day(&self, instant: Timestamp) -> bool {
        let day = |at: Timestamp| at.to_zoned_datetime(self.zone.clone()).date();
        day(instant) == day(self.written_at)
    }

    /// Whether it had come when the e-mail was written.
    #[must_use]
    pub fn is_past(&self, instant: Timestamp) -> bool {
        instant <= self.written_at
    }

    fn day_of_month(&self, at: &ZonedDateTime) -> String {
        let first = at.day() == 1 && self.language == Language::Fr;
        format!("{}{}", at.day(), if first { "er" } else { "" })
    }

    /// To the minute, rounded down so that nobody is promised more than is kept; to the second when
    /// it is only minutes away.
    fn time(&self, at: &ZonedDateTime) -> String {
        let away = at.timestamp().duration_since(self.written_at).abs();
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        let to_the_second = second != 0 && away < SECONDS_MATTER_WITHIN;
        match (self.language, to_the_second) {
            (_, false) => self.hour_and_minute(at),
            (Language::En, true) => format!("{hour:02}:{minute:02}:{second:02}"),
            (Language::Fr, true) => {
                format!("{hour}\u{a0}h\u{a0}{minute:02}\u{a0}min\u{a0}{second:02}\u{a0}s")
            }
        }
    }

    fn hour_and_minute(&self, at: &ZonedDateTime) -> String {
        let (hour, minute) = (at.hour(), at.minute());
        match self.language {
            Language::En => format!("{hour:02}:{minute:02}"),
            Language::Fr => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        }
    }

    fn names(&self, at: &ZonedDateTime) -> (&'static str, &'static str) {
        let day = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(at.month().unsigned_abs()) - 1;
        match self.language {
            Language::En => (EN_DAYS[day], EN_MONTHS[month]),
            Language::Fr => (FR_DAYS[day], FR_MONTHS[month]),
        }
    }
}

fn zone_abbreviation(at: &ZonedDateTime) -> String {
    let abbreviation = at.strftime("%Z").to_string();
    // Zones without a name of their own are abbreviated to their offset, such as "+04".
    if abbreviation.starts_with(['+', '-']) { utc_offset(at) } else { abbreviation }
}

fn zone_name(at: &ZonedDateTime) -> String {
    let (abbreviation, offset) = (zone_abbreviation(at), utc_offset(at));
    if abbreviation == offset || at.offset().seconds() == 0 && abbreviation == "UTC" {
        abbreviation
    } else {
        format!("{abbreviation}, {offset}")
    }
}

fn utc_offset(at: &ZonedDateTime) -> String {
    let seconds = at.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
    if minutes == 0 {
        format!("UTC{sign}{hours}")
    } else {
        format!("UTC{sign}{hours}:{minutes:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_as_people_write_them() {
        for (zone, language, instant, full, short) in [
            (
                "Europe/Paris",
                Language::En,
                "2026-11-24T08:15:00Z",
                "Tuesday 24 November 2026, 09:15 (CET, UTC+1)",
                "09:15 CET",
            ),
            (
                "Europe/Paris",
                Language::Fr,
                "2026-08-01T08:15:30.9Z",
                "samedi 1er août 2026 à 10\u{a0}h\u{a0}15\u{a0}min\u{a0}30\u{a0}s (CEST, UTC+2)",
                "10\u{a0}h\u{a0}15\u{a0}min\u{a0}30\u{a0}s CEST",
            ),
            (
                "UTC",
                Language::En,
                "2026-01-05T00:00:00Z",
                "Monday 5 January 2026, 00:00 (UTC)",
                "00:00 UTC",
            ),
            (
                "Asia/Kolkata",
                Language::En,
                "2026-01-05T00:00:00Z",
                "Monday 5 January 2026, 05:30 (IST, UTC+5:30)",
                "05:30 IST",
            ),
            (
                "Asia/Dubai",
                Language::En,
                "2026-01-05T00:00:00Z",
                "Monday 5 January 2026, 04:00 (UTC+4)",
                "04:00 UTC+4",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let instant: Timestamp = instant.parse().unwrap();
            let when = When { zone: &zone, language, written_at: instant };
            assert_eq!(when.full(instant), full);
            assert_eq!(when.short(instant), short);
        }
    }

    #[test]
    fn a_promise_hours_away_is_rounded_down_to_the_minute() {
        let written_at = Timestamp::UNIX_EPOCH;
        let when = When { zone: &TimeZone::UTC, language: Language::En, written_at };
        let seconds = |n| written_at + SignedDuration::from_secs(n);
        assert_eq!(when.short(seconds(3659)), "01:00 UTC");
        assert_eq!(when.short(seconds(59)), "00:00:59 UTC");
    }

    #[test]
    fn a_promise_on_another_day_is_told_with_its_date() {
        let written_at: Timestamp = "2026-11-30T22:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let in_an_hour = written_at + SignedDuration::from_hours(1);
        for (language, short) in [
            (Language::En, "1 December, 00:30 CET"),
            (Language::Fr, "le 1er décembre à 0\u{a0}h\u{a0}30 CET"),
        ] {
            let when = When { zone: &zone, language, written_at };
            assert_eq!(when.short(in_an_hour), short);
        }
    }
}
