//! From bytes to text: transfer encodings and charsets, as they are and not as they are labelled.
//!
//! A mail may be cut anywhere, so what ends in the middle of a character or of a group of base64 is
//! read up to there.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;

/// The bytes behind a transfer encoding. What is wrong in them is passed over.
pub(super) fn transferred<'a>(body: &'a [u8], encoding: Option<&str>) -> Cow<'a, [u8]> {
    match encoding {
        Some("base64") => {
            let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            let plain: Vec<u8> = body.iter().copied().filter(is_base64).collect();
            base64_decode(&plain).map_or(Cow::Borrowed(body), Cow::Owned)
        }
        Some("quoted-printable") => quoted_printable_decode(body)
            .or_else(|| quoted_printable_decode(&repaired(body)))
            .map_or(Cow::Borrowed(body), Cow::Owned),
        _ => Cow::Borrowed(body),
    }
}

/// A `=` that begins nothing stands for itself.
fn repaired(body: &[u8]) -> Vec<u8> {
    let mut repaired = Vec::with_capacity(body.len());
    for (at, byte) in body.iter().enumerate() {
        repaired.push(*byte);
        let begins = match &body[at + 1..] {
            [b'\n', ..] | [b'\r', b'\n', ..] | [] => true,
            [a, b, ..] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
            [_] => false,
        };
        if *byte == b'=' && !begins {
            repaired.extend(b"3D");
        }
    }
    repaired
}

/// Bytes as text. A label of one byte a character is not believed when all of it reads as UTF-8.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> String {
    let label = charset.unwrap_or_default().trim().to_ascii_lowercase();
    let often_wrong =
        ["iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii", "ascii", "utf-8", ""]
            .contains(&label.as_str());
    match charset_decoder(label.as_bytes()) {
        Some(decode) if !often_wrong => decode(bytes),
        Some(decode) if label.contains("8859") && utf8(bytes).is_none() => decode(bytes),
        _ => guessed(bytes).into_owned(),
    }
}

/// UTF-8 where it is, else what Windows calls Latin-1.
pub(super) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    utf8(bytes).map_or_else(
        || match charset_decoder(b"windows-1252") {
            Some(decode) => Cow::Owned(decode(bytes)),
            None => String::from_utf8_lossy(bytes),
        },
        Cow::Borrowed,
    )
}

/// All of it as UTF-8, but for a last character that was cut.
fn utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        // `error_len` is none when only the end is missing.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// Lines of `format=flowed` (RFC 3676) put together again.
pub(super) fn unflowed(text: &str, joined_without_space: bool) -> String {
    let mut paragraphs = String::with_capacity(text.len());
    // The depth of the quote that the last line flows on in.
    let mut flows: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = line[depth..].strip_prefix(' ').unwrap_or(&line[depth..]);
        if flows == Some(depth) && content != "-- " {
            paragraphs.push_str(content);
        } else {
            if !paragraphs.is_empty() {
                paragraphs.push('\n');
            }
            paragraphs.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                paragraphs.push(' ');
            }
            paragraphs.push_str(content);
        }
        let soft = content.ends_with(' ') && content != "-- ";
        flows = soft.then_some(depth);
        if soft && joined_without_space {
            paragraphs.pop();
        }
    }
    paragraphs
}
