//! The headers of a mail, or of a part of one.
//!
//! Only those that the desk looks at are kept, each a few times and up to a length: a mail may have
//! 100,000 headers, or one of a megabyte. All of them are looked through, so that a second From
//! cannot hide behind the bound. The headers end at the first empty line and nowhere else; where
//! readers disagree (a line without a colon, one of spaces only, a lone CR) this one goes on and
//! sees more, because what is missed here could be what others show as the author.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::decoding;
use super::tidy;

/// Every header that is looked at, in lower case.
#[rustfmt::skip]
const KEPT: &[&str] = &[
    "auto-submitted", "cc", "content-disposition", "content-id", "content-transfer-encoding",
    "content-type", "from", "in-reply-to", "list-id", "list-post", "list-unsubscribe-post",
    "message-id", "precedence", "references", "subject", "to", "x-autoreply", "x-autoreply-from",
    "x-autorespond", "x-autoresponder", "x-escalation-desk-email-id", "x-failed-recipients",
    "x-mail-autoreply", "x-mailing-list", "x-ms-exchange-generated-message-source",
    "x-ms-exchange-inbox-rules-loop", "x-ms-exchange-organization-autoforwarded", "x-precedence",
    "x-vacation",
];
/// How often one header is kept.
const REPEATS: usize = 4;
/// How much of one is kept. Decoding is not linear in it.
const LENGTH: usize = 16 * 1024;

/// What was kept, in order.
#[derive(Debug, Default)]
pub(super) struct Headers {
    fields: Vec<(&'static str, Vec<u8>)>,
    /// A lone CR hides what may be another From.
    hides_from: bool,
}

impl Headers {
    /// The headers at the start of `raw`, and what follows the empty line behind them.
    pub fn split(raw: &[u8]) -> (Self, &[u8]) {
        let mut headers = Self::default();
        let mut rest = raw;
        let mut keeps = false;
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            if matches!(line, b"\n" | b"\r\n") {
                break;
            }
            if matches!(line.first(), Some(b' ' | b'\t')) {
                if let (true, Some((_, value))) = (keeps, headers.fields.last_mut()) {
                    add(value, line);
                }
            } else {
                keeps = headers.begin(line);
            }
            headers.hides_from |= hides_from(line);
        }
        (headers, rest)
    }

    /// Whether the field that starts with this line is kept.
    fn begin(&mut self, line: &[u8]) -> bool {
        let Some(colon) = line.iter().position(|b| *b == b':') else { return false };
        let name = line[..colon].trim_ascii();
        let Some(name) = KEPT.iter().find(|kept| name.eq_ignore_ascii_case(kept.as_bytes())) else {
            return false;
        };
        if self.all(name).count() >= REPEATS {
            return false;
        }
        let mut value = Vec::new();
        add(&mut value, &line[colon + 1..]);
        self.fields.push((name, value));
        true
    }

    /// The values of a header, as they came.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |(kept, _)| *kept == name).map(|(_, value)| value.as_slice())
    }

    /// Whether there is one.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether there may be a From that only some readers see.
    pub fn hides_from(&self) -> bool {
        self.hides_from
    }

    /// A value as UTF-8, unfolded, encoded words still encoded.
    pub fn written(&self, name: &str) -> impl Iterator<Item = String> {
        self.all(name).map(|value| {
            let text = decoding::guessed(value);
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        })
    }

    /// Its first value, without what stands behind a `;` or in brackets, in lower case: for headers
    /// that are a word.
    pub fn word(&self, name: &str) -> Option<String> {
        let value = self.written(name).next()?;
        let word = value.split([';', '(']).next().unwrap_or_default();
        Some(word.trim().to_ascii_lowercase())
    }

    /// Its first value, decoded, as a line of at most so many characters.
    pub fn line(&self, name: &str, most: usize) -> String {
        self.written(name).next().map_or_else(String::new, |value| decoded(&value, most))
    }

    /// What kind of content follows, with its parameters.
    pub fn content_type(&self) -> Option<Parameters> {
        self.parameters("content-type")
    }

    /// Whether it is attached, and under which name.
    pub fn disposition(&self) -> Option<Parameters> {
        self.parameters("content-disposition")
    }

    fn parameters(&self, name: &str) -> Option<Parameters> {
        let value = format!("{}\n", self.written(name).next()?);
        let parsed = MessageStream::new(value.as_bytes()).parse_content_type();
        let HeaderValue::ContentType(content) = parsed else { return None };
        let lower = |text: &str| text.trim().to_ascii_lowercase();
        let named = content.attributes.iter().flatten();
        Some(Parameters {
            kind: lower(content.ctype()),
            subtype: lower(content.subtype().unwrap_or_default()),
            named: named.map(|named| (lower(&named.name), named.value.to_string())).collect(),
        })
    }
}

/// A header of the form `kind/subtype; name=value`, all but the values in lower case.
#[derive(Debug)]
pub(super) struct Parameters {
    pub kind: String,
    /// Empty when there is none.
    pub subtype: String,
    named: Vec<(String, String)>,
}

impl Parameters {
    /// The first value of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is that, in any case of letters.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.value(name).is_some_and(|said| said.eq_ignore_ascii_case(value))
    }
}

fn add(value: &mut Vec<u8>, line: &[u8]) {
    let room = LENGTH.saturating_sub(value.len());
    value.extend(line.iter().take(room));
}

/// Whether a lone CR stands in the line, with what looks like a From behind it.
fn hides_from(line: &[u8]) -> bool {
    let behind = line.split(|b| *b == b'\r').skip(1);
    let named = |piece: &[u8]| {
        let colon = piece.iter().position(|b| *b == b':');
        colon.is_some_and(|colon| piece[..colon].trim_ascii().eq_ignore_ascii_case(b"from"))
    };
    line.contains(&b'\r') && behind.into_iter().any(named)
}

/// A value with its encoded words decoded, as a line.
pub(super) fn decoded(value: &str, most: usize) -> String {
    let value: Cow<'_, str> =
        if value.contains("=?") { Cow::from(format!("{value}\n")) } else { Cow::from(value) };
    if !value.ends_with('\n') {
        return tidy::one_line(&value, most);
    }
    match MessageStream::new(value.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => tidy::one_line(&text, most),
        _ => String::new(),
    }
}
