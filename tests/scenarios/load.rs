//! More at once than SES takes, a day without the stream, and a customer who escalates without end.
//! At full length: `tests/README.md`.

use desk_tests::DEFAULT_POLICY;
use desk_tests::load::deadlines::{Report, policy, same_second};
use desk_tests::load::flood::{Flood, flooded};
use desk_tests::load::outage::a_day;
use desk_tests::load::{SES_RATE, played};

const RUNS_OUT: u64 = 1_200;

/// What holds of every backlog: nothing is lost, sent again or given up on because SES is busy, ladders
/// keep their order, and SES is used as far as it can be.
fn hold(report: &Report, emails: usize) {
    let Report { sent, repeats, parked, out_of_step, failed, took, least, requests, .. } = report;
    assert_eq!((*sent, *repeats, *parked, *failed), (emails, 0, 0, 0), "{report}");
    assert_eq!(*out_of_step, 0, "{report}");
    assert!(*took <= least + 15_000, "{report}");
    assert!(*requests <= 4 * emails as u64, "{report}");
}

#[test]
fn deadlines_in_the_same_second_are_all_told_of_in_order_and_as_soon_as_ses_takes_them() {
    const DEADLINES: usize = 2_000;
    let report = played(same_second(DEADLINES, &policy("20m", "20h"), RUNS_OUT, 1, SES_RATE));
    hold(&report, DEADLINES);
    assert_eq!(report.deadlines, DEADLINES);
    assert!(report.fired.all <= 2_000, "{report}");
    // About as many as are on their way at once.
    assert!(report.displaced <= 300, "{report}");
    // Whoever comes later waits for those before, and no longer.
    assert!(report.newcomers.all <= report.least + 15_000, "{report}");
}

/// An account in the sandbox: those on their way at once are more than SES takes in the half minute that
/// an attempt waits.
#[test]
fn what_ses_is_too_busy_for_is_put_back_as_often_as_it_takes_and_never_given_up_on() {
    const DEADLINES: usize = 300;
    let report = played(same_second(DEADLINES, &policy("20m", "20h"), RUNS_OUT, 1, 1));
    let Report { sent, repeats, parked, failed, .. } = &report;
    assert_eq!((*sent, *repeats, *parked, *failed), (DEADLINES, 0, 0, 0), "{report}");
    assert!(report.put_back > DEADLINES / 3, "{report}");
    assert!(report.took <= report.least + 90_000, "{report}");
}

#[test]
fn alerts_of_a_ladder_go_out_in_the_order_of_its_steps_when_the_next_comes_before_the_last_is_sent()
{
    const DEADLINES: usize = 1_000;
    let report = played(same_second(DEADLINES, &policy("20m", "1m"), RUNS_OUT, 2, SES_RATE));
    assert!(report.late.all > 60_000, "the second step met no backlog: {report}");
    hold(&report, 2 * DEADLINES);
}

#[test]
fn what_was_written_on_a_day_without_the_stream_is_sent_when_it_is_back_though_its_records_are_gone()
 {
    let policy = DEFAULT_POLICY.replace("alarm_every = \"30m\"", "alarm_every = \"6h\"");
    let report = played(a_day(4, &policy));
    let ended = (report.lost, report.parked, report.repeats, report.still_due);
    assert_eq!(ended, (0, 0, 0, 0), "{report}");
    assert_eq!(report.sent + report.cancelled, report.emails, "{report}");
    assert!(report.sent > 50 && report.cancelled > 0, "{report}");
    assert!(report.expired > 0 && report.given_up > 0, "no record was too old: {report}");
    assert!(report.late.all <= report.least + 60_000, "{report}");
}

#[test]
fn a_customer_who_escalates_without_end_delays_nobody_by_more_than_what_is_taken_of_it() {
    let flood = Flood { escalations: 1_000, seconds: 300, addresses: 1 };
    let alone = played(flooded(Flood { escalations: 0, ..flood }));
    let beside = played(flooded(flood));
    assert_eq!((beside.taken, beside.refused, beside.parked), (60, 940, 0), "{beside}");
    assert_eq!((beside.others.half, beside.others.most), (alone.others.half, alone.others.most));
    // All that is taken of it within a second would take SES 17 s.
    assert!(beside.others.all <= 20_000, "{beside}");
}
