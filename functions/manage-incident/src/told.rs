//! The timeline as it is read: what the desk recorded, and between it what SES said of e-mails.
//!
//! What SES says comes late and in any order, so it is no entry that is written: it stands at its own
//! instant, and the timeline is the same whatever came first.

use jiff::Timestamp;
use serde::Serialize;
use shared::email::EmailId;
use shared::incident::timeline::{Event, TimelineEntry};
use shared::incident::values::EmailAddress;
use shared::outbox::{EmailItem, FactKind};
use shared::store::Story;

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ToldEntry {
    /// What the desk recorded.
    Recorded(TimelineEntry),
    /// What SES said of an e-mail. It belongs to no version.
    Fact(FactEntry),
}

/// What SES said of an e-mail, at its own instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FactEntry {
    /// When it was so, by the mail system's clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: FactEvent,
}

/// What SES can say, told like an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FactEvent {
    /// Something is known of an e-mail. That it was sent, `emails` alone says.
    EmailFact {
        /// What.
        fact: FactKind,
        /// Of which e-mail.
        email: EmailId,
        /// To whom that is.
        to: EmailAddress,
        /// In the mail system's words; may be empty.
        detail: String,
    },
}

/// What the desk recorded, in its order, and each fact before what was recorded at its instant or
/// later: what SES said comes before what the desk did about it. But never before the change that wrote
/// the e-mail, whatever the clock of SES says.
pub(crate) fn timeline(story: &Story) -> Vec<ToldEntry> {
    let place = |item: &EmailItem, fact: &FactEntry| {
        let recorded = &story.timeline;
        let written = recorded.partition_point(|entry| entry.version <= item.email.id.version);
        let later = recorded[written..].iter().position(|entry| entry.at >= fact.at);
        later.map_or(recorded.len(), |n| written + n)
    };
    let of_email = |item| facts(item).map(move |fact| (place(item, &fact), fact));
    let mut facts: Vec<_> = story.emails.iter().flat_map(of_email).collect();
    // Those of one instant in the order of the e-mails, and of their kinds.
    facts.sort_by_key(|(place, fact)| (*place, fact.at));
    let mut facts = facts.into_iter().peekable();
    let mut told = Vec::with_capacity(story.timeline.len());
    for (n, entry) in story.timeline.iter().enumerate() {
        while let Some((_, fact)) = facts.next_if(|(place, _)| *place <= n) {
            told.push(ToldEntry::Fact(fact));
        }
        told.push(ToldEntry::Recorded(with_reason(entry.clone(), &story.emails)));
    }
    told.extend(facts.map(|(_, fact)| ToldEntry::Fact(fact)));
    told
}

fn facts(item: &EmailItem) -> impl Iterator<Item = FactEntry> {
    let known = item.facts.iter().filter(|(kind, _)| *kind != FactKind::Sent);
    known.map(|(fact, known)| FactEntry {
        at: known.at,
        event: FactEvent::EmailFact {
            fact,
            email: item.email.id.clone(),
            to: item.email.recipient.clone(),
            detail: known.detail.clone(),
        },
    })
}

/// An e-mail may have reached nobody for two reasons, and which of them came first is chance: the
/// reason is what all that is known comes to.
fn with_reason(mut entry: TimelineEntry, emails: &[EmailItem]) -> TimelineEntry {
    if let Event::Undeliverable { email, reason, .. } = &mut entry.event
        && let Some(item) = emails.iter().find(|item| item.email.id == *email)
        && let Some(known) = item.facts.reason()
    {
        *reason = known;
    }
    entry
}
