//! What SES tells EventBridge of each e-mail: that it took it, and what became of it.
//!
//! In the form of SES's documentation of event publishing, as EventBridge hands it to a function: in
//! any order, at least once, again when the function fails. Only for an e-mail with a configuration
//! set, as in AWS.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::mailbox::Message;
use crate::mailbox::bounces::Bounce;
use crate::queue::worker::{Deliver, Settings};

/// Calls a function with an event.
pub type Invoke =
    Arc<dyn Fn(Value) -> BoxFuture<'static, Result<(), lambda_runtime::Error>> + Send + Sync>;

/// One event at a time for each call, and as many calls at once as e-mails are sent at once and more: two
/// events come of each e-mail, and what is not heard waits in memory.
pub fn settings() -> Settings {
    Settings { batch: 1, at_once: 32, ..Settings::default() }
}

/// How the queue of events calls the function.
pub fn target(invoke: Invoke) -> Deliver {
    Arc::new(move |batch| {
        let invoke = Arc::clone(&invoke);
        async move {
            for message in batch {
                invoke(serde_json::from_str(&message.body)?).await?;
            }
            Ok(Vec::new())
        }
        .boxed()
    })
}

const ACCOUNT: &str = "000000000000";
const SERVER: &str = "a7-12.smtp-out.eu-west-1.amazonses.com";
/// How long SES goes on trying.
const KEEPS_TRYING: SignedDuration = SignedDuration::from_hours(14);

/// The events of an e-mail that SES took, in their order.
pub fn of(message: &Message, set: &str, tags: &[(String, String)], now: Timestamp) -> Vec<Value> {
    let mail = mail(message, set, tags);
    let event = |kind, detail_type, name: &str, facts: Value| {
        let mut detail = json!({ "eventType": kind, "mail": mail });
        detail[name] = facts;
        json!({
            "version": "0",
            "id": uuid(),
            "detail-type": detail_type,
            "source": "aws.ses",
            "account": ACCOUNT,
            "time": format!("{now:.0}"),
            "region": "eu-west-1",
            "resources": [format!("arn:aws:ses:eu-west-1:{ACCOUNT}:configuration-set/{set}")],
            "detail": detail,
        })
    };
    let to = message.to.as_str();
    let at = format!("{now:.3}");
    let sent = event("Send", "Email Sent", "send", json!({}));
    let delivered = || {
        let facts = json!({
            "timestamp": at, "processingTimeMillis": 1, "recipients": [to],
            "smtpResponse": "250 2.0.0 OK", "reportingMTA": SERVER,
        });
        event("Delivery", "Email Delivered", "delivery", facts)
    };
    let bounced = |kind, sub_kind, status, said: &str| {
        let facts = json!({
            "bounceType": kind, "bounceSubType": sub_kind,
            "bouncedRecipients": [{
                "emailAddress": to, "action": "failed", "status": status,
                "diagnosticCode": format!("smtp; {said}"),
            }],
            "timestamp": at, "feedbackId": feedback_id(), "reportingMTA": format!("dsn; {SERVER}"),
        });
        event("Bounce", "Email Bounced", "bounce", facts)
    };
    match message.bounce {
        None => vec![sent, delivered()],
        Some(Bounce::Permanent) => {
            vec![sent, bounced("Permanent", "General", "5.1.1", "550 5.1.1 user unknown")]
        }
        Some(Bounce::Transient) => {
            vec![sent, bounced("Transient", "MailboxFull", "4.2.2", "452 4.2.2 mailbox full")]
        }
        Some(Bounce::Complaint) => {
            let facts = json!({
                "complainedRecipients": [{ "emailAddress": to }],
                "timestamp": at, "feedbackId": feedback_id(), "complaintSubType": null,
                "userAgent": "ExampleCorp Feedback Loop (V0.01)",
                "complaintFeedbackType": "abuse", "arrivalDate": at,
            });
            let complained = event("Complaint", "Email Complaint Received", "complaint", facts);
            vec![sent, delivered(), complained]
        }
        Some(Bounce::Delay) => {
            let facts = json!({
                "timestamp": at, "delayType": "TransientCommunicationFailure",
                "expirationTime": format!("{:.3}", now + KEEPS_TRYING),
                "delayedRecipients": [{
                    "emailAddress": to, "status": "4.4.1",
                    "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
                }],
                "reportingMTA": SERVER,
            });
            vec![sent, event("DeliveryDelay", "Email Delivery Delayed", "deliveryDelay", facts)]
        }
    }
}

fn mail(message: &Message, set: &str, tags: &[(String, String)]) -> Value {
    let headers: Vec<_> = message
        .headers
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let domain = message.from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let domain = domain.trim_end_matches('>');
    let mut tagged = json!({
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [set],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [domain],
        "ses:caller-identity": ["local"],
    });
    for (name, value) in tags {
        tagged[name] = json!([value]);
    }
    json!({
        "timestamp": message.sent_at,
        "source": message.from,
        "sourceArn": format!("arn:aws:ses:eu-west-1:{ACCOUNT}:identity/{domain}"),
        "sendingAccountId": ACCOUNT,
        "messageId": message.id,
        "destination": [message.to],
        "headersTruncated": false,
        "headers": headers,
        "commonHeaders": {
            "from": [message.from],
            "to": [message.to],
            "messageId": message.id,
            "subject": message.subject,
        },
        "tags": tagged,
    })
}

fn feedback_id() -> String {
    format!("{:016x}-{}-000000", fastrand::u64(..), uuid())
}

fn uuid() -> String {
    let random = format!("{:032x}", fastrand::u128(..));
    let parts = [&random[..8], &random[8..12], &random[12..16], &random[16..20], &random[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bounce: Option<Bounce>) -> Vec<Value> {
        fastrand::seed(7);
        let message = Message {
            id: "0000000000000000-1-000000".to_owned(),
            from: "\"Customer Care\" <care@example.com>".to_owned(),
            to: "triage@example.com".to_owned(),
            subject: "P1 INC-1".to_owned(),
            headers: [("Subject".to_owned(), "P1 INC-1".to_owned())].into(),
            sent_at: "1970-01-01T00:00:00.000Z".to_owned(),
            bounce,
            ..Message::default()
        };
        let tags = [("email_id".to_owned(), "INC-1_5F1".to_owned())];
        of(&message, "desk", &tags, Timestamp::UNIX_EPOCH)
    }

    fn kinds(bounce: Bounce) -> Vec<String> {
        let events = events(Some(bounce));
        events
            .iter()
            .map(|event| event["detail"]["eventType"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_email_is_sent_and_delivered() {
        insta::assert_json_snapshot!(events(None));
    }

    #[test]
    fn an_address_that_was_made_to_bounce_has_the_events_of_it() {
        assert_eq!(kinds(Bounce::Permanent), ["Send", "Bounce"]);
        assert_eq!(kinds(Bounce::Transient), ["Send", "Bounce"]);
        assert_eq!(kinds(Bounce::Complaint), ["Send", "Delivery", "Complaint"]);
        assert_eq!(kinds(Bounce::Delay), ["Send", "DeliveryDelay"]);
        let facts = |bounce| {
            let detail = &mut events(Some(bounce)).pop().unwrap()["detail"];
            detail.as_object_mut().unwrap().remove("mail");
            detail.take()
        };
        insta::assert_json_snapshot!(json!([
            facts(Bounce::Permanent),
            facts(Bounce::Transient),
            facts(Bounce::Complaint),
            facts(Bounce::Delay),
        ]));
    }
}
