//! What is asked of the way of one e-mail: leases, repeats, and how often it was open whether SES has it.

use shared::email::EmailId;

use super::counted::Violations;
use super::faults::Fault;
use super::seen::{Attempt, Did, EmailSeen, Write};

impl EmailSeen {
    /// When SES took it, and under which id, in that order.
    pub fn taken(&self) -> impl Iterator<Item = (u64, &str)> {
        let mut taken: Vec<_> = self.attempts.iter().filter_map(|one| one.taken.as_ref()).collect();
        taken.sort_unstable();
        taken.into_iter().map(|(at, id)| (*at, id.as_str()))
    }
}

impl Attempt {
    /// Whether nobody could know what came of it: it was not written down that it is sent.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.marked.is_none()
    }
}

/// How often it was open whether SES has an e-mail, and what came of that.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ambiguity {
    /// Attempts to send.
    pub attempts: u64,
    /// Those of which it was not written down that they succeeded.
    pub ambiguous: u64,
    /// Of these: the process was killed at the request.
    pub killed: u64,
    /// The connection broke.
    pub broken: u64,
    /// It was answered, and died before it was written down, or could not write.
    pub unmarked: u64,
    /// Of the ambiguous ones: SES had taken the e-mail.
    pub taken: u64,
    /// E-mails with such an attempt that SES had taken.
    pub emails: u64,
    /// Of these: SES told of it in time, and it was not sent again.
    pub told: u64,
    /// It was sent again.
    pub repeated: u64,
    /// It was neither: it was not needed any more, or given up on.
    pub ended_otherwise: u64,
    /// How often an e-mail was taken that had been taken before.
    pub repeats: u64,
}

impl Ambiguity {
    /// Adds what was seen of an e-mail.
    pub fn add(&mut self, seen: &EmailSeen) {
        self.attempts += seen.attempts.len() as u64;
        let mut was_taken = false;
        for attempt in seen.attempts.iter().filter(|attempt| attempt.is_ambiguous()) {
            self.ambiguous += 1;
            *match attempt.fault {
                Some(Fault::Kill(_)) => &mut self.killed,
                Some(Fault::Break(_)) => &mut self.broken,
                None => &mut self.unmarked,
            } += 1;
            self.taken += u64::from(attempt.taken.is_some());
            was_taken |= attempt.taken.is_some();
        }
        let taken = seen.taken().count() as u64;
        self.repeats += taken.saturating_sub(1);
        if was_taken {
            self.emails += 1;
            let was_told = seen.writes.iter().any(|write| write.did == Did::Learned);
            *match taken {
                2.. => &mut self.repeated,
                _ if was_told => &mut self.told,
                _ => &mut self.ended_otherwise,
            } += 1;
        }
    }
}

/// Every check of one e-mail.
pub fn check(email: &EmailId, seen: &EmailSeen) -> Violations {
    [
        repeats_only_after_ambiguity(email, seen),
        repeats_say_so(email, seen),
        one_live_lease(email, seen),
        a_lease_is_not_taken_away(email, seen),
        what_ses_told_of_is_not_claimed(email, seen),
    ]
    .concat()
}

fn repeats_only_after_ambiguity(email: &EmailId, seen: &EmailSeen) -> Violations {
    const CHECK: &str = "a repeat is only sent after an ambiguous answer";
    let taken = || seen.attempts.iter().filter(|attempt| attempt.taken.is_some());
    let (times, ambiguous) = (taken().count(), taken().filter(|one| one.is_ambiguous()).count());
    if times > 1 + ambiguous {
        return vec![(CHECK, format!("{email} was taken {times} times: {:?}", seen.attempts))];
    }
    let marked = seen.attempts.iter().filter_map(|attempt| attempt.marked).min();
    let after = taken().find(|attempt| marked.is_some_and(|marked| attempt.began > marked));
    match after {
        Some(_) => vec![(CHECK, format!("{email} was marked before: {:?}", seen.attempts))],
        None => Violations::new(),
    }
}

/// The first, which does not say so, may have been held up behind one that does.
fn repeats_say_so(email: &EmailId, seen: &EmailSeen) -> Violations {
    let taken = seen.attempts.iter().filter(|attempt| attempt.taken.is_some());
    if taken.filter(|attempt| !attempt.says_so).count() > 1 {
        return vec![("a repeat says so", format!("{email}: {:?}", seen.attempts))];
    }
    Violations::new()
}

fn claims(seen: &EmailSeen) -> impl Iterator<Item = (&Write, i64)> {
    seen.writes.iter().filter_map(|write| match write.did {
        Did::Claimed(until) => Some((write, until)),
        _ => None,
    })
}

/// A claim is given when the one before it has ended.
fn one_live_lease(email: &EmailId, seen: &EmailSeen) -> Violations {
    let claims: Vec<_> = claims(seen).map(|(claim, _)| claim).collect();
    for two in claims.windows(2) {
        let (first, second) = (two[0], two[1]);
        let ends_it = |write: &&Write| {
            let ends = !matches!(write.did, Did::Claimed(_) | Did::Hastened);
            ends && write.ended > first.began && write.began < second.ended
        };
        if !seen.writes.iter().any(|write| ends_it(&write)) {
            let what = format!("{email} is claimed twice: {:?}", seen.writes);
            return vec![("an e-mail has one live lease", what)];
        }
    }
    Violations::new()
}

/// Nobody hands an e-mail out again whose lease has not run out.
fn a_lease_is_not_taken_away(email: &EmailId, seen: &EmailSeen) -> Violations {
    for taking in seen.writes.iter().filter(|write| write.did == Did::Requeued) {
        // What it hands out is claimed at once: only a claim that was there before is meant.
        let before = claims(seen).filter(|(claim, _)| claim.ended < taking.began);
        let Some((claim, until)) = before.last() else { continue };
        let ended = seen.writes.iter().any(|write| {
            let ends = !matches!(write.did, Did::Claimed(_) | Did::Requeued);
            ends && write.ended > claim.began && write.began < taking.ended
        });
        let before = seen.writes.iter().any(|write| {
            let is_other = write.did == Did::Requeued && write.ended < taking.began;
            is_other && write.began > claim.ended
        });
        if !ended && !before && until > taking.ended_ms {
            let what = format!("{email} is taken away from {claim:?} by {taking:?}");
            return vec![("a lease is not taken away", what)];
        }
    }
    Violations::new()
}

fn what_ses_told_of_is_not_claimed(email: &EmailId, seen: &EmailSeen) -> Violations {
    let told = seen.writes.iter().filter(|write| write.did == Did::Learned);
    let told = told.map(|write| write.ended).min();
    match claims(seen).find(|(claim, _)| told.is_some_and(|told| claim.began > told)) {
        Some((claim, _)) => {
            vec![("what SES told of is not sent again", format!("{email}: {claim:?}"))]
        }
        None => Violations::new(),
    }
}

#[cfg(test)]
mod tests;
