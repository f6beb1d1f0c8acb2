//! Mail that SES receives: the notification that it publishes, as its reference has it.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::email::render::Rendered;
use shared::inbound::Receipt;

/// A mail as SES was handed it, and what SES found of it. By default everything is in order.
#[derive(Debug, Clone)]
pub struct Arriving {
    /// The mail.
    pub raw: Vec<u8>,
    /// The recipient in the envelope.
    pub to: String,
    /// The sender in the envelope.
    pub envelope_from: String,
    /// Whether the domain of From vouches for it.
    pub dmarc: String,
    /// Whether a signature is right.
    pub dkim: String,
    /// Of which domain.
    pub signed_by: String,
    /// Whether it is spam.
    pub spam: String,
    /// Whether it has a virus.
    pub virus: String,
}

impl Arriving {
    /// A mail that nothing is wrong with, `from` an address.
    #[must_use]
    pub fn from(from: &str, to: &str, raw: impl Into<Vec<u8>>) -> Self {
        let pass = || "PASS".to_owned();
        Self {
            raw: raw.into(),
            to: to.to_owned(),
            envelope_from: from.to_owned(),
            dmarc: pass(),
            dkim: pass(),
            signed_by: from.rsplit('@').next().unwrap_or_default().to_owned(),
            spam: pass(),
            virus: pass(),
        }
    }

    /// A mail in plain text.
    #[must_use]
    pub fn plain(from: &str, to: &str, subject: &str, text: &str) -> Self {
        let raw = format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\
             Message-ID: <{:x}@{}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            subject.len() * 7919 + text.len(),
            from.rsplit('@').next().unwrap_or_default().trim_end_matches('>'),
            text.replace('\n', "\r\n"),
        );
        let address = from.rsplit('<').next().unwrap_or(from).trim_end_matches('>');
        Self::from(address, to, raw)
    }

    /// What SES publishes once it has put the mail into the bucket.
    #[must_use]
    pub fn notification(&self, id: &str, at: Timestamp) -> Value {
        let signed = match self.dkim.as_str() {
            "PASS" => format!("dkim=pass header.i=@{}; ", self.signed_by),
            _ => "dkim=fail; ".to_owned(),
        };
        let (head, _) = split(&self.raw);
        let own = format!("amazonses.com; spf=pass client-ip=192.0.2.1; {signed}dmarc=none;");
        let mut headers = vec![json!({ "name": "Authentication-Results", "value": own })];
        headers.extend(head.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            (!name.starts_with([' ', '\t'])).then(|| json!({ "name": name, "value": value.trim() }))
        }));
        json!({
            "notificationType": "Received",
            "mail": {
                "timestamp": at.to_string(), "source": self.envelope_from, "messageId": id,
                "destination": [self.to], "headersTruncated": false, "headers": headers,
            },
            "receipt": {
                "timestamp": at.to_string(), "processingTimeMillis": 300, "recipients": [self.to],
                "spamVerdict": { "status": self.spam }, "virusVerdict": { "status": self.virus },
                "spfVerdict": { "status": "PASS" }, "dkimVerdict": { "status": self.dkim },
                "dmarcVerdict": { "status": self.dmarc },
                "action": {
                    "type": "S3", "topicArn": "arn:aws:sns:eu-west-1:123456789012:mail",
                    "bucketName": "mail", "objectKeyPrefix": "mail/", "objectKey": format!("mail/{id}"),
                },
            },
        })
    }

    /// The same, read.
    ///
    /// # Panics
    ///
    /// When it is not what SES publishes.
    #[must_use]
    pub fn receipt(&self, id: &str, at: Timestamp) -> Receipt {
        Receipt::read(&self.notification(id, at).to_string()).expect("a receipt")
    }
}

/// Head and body; bytes that are no text count as some.
fn split(raw: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(raw).into_owned();
    match text.split_once("\r\n\r\n") {
        Some((head, body)) => (head.to_owned(), body.to_owned()),
        None => (text, String::new()),
    }
}

/// An e-mail of the desk as its recipient gets it. SES gives it an id of its own.
#[must_use]
pub fn delivered(email: &Rendered) -> Vec<u8> {
    let mut raw = format!(
        "Message-ID: <{}@eu-west-1.amazonses.com>\r\nFrom: {} <{}>\r\nTo: {}\r\nSubject: {}\r\n",
        email.id, email.from.name, email.from.address, email.to, email.subject
    );
    if let Some(reply_to) = &email.reply_to {
        raw.push_str(&format!("Reply-To: {reply_to}\r\n"));
    }
    for (name, value) in &email.headers {
        raw.push_str(&format!("{name}: {value}\r\n"));
    }
    let text = email.text.replace('\n', "\r\n");
    format!("{raw}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n")
        .into_bytes()
}

/// What a person writes back to an e-mail of the desk, as a mail client sends it: to its Reply-To, with
/// its references, and the e-mail quoted below.
#[must_use]
pub fn written_back(email: &Rendered, from: &str, text: &str) -> Arriving {
    let to = email.reply_to.as_ref().unwrap_or(&email.from.address).to_string();
    let own = format!("<{}@eu-west-1.amazonses.com>", email.id);
    let of = |name: &str| email.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
    let quoted: String = email.text.lines().map(|line| format!("> {line}\r\n")).collect();
    let raw = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Re: {}\r\nMessage-ID: <back-{}@client.example>\r\n\
         In-Reply-To: {own}\r\nReferences: {} {own}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n\r\n\
         On Tue, 24 Nov 2026 at 09:15, {} <{}> wrote:\r\n\r\n{quoted}",
        email.subject,
        email.id,
        of("References").unwrap_or_default(),
        text.replace('\n', "\r\n"),
        email.from.name,
        email.from.address,
    );
    let address = from.rsplit('<').next().unwrap_or(from).trim_end_matches('>');
    Arriving::from(address, &to, raw)
}
