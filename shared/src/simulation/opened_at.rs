//! When a scenario begins: an instant, a local time, or a weekday and time as people say it.

use deserr::Deserr;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::incident::values::Invalid;

/// How far from now a scenario may begin.
const FARTHEST: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// When a scenario begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(try_from(String) = parse -> Invalid)]
pub enum OpenedAt {
    /// Now.
    Now,
    /// An instant.
    Instant(Timestamp),
    /// A date and time in the desk's zone.
    Local(DateTime),
    /// The next such day and time in the desk's zone.
    Next(Weekday, Time),
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn parse(text: String) -> Result<OpenedAt, Invalid> {
    OpenedAt::try_from(text)
}

impl TryFrom<String> for OpenedAt {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        read(text.trim()).ok_or_else(|| {
            Invalid(
                "must be \"now\", a weekday and time such as \"Saturday 23:10\", a date and time \
                 in the desk's zone such as \"2026-11-28 23:10\", or an instant such as \
                 \"2026-11-28T23:10:00+01:00\""
                    .to_owned(),
            )
        })
    }
}

fn read(text: &str) -> Option<OpenedAt> {
    if text.eq_ignore_ascii_case("now") {
        return Some(OpenedAt::Now);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(OpenedAt::Instant(instant));
    }
    let words: Vec<_> = text.split_whitespace().collect();
    match words.as_slice() {
        [day, time] | [day, "at", time] => {
            let is_it = |(name, _): &&(&str, Weekday)| {
                day.eq_ignore_ascii_case(name) || day.eq_ignore_ascii_case(&name[..3])
            };
            match DAYS.iter().find(is_it) {
                Some((_, weekday)) => Some(OpenedAt::Next(*weekday, time_of_day(time)?)),
                None => Some(OpenedAt::Local(
                    day.parse::<jiff::civil::Date>().ok()?.to_datetime(time_of_day(time)?),
                )),
            }
        }
        [one] if one.contains(':') => one.parse().ok().map(OpenedAt::Local),
        _ => None,
    }
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M:%S", text).or_else(|_| Time::strptime("%H:%M", text)).ok()
}

impl OpenedAt {
    /// The instant, for somebody who says it at `now`, to the millisecond. A local time that clocks
    /// skip is as much later; of one that they show twice it is the first.
    ///
    /// # Errors
    ///
    /// When there is no such instant within ten years of now.
    pub fn resolve(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Invalid> {
        let instant = match self {
            Self::Now => Some(now),
            Self::Instant(instant) => Some(instant),
            Self::Local(local) => in_zone(local, zone),
            Self::Next(weekday, time) => next(now, zone, weekday, time),
        };
        let near = instant.filter(|instant| instant.duration_since(now).abs() <= FARTHEST);
        near.and_then(|near| Timestamp::from_millisecond(near.as_millisecond()).ok())
            .ok_or_else(|| Invalid("must begin within ten years of now".to_owned()))
    }
}

fn in_zone(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(local.to_zoned_datetime(zone.clone()).ok()?.timestamp())
}

fn next(now: Timestamp, zone: &TimeZone, weekday: Weekday, time: Time) -> Option<Timestamp> {
    let today = now.to_zoned_datetime(zone.clone()).date();
    let days = i64::from(today.weekday().until(weekday));
    let on = |days: i64| {
        let day = today.checked_add(Span::new().try_days(days).ok()?).ok()?;
        in_zone(day.to_datetime(time), zone)
    };
    on(days).filter(|instant| *instant >= now).or_else(|| on(days + 7))
}
