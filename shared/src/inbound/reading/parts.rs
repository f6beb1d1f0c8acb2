//! What a mail's parts hold: its text, the mails attached to it, the names of its attachments.
//!
//! Own code rather than mail-parser's `parse`, which looks for a boundary that never comes up to
//! the end of the mail, for each part that names one, and drops mails in mails by recursion: 20,000
//! such parts in 1 MB took it two and a half minutes (measured, debug), and 100,000 levels ended the
//! process. Here a mail is walked in time proportional to its length, and what is beyond the bounds
//! is not looked at.

use super::decoding;
use super::headers::{Headers, decoded};
use super::html;
use super::tidy;

/// Levels of parts in parts. People forward forwards, and each gateway wraps what it passes on.
const DEPTH: usize = 20;
/// Parts in all.
const PARTS: usize = 400;
/// Bytes that are looked through for boundaries, over all levels.
const LOOKED_THROUGH: usize = 24 * 1024 * 1024;
/// Bytes of one text that are decoded.
const TEXT_BYTES: usize = 2 * 1024 * 1024;
/// Characters of text that are kept while parts are put together.
const TEXT_CHARACTERS: usize = 200_000;
/// Attachments that are named, and the length of a name.
pub(super) const ATTACHMENTS: usize = 20;
/// See [`ATTACHMENTS`].
pub(super) const ATTACHMENT_CHARACTERS: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// The text that a mail client shows.
    pub text: String,
    /// The mails that are attached.
    pub attached: Vec<Attached>,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// The media types below a `multipart/report`.
    pub reported: Vec<String>,
}

/// A mail that is attached to a mail.
#[derive(Debug)]
pub(super) struct Attached {
    pub subject: String,
    pub text: String,
}

/// A text in one of its forms.
#[derive(Debug)]
struct Text {
    text: String,
    is_html: bool,
}

/// What may still be spent.
struct Walk {
    parts: usize,
    looked_through: usize,
    characters: usize,
    content: Content,
}

/// The content of a mail with these headers.
pub(super) fn content(headers: &Headers, body: &[u8]) -> Content {
    let mut walk = Walk {
        parts: PARTS,
        looked_through: LOOKED_THROUGH,
        characters: TEXT_CHARACTERS,
        content: Content::default(),
    };
    let texts = walk.texts(headers, body, DEPTH, "");
    walk.content.text = joined(texts);
    walk.content
}

fn joined(texts: Vec<Text>) -> String {
    let texts = texts.into_iter().map(|text| text.text).filter(|text| !text.trim().is_empty());
    texts.collect::<Vec<_>>().join("\n\n")
}

impl Walk {
    fn texts(&mut self, headers: &Headers, body: &[u8], depth: usize, parent: &str) -> Vec<Text> {
        let Some(parts) = self.parts.checked_sub(1) else { return Vec::new() };
        self.parts = parts;
        let content_type = headers.content_type();
        let (kind, subtype) = content_type
            .as_ref()
            .map_or(("text", "plain"), |content| (content.kind.as_str(), content.subtype.as_str()));
        let parameter = |name| content_type.as_ref().and_then(|content| content.value(name));
        if parent == "report" {
            self.content.reported.push(format!("{kind}/{subtype}"));
        }
        match kind {
            "multipart" => match parameter("boundary").filter(|boundary| !boundary.is_empty()) {
                Some(boundary) => self.multipart(body, boundary, subtype, depth),
                None => self.text(headers, body, None, subtype),
            },
            "message" if matches!(subtype, "rfc822" | "global") => {
                self.message(headers, body, depth, parent);
                Vec::new()
            }
            "text" if is_shown(headers, subtype) => {
                self.text(headers, body, parameter("charset"), subtype)
            }
            _ => {
                // A picture in the text is no attachment.
                if !(headers.has("content-id") && kind == "image") && parent != "report" {
                    self.attachment(headers, "");
                }
                Vec::new()
            }
        }
    }

    fn multipart(&mut self, body: &[u8], boundary: &str, subtype: &str, depth: usize) -> Vec<Text> {
        let affordable = self.looked_through.checked_sub(body.len());
        let (Some(left), Some(depth)) = (affordable, depth.checked_sub(1)) else {
            return Vec::new();
        };
        self.looked_through = left;
        let Some(pieces) = pieces(body, boundary.as_bytes(), self.parts) else {
            // It claims parts and has none: what is there is its text.
            return self.text(&Headers::default(), body, None, "plain");
        };
        let texts = pieces.into_iter().map(|piece| {
            let (headers, body) = Headers::split(piece);
            self.texts(&headers, body, depth, subtype)
        });
        if subtype == "alternative" {
            preferred(texts.collect())
        } else {
            texts.flatten().collect()
        }
    }

    fn message(&mut self, headers: &Headers, body: &[u8], depth: usize, parent: &str) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let bytes =
            decoding::transferred(body, headers.word("content-transfer-encoding").as_deref());
        let (inner, body) = Headers::split(&bytes);
        let subject = inner.line("subject", super::SUBJECT_CHARACTERS);
        if parent != "report" {
            let named = if subject.is_empty() { "message" } else { subject.as_str() };
            self.attachment(headers, &format!("{named}.eml"));
        }
        let text = joined(self.texts(&inner, body, depth, ""));
        self.content.attached.push(Attached { subject, text });
    }

    fn text(
        &mut self,
        headers: &Headers,
        body: &[u8],
        charset: Option<&str>,
        subtype: &str,
    ) -> Vec<Text> {
        let body = &body[..body.len().min(TEXT_BYTES)];
        let bytes =
            decoding::transferred(body, headers.word("content-transfer-encoding").as_deref());
        let text = decoding::text(&bytes, charset);
        let is_html = subtype == "html";
        let text = if is_html {
            html::text(&text, self.characters)
        } else {
            let text = tidy::lines(tidy::first(&text, self.characters));
            let content = headers.content_type();
            let says =
                |name, value| content.as_ref().is_some_and(|content| content.says(name, value));
            if says("format", "flowed") {
                decoding::unflowed(&text, says("delsp", "yes"))
            } else {
                text
            }
        };
        self.characters = self.characters.saturating_sub(text.chars().count());
        vec![Text { text, is_html }]
    }

    fn attachment(&mut self, headers: &Headers, otherwise: &str) {
        if self.content.attachments.len() >= ATTACHMENTS {
            return;
        }
        let name = file_name(headers).unwrap_or_else(|| otherwise.to_owned());
        let name = decoded(&name, ATTACHMENT_CHARACTERS);
        // Signatures are of no use to a reader.
        if !name.is_empty() && !matches!(name.as_str(), "smime.p7s" | "signature.asc") {
            self.content.attachments.push(name);
        }
    }
}

/// The last piece of the path that a part gives itself.
fn file_name(headers: &Headers) -> Option<String> {
    let disposition = headers.disposition();
    let content_type = headers.content_type();
    let named = disposition.as_ref().and_then(|content| content.value("filename"));
    let named = named.or_else(|| content_type.as_ref().and_then(|content| content.value("name")));
    named.and_then(|name| name.rsplit(['/', '\\']).next()).map(str::to_owned)
}

/// Whether a mail client shows a text part among the text.
fn is_shown(headers: &Headers, subtype: &str) -> bool {
    let is_text = matches!(subtype, "plain" | "html" | "" | "markdown" | "enriched");
    is_text && headers.disposition().is_none_or(|content| content.kind != "attachment")
}

/// Of alternatives, the one that is read: plain text, for HTML hides quotes better. Not when it
/// only says that there is HTML.
fn preferred(mut alternatives: Vec<Vec<Text>>) -> Vec<Text> {
    let says = |texts: &Vec<Text>| texts.iter().any(|text| !text.text.trim().is_empty());
    let is_stub = |text: &Text| {
        let text = text.text.trim();
        text.len() < 300 && text.to_ascii_lowercase().contains("html")
    };
    let is_plain =
        |texts: &Vec<Text>| says(texts) && !texts.iter().any(|text| text.is_html || is_stub(text));
    let at = alternatives.iter().position(is_plain).or_else(|| alternatives.iter().rposition(says));
    at.map_or_else(Vec::new, |at| alternatives.swap_remove(at))
}

/// What lies between the lines that a boundary makes; the last piece may be cut. `None` when there
/// is no such line.
fn pieces<'a>(body: &'a [u8], boundary: &[u8], most: usize) -> Option<Vec<&'a [u8]>> {
    let mut pieces = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while at < body.len() && pieces.len() < most {
        let length = body[at..].iter().position(|b| *b == b'\n').map_or(body.len() - at, |n| n + 1);
        if let Some(is_last) = delimiter(&body[at..at + length], boundary) {
            if let Some(begun) = begun {
                pieces.push(without_line_break(&body[begun..at]));
            }
            if is_last {
                return Some(pieces);
            }
            begun = Some(at + length);
        }
        at += length;
    }
    if pieces.len() < most {
        pieces.push(&body[begun?..]);
    }
    Some(pieces)
}

/// Whether a line is the boundary's, and if so, whether it is the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    match line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn without_line_break(piece: &[u8]) -> &[u8] {
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    piece.strip_suffix(b"\r").unwrap_or(piece)
}
