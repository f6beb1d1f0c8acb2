//! What SES makes of a mail that it receives: headers before it, and a notification of it.
//!
//! In the form of SES's documentation of e-mail receiving. The verdicts in the notification are what
//! the desk may trust; the headers say the same, and a sender can have written others like them.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::mail::Mail;
use super::verdicts::{Verdict, Verdicts};
use super::{BUCKET, PREFIX};
use crate::mailbox::Raw;

const SERVER: &str = "inbound-smtp.eu-west-1.amazonaws.com";
const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:inbound-mail";
/// An address of RFC 5737, which nobody has.
const CLIENT: &str = "198.51.100.7";
/// Beyond this SES leaves the rest of the headers out of the notification.
const MOST_HEADER_BYTES: usize = 10 * 1024;

/// What SES knows of a mail when its receipt rule fires.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    /// The id that it gives it.
    pub id: &'a str,
    /// The envelope's sender, or nothing.
    pub sender: &'a str,
    /// The envelope's recipients that the rule is for.
    pub recipients: &'a [String],
    /// What it found out.
    pub verdicts: &'a Verdicts,
    /// When it came.
    pub at: Timestamp,
}

impl Receipt<'_> {
    /// The mail as it is stored: with SES's headers before the sender's.
    #[must_use]
    pub fn prepended_to(&self, mail: &[u8]) -> Vec<u8> {
        let from = Mail::read(mail).from_addresses;
        let from = from.first().map_or("", |address| domain(address));
        let mut stored = self.headers(from).into_bytes();
        stored.extend_from_slice(mail);
        stored
    }

    fn headers(&self, from_domain: &str) -> String {
        let Self { id, sender, recipients, verdicts, at } = self;
        let (first, sent_by) = (&recipients[0], domain(sender));
        let helo = format!("mail.{sent_by}");
        let date = rfc2822::to_string(&at.to_zoned_datetime(TimeZone::UTC));
        let date = date.unwrap_or_else(|_| at.to_string());
        let Verdicts { spf, dkim, dmarc, spam, virus, .. } = verdicts;
        let designates = match spf {
            Verdict::Pass => format!("domain of {sent_by} designates {CLIENT} as permitted sender"),
            _ => format!("domain of {sent_by} does not designate {CLIENT} as permitted sender"),
        };
        let spf = format!(
            "{spf} (spfCheck: {designates}) client-ip={CLIENT}; envelope-from={sender}; \
             helo={helo};"
        );
        let signer = verdicts.dkim_domain.as_deref().unwrap_or(from_domain);
        let signed = match dkim {
            Verdict::Gray => String::new(),
            _ => format!(" header.i=@{signer}"),
        };
        let opaque = opaque(id);
        format!(
            "Return-Path: <{sender}>\r\n\
             Received: from {helo} ({helo} [{CLIENT}])\r\n by {SERVER} with SMTP id {id}\r\n \
             for {first};\r\n {date} (UTC)\r\n\
             X-SES-Spam-Verdict: {}\r\n\
             X-SES-Virus-Verdict: {}\r\n\
             Received-SPF: {spf}\r\n\
             Authentication-Results: amazonses.com;\r\n spf={spf}\r\n dkim={dkim}{signed};\r\n \
             dmarc={dmarc} header.from={from_domain};\r\n\
             X-SES-RECEIPT: {opaque}\r\n\
             X-SES-DKIM-SIGNATURE: a=rsa-sha256; q=dns/txt; b={opaque}; c=relaxed/simple;\r\n \
             s=local; d=amazonses.com; t={}; v=1; bh={opaque};\r\n \
             h=From:To:Cc:Bcc:Subject:Date:Message-ID:MIME-Version:Content-Type:X-SES-RECEIPT;\r\n",
            spam.status(),
            virus.status(),
            at.as_second(),
        )
    }

    /// What the S3 action tells its topic. `mail` is the stored one, `stored` is where.
    #[must_use]
    pub fn notification(&self, mail: &Mail, stored: &Raw) -> Value {
        let (headers, truncated) = headers_that_fit(&mail.fields);
        let at = format!("{:.3}", self.at);
        let status = |verdict: Verdict| json!({ "status": verdict.status() });
        let Verdicts { spf, dkim, dmarc, spam, virus, .. } = self.verdicts;
        let mut receipt = json!({
            "timestamp": at,
            "processingTimeMillis": 1,
            "recipients": self.recipients,
            "spamVerdict": status(*spam),
            "virusVerdict": status(*virus),
            "spfVerdict": status(*spf),
            "dkimVerdict": status(*dkim),
            "dmarcVerdict": status(*dmarc),
            "action": {
                "type": "S3",
                "topicArn": TOPIC,
                "bucketName": BUCKET,
                "objectKeyPrefix": PREFIX,
                "objectKey": stored.key,
            },
        });
        if *dmarc == Verdict::Fail {
            receipt["dmarcPolicy"] = self.verdicts.dmarc_policy.to_string().into();
        }
        let destination = [mail.to.as_slice(), mail.cc.as_slice()].concat();
        json!({
            "notificationType": "Received",
            "mail": {
                "timestamp": at,
                "source": self.sender,
                "messageId": self.id,
                "destination": destination,
                "headersTruncated": truncated,
                "headers": headers,
                "commonHeaders": self.common_headers(mail),
            },
            "receipt": receipt,
        })
    }

    /// Only those that the mail has.
    fn common_headers(&self, mail: &Mail) -> Value {
        let mut common = json!({ "returnPath": self.sender });
        let lists =
            [("from", &mail.from), ("to", &mail.to), ("cc", &mail.cc), ("replyTo", &mail.reply_to)];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            common[name] = json!(list);
        }
        for (name, field) in [("date", "Date"), ("messageId", "Message-ID")] {
            if let Some(value) = mail.field(field) {
                common[name] = value.into();
            }
        }
        if mail.field("Subject").is_some() {
            common["subject"] = mail.subject.as_str().into();
        }
        common
    }
}

fn headers_that_fit(fields: &[(String, String)]) -> (Vec<Value>, bool) {
    let mut room = MOST_HEADER_BYTES;
    let mut headers = Vec::new();
    for (name, value) in fields {
        match room.checked_sub(name.len() + value.len()) {
            Some(left) => room = left,
            None => return (headers, true),
        }
        headers.push(json!({ "name": name, "value": value }));
    }
    (headers, false)
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("unknown.invalid", |(_, domain)| domain)
}

/// Where SES has base64 that only it can read.
fn opaque(id: &str) -> String {
    format!("AEFBQUFBQUFB{id}=")
}
