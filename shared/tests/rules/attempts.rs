//! An attempt to send an e-mail: whether it may be made, whose SES speaks of, and what its end comes to.

use jiff::{SignedDuration, Timestamp};
use shared::mailer::SendError;
use shared::outbox::{
    ANSWER, CLOCKS_APART, Delivery, DeliveryStatus, LEASE, MAX_AMBIGUOUS, Settlement,
};

use crate::story::given;

fn at(seconds: i64) -> Timestamp {
    given().start + SignedDuration::from_secs(seconds)
}

fn claimed() -> Delivery {
    let lease_until = at(0) + LEASE;
    Delivery::pending(at(0)).claim("mine", lease_until).unwrap()
}

#[test]
fn an_email_is_given_up_after_so_many_attempts_that_may_have_reached_the_recipient() {
    for (ambiguous, given_up) in
        [(0, false), (MAX_AMBIGUOUS - 1, false), (MAX_AMBIGUOUS, true), (MAX_AMBIGUOUS + 1, true)]
    {
        let delivery = Delivery { ambiguous, ..claimed() };
        assert_eq!(delivery.is_given_up(), given_up, "{ambiguous}");
    }
}

#[test]
fn ses_is_asked_only_while_it_will_have_answered_within_the_lease_whosever_clock_it_is() {
    let last = at(0) + LEASE - ANSWER - CLOCKS_APART;
    let moment = SignedDuration::from_millis(1);
    assert!(claimed().leaves_time(at(0)));
    assert!(claimed().leaves_time(last - moment));
    assert!(!claimed().leaves_time(last));
    assert!(!claimed().leaves_time(last + moment));
    let nobodys = Delivery { due_at: None, ..claimed() };
    assert!(!nobodys.leaves_time(at(0)), "there is no lease");
}

#[test]
fn what_ses_speaks_of_is_an_email_only_if_that_was_tried_and_went_under_no_other_id() {
    let id = |id: &str| Some(id.to_owned());
    for (attempts, ambiguous, ses_message_id, may_be) in [
        (0, 0, None, false),
        (1, 0, None, true),
        (1, 0, id("ses-1"), true),
        (1, 0, id("ses-2"), false),
        // It may have been sent before, under an id that nobody read.
        (2, 1, id("ses-2"), true),
        (2, 1, None, true),
        (0, 0, id("ses-1"), false),
    ] {
        let delivery = Delivery { attempts, ambiguous, ses_message_id, ..claimed() };
        assert_eq!(delivery.may_be("ses-1"), may_be, "{delivery:?}");
    }
}

#[test]
fn a_failed_attempt_comes_to_another_one_or_is_to_be_parked() {
    let why = || "why".to_owned();
    let busy = |account_held| SendError::Retry { reason: why(), account_held };
    let ambiguous = || SendError::Ambiguous { reason: why() };
    // Attempts, what became of the last, seconds until the next, whether it may have been sent.
    for (attempts, error, seconds, in_doubt) in [
        (1, busy(false), 2, false),
        (4, busy(false), 16, false),
        (5, busy(false), 30, false),
        (9, busy(false), 30, false),
        (4, busy(true), 16, false),
        (9, busy(true), 512, false),
        (10, busy(true), 900, false),
        (4, ambiguous(), 16, true),
        (10, ambiguous(), 900, true),
    ] {
        let delivery = Delivery { attempts, ..claimed() };
        let Some(Settlement::Retry { due_at, ambiguous, error: told }) =
            delivery.failed(&error, at(3), 1.0)
        else {
            panic!("{error:?}")
        };
        assert_eq!((due_at, ambiguous), (at(3 + seconds), in_doubt), "{attempts} {error:?}");
        assert_eq!(told, error.to_string());
    }
    let refused = SendError::Park { reason: why() };
    assert_eq!(claimed().failed(&refused, at(3), 1.0), None);
}

#[test]
fn what_becomes_of_an_attempt_is_written_only_under_its_claim() {
    let sent = Settlement::Sent { ses_message_id: Some("ses-1".to_owned()), sent_at: at(1) };
    let retry = |ambiguous| Settlement::Retry { due_at: at(7), ambiguous, error: "why".to_owned() };
    let parked = Settlement::Parked { error: "why".to_owned() };
    for settlement in [sent, retry(false), retry(true), parked] {
        let settled = claimed().settle("mine", &settlement).unwrap();
        assert_eq!(claimed().settle("yours", &settlement), None);
        assert_eq!(settled.settle("mine", &settlement), None, "once");
        assert_eq!(Delivery::pending(at(0)).settle("mine", &settlement), None, "nobody's claim");
        let of_another_status = Delivery { status: DeliveryStatus::Retrying, ..claimed() };
        assert_eq!(of_another_status.settle("mine", &settlement), None, "it is not being sent");
        assert_eq!((settled.claim_id.as_ref(), settled.attempts), (None, 1));
        let (status, due_at, ambiguous) = match settlement {
            Settlement::Sent { .. } => (DeliveryStatus::Sent, None, 0),
            Settlement::Retry { ambiguous, .. } => {
                (DeliveryStatus::Retrying, Some(at(7)), u32::from(ambiguous))
            }
            Settlement::Parked { .. } => (DeliveryStatus::Parked, None, 0),
        };
        assert_eq!((settled.status, settled.due_at), (status, due_at));
        assert_eq!((settled.ambiguous, settled.is_repeat()), (ambiguous, ambiguous > 0));
    }
}

#[test]
fn a_claim_is_of_what_is_pending_and_ones_own_is_no_second_attempt() {
    let lease_until = at(0) + LEASE;
    let again = claimed().claim("mine", lease_until + LEASE).unwrap();
    assert_eq!(again, claimed(), "the lease is not made longer");
    assert_eq!(claimed().claim("yours", lease_until), None);
    for status in [
        DeliveryStatus::Sending,
        DeliveryStatus::Retrying,
        DeliveryStatus::Sent,
        DeliveryStatus::Parked,
        DeliveryStatus::Cancelled,
    ] {
        let delivery = Delivery { status, ..Delivery::pending(at(0)) };
        assert_eq!(delivery.claim("mine", lease_until), None, "{status:?}");
    }
}

#[test]
fn what_is_due_at_that_instant_is_handed_out_again_and_in_doubt_if_it_was_being_sent() {
    let pending = Delivery::pending(at(0));
    assert_eq!(pending.requeue(at(61), at(120)), None);
    let requeued = pending.requeue(at(60), at(120)).unwrap();
    assert_eq!((requeued.due_at, requeued.ambiguous), (Some(at(120)), 0));
    assert_eq!(claimed().requeue(at(89), at(120)), None);
    let requeued = claimed().requeue(at(90), at(120)).unwrap();
    assert_eq!((requeued.status, requeued.claim_id), (DeliveryStatus::Pending, None));
    assert_eq!((requeued.due_at, requeued.ambiguous), (Some(at(120)), 1));
    let sent = Settlement::Sent { ses_message_id: None, sent_at: at(1) };
    let sent = claimed().settle("mine", &sent).unwrap();
    assert_eq!(sent.requeue(at(90), at(120)), None);
}
