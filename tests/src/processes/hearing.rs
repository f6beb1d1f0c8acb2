//! The checks of webhooks: every change is heard of, in the words of the timeline.

use std::collections::{BTreeMap, HashMap};

use shared::outbox::{DeliveryStatus, WebhookItem};
use shared::store::Story;
use shared::webhook::payload;

use super::counted::Violations;
use super::receiver::Heard;

/// How many other systems hear of changes.
pub const SYSTEMS: usize = 1;

/// What came of webhooks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hearing {
    /// In the outbox.
    pub webhooks: u64,
    /// Taken, however often.
    pub taken: u64,
    /// Of these, taken before.
    pub repeats: u64,
    /// Not taken: the system was busy.
    pub refused: u64,
}

impl Hearing {
    /// Counts what a system was told under one id.
    pub fn add(&mut self, heard: &Heard) {
        let taken = heard.taken.len() as u64;
        self.webhooks += 1;
        self.taken += taken;
        self.repeats += taken.saturating_sub(1);
        self.refused += heard.refused;
    }
}

/// Each change of an incident has a webhook for each system, which took it, and may have taken it again.
pub fn check(story: &Story, heard: &HashMap<String, Heard>) -> Violations {
    let mut violations = Violations::new();
    let mut changes: BTreeMap<u64, usize> =
        story.timeline.iter().map(|entry| (entry.version, 0)).collect();
    for item in &story.webhooks {
        *changes.entry(item.webhook.id.version).or_default() += 1;
        violations.extend(is_heard(story, item, heard.get(&item.webhook.id.to_string())));
    }
    for (version, webhooks) in changes {
        if webhooks != SYSTEMS {
            let what = format!("{}, version {version}: {webhooks} webhooks", story.incident.number);
            violations.push(("each system is to hear of every change", what));
        }
    }
    violations
}

fn is_heard(story: &Story, item: &WebhookItem, heard: Option<&Heard>) -> Violations {
    let (id, status) = (&item.webhook.id, item.delivery.status);
    let mut violations = Violations::new();
    let Some(heard) = heard.filter(|heard| !heard.taken.is_empty()) else {
        return vec![("each system has heard of every change", format!("{id}: {status:?}"))];
    };
    if status != DeliveryStatus::Sent {
        violations.push(("every webhook ends", format!("{id} is {status:?} at the end")));
    }
    let entries: Vec<_> =
        story.timeline.iter().filter(|entry| entry.version == id.version).cloned().collect();
    let said = payload(&item.webhook, &entries).unwrap_or_default();
    if heard.is_forged || heard.taken.iter().any(|body| *body != said) {
        let what = format!("{id}: forged {}, {:?}, not {said}", heard.is_forged, heard.taken);
        violations.push(("what is heard is what happened", what));
    }
    violations
}
