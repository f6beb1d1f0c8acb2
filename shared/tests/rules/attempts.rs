//! An attempt to send an e-mail: whether it may be made, whose SES speaks of, and what its end comes to.

use jiff::{SignedDuration, Timestamp};
use shared::mailer::SendError;
use shared::outbox::{
    ANSWER, CLOCKS_APART, Confirmation, Delivery, DeliveryStatus, EmailFact, EmailFacts, EmailItem,
    FactKind, LEASE, MAX_AMBIGUOUS, ParkedEmail, Settlement,
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

#[test]
fn what_was_sent_at_last_has_no_error_any_more() {
    let retry = Settlement::Retry { due_at: at(7), ambiguous: false, error: "slow".to_owned() };
    let retrying = claimed().settle("mine", &retry).unwrap();
    assert_eq!(retrying.error.as_deref(), Some("slow"));
    let again = retrying.requeue(at(7), at(60)).unwrap().claim("mine", at(150)).unwrap();
    let sent = Settlement::Sent { ses_message_id: None, sent_at: at(9) };
    let sent = again.settle("mine", &sent).unwrap();
    assert_eq!((sent.error, sent.sent_at, sent.attempts), (None, Some(at(9)), 2));
}

fn item() -> EmailItem {
    let email = given().when(crate::story::escalate()).emails().next().unwrap().clone();
    EmailItem::of(email, claimed(), EmailFacts::default())
}

fn learned(item: &EmailItem, facts: &[(FactKind, i64, &str)]) -> EmailItem {
    let facts =
        facts.iter().map(|(kind, seconds, said)| (*kind, EmailFact::new(at(*seconds), said)));
    let heard: EmailFacts = facts.collect();
    item.learned(&item.learn(&heard).unwrap()).unwrap()
}

#[test]
fn an_email_stands_as_what_outweighs_the_rest_says() {
    use {Confirmation as C, FactKind as F};
    let hour = SignedDuration::from_hours(1);
    assert_eq!(item().confirmation(at(9_000), hour), None, "it is not sent");
    let sent = learned(&item(), &[(F::Sent, 1, "ses-1")]);
    for (seconds, confirmation) in
        [(1, C::Awaited), (3600, C::Awaited), (3601, C::Unconfirmed), (9_000, C::Unconfirmed)]
    {
        assert_eq!(sent.confirmation(at(seconds), hour), Some(confirmation), "{seconds}");
    }
    for (facts, confirmation) in [
        (vec![F::Delayed], C::Delayed),
        (vec![F::Delayed, F::BouncedUndetermined], C::BouncedTransient),
        (vec![F::BouncedTransient, F::Delayed], C::BouncedTransient),
        (vec![F::BouncedTransient, F::Delivered], C::Delivered),
        (vec![F::Delivered, F::RenderingFailed], C::Rejected),
        (vec![F::Rejected], C::Rejected),
        (vec![F::Rejected, F::Complained], C::Complained),
        (vec![F::Complained, F::Suppressed], C::Suppressed),
        (vec![F::Suppressed, F::Bounced], C::Bounced),
    ] {
        let known: Vec<_> = facts.iter().map(|kind| (*kind, 2, "")).collect();
        let stands = learned(&sent, &known).confirmation(at(9_000), hour);
        assert_eq!(stands, Some(confirmation), "{facts:?}");
    }
}

#[test]
fn a_parked_email_says_why_and_which() {
    let item = item();
    let id = item.email.id.clone();
    let heard = [(FactKind::Bounced, EmailFact::new(at(2), "550 no"))].into_iter().collect();
    let undelivered = ParkedEmail::Undelivered(item.learn(&heard).unwrap());
    let (claim_id, error) = ("mine".to_owned(), "refused".to_owned());
    let unsendable = ParkedEmail::Unsendable { id: id.clone(), claim_id, error };
    let unreadable = ParkedEmail::Unreadable { id: id.clone(), error: "no such kind".to_owned() };
    for (parked, why) in
        [(undelivered, "bounced: 550 no"), (unsendable, "refused"), (unreadable, "no such kind")]
    {
        assert_eq!((parked.why(), parked.id()), (why, &id));
        let delivery = item.park(&parked).unwrap().delivery;
        assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Parked, None));
        assert_eq!((delivery.error.as_deref(), delivery.claim_id), (Some(why), None));
    }
}
