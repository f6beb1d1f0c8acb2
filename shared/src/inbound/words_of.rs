//! What a mail says, in the types of the core.
//!
//! Pure. Display names, subjects and texts are a sender's: what could break a line or turn its
//! direction is taken out, never refused.

use super::reading::{Mail, NEW_CHARACTERS};
use crate::incident::values::{EmailAddress, Message, Name, Summary};

const NAME_CHARACTERS: usize = 200;
const SUMMARY_CHARACTERS: usize = 200;
/// How many names of attachments are told.
const ATTACHMENTS: usize = 10;
/// An incident must be about something.
const NO_SUBJECT: &str = "—";

/// The name that a mail shows of its author, unless it poses as an address.
pub(super) fn shown_name(mail: &Mail) -> Option<Name> {
    let shown = mail.from.mailbox().and_then(|mailbox| mailbox.name.as_deref());
    let shown = shown.map(line).filter(|name| !name.contains('@') && !name.is_empty());
    shown.and_then(|name| first(&name, NAME_CHARACTERS).parse().ok())
}

/// What stands before the `@`, for want of a name.
pub(super) fn local_name(author: &EmailAddress) -> Option<Name> {
    let (local, _) = author.as_str().split_once('@')?;
    local.parse().ok()
}

/// What the author wrote, and what is attached: that stays with the mail.
pub(super) fn message(mail: &Mail) -> Option<Message> {
    let attached: Vec<_> = mail.attachments.iter().take(ATTACHMENTS).map(|a| line(a)).collect();
    let text = match attached.as_slice() {
        [] => mail.new_text.clone(),
        names => {
            let names = format!("[{}]", names.join(", "));
            let room = NEW_CHARACTERS.saturating_sub(names.chars().count() + 2);
            format!("{}\n\n{names}", first(&mail.new_text, room))
        }
    };
    let kept = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    first(&kept.collect::<String>(), NEW_CHARACTERS).parse().ok()
}

/// What an incident is about: the subject without what mail clients and the desk put before it, else
/// the first line of the text.
pub(super) fn summary(mail: &Mail) -> Option<Summary> {
    let subject = line(&mail.subject);
    let mut rest = subject.as_str();
    loop {
        let before = rest;
        for prefix in ["re", "fw", "fwd", "tr", "rép", "rep", "aw", "wg", "réf"] {
            let tail = rest.get(prefix.len()..).filter(|_| {
                rest.get(..prefix.len()).is_some_and(|head| head.to_lowercase() == prefix)
            });
            let tail = tail.map(str::trim_start).and_then(|tail| tail.strip_prefix(':'));
            rest = tail.map_or(rest, str::trim_start);
        }
        if rest == before {
            break;
        }
    }
    let text = || mail.new_text.lines().map(line).find(|line| !line.is_empty());
    let about = Some(rest.to_owned()).filter(|rest| !rest.is_empty()).or_else(text);
    let about = about.unwrap_or_else(|| NO_SUBJECT.to_owned());
    first(&about, SUMMARY_CHARACTERS).parse().ok()
}

/// One line without control and text-direction characters.
fn line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = text.chars().filter(|c| !turns(*c));
    let spaced =
        kept.map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first characters; what was cut leaves an ellipsis.
fn first(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
