//! Events of SES: what EventBridge hands to `record-delivery`.
//!
//! EventBridge delivers JSON. What stands in it is SES's, and of mail systems that SES spoke to.

use serde_json::Value;
use shared::dispatch::Batch;
use shared::mailer::memory::MemoryMailer;
use shared::outbox::{DeliveryStatus, EmailItem};
use shared::store::Store;

use super::fresh::Fresh;
use crate::{link_keys, link_writer, world};

/// The longest detail that is kept of what a mail system says.
const DETAIL_CHARACTERS: usize = 300;

thread_local! {
    static DESK: Sent = Sent::made();
}

/// A desk all of whose e-mails SES has taken.
struct Sent {
    fresh: Fresh,
    emails: Vec<EmailItem>,
}

/// Plays an event.
///
/// # Panics
///
/// When something does not hold of what was learned from it.
pub fn play(input: &[u8]) -> String {
    let Ok(event) = serde_json::from_slice::<Value>(input) else { return "no JSON".to_owned() };
    DESK.with(|sent| sent.fresh.played(|| sent.play(&event)))
}

impl Sent {
    fn made() -> Self {
        let fresh = Fresh::made(async |desk| {
            let pending = desk.store.pending_emails();
            let records = pending.iter().enumerate().map(|(n, id)| world::record(n, id));
            let batch = Batch { records: records.collect() };
            let links = link_writer(link_keys());
            dispatch_email::handle(desk, &MemoryMailer::default(), &links, batch).await;
        });
        let items = fresh.run(async {
            let mut items = Vec::new();
            for number in ["INC-1001", "INC-1002", "INC-1003", "INC-1004", "00123456"] {
                let number = number.parse().expect("a number");
                let story = fresh.desk.store.story(&number).await.expect("a store in memory");
                items.extend(story.expect("an incident").emails);
            }
            items
        });
        assert!(items.iter().all(|item| item.delivery.status == DeliveryStatus::Sent));
        Self { fresh, emails: items }
    }

    fn play(&self, event: &Value) -> String {
        let record = || self.fresh.run(record_delivery::handle(&self.fresh.desk, event.clone()));
        record().expect("a store in memory");
        if self.fresh.is_untouched() {
            return "let go".to_owned();
        }
        let learned: Vec<_> = self.learned();
        assert_eq!(learned.len(), 1, "one event, and {} e-mails", learned.len());
        let (before, after) = &learned[0];
        self.hold(event, before, after);
        self.fresh.in_order();
        let once = self.fresh.desk.store.copied();
        record().expect("a store in memory");
        assert!(self.fresh.desk.store.has_what(&once), "told again, it learns more");
        let parked = after.delivery.status == DeliveryStatus::Parked;
        if parked { "learned, and parked".to_owned() } else { "learned".to_owned() }
    }

    /// What is new of e-mails, as they were and as they are.
    fn learned(&self) -> Vec<(&EmailItem, EmailItem)> {
        let items = self.emails.iter().map(|before| {
            let load = self.fresh.desk.store.load_email(&before.email.id);
            let after = self.fresh.run(load).expect("a store in memory");
            (before, after.expect("no e-mail goes away"))
        });
        items.filter(|(before, after)| *before != after).collect()
    }

    /// The event is of that e-mail, by the id that SES gave it and the address that it went to; what is
    /// kept of it is bounded; nothing of the e-mail itself changes.
    fn hold(&self, event: &Value, before: &EmailItem, after: &EmailItem) {
        assert_eq!(before.email, after.email, "what was said changes");
        let id = before.delivery.ses_message_id.as_deref();
        assert_eq!(event["detail"]["mail"]["messageId"].as_str(), id, "another e-mail's");
        let to = before.email.recipient.as_str().to_ascii_lowercase();
        assert!(event["detail"].to_string().to_ascii_lowercase().contains(&to), "it went to {to}");
        let status = after.delivery.status;
        assert!(matches!(status, DeliveryStatus::Sent | DeliveryStatus::Parked), "{status:?}");
        let undone = after.facts.iter().any(|(kind, _)| kind.is_not_told());
        assert_eq!(status == DeliveryStatus::Parked, undone, "{:?}", after.facts);
        for (_, fact) in after.facts.iter() {
            assert!(fact.detail.chars().count() <= DETAIL_CHARACTERS, "{}", fact.detail);
            assert!(!fact.detail.contains(char::is_control), "{:?}", fact.detail);
        }
    }
}
