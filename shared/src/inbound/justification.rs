//! Why a mail asks for an escalation, in its author's words.

use super::courtesy;
use super::reading::Mail;
use super::words::{folded, words};
use crate::incident::values::{IncidentNumber, Justification};

/// Longer reasons are shortened.
const CHARACTERS: usize = 4000;
/// What follows a closing is the name of who closes, within so many lines.
const NAME_LINES: usize = 8;

/// What the author wrote as a business justification: without greeting and closing, shortened if
/// need be. If the text says nothing besides the number and courtesies, the subject may; not that
/// of an answer, whose words are of another. `None` when neither is a reason.
#[must_use]
pub fn justification(mail: &Mail, number: Option<&IncidentNumber>) -> Option<Justification> {
    let known = known(mail, number);
    let text = without_courtesies(&mail.new_text, mail);
    reason(&text, &known).or_else(|| reason(&subject(mail)?, &known))
}

/// A text as a reason, if it is one.
fn reason(text: &str, known: &[String]) -> Option<Justification> {
    if courtesy::says_nothing(text, known) {
        return None;
    }
    Justification::try_from(shortened(text.trim())).ok()
}

/// Words that say nothing in this mail: the number, and its author's name and address.
fn known(mail: &Mail, number: Option<&IncidentNumber>) -> Vec<String> {
    let mut known = String::new();
    if let Some(number) = number {
        known.push_str(number.as_str());
    }
    if let Some(mailbox) = mail.from.mailbox() {
        known.push(' ');
        known.push_str(mailbox.address.as_str());
        known.push(' ');
        known.push_str(mailbox.name.as_deref().unwrap_or_default());
    }
    words(&folded(&known)).map(str::to_owned).collect()
}

/// The subject beyond its prefixes and tags.
fn subject(mail: &Mail) -> Option<String> {
    let mut rest = mail.subject.trim();
    let folded = folded(rest);
    let is_answer = ["re", "aw", "rep", "sv"].iter().any(|prefix| {
        folded.strip_prefix(prefix).is_some_and(|rest| rest.trim_start().starts_with(':'))
    });
    if is_answer {
        return None;
    }
    while let Some((prefix, behind)) = rest.split_once(':')
        && matches!(prefix.trim().to_ascii_lowercase().as_str(), "fw" | "fwd" | "tr" | "wg")
    {
        rest = behind.trim_start();
    }
    Some(rest.trim_matches(['-', ':', ' ', '–', '—']).to_owned())
}

/// The text without the greeting at its start, and without the closing and the name at its end.
fn without_courtesies(text: &str, mail: &Mail) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let said = |lines: &[&str]| lines.iter().filter(|line| !line.trim().is_empty()).count();
    let name = mail.from.mailbox().and_then(|mailbox| mailbox.name.as_deref()).map(folded);
    let closes = |line: &str| {
        courtesy::is_closing(line)
            || name.as_deref().is_some_and(|name| folded(line.trim()) == name)
    };
    let closing = lines.iter().position(|line| closes(line));
    if let Some(at) = closing.filter(|at| said(&lines[*at + 1..]) <= NAME_LINES) {
        lines.truncate(at);
    }
    let greeting = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(at) = greeting.filter(|at| courtesy::is_greeting(lines[*at])) {
        lines.drain(..=at);
    }
    lines.join("\n").trim().to_owned()
}

/// Cut at a word, with an ellipsis.
fn shortened(text: &str) -> String {
    if text.chars().count() <= CHARACTERS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(CHARACTERS - 1).collect();
    let at_word = kept.trim_end().rsplit_once(char::is_whitespace).map_or("", |(words, _)| words);
    let kept = if at_word.len() * 2 > kept.len() { at_word } else { &kept };
    format!("{}…", kept.trim_end())
}
