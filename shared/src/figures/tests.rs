#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

/// 366 days, the longest that a policy may promise.
const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

fn every_counter() -> Vec<Counter> {
    let buckets = (0..=u8::MAX).filter_map(Bucket::numbered);
    let took = buckets.flat_map(|b| Measured::ALL.map(|what| Counter::Took(what, b)));
    let clocks = ClockName::ALL.into_iter();
    let clocks = clocks.flat_map(|clock| [Counter::Breached(clock), Counter::Kept(clock)]);
    let mut all = vec![Counter::Reopened, Counter::Resolved];
    all.extend(Priority::ALL.map(Counter::Opened));
    all.extend(RaisedBy::ALL.map(Counter::Escalated));
    all.extend(clocks.chain(took));
    all
}

#[test]
fn a_counter_is_found_by_its_name_and_by_no_other() {
    let names: Vec<_> = every_counter().iter().map(ToString::to_string).collect();
    for (counter, name) in every_counter().into_iter().zip(&names) {
        assert_eq!(Counter::named(name), Some(counter), "{name}");
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
    }
    assert_eq!(names.len(), 2 + 4 + 3 + 6 + 5 * 241);
    for name in ["", "pk", "opened", "opened_P5", "kept_", "took_update_241", "took_update", "item"]
    {
        assert_eq!(Counter::named(name), None, "{name}");
    }
}

/// Names and bounds are stored: a change of either would make a lie of what was counted.
#[test]
fn names_and_buckets_stay_what_they_were() {
    let named = |counter: Counter| counter.to_string();
    assert_eq!(named(Counter::Opened(Priority::P1)), "opened_P1");
    assert_eq!(named(Counter::Escalated(RaisedBy::Deadline)), "escalated_by_deadline");
    assert_eq!(named(Counter::Kept(ClockName::InitialResponse)), "kept_initial_response");
    let hour = Counter::of(Fact::Took { what: Measured::Acknowledgement, ms: 3_600_000 });
    assert_eq!(named(hour), "took_acknowledgement_95");
    let told = |ms| Bucket::of(ms).milliseconds();
    assert_eq!([0, 1_000, 1_001].map(told), [500, 500, 1_043]);
    assert_eq!(told(3_600_000), 3_593_431);
    assert_eq!(told(u64::MAX), Bucket::LAST.milliseconds());
}

fn is_near(told: u64, exact: u64) -> bool {
    // 4.4 percent, in whole numbers.
    let is_within = u128::from(told.abs_diff(exact)) * 1_000 <= u128::from(exact) * 44;
    if exact <= 1_000 { told == 500 } else { is_within }
}

#[test]
fn no_time_is_off_by_more_than_the_precision() {
    let (mut bucket, mut shortest) = (Bucket::FIRST, 0);
    for number in 1..=Bucket::LAST.number() {
        let next = Bucket::numbered(number).unwrap();
        // The next bucket's shortest time, found without looking at the bounds.
        let (mut low, mut high) = (shortest, u64::MAX);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if Bucket::of(middle) < next { low = middle } else { high = middle }
        }
        assert_eq!((Bucket::of(low), Bucket::of(high)), (bucket, next));
        assert!(is_near(bucket.milliseconds(), shortest), "{bucket:?} from {shortest}");
        assert!(is_near(bucket.milliseconds(), low), "{bucket:?} to {low}");
        (bucket, shortest) = (next, high);
    }
    assert!(shortest > LONGEST_MS * 30, "decades have a bucket of their own");
}

proptest! {
    #[test]
    fn quantiles_are_those_of_the_exact_times(
        times in prop::collection::vec((0u32..36, any::<u64>()), 1..200)
    ) {
        // As many short times as long ones, up to 366 days.
        let mut exact: Vec<u64> =
            times.into_iter().map(|(bits, n)| (n % (1 << bits)).min(LONGEST_MS)).collect();
        let what = Measured::Resolution;
        let facts = exact.iter().map(|ms| Fact::Took { what, ms: *ms }).collect();
        let figures = Tally { day: Date::constant(2026, 11, 24), facts }.figures();
        exact.sort_unstable();
        let nearest_rank = |percent: usize| exact[(exact.len() * percent).div_ceil(100) - 1];
        let told = figures.times(what).unwrap();
        prop_assert_eq!(told.count, exact.len() as u64);
        prop_assert!(is_near(told.median_ms, nearest_rank(50)), "{:?} {:?}", told, exact);
        prop_assert!(is_near(told.p90_ms, nearest_rank(90)), "{:?} {:?}", told, exact);
    }
}

#[test]
fn what_never_happened_has_no_times_and_no_share() {
    let mut figures = Figures::default();
    figures.add(Counter::of(Fact::Took { what: Measured::Resolution, ms: 5 }), 1);
    assert_eq!(figures.times(Measured::Acknowledgement), None);
    assert_eq!(figures.times(Measured::Response(ClockName::Update)), None);
    assert_eq!(figures.promises(ClockName::Update).share_kept(), None);
}

#[test]
fn a_share_is_whole_only_when_every_promise_was_kept() {
    let share = |kept, breached| Promises { kept, breached }.share_kept();
    assert_eq!(share(0, 0), None);
    assert_eq!(share(0, 3), Some(0));
    assert_eq!(share(2, 1), Some(6_666));
    assert_eq!(share(1_000_000, 1), Some(9_999));
    assert_eq!(share(7, 0), Some(10_000));
    assert_eq!(share(u64::MAX, u64::MAX), Some(5_000));
}

#[test]
fn a_full_counter_stays_full_and_can_be_told() {
    let mut figures = Figures::default();
    for ms in [1, LONGEST_MS] {
        figures.add(Counter::of(Fact::Took { what: Measured::Resolution, ms }), u64::MAX);
    }
    figures.merge(&figures.clone());
    let times = figures.times(Measured::Resolution).unwrap();
    assert_eq!((times.count, times.median_ms), (u64::MAX, 500));
    figures.add(Counter::Opened(Priority::P1), u64::MAX);
    figures.add(Counter::Opened(Priority::P2), 1);
    assert_eq!(figures.incidents(), u64::MAX);
}

#[test]
fn a_day_is_one_of_the_desks_time_zone() {
    use crate::incident::timeline::Event;
    let incident: Incident = serde_json::from_str(
        r#"{"number":"INC-1","version":1,"priority":"P1","channel":"api",
        "customer":{"name":"Ada","email":"ada@customer.example"},
        "opened_at":"2026-03-31T22:30:00Z","status":{"state":"open"}}"#,
    )
    .unwrap();
    let at = incident.opened_at + SignedDuration::from_secs(1);
    let event = Event::Reopened { by: "Ada".parse().unwrap(), note: None, times: 1 };
    let number = incident.number.clone();
    let entry =
        TimelineEntry { number, version: 2, index: 0, at, event, started: Vec::new(), mail: None };
    let day = |zone: &str| {
        let zone = TimeZone::get(zone).unwrap();
        Tally::of(&incident, std::slice::from_ref(&entry), &zone).unwrap().day.to_string()
    };
    assert_eq!(day("UTC"), "2026-03-31");
    assert_eq!(day("Europe/Paris"), "2026-04-01");
    assert_eq!(Tally::of(&incident, &[], &TimeZone::UTC), None);
}
