//! Figures: how many incidents, escalations and breaches a period had, how long care took, and which
//! share of its promises was kept.
//!
//! Pure. Each change says what it counts ([`Tally`]) and is committed together with it, so that the
//! figures of any period are sums: no report ever scans incidents, and nothing is counted twice or
//! lost. What was counted is never changed: like a breach it is a fact.

mod bucket;
mod counter;
mod fact;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use bucket::Bucket;
pub use counter::Counter;
pub use fact::{Fact, Measured, RaisedBy};

use crate::incident::Incident;
use crate::incident::clock::ClockName;
use crate::incident::timeline::TimelineEntry;
use crate::incident::values::Priority;

/// What one change adds to the figures of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The day on which the desk recorded the change, in the desk's time zone.
    pub day: Date,
    /// What happened that counts; never empty.
    pub facts: Vec<Fact>,
}

impl Tally {
    /// What a change of `incident` adds; `None` when nothing of it counts.
    #[must_use]
    pub fn of(incident: &Incident, entries: &[TimelineEntry], zone: &TimeZone) -> Option<Self> {
        let recorded_at = entries.first()?.at;
        let facts: Vec<_> =
            entries.iter().flat_map(|entry| Fact::of(entry, incident.opened_at)).collect();
        let day = zone.to_datetime(recorded_at).date();
        (!facts.is_empty()).then_some(Self { day, facts })
    }

    /// The same as counters.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        for fact in &self.facts {
            figures.add(Counter::of(*fact), 1);
        }
        figures
    }
}

/// The counters of a change, a day or a period. Those of a period are the sums of its days'.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<Counter, u64>);

/// How long something took, over all times that it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub count: u64,
    /// Half of them took at most this, in milliseconds.
    pub median_ms: u64,
    /// Nine of ten took at most this, in milliseconds.
    pub p90_ms: u64,
}

/// How the promises of a clock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// Kept: the clock was stopped in time.
    pub kept: u64,
    /// Broken.
    pub breached: u64,
}

impl Promises {
    /// Which share was kept, in ten-thousandths, rounded down: 10,000 says that every one was.
    /// `None` when none ended.
    #[must_use]
    pub fn share_kept(self) -> Option<u32> {
        let (kept, all) =
            (u128::from(self.kept), u128::from(self.kept) + u128::from(self.breached));
        u32::try_from((kept * 10_000).checked_div(all)?).ok()
    }
}

impl Figures {
    /// Counts something `times` more. A counter that is full stays full.
    pub fn add(&mut self, counter: Counter, times: u64) {
        let count = self.0.entry(counter).or_default();
        *count = count.saturating_add(times);
    }

    /// Adds all counters of other figures.
    pub fn merge(&mut self, other: &Self) {
        for (counter, times) in other.iter() {
            self.add(counter, times);
        }
    }

    /// Every counter that is not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> {
        self.0.iter().map(|(counter, times)| (*counter, *times))
    }

    /// A counter.
    #[must_use]
    pub fn count(&self, counter: Counter) -> u64 {
        self.0.get(&counter).copied().unwrap_or(0)
    }

    /// How many incidents were opened, whatever their priority.
    #[must_use]
    pub fn incidents(&self) -> u64 {
        let opened =
            Priority::ALL.into_iter().map(|priority| self.count(Counter::Opened(priority)));
        opened.fold(0, u64::saturating_add)
    }

    /// How many escalations were raised, whatever the reason.
    #[must_use]
    pub fn escalations(&self) -> u64 {
        let raised = RaisedBy::ALL.into_iter().map(|by| self.count(Counter::Escalated(by)));
        raised.fold(0, u64::saturating_add)
    }

    /// How the promises of a clock ended.
    #[must_use]
    pub fn promises(&self, clock: ClockName) -> Promises {
        let kept = self.count(Counter::Kept(clock));
        Promises { kept, breached: self.count(Counter::Breached(clock)) }
    }

    /// How long something took; `None` when it never happened. What is told is off by at most
    /// [`Bucket::PRECISION_PERCENT`] percent; what took up to a second is told as half a second.
    #[must_use]
    pub fn times(&self, measured: Measured) -> Option<Times> {
        let (first, last) = (Bucket::FIRST, Bucket::LAST);
        let range = Counter::Took(measured, first)..=Counter::Took(measured, last);
        let buckets: Vec<_> = self.0.range(range).collect();
        let count = buckets.iter().fold(0, |count: u64, (_, times)| count.saturating_add(**times));
        // Nearest rank: the least time that so many percent do not exceed.
        let at = |percent: u128| {
            let rank = (u128::from(count) * percent).div_ceil(100);
            let mut reached = 0;
            let bucket = buckets.iter().find_map(|(counter, times)| {
                reached += u128::from(**times);
                (reached >= rank).then_some(*counter)
            })?;
            let Counter::Took(_, bucket) = bucket else { return None };
            Some(bucket.milliseconds())
        };
        (count > 0).then_some(())?;
        Some(Times { count, median_ms: at(50)?, p90_ms: at(90)? })
    }
}

#[cfg(test)]
mod tests;
