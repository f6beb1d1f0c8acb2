//! An event of SES, as EventBridge delivers it: of which e-mail it is, and what it says.
//!
//! The e-mail is known by the tag that `dispatch-email` gave it, never by a header, which anybody can
//! write. It must never decide what follows from it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::email::EmailId;
use shared::mailer::ses::{EMAIL_ID_TAG, email_of_tag};
use shared::outbox::{EmailFact, EmailFacts, EmailItem, FactKind};

/// What an event comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// It says something of an e-mail that a desk has sent.
    Heard(Heard),
    /// It is of an e-mail that no desk has sent.
    OfNoEmail,
    /// Somebody opened an e-mail, or followed a link in it: the desk does not look.
    OfNoInterest,
}

/// What SES says of an e-mail.
#[derive(Debug, PartialEq)]
pub(super) struct Heard {
    pub email: EmailId,
    pub facts: EmailFacts,
    message_id: String,
    /// The addresses of which it says so.
    addresses: Vec<String>,
}

impl Heard {
    /// Whether it is of this e-mail, and not of another desk's in the same account that has the same
    /// id: one that went elsewhere, or cannot have gone under that id, is not the one that SES
    /// speaks of.
    pub fn is_of(&self, item: &EmailItem) -> bool {
        let recipient = item.email.recipient.as_str();
        let is_it = |to: &String| plain(to).eq_ignore_ascii_case(recipient);
        let went_there = self.addresses.iter().any(is_it);
        went_there && item.delivery.may_be(&self.message_id)
    }
}

/// The address of `"Name" <address>`.
fn plain(mailbox: &str) -> &str {
    let address = mailbox.rsplit_once('<').map_or(mailbox, |(_, rest)| rest);
    address.trim().trim_end_matches('>')
}

#[derive(Deserialize)]
struct Envelope {
    detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Delivery>,
    delivery_delay: Option<DeliveryDelay>,
    reject: Option<Reject>,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    /// A tag has a list of values; the desk gives one.
    #[serde(default)]
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    #[serde(default)]
    email_address: String,
    diagnostic_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    timestamp: Timestamp,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    smtp_response: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryDelay {
    timestamp: Timestamp,
    #[serde(default)]
    delay_type: String,
    #[serde(default)]
    delayed_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Reject {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    #[serde(default)]
    error_message: String,
}

/// Reads an event.
///
/// # Errors
///
/// What is missing or not as SES's documentation has it; nothing of what the event says.
pub(super) fn read(event: Value) -> Result<Event, String> {
    let wrong = |error: serde_json::Error| what_is_wrong(&error);
    let Envelope { detail } = serde_json::from_value(event).map_err(wrong)?;
    if let Some("Open" | "Click" | "Subscription") = detail["eventType"].as_str() {
        return Ok(Event::OfNoInterest);
    }
    let detail: Detail = serde_json::from_value(detail).map_err(wrong)?;
    let tag = detail.mail.tags.get(EMAIL_ID_TAG).and_then(|values| values.first());
    let Some(email) = tag.and_then(|value| email_of_tag(value)) else {
        return Ok(Event::OfNoEmail);
    };
    let sent = EmailFact::new(detail.mail.timestamp, &detail.mail.message_id);
    let mut facts = EmailFacts::from_iter([(FactKind::Sent, sent)]);
    if let Some((kind, fact)) = said(&detail)? {
        facts.add(kind, fact);
    }
    let addresses = addresses(&detail);
    let message_id = detail.mail.message_id;
    Ok(Event::Heard(Heard { email, facts, message_id, addresses }))
}

/// Of which addresses an event says so. Of an e-mail to one address, as the desk writes them, it is
/// that one, whatever the event names: a bounce of a mailbox that forwards names the one behind it.
fn addresses(detail: &Detail) -> Vec<String> {
    if detail.mail.destination.len() <= 1 {
        return detail.mail.destination.clone();
    }
    let named = |recipients: &[Recipient]| {
        recipients.iter().map(|recipient| recipient.email_address.clone()).collect()
    };
    match detail {
        Detail { bounce: Some(bounce), .. } => named(&bounce.bounced_recipients),
        Detail { complaint: Some(complaint), .. } => named(&complaint.complained_recipients),
        Detail { delivery_delay: Some(delay), .. } => named(&delay.delayed_recipients),
        Detail { delivery: Some(delivery), .. } => delivery.recipients.clone(),
        _ => detail.mail.destination.clone(),
    }
}

/// What an event says beyond that SES took the e-mail.
fn said(detail: &Detail) -> Result<Option<(FactKind, EmailFact)>, String> {
    let missing = || format!("a {} says nothing of itself", detail.event_type);
    let sent_at = detail.mail.timestamp;
    let fact = match detail.event_type.as_str() {
        "Send" => return Ok(None),
        "Delivery" => {
            let delivery = detail.delivery.as_ref().ok_or_else(missing)?;
            let fact = EmailFact::new(delivery.timestamp, &delivery.smtp_response);
            (FactKind::Delivered, fact)
        }
        "Bounce" => bounced(detail.bounce.as_ref().ok_or_else(missing)?),
        "Complaint" => return Ok(complained(detail.complaint.as_ref().ok_or_else(missing)?)),
        "DeliveryDelay" => {
            let delay = detail.delivery_delay.as_ref().ok_or_else(missing)?;
            let said = with_diagnostic(&delay.delay_type, &delay.delayed_recipients);
            (FactKind::Delayed, EmailFact::new(delay.timestamp, &said))
        }
        // SES gives these no instant of their own: both happen when it is handed the e-mail.
        "Reject" => {
            let reject = detail.reject.as_ref().ok_or_else(missing)?;
            (FactKind::Rejected, EmailFact::new(sent_at, &reject.reason))
        }
        "Rendering Failure" => {
            let failure = detail.failure.as_ref().ok_or_else(missing)?;
            (FactKind::RenderingFailed, EmailFact::new(sent_at, &failure.error_message))
        }
        _ => return Err("an event of a type that is not known".to_owned()),
    };
    Ok(Some(fact))
}

fn bounced(bounce: &Bounce) -> (FactKind, EmailFact) {
    let sub_type = bounce.bounce_sub_type.as_str();
    let kind = match (bounce.bounce_type.as_str(), sub_type) {
        ("Permanent", "Suppressed" | SUPPRESSED) => FactKind::Suppressed,
        ("Permanent", _) => FactKind::Bounced,
        ("Transient", _) => FactKind::BouncedTransient,
        _ => FactKind::BouncedUndetermined,
    };
    let said = with_diagnostic(sub_type, &bounce.bounced_recipients);
    (kind, EmailFact::new(bounce.timestamp, &said))
}

/// The sub type for an address on the account's own suppression list.
const SUPPRESSED: &str = "OnAccountSuppressionList";

/// A report that says that the e-mail is *not* spam takes an earlier one back at the mail system, and
/// is no complaint.
fn complained(complaint: &Complaint) -> Option<(FactKind, EmailFact)> {
    let sub_type = complaint.complaint_sub_type.as_deref();
    let feedback = complaint.complaint_feedback_type.as_deref().unwrap_or_default();
    let fact = |said| EmailFact::new(complaint.timestamp, said);
    match (sub_type, feedback) {
        (Some(SUPPRESSED), _) => Some((FactKind::Suppressed, fact(SUPPRESSED))),
        (_, "not-spam") => None,
        (_, feedback) => Some((FactKind::Complained, fact(feedback))),
    }
}

/// The smallest of the diagnostics: their order in the event means nothing.
fn with_diagnostic(said: &str, recipients: &[Recipient]) -> String {
    let diagnostic = recipients.iter().filter_map(|r| r.diagnostic_code.as_deref()).min();
    [said, diagnostic.unwrap_or_default()].join(": ").trim_matches([':', ' ']).to_owned()
}

/// Without the value that is wrong: it may be an address.
fn what_is_wrong(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let field = said.split('`').nth(1).filter(|_| said.starts_with("missing field"));
    match field {
        Some(field) => format!("it has no `{field}`"),
        None => "a field has a value of another type".to_owned(),
    }
}

#[cfg(test)]
mod tests;
