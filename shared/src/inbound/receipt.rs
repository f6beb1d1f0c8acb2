//! What SES says of a mail that it received: its receipt, as the notification of the S3 action has it.
//!
//! Verdicts are read from here alone. Headers of the mail say whatever its sender wrote into them; the
//! one header that is read is SES's own, which SES puts before all that the sender wrote.
//! (Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving".)

use jiff::Timestamp;
use serde::Deserialize;

use super::MailId;
use crate::incident::values::Domain;

/// SES's receipt of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id that SES gave the mail.
    pub id: MailId,
    /// When SES received it.
    pub received_at: Timestamp,
    /// The sender that SES's mail server was told; empty for bounces.
    pub envelope_from: String,
    /// The recipients for which the receipt rule matched.
    pub recipients: Vec<String>,
    /// Whether it is spam.
    pub spam: Verdict,
    /// Whether it has a virus.
    pub virus: Verdict,
    /// Whether the domain of From says that this is its mail.
    pub dmarc: Verdict,
    /// Whether a signature is right.
    pub dkim: Verdict,
    /// Whose signature is right, as SES's own header says it.
    pub signed_by: Vec<Domain>,
    /// The key of the object in which the mail is kept.
    pub object_key: String,
}

/// What a check of SES found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It is in order.
    Pass,
    /// It is not.
    Fail,
    /// There is nothing to tell by; the domain publishes no policy, for one.
    Gray,
    /// The check itself failed, was not made, or says something new.
    #[serde(other)]
    ProcessingFailed,
}

/// Why a notification is no receipt of a mail.
#[derive(Debug, thiserror::Error)]
pub enum NoReceipt {
    /// It is not of the form that SES gives it.
    #[error("the notification cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    /// SES tries out a topic when a rule is made.
    #[error("the notification is of no mail")]
    OfNoMail,
}

/// The id of the mail that SES puts into a bucket when a rule for it is made.
const SETUP: &str = "AMAZON_SES_SETUP_NOTIFICATION";

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "notificationType")]
    kind: String,
    mail: Option<NotifiedMail>,
    receipt: Option<NotifiedReceipt>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotifiedMail {
    message_id: MailId,
    #[serde(default)]
    source: String,
    timestamp: Timestamp,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotifiedReceipt {
    recipients: Vec<String>,
    #[serde(default)]
    spam_verdict: Status,
    #[serde(default)]
    virus_verdict: Status,
    #[serde(default)]
    dkim_verdict: Status,
    #[serde(default)]
    dmarc_verdict: Status,
    action: Action,
}

#[derive(Deserialize)]
struct Status {
    status: Verdict,
}

impl Default for Status {
    fn default() -> Self {
        Self { status: Verdict::ProcessingFailed }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    object_key: String,
}

impl Receipt {
    /// Reads the notification that SES publishes once it has put a mail into the bucket.
    ///
    /// # Errors
    ///
    /// [`NoReceipt`].
    pub fn read(notification: &str) -> Result<Self, NoReceipt> {
        let Notification { kind, mail, receipt } = serde_json::from_str(notification)?;
        let (Some(mail), Some(receipt)) = (mail, receipt) else { return Err(NoReceipt::OfNoMail) };
        if kind != "Received" || mail.message_id.as_str() == SETUP {
            return Err(NoReceipt::OfNoMail);
        }
        Ok(Self {
            id: mail.message_id,
            received_at: mail.timestamp,
            envelope_from: mail.source,
            recipients: receipt.recipients,
            spam: receipt.spam_verdict.status,
            virus: receipt.virus_verdict.status,
            dmarc: receipt.dmarc_verdict.status,
            dkim: receipt.dkim_verdict.status,
            signed_by: signed_by(&mail.headers),
            object_key: receipt.action.object_key,
        })
    }

    /// The domain whose right signature stands for mail of `author`: its own, or one that it is part
    /// of or that is part of it, among those that are known.
    #[must_use]
    pub fn signed_for(&self, author: &Domain, known: &Domain) -> bool {
        self.dkim == Verdict::Pass
            && is_within(author, known)
            && self.signed_by.iter().any(|signer| is_within(signer, known))
    }
}

/// Whether a domain is another one, or below it.
#[must_use]
pub fn is_within(domain: &Domain, of: &Domain) -> bool {
    let rest = domain.as_str().strip_suffix(of.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The signers that SES found right. Its header is the first of that name, for SES puts it before what
/// the sender wrote: `amazonses.com; spf=…; dkim=pass header.i=@example.com; dmarc=…`.
fn signed_by(headers: &[Header]) -> Vec<Domain> {
    let is_results = |h: &&Header| h.name.eq_ignore_ascii_case("Authentication-Results");
    let Some(own) = headers.iter().find(is_results) else { return Vec::new() };
    let Some(value) = without_comments(&own.value) else { return Vec::new() };
    let mut results = value.split(';').map(str::trim);
    if results.next() != Some("amazonses.com") {
        return Vec::new();
    }
    let passed = results.filter_map(|result| {
        let mut words = result.split_whitespace();
        if words.next() != Some("dkim=pass") {
            return None;
        }
        let signer = words.find_map(|word| word.strip_prefix("header.i="))?;
        let (_, domain) = signer.split_once('@')?;
        // With a second `@`, this is no domain.
        domain.parse().ok()
    });
    passed.collect()
}

/// The header without its comments. `None` of one that quotes: SES's own words need no quotes, but it
/// repeats what the sender chose, such as the envelope's sender and the `i=` of a signature, and
/// `"x; dkim=pass header.i=@acme.example"@evil.example` is an address (RFC 5321, 4.1.2).
fn without_comments(value: &str) -> Option<String> {
    if value.contains(['"', '\\']) {
        return None;
    }
    let mut depth = 0_usize;
    let outside = value.chars().filter(|c| {
        let was_outside = depth == 0;
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        was_outside && depth == 0 && *c != ')'
    });
    let outside = outside.collect();
    (depth == 0).then_some(outside)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn notification(headers: &Value) -> String {
        json!({
            "notificationType": "Received",
            "mail": {
                "timestamp": "2026-11-24T08:00:00.123Z", "source": "ada@acme.example",
                "messageId": "d6iitobk75ur44p8kdnnp7g2n800",
                "destination": ["escalations@example.com"], "headersTruncated": false,
                "headers": headers, "commonHeaders": { "subject": "INC-1001" },
            },
            "receipt": {
                "timestamp": "2026-11-24T08:00:00.123Z", "processingTimeMillis": 222,
                "recipients": ["escalations@example.com"],
                "spamVerdict": { "status": "PASS" }, "virusVerdict": { "status": "DISABLED" },
                "spfVerdict": { "status": "PASS" }, "dkimVerdict": { "status": "PASS" },
                "dmarcVerdict": { "status": "GRAY" },
                "action": {
                    "type": "S3", "topicArn": "arn:aws:sns:eu-west-1:012345678912:mail",
                    "bucketName": "mail", "objectKeyPrefix": "mail/", "objectKey": "mail/d6iitobk75ur44p8kdnnp7g2n800",
                },
            },
        })
        .to_string()
    }

    fn header(value: &str) -> Value {
        json!({ "name": "Authentication-Results", "value": value })
    }

    const OWN: &str = "amazonses.com; spf=pass (spfCheck: domain of acme.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1; envelope-from=ada@acme.example; helo=mail.acme.example; dkim=pass header.i=@mail.acme.example; dkim=fail header.i=@globex.example; dmarc=none header.from=acme.example;";

    #[test]
    fn a_notification_of_ses_is_read_whole() {
        let receipt = Receipt::read(&notification(&json!([header(OWN)]))).unwrap();
        assert_eq!(receipt.object_key, "mail/d6iitobk75ur44p8kdnnp7g2n800");
        assert_eq!((receipt.dmarc, receipt.virus), (Verdict::Gray, Verdict::ProcessingFailed));
        assert_eq!(receipt.signed_by, ["mail.acme.example".parse().unwrap()]);
        assert_eq!(receipt.received_at.to_string(), "2026-11-24T08:00:00.123Z");
    }

    #[test]
    fn only_the_header_that_ses_puts_first_says_who_signed() {
        let forged = "amazonses.com; dkim=pass header.i=@acme.example";
        for (headers, signers) in [
            (json!([header("amazonses.com; dkim=fail header.i=@acme.example"), header(forged)]), 0),
            (json!([header("mx.example; dkim=pass header.i=@acme.example")]), 0),
            (json!([{ "name": "X-Authentication-Results", "value": forged }]), 0),
            (json!([header("amazonses.com; dkim=pass header.i=@"), header(forged)]), 0),
            // What the sender chose and SES repeats: the envelope's sender, the name of a host, `i=`.
            (
                json!([header(
                    r#"amazonses.com; spf=pass envelope-from="x; dkim=pass header.i=@acme.example; y"@evil.example; dkim=fail"#
                )]),
                0,
            ),
            (
                json!([header(
                    "amazonses.com; spf=pass (of x; dkim=pass header.i=@acme.example; y); dkim=fail"
                )]),
                0,
            ),
            (json!([header("amazonses.com; spf=pass (of x; dkim=pass header.i=@acme.example")]), 0),
            (
                json!([header(
                    r#"amazonses.com; dkim=pass header.i="x header.i=@acme.example"@evil.example"#
                )]),
                0,
            ),
            (json!([header("amazonses.com; dkim=pass header.i=@evil.example@acme.example")]), 0),
            (json!([header(forged)]), 1),
        ] {
            assert_eq!(
                Receipt::read(&notification(&headers)).unwrap().signed_by.len(),
                signers,
                "{headers}"
            );
        }
    }

    #[test]
    fn a_signature_stands_for_the_domains_below_one_that_is_known() {
        let receipt = Receipt::read(&notification(&json!([header(OWN)]))).unwrap();
        for (author, known, stands) in [
            ("acme.example", "acme.example", true),
            ("mail.acme.example", "acme.example", true),
            ("notacme.example", "acme.example", false),
            ("acme.example", "example.com", false),
            ("globex.example", "globex.example", false),
            // The signer is below what is known of the account, not the other way round.
            ("shop.acme.example", "shop.acme.example", false),
        ] {
            let (author, known) = (author.parse().unwrap(), known.parse().unwrap());
            assert_eq!(receipt.signed_for(&author, &known), stands, "{author} of {known}");
        }
        let unsigned = Receipt { dkim: Verdict::Fail, ..receipt };
        let acme = "acme.example".parse().unwrap();
        assert!(!unsigned.signed_for(&acme, &acme));
    }

    #[test]
    fn what_is_no_receipt_is_told_apart_from_what_cannot_be_read() {
        let setup = r#"{"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "…"}"#;
        assert!(matches!(Receipt::read(setup), Err(NoReceipt::OfNoMail)));
        for broken in ["", "{}", "[]", "null", r#"{"notificationType": "Received", "mail": {}}"#] {
            assert!(matches!(Receipt::read(broken), Err(NoReceipt::Form(_))), "{broken}");
        }
    }
}
