//! Each check of one e-mail, on what breaks it.

use super::super::faults::{Break, Kill};
use super::*;

const CLAIM: Did = Did::Claimed(90_000);
const REPEAT: &str = "a repeat is only sent after an ambiguous answer";
const SAYS_SO: &str = "a repeat says so";
const LEASE: &str = "an e-mail has one live lease";
const TAKEN_AWAY: &str = "a lease is not taken away";
const TOLD: &str = "what SES told of is not sent again";

/// What happened, an instant after the other: each takes a microsecond of its ten.
#[derive(Clone, Copy)]
enum Step {
    Writes(Did),
    /// At this instant in epoch milliseconds.
    WritesAt(Did, i64),
    /// Asks SES: whether it takes it, and whether it says that it may be a repeat.
    Sends(bool, bool),
    /// Whoever asked last marks it.
    Marks,
}

fn seen(steps: &[Step]) -> EmailSeen {
    let mut seen = EmailSeen::default();
    for (n, step) in (0..).zip(steps) {
        let began = n * 10;
        let write = |did, ended_ms| Write { did, by: 1, began, ended: began + 1, ended_ms };
        match *step {
            Step::Writes(did) => seen.writes.push(write(did, 0)),
            Step::WritesAt(did, at) => seen.writes.push(write(did, at)),
            Step::Sends(is_taken, says_so) => {
                let taken = is_taken.then(|| (began + 1, format!("ses-{n}")));
                let fault = Some(Fault::Break(Break::CutAfter));
                seen.attempts.push(Attempt { by: 1, began, taken, fault, says_so, marked: None });
            }
            Step::Marks => {
                seen.writes.push(write(Did::Marked, 0));
                if let Some(attempt) = seen.attempts.last_mut() {
                    attempt.marked = Some(began + 1);
                }
            }
        }
    }
    seen
}

fn broken(steps: &[Step]) -> Vec<&'static str> {
    let violations = check(&"INC-1-1-0".parse().unwrap(), &seen(steps));
    violations.into_iter().map(|(check, _)| check).collect()
}

#[test]
fn what_goes_right_breaks_nothing() {
    use Step::{Marks, Sends, Writes, WritesAt};
    assert_eq!(broken(&[Writes(CLAIM), Sends(true, false), Marks, Writes(Did::Learned)]), [""; 0]);
    // The process dies, and the sweep hands it out again once the lease is over.
    let again = [Writes(CLAIM), Sends(true, false), WritesAt(Did::Requeued, 90_000), Writes(CLAIM)];
    let again = [&again[..], &[Sends(true, true), Marks]].concat();
    assert_eq!(broken(&again), [""; 0]);
    // The first was held up behind the second.
    let late = [Writes(CLAIM), WritesAt(Did::Requeued, 90_000), Writes(CLAIM)];
    let late = [&late[..], &[Sends(true, true), Sends(true, false)]].concat();
    assert_eq!(broken(&late), [""; 0]);
    // The stream was faster than the answer to who handed it out.
    let mut overtaken = seen(&again);
    overtaken.writes[1].ended = 32;
    overtaken.writes[2].did = Did::Claimed(180_000);
    assert_eq!(check(&"INC-1-1-0".parse().unwrap(), &overtaken), []);
    let hastened = [Writes(CLAIM), Writes(Did::Hastened), Writes(Did::Requeued), Writes(CLAIM)];
    assert_eq!(broken(&hastened), [""; 0]);
}

#[test]
fn a_repeat_of_what_was_marked_is_found() {
    use Step::{Marks, Sends, Writes};
    let both = [Writes(CLAIM), Sends(true, false), Marks, Writes(CLAIM), Sends(true, true), Marks];
    assert!(broken(&both).contains(&REPEAT));
    let after = [Writes(CLAIM), Sends(true, false), Marks, Sends(true, true)];
    assert_eq!(broken(&after), [REPEAT]);
}

#[test]
fn a_repeat_that_does_not_say_so_is_found() {
    let twice = [Step::Writes(CLAIM), Step::Sends(true, false), Step::Sends(true, false)];
    assert_eq!(broken(&twice), [SAYS_SO]);
}

#[test]
fn a_second_claim_and_a_lease_that_is_taken_away_are_found() {
    use Step::{Writes, WritesAt};
    assert_eq!(broken(&[Writes(CLAIM), Writes(CLAIM)]), [LEASE]);
    assert_eq!(broken(&[Writes(CLAIM), WritesAt(Did::Requeued, 89_999)]), [TAKEN_AWAY]);
    assert_eq!(broken(&[Writes(CLAIM), WritesAt(Did::Requeued, 90_000)]), [""; 0]);
}

#[test]
fn a_claim_of_what_ses_told_of_is_found() {
    use Step::{Sends, Writes};
    let told = [Writes(CLAIM), Sends(true, false), Writes(Did::Learned), Writes(CLAIM)];
    assert_eq!(broken(&told), [TOLD]);
}

#[test]
fn what_was_ambiguous_is_counted_by_its_cause_and_by_what_came_of_it() {
    use Step::{Marks, Sends, Writes};
    let mut ambiguity = Ambiguity::default();
    let mut killed = seen(&[Writes(CLAIM), Sends(true, false), Writes(Did::Learned)]);
    killed.attempts[0].fault = Some(Fault::Kill(Kill::BeforeAnswer));
    ambiguity.add(&killed);
    ambiguity.add(&seen(&[Writes(CLAIM), Sends(true, false), Sends(true, true), Marks]));
    ambiguity.add(&seen(&[Writes(CLAIM), Sends(false, false), Sends(true, true), Marks]));
    let Ambiguity { attempts, ambiguous, killed, broken, taken, .. } = ambiguity;
    assert_eq!((attempts, ambiguous, killed, broken, taken), (5, 3, 1, 2, 2));
    let Ambiguity { emails, told, repeated, repeats, .. } = ambiguity;
    assert_eq!((emails, told, repeated, repeats), (2, 1, 1, 1));
}
