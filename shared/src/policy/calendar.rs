//! A business calendar: when time counts for a promise that is kept in working time.
//!
//! An instant is inside hours when a clock on the wall of the calendar's zone shows a time inside
//! them, on a day that is no holiday. Working time is the real time that passes inside hours, so an
//! hour that clocks skip is never counted and one that they show twice is counted twice. It must
//! never count by civil times alone: that would be an hour wrong twice a year.

mod hours;

use deserr::Deserr;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::incident::clock::after;
use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;
use hours::{DAY, Holidays, Range, Week};

/// A time zone, weekly hours in it, and holidays.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Calendar {
    #[deserr(try_from(String) = super::zone -> Invalid)]
    time_zone: TimeZone,
    hours: Week,
    #[deserr(default)]
    holidays: Holidays,
}

impl Calendar {
    /// The first instant by which `working` has passed inside hours since `start`. A start outside
    /// hours counts from the next opening; what ends with the hours is due as they end. At the end
    /// of representable time (year 9999) it stays there.
    #[must_use]
    pub fn after(&self, start: Timestamp, working: SignedDuration) -> Timestamp {
        if !working.is_positive() {
            return start;
        }
        let mut left = working;
        for open in Stretch::following(&self.time_zone, start).flat_map(|s| self.open_in(s)) {
            let length = open.length();
            if left <= length {
                return after(open.from, left);
            }
            left -= length;
        }
        Timestamp::MAX
    }

    /// The last instant from which `working` passes inside hours until `end`. What begins with the
    /// hours is then, not when the last ones ended. At the start of representable time it stays
    /// there.
    #[must_use]
    pub fn before(&self, end: Timestamp, working: SignedDuration) -> Timestamp {
        if !working.is_positive() {
            return end;
        }
        let mut left = working;
        for open in Stretch::preceding(&self.time_zone, end).flat_map(|s| self.open_in(s).rev()) {
            let length = open.length();
            if left <= length {
                return after(open.to, -left);
            }
            left -= length;
        }
        Timestamp::MIN
    }

    /// The time inside hours from `from` up to `to`; none when `to` is not later.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let until = Stretch::following(&self.time_zone, from)
            .take_while(|stretch| stretch.from < to)
            .map(|stretch| Stretch { to: stretch.to.min(to), ..stretch });
        until.flat_map(|stretch| self.open_in(stretch)).map(|open| open.length()).sum()
    }

    /// All that is inside hours of a stretch, in its order.
    fn open_in(&self, stretch: Stretch) -> impl DoubleEndedIterator<Item = Stretch> + use<'_> {
        let days = stretch.day_of(stretch.from)..=stretch.day_of(stretch.to);
        days.flat_map(move |day| {
            self.ranges_on(day).iter().filter_map(move |range| stretch.part(day, *range))
        })
    }

    fn ranges_on(&self, day: i64) -> &[Range] {
        let ranges = self.hours.on(day);
        if ranges.is_empty() || self.holidays.has(day) { &[] } else { ranges }
    }
}

/// From one instant to another, with nothing between them that sets clocks in the zone.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    offset: Offset,
    from: Timestamp,
    to: Timestamp,
}

impl Stretch {
    /// All time from `start`, forwards.
    fn following(zone: &TimeZone, start: Timestamp) -> impl Iterator<Item = Self> {
        let mut changes = zone.following(start);
        let mut next = Some((start, zone.to_offset(start)));
        std::iter::from_fn(move || {
            let (from, offset) = next.take()?;
            next = changes.next().map(|change| (change.timestamp(), change.offset()));
            let to = next.map_or(Timestamp::MAX, |(change, _)| change);
            Some(Self { offset, from, to })
        })
    }

    /// All time up to `end`, backwards.
    fn preceding(zone: &TimeZone, end: Timestamp) -> impl Iterator<Item = Self> {
        let mut changes = zone.preceding(end);
        let mut next = Some(end);
        std::iter::from_fn(move || {
            let to = next.take()?;
            let change = changes.next().map(|change| (change.timestamp(), change.offset()));
            next = change.map(|(from, _)| from);
            let (from, offset) =
                change.unwrap_or_else(|| (Timestamp::MIN, zone.to_offset(Timestamp::MIN)));
            Some(Self { offset, from, to })
        })
    }

    /// The number of the day that a calendar on the wall shows at `instant`.
    fn day_of(&self, instant: Timestamp) -> i64 {
        // Before 1970 the whole seconds of an instant are rounded up.
        let second = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
        (second + i64::from(self.offset.seconds())).div_euclid(DAY)
    }

    /// The part of it in which a clock on the wall shows that range of that day.
    fn part(&self, day: i64, range: Range) -> Option<Self> {
        let from = self.instant(day, range.opens).max(self.from);
        let to = self.instant(day, range.closes).min(self.to);
        (from < to).then_some(Self { from, to, ..*self })
    }

    fn instant(&self, day: i64, time: i64) -> Timestamp {
        let second = day * DAY + time - i64::from(self.offset.seconds());
        let representable = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
        let end = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
        if representable.contains(&second) {
            Timestamp::from_second(second).unwrap_or(end)
        } else {
            end
        }
    }

    fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }
}

/// The time that counts for a promise: that of its calendar, or without one all time (24x7).
#[derive(Debug, Clone, Copy)]
pub struct WorkingTime<'a>(Option<&'a Calendar>);

impl<'a> WorkingTime<'a> {
    /// Time that counts inside the hours of `calendar`; without one, always.
    #[must_use]
    pub fn of(calendar: Option<&'a Calendar>) -> Self {
        Self(calendar)
    }

    /// As [`Calendar::after`].
    #[must_use]
    pub fn after(self, start: Timestamp, working: SignedDuration) -> Timestamp {
        match self.0 {
            Some(calendar) => calendar.after(start, working),
            None => after(start, working),
        }
    }

    /// As [`Calendar::before`].
    #[must_use]
    pub fn before(self, end: Timestamp, working: SignedDuration) -> Timestamp {
        match self.0 {
            Some(calendar) => calendar.before(end, working),
            None => after(end, -working),
        }
    }

    /// As [`Calendar::between`].
    #[must_use]
    pub fn between(self, from: Timestamp, to: Timestamp) -> SignedDuration {
        match self.0 {
            Some(calendar) => calendar.between(from, to),
            None => to.duration_since(from).max(SignedDuration::ZERO),
        }
    }
}
