//! The end is counted: what people were answered against what is in the table, what is in the outbox
//! against what SES took. Each check is a function named after what it says.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use shared::email::{EmailId, EmailKind};
use shared::incident::deadlines::{Deadline, Outcome, StepOutcome, explain};
use shared::incident::timeline::{Event, TimelineEntry};
use shared::outbox::{DeliveryStatus, EmailItem};
use shared::store::Story;

use super::acted::Acted;
use super::hearing;
use super::people::{Request, Wish};
use super::receiver::Heard;
use super::seen::{EmailSeen, Sweep};
use super::sending;

/// A check, and what breaks it.
pub type Violations = Vec<(&'static str, String)>;

/// All that is there at the end.
#[derive(Debug, Default)]
pub struct End {
    /// The incidents, by their numbers.
    pub stories: BTreeMap<String, Story>,
    /// The e-mails that are about no incident.
    pub others: Vec<EmailItem>,
    /// What was asked.
    pub requests: Vec<Request>,
    /// What became of the mails that were taken; `None` when nobody knows.
    pub mails: HashMap<String, Option<String>>,
    /// What went over the wire.
    pub seen: HashMap<EmailId, EmailSeen>,
    /// What another system was told, by the ids of the webhooks.
    pub heard: HashMap<String, Heard>,
    /// Sweeps, whatever became of them.
    pub sweeps: Vec<Sweep>,
    /// How late each due instant was acted on, in milliseconds; sorted.
    pub lateness_ms: Vec<i64>,
    /// What was acted on later than after `acted::LATEST_MS` while nothing had recovered, and the sweeps that
    /// came to nothing meanwhile.
    pub unrecovered: Vec<String>,
    /// How many deadlines there were, of clocks and of the desk's own.
    pub deadlines: usize,
}

impl End {
    /// Every check.
    pub fn check(&mut self) -> Violations {
        let mut violations = Violations::new();
        for request in &self.requests {
            violations.extend(self.of_request(request));
        }
        let (mut lateness, mut unrecovered) = (Vec::new(), Vec::new());
        for story in self.stories.values() {
            self.deadlines += explain(&story.incident, &story.timeline, &story.emails).len();
            violations.extend(every_deadline_is_served(story));
            for entry in &story.timeline {
                let Some(acted) = Acted::of(entry) else { continue };
                lateness.push(acted.late_ms);
                violations.extend(acted.on_time(entry, &self.sweeps));
                unrecovered.extend(acted.unrecovered(entry, &self.sweeps));
            }
            violations.extend(each_step_tells_a_recipient_once(story));
            violations.extend(a_timeline_is_whole(story));
            violations.extend(hearing::check(story, &self.heard));
            for item in &story.emails {
                let seen = self.seen.get(&item.email.id);
                violations.extend(every_email_ends(story, item));
                violations.extend(what_is_sent_was_taken(item, seen));
            }
        }
        for item in &self.others {
            let ended =
                matches!(item.delivery.status, DeliveryStatus::Sent | DeliveryStatus::Parked);
            if !ended {
                violations.push((ENDS, format!("{} is {:?}", item.email.id, item.delivery)));
            }
            violations.extend(what_is_sent_was_taken(item, self.seen.get(&item.email.id)));
        }
        let written = self.stories.values().flat_map(|story| &story.emails).chain(&self.others);
        let written: HashSet<_> = written.map(|item| &item.email.id).collect();
        for (email, seen) in &self.seen {
            if !written.contains(email) {
                violations.push(("what SES took is in the outbox", format!("{email} is not")));
            }
            violations.extend(sending::check(email, seen));
        }
        let webhooks = self.stories.values().flat_map(|story| &story.webhooks);
        let webhooks: HashSet<_> = webhooks.map(|item| item.webhook.id.to_string()).collect();
        for id in self.heard.keys().filter(|id| !webhooks.contains(*id)) {
            violations.push(("what is heard is in the outbox", format!("{id} is not")));
        }
        lateness.sort_unstable();
        self.lateness_ms = lateness;
        self.unrecovered = unrecovered;
        violations
    }

    fn of_request(&self, request: &Request) -> Violations {
        let mut violations = Violations::new();
        let Request { wish, number, words, status, times, .. } = request;
        let told = format!("{wish:?} of {number} ({words}), answered {status} after {times} times");
        if *status == 0 {
            violations.push(("every request is answered", told));
            return violations;
        }
        if let Some(differs) = &request.differs {
            violations.push(("one key has one answer", format!("{told}: {differs}")));
        }
        let is_accepted = (200..300).contains(status);
        let story = self.stories.get(number);
        let entries = story.map(|story| story.timeline.as_slice()).unwrap_or_default();
        let effects: Vec<_> = entries.iter().filter(|entry| tells_of(entry, request)).collect();
        let (least, most) = match wish {
            _ if !is_accepted => (0, 0),
            Wish::Escalate | Wish::Open | Wish::Respond | Wish::Pause | Wish::Reply => (1, 1),
            Wish::EscalateByMail => (1, 1),
            // A form has no idempotency key.
            Wish::FollowLink => (0, *times as usize),
            // There may be nothing to do.
            _ => (0, 1),
        };
        if effects.len() < least {
            violations.push(("what was accepted is there", format!("{told}: it is not")));
        }
        if effects.len() > most {
            let what = format!("{told}: it happened {} times", effects.len());
            let check = if is_accepted { "what was accepted happened once" } else { REFUSED };
            violations.push((check, what));
        }
        if let (Wish::Escalate | Wish::EscalateByMail, Some(entry)) = (wish, effects.first()) {
            let is_receipt = |item: &&EmailItem| {
                let is_told = item.email.recipient.as_str() == request.customer;
                item.email.id.version == entry.version && is_told
            };
            let receipt = story.and_then(|story| story.emails.iter().find(is_receipt));
            if receipt.is_none() {
                violations.push(("who escalated has a receipt", format!("{told}: there is none")));
            }
        }
        if let Some(mail) = &request.mail
            && self.mails.get(mail).is_none_or(Option::is_none)
        {
            violations.push(("every mail comes to something", told));
        }
        violations
    }
}

const ENDS: &str = "every e-mail ends";
const REFUSED: &str = "what was refused did not happen";

/// Whether an entry of the timeline is what a request asked for.
fn tells_of(entry: &TimelineEntry, request: &Request) -> bool {
    let is_it = match request.wish {
        Wish::Escalate | Wish::EscalateByMail => matches!(
            entry.event,
            Event::EscalatedByCustomer { .. } | Event::JustificationAdded { .. }
        ),
        // Nothing of what is said then is in the timeline.
        Wish::Open => {
            return matches!(entry.event, Event::Opened { .. } | Event::Completed { .. });
        }
        Wish::Respond => matches!(entry.event, Event::Responded { .. }),
        Wish::Acknowledge | Wish::FollowLink => matches!(entry.event, Event::Acknowledged { .. }),
        Wish::Pause => matches!(entry.event, Event::WaitingOnCustomer { .. }),
        Wish::Reply => matches!(entry.event, Event::CustomerReplied { .. }),
        Wish::ChangePriority => matches!(entry.event, Event::PriorityChanged { .. }),
        Wish::EngageManager => matches!(entry.event, Event::AccountManagerEngaged { .. }),
        Wish::Resolve => matches!(entry.event, Event::Resolved { .. }),
        Wish::Reopen => matches!(entry.event, Event::Reopened { .. }),
    };
    is_it && says(&serde_json::to_string(&entry.event).unwrap_or_default(), &request.words)
}

/// Whether these words are said, and not those of a call with one more digit.
fn says(text: &str, words: &str) -> bool {
    let goes_on = |at: usize| text[at..].starts_with(|next: char| next.is_ascii_digit());
    text.match_indices(words).any(|(at, _)| !goes_on(at + words.len()))
}

fn every_deadline_is_served(story: &Story) -> Violations {
    let number = &story.incident.number;
    let mut violations = Violations::new();
    for deadline in explain(&story.incident, &story.timeline, &story.emails) {
        let is_served = match &deadline {
            Deadline::Clock(clock) => match &clock.outcome {
                Outcome::Running | Outcome::Paused => false,
                Outcome::Kept { at, .. } | Outcome::Ended { at, .. } => *at <= clock.due_at,
                Outcome::Missed { .. } => true,
            },
            Deadline::Step(step) => step.outcome != StepOutcome::Running,
        };
        if !is_served {
            violations.push(("every deadline is served", format!("{number}: {deadline:?}")));
        }
    }
    violations
}

fn each_step_tells_a_recipient_once(story: &Story) -> Violations {
    let mut violations = Violations::new();
    let (mut steps, mut things) = (BTreeSet::new(), HashSet::new());
    for item in &story.emails {
        let email = &item.email;
        let (id, to) = (&email.id, email.recipient.to_string());
        if let Some(alert) = email.kind.alert() {
            let resumed = match &email.kind {
                // When an acknowledgement expires the level is alerted anew: a step of its own.
                EmailKind::EscalationAlert { unanswered_since_taken_by: Some(_), .. } => id.version,
                _ => 0,
            };
            let step = (alert.escalation, alert.level, alert.round, resumed, to.clone());
            if !steps.insert(step) {
                violations
                    .push(("a step tells a recipient once", format!("{id} tells {to} again")));
            }
        }
        let kind = serde_json::to_string(&email.kind).unwrap_or_default();
        if !things.insert((id.version, to.clone(), kind)) {
            violations.push(("a change tells a recipient a thing once", format!("{id} to {to}")));
        }
    }
    violations
}

fn a_timeline_is_whole(story: &Story) -> Violations {
    let mut next = BTreeMap::<u64, u32>::new();
    for entry in &story.timeline {
        let expected = next.entry(entry.version).or_default();
        if entry.index != *expected || entry.version > story.incident.version {
            let what = format!("{} {}-{}", entry.number, entry.version, entry.index);
            return vec![("a change is whole", what)];
        }
        *expected += 1;
    }
    let opened = story.timeline.iter().filter(|e| matches!(e.event, Event::Opened { .. })).count();
    if opened == 1 {
        Violations::new()
    } else {
        let number = &story.incident.number;
        vec![("an incident is opened once", format!("{number} is opened {opened} times"))]
    }
}

fn every_email_ends(story: &Story, item: &EmailItem) -> Violations {
    let id = &item.email.id;
    let was_told = |entry: &TimelineEntry| matches!(&entry.event, Event::Undeliverable { email, .. } if email == id);
    let was_resolved = |entry: &TimelineEntry| {
        matches!(entry.event, Event::Resolved { .. }) && entry.at >= item.email.created_at
    };
    let is_fine = match item.delivery.status {
        DeliveryStatus::Sent => true,
        DeliveryStatus::Parked => story.timeline.iter().any(was_told),
        DeliveryStatus::Cancelled => story.timeline.iter().any(was_resolved),
        _ => false,
    };
    let what = || format!("{id} is {:?} at the end", item.delivery);
    if is_fine { Violations::new() } else { vec![(ENDS, what())] }
}

fn what_is_sent_was_taken(item: &EmailItem, seen: Option<&EmailSeen>) -> Violations {
    let id = &item.email.id;
    let taken: Vec<_> = seen.into_iter().flat_map(EmailSeen::taken).map(|(_, id)| id).collect();
    let own = item.delivery.ses_message_id.as_deref();
    let is_known = own.is_some_and(|own| taken.contains(&own));
    if item.delivery.status == DeliveryStatus::Sent && !is_known {
        let what = format!("{id} is sent as {own:?}, SES took {taken:?}");
        return vec![("what is sent was taken by SES", what)];
    }
    Violations::new()
}

/// Counts by what a JSON value says.
pub fn count<T: serde::Serialize>(values: impl Iterator<Item = T>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in values {
        let name = match serde_json::to_value(&value) {
            Ok(Value::String(name)) => name,
            other => format!("{other:?}"),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
