//! Who wrote, and to whom: the addresses of a header.
//!
//! Own code because the author is who the desk believes. A From that two readers could read as two
//! people is [`Author::Several`], never a guess: `evil@y.example <ceo@x.example>` has one author to
//! a mail client and another to whoever checks the first address that it finds.

use super::headers::{Headers, decoded};
use super::{Author, Mailbox, NAME_CHARACTERS};
use crate::incident::values::EmailAddress;

/// One entry of a list.
#[derive(Debug, Default)]
struct Entry {
    /// Before the address, encoded words still encoded.
    display: String,
    /// What is in `<>`; each of them.
    angles: Vec<String>,
    /// What stands bare, outside quotes, comments, encoded words and `<>`.
    bare: String,
    comment: String,
}

impl Entry {
    fn is_empty(&self) -> bool {
        self.angles.is_empty() && self.display.trim().is_empty()
    }

    /// A piece of a display name that had a comma and no quotes around it.
    fn is_fragment(&self) -> bool {
        self.angles.is_empty() && !self.display.contains('@')
    }

    fn address(&self) -> &str {
        self.angles.first().map_or(self.display.as_str(), String::as_str).trim()
    }

    /// Whether another reader may find another address in it.
    fn is_ambiguous(&self) -> bool {
        let other = |text: &str| {
            text.split_whitespace()
                .map(|word| word.trim_matches(['\'', '[', ']']))
                .any(|word| word.contains('@') && !word.eq_ignore_ascii_case(self.address()))
        };
        self.angles.len() > 1 || other(&self.bare) || other(&self.comment)
    }

    fn name(&self) -> Option<String> {
        let name = if self.angles.is_empty() { &self.comment } else { &self.display };
        let name = decoded(name, NAME_CHARACTERS);
        Some(name.trim_matches(['\'', ' ']).to_owned()).filter(|name| !name.is_empty())
    }
}

/// Who wrote it.
pub(super) fn author(headers: &Headers) -> Author {
    let mut from = headers.written("from");
    let (Some(value), None) = (from.next(), from.next()) else {
        return if headers.has("from") { Author::Several } else { Author::None };
    };
    if headers.hides_from() {
        return Author::Several;
    }
    let (entries, is_group) = entries(&value);
    match entries.as_slice() {
        [] => Author::None,
        [one] if !is_group && !one.is_ambiguous() => {
            match EmailAddress::try_from(one.address().to_owned()) {
                Ok(address) => Author::One(Mailbox { name: one.name(), address }),
                Err(_) => Author::Unreadable,
            }
        }
        _ => Author::Several,
    }
}

/// The addresses of a header, as far as they are any.
pub(super) fn recipients(headers: &Headers, name: &str, most: usize) -> Vec<EmailAddress> {
    let mut found: Vec<EmailAddress> = Vec::new();
    for value in headers.written(name) {
        for entry in entries(&value).0 {
            let address = EmailAddress::try_from(entry.address().to_owned());
            if let Some(address) = address.ok().filter(|address| !found.contains(address))
                && found.len() < most
            {
                found.push(address);
            }
        }
    }
    found
}

/// The entries of a list, and whether some of them are a group.
fn entries(value: &str) -> (Vec<Entry>, bool) {
    let mut entries = Vec::new();
    let mut entry = Entry::default();
    let mut is_group = false;
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '"' => {
                let (quoted, behind) = quoted(after);
                // A quote in an address is no address; see `EmailAddress`.
                let is_local = entry.angles.is_empty() && behind.starts_with('@');
                entry.display.push_str(if is_local { "\"" } else { "" });
                entry.display.push_str(&quoted);
                behind
            }
            '(' => {
                let (comment, behind) = commented(after);
                entry.comment.push_str(comment);
                behind
            }
            '<' => {
                let (angle, behind) = after.split_once('>').unwrap_or((after, ""));
                entry.angles.push(angle.trim().to_owned());
                behind
            }
            ',' | ';' => {
                is_group |= c == ';' && !after.trim().is_empty();
                end(&mut entries, &mut entry);
                after
            }
            ':' => {
                is_group = true;
                entry = Entry::default();
                after
            }
            '=' if encoded_word(rest).is_some() => {
                let (word, behind) = rest.split_at(encoded_word(rest).unwrap_or_default());
                entry.display.push_str(word);
                behind
            }
            c => {
                entry.display.push(c);
                entry.bare.push(c);
                after
            }
        };
    }
    end(&mut entries, &mut entry);
    // What no address followed.
    if entries.len() > 1 {
        entries.retain(|entry| !entry.is_fragment());
    }
    (entries, is_group)
}

/// A fragment of a name goes to the entry that follows it.
fn end(entries: &mut Vec<Entry>, entry: &mut Entry) {
    let mut ended = std::mem::take(entry);
    if ended.is_empty() {
        return;
    }
    if ended.angles.is_empty() {
        // Without `<>` all of it is the address, and `bare` is no second one.
        ended.bare.clear();
    }
    if let Some(before) =
        entries.last().filter(|before| before.is_fragment() && !ended.is_fragment())
    {
        ended.display = format!("{}, {}", before.display.trim(), ended.display.trim());
        entries.pop();
    }
    entries.push(ended);
}

/// Up to the closing quote; without one, all of it.
fn quoted(text: &str) -> (String, &str) {
    let mut inside = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (inside, &text[at + 1..]),
            '\\' => inside.extend(chars.next().map(|(_, escaped)| escaped)),
            c => inside.push(c),
        }
    }
    (inside, "")
}

/// Up to the bracket that closes, comments in it included.
fn commented(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' if depth == 1 => return (&text[..at], &text[at + 1..]),
            ')' => depth -= 1,
            _ => {}
        }
    }
    (text, "")
}

/// How long the encoded word is that the text starts with.
fn encoded_word(text: &str) -> Option<usize> {
    let word = text.split([' ', '\t', '"', '<']).next()?;
    let mut marks = word.match_indices('?').map(|(at, _)| at);
    let (first, _, third) = (marks.next()?, marks.next()?, marks.next()?);
    let end = word[third + 1..].find("?=")?;
    (first == 1).then_some(third + 1 + end + 2)
}
