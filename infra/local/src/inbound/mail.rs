//! What stands in the bytes of a mail, as far as SES and the mailbox need it.
//!
//! Anything is a mail. Where it cannot be read, less is shown, and the bytes are there all the same.

use std::collections::{BTreeMap, HashMap};
use std::panic::catch_unwind;

use mail_parser::{Addr, Address, Message, MessageParser, PartType};

/// More of a text than anybody looks at in the mailbox, whose file has it once more.
const LONGEST_PART: usize = 512 * 1024;
/// Headers are kept in each notification and in the mailbox; beyond this they are only in the bytes.
const MOST_HEADER_BYTES: usize = 256 * 1024;

/// A mail that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// The header fields in their order, unfolded, and otherwise as they came.
    pub fields: Vec<(String, String)>,
    /// The subject, decoded; the first, if there are two.
    pub subject: String,
    /// Everybody in `From`, decoded: `Name <address>`.
    pub from: Vec<String>,
    /// Everybody in `To`.
    pub to: Vec<String>,
    /// Everybody in `Cc`.
    pub cc: Vec<String>,
    /// Everybody in `Reply-To`.
    pub reply_to: Vec<String>,
    /// The plain addresses in `From`.
    pub from_addresses: Vec<String>,
    /// The plain addresses in `To`, `Cc` and `Bcc`.
    pub recipients: Vec<String>,
    /// The text part.
    pub text: Option<String>,
    /// The HTML part.
    pub html: Option<String>,
}

impl Mail {
    /// Reads a mail.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let fields = fields(bytes);
        // The parser meets whatever anybody sends; one mail that it breaks on is not the end.
        let parsed = catch_unwind(|| {
            MessageParser::default().parse(bytes).map(|message| Self::parsed(&message))
        });
        let mail = parsed.ok().flatten().unwrap_or_default();
        let subject = mail.subject.chars().filter(|c| !c.is_control()).collect();
        Self { fields, subject, ..mail }
    }

    fn parsed(message: &Message<'_>) -> Self {
        let text = message.text_part(0).and_then(|part| match &part.body {
            PartType::Text(text) => Some(cut(text)),
            _ => None,
        });
        let html = message.html_part(0).and_then(|part| match &part.body {
            PartType::Html(html) => Some(cut(html)),
            _ => None,
        });
        let recipients = [message.to(), message.cc(), message.bcc()].into_iter();
        Self {
            fields: Vec::new(),
            subject: message.subject().unwrap_or_default().to_owned(),
            from: shown(message.from()),
            to: shown(message.to()),
            cc: shown(message.cc()),
            reply_to: shown(message.reply_to()),
            from_addresses: plain(message.from()),
            recipients: recipients.flat_map(plain).collect(),
            text,
            html,
        }
    }

    /// The first field with this name, whatever the case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The fields by name; what comes more than once has a line for each.
    #[must_use]
    pub fn headers_by_name(&self) -> BTreeMap<String, String> {
        let mut by_name: BTreeMap<String, String> = BTreeMap::new();
        let mut written: HashMap<String, &str> = HashMap::new();
        for (name, value) in &self.fields {
            let name = *written.entry(name.to_ascii_lowercase()).or_insert(name);
            match by_name.get_mut(name) {
                Some(lines) => {
                    lines.push('\n');
                    lines.push_str(value);
                }
                None => drop(by_name.insert(name.to_owned(), value.clone())),
            }
        }
        by_name
    }
}

/// As a mail client sends it: where a file has the line ends of Unix, those of mail.
#[must_use]
pub fn with_line_ends_of_mail(bytes: &[u8]) -> Vec<u8> {
    if bytes.windows(2).any(|pair| pair == b"\r\n") {
        return bytes.to_vec();
    }
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    lines.join(&b"\r\n"[..])
}

fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut read = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        read += line.len();
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() || read > MOST_HEADER_BYTES {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                *value = format!("{value} {}", line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':')
            && !name.is_empty()
            && name.trim_end().bytes().all(|byte| byte.is_ascii_graphic())
        {
            fields.push((name.trim_end().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

fn shown(addresses: Option<&Address<'_>>) -> Vec<String> {
    let shown = |addr: &Addr<'_>| match (addr.name(), addr.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (None, Some(address)) => address.to_owned(),
        (name, None) => name.unwrap_or_default().to_owned(),
    };
    addresses.map_or_else(Vec::new, |addresses| addresses.iter().map(shown).collect())
}

fn plain(addresses: Option<&Address<'_>>) -> Vec<String> {
    let addresses = addresses.map(Address::iter).into_iter().flatten();
    addresses.filter_map(|addr| addr.address().map(|address| address.trim().to_owned())).collect()
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST_PART)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_their_repeats_and_their_words() {
        let mail = Mail::read(
            b"Received: one\r\nreceived: two\r\n\tfolded\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\
              no field\r\nX-Empty:\r\nX-\xe9: \xe9\r\nX-Raw: \xe9\r\n\r\nX-Body: no\r\n",
        );
        let fields: Vec<_> = mail.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("Received", "one"),
                ("received", "two folded"),
                ("Subject", "=?utf-8?q?caf=C3=A9?="),
                ("X-Empty", ""),
                ("X-Raw", "\u{fffd}"),
            ]
        );
        assert_eq!(mail.subject, "café");
        assert_eq!(mail.headers_by_name()["Received"], "one\ntwo folded");
        assert_eq!(mail.field("SUBJECT"), Some("=?utf-8?q?caf=C3=A9?="));
    }

    #[test]
    fn each_part_is_what_it_says_it_is() {
        let html = Mail::read(b"Content-Type: text/html; charset=iso-8859-1\n\n<p>\xe9");
        assert_eq!((html.text, html.html.as_deref()), (None, Some("<p>é")));
        let text = Mail::read(b"Subject: a\n\nplain\n");
        assert_eq!((text.text.as_deref(), text.html), (Some("plain\n"), None));
        let both = Mail::read(
            b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\ntext\n--b\n\
              Content-Type: text/html\n\n<p>html\n--b--\n",
        );
        assert_eq!((both.text.as_deref(), both.html.as_deref()), (Some("text"), Some("<p>html")));
    }

    #[test]
    fn anything_is_a_mail() {
        for bytes in
            [&b""[..], b"\0", b"\r\n", b"From", b":\n:", b"\xff\xfe", b"Subject: a\rb\n\nc"]
        {
            assert!(!Mail::read(bytes).subject.contains(char::is_control), "{bytes:?}");
        }
        let mail = Mail::read(b"Subject: =?utf-8?q?a=0D=0ABcc:_x?=\n\n");
        assert_eq!(mail.subject, "aBcc: x");
    }

    #[test]
    fn a_file_of_unix_gets_the_line_ends_of_mail_and_another_is_left_alone() {
        assert_eq!(with_line_ends_of_mail(b"a: b\n\nc\n"), b"a: b\r\n\r\nc\r\n");
        assert_eq!(with_line_ends_of_mail(b"a: b\r\n\r\nc\nd"), b"a: b\r\n\r\nc\nd");
    }
}
