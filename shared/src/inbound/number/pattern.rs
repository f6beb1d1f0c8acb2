//! What incident numbers look like: a regex in the policy.
//!
//! Only what can match nothing but characters of an [`IncidentNumber`] is taken, so that a slip in
//! the policy (`INC.*`) does not take half a sentence for a number. The engine has no lookaround
//! and no backtracking: whatever the pattern, a text is searched in time proportional to its length.

use std::{fmt, str::FromStr};

use deserr::Deserr;
use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::incident::values::{IncidentNumber, Invalid};

/// The pattern of a policy that says none: a prefix of capitals and digits (`INC-1001`,
/// `INC0012345`), digits alone (`00123456`), and the numbers that the desk gives itself.
pub const DEFAULT: &str =
    "P1-[B-DF-HJ-NP-TV-Z0-9]{8}|[A-Z]{2,10}-[0-9]{1,12}|[A-Z]{2,10}[0-9]{5,12}|[0-9]{4,12}";
/// Longer patterns are refused.
const LENGTH: usize = 500;
/// Fewer digits behind a blank are a count.
const PARTED_DIGITS: usize = 3;
/// A compiled pattern takes at most so many bytes.
const SIZE: usize = 256 * 1024;

/// What incident numbers look like.
#[derive(Debug, Clone, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct NumberPattern {
    written: String,
    /// Without its classes: the characters that it names one by one.
    literal: String,
    /// From the start of a token to its end.
    whole: Regex,
    /// From the start of a token.
    start: Regex,
}

fn parsed(text: String) -> Result<NumberPattern, Invalid> {
    NumberPattern::try_from(text)
}

/// A number that was found, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub number: IncidentNumber,
    /// It had to be put into capitals.
    pub is_raised: bool,
    /// A blank stands in it.
    pub is_parted: bool,
    /// How much of the token it is, in bytes.
    pub length: usize,
}

impl NumberPattern {
    /// The regex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether the policy spells out how this number begins: then `CS-1` or `PO-1` is what it looks
    /// like, whatever it means elsewhere.
    pub(super) fn spells_out(&self, number: &IncidentNumber) -> bool {
        let prefix = prefix(number);
        !prefix.is_empty() && self.literal.contains(prefix)
    }

    /// The number at the start of a text of which a blank parts the letters from the digits, where the
    /// pattern has a hyphen or nothing: `INC 1001`. Only with letters that the policy spells out, and
    /// as it does: "Windows 2019" is none.
    pub(super) fn parted(&self, text: &str) -> Option<Found> {
        let letters = &text[..text.find(|c: char| !c.is_ascii_alphabetic())?];
        let behind = text[letters.len()..].strip_prefix(' ')?;
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let (digits, after) = behind.split_at(digits);
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
        if letters.is_empty() || digits.len() < PARTED_DIGITS || goes_on {
            return None;
        }
        let spellings = ["-", ""].map(|joint| format!("{letters}{joint}{digits}"));
        let number = spellings.into_iter().find(|spelling| self.whole.is_match(spelling))?;
        let number = IncidentNumber::try_from(number).ok()?;
        let length = letters.len() + 1 + digits.len();
        let found = Found { number, is_raised: false, is_parted: true, length };
        self.spells_out(&found.number).then_some(found)
    }

    /// The number at the start of a token: all of it, or else what ends where a word is joined to
    /// it (`INC-1001.pdf`, `INC-1001-urgent`). As written if the pattern has it so, else in capitals.
    pub(super) fn number(&self, token: &str, is_whole: bool) -> Option<Found> {
        let raised = token.to_ascii_uppercase();
        let spellings = || [(token, false), (raised.as_str(), true)];
        let found = |text: &str, is_raised| {
            let number = IncidentNumber::try_from(text.to_owned()).ok()?;
            Some(Found { number, is_raised, is_parted: false, length: text.len() })
        };
        spellings()
            .into_iter()
            .filter(|_| is_whole)
            .find_map(|(text, is_raised)| {
                self.whole.is_match(text).then(|| found(text, is_raised)).flatten()
            })
            .or_else(|| {
                spellings().into_iter().find_map(|(text, is_raised)| {
                    let matched = self.start.find(text)?.as_str();
                    ends(matched, &text[matched.len()..])
                        .then(|| found(matched, is_raised))
                        .flatten()
                })
            })
    }
}

/// The letters that a number starts with.
pub(super) fn prefix(number: &IncidentNumber) -> &str {
    let number = number.as_str();
    &number[..number.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(number.len())]
}

/// Whether a number may end where this follows in its token: a separator and a word. Digits alone
/// end with their token.
fn ends(matched: &str, rest: &str) -> bool {
    let mut rest = rest.bytes();
    let is_separated = rest.next().is_none_or(|b| matches!(b, b'.' | b'_' | b'-'));
    let has_letters = matched.bytes().any(|b| b.is_ascii_alphabetic());
    is_separated && has_letters && rest.next().is_none_or(|b| b.is_ascii_alphabetic())
}

impl Default for NumberPattern {
    fn default() -> Self {
        match Self::try_from(DEFAULT.to_owned()) {
            Ok(pattern) => pattern,
            Err(Invalid(why)) => unreachable!("the default pattern is one: {why}"),
        }
    }
}

impl PartialEq for NumberPattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for NumberPattern {}

impl fmt::Display for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl From<NumberPattern> for String {
    fn from(pattern: NumberPattern) -> Self {
        pattern.written
    }
}

impl FromStr for NumberPattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for NumberPattern {
    type Error = Invalid;

    fn try_from(written: String) -> Result<Self, Invalid> {
        let invalid = |said: &str| Err(Invalid(format!("{said}, such as \"INC-[0-9]{{4,12}}\"")));
        if written.len() > LENGTH {
            return invalid("must be a regex of at most 500 characters");
        }
        if !is_of_numbers(&written) {
            return invalid(
                "must be a regex of letters, digits, \\. _ -, \\d, \\w, classes such as [A-Z0-9], \
                 groups (?:…), | and repetition, which can match nothing but an incident number",
            );
        }
        let compiled = |regex: String| RegexBuilder::new(&regex).size_limit(SIZE).build();
        let (Ok(_), Ok(whole), Ok(start)) = (
            compiled(written.clone()),
            compiled(format!("^(?:{written})$")),
            compiled(format!("^(?:{written})")),
        ) else {
            return invalid("must be a regex");
        };
        if whole.is_match("") {
            return invalid("must be a regex that does not match the empty text");
        }
        Ok(Self { literal: without_classes(&written), written, whole, start })
    }
}

/// Whether a regex has nothing in it that could match another character than those of an
/// [`IncidentNumber`]. Whether it is a regex at all is not looked at.
fn is_of_numbers(regex: &str) -> bool {
    let mut rest = regex;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        let fits = match c {
            '\\' => {
                length = 2;
                let escaped = rest.as_bytes().get(1);
                escaped.is_some_and(|b| matches!(b, b'd' | b'w' | b'.' | b'-' | b'_'))
                    || (escaped == Some(&b'b') && !in_class)
            }
            ']' if in_class => {
                in_class = false;
                true
            }
            // A range runs between two digits, or two letters of one case.
            _ if in_class && is_range(rest) => {
                length = 3;
                let (from, to) = (rest.as_bytes()[0], rest.as_bytes()[2]);
                let both = |of: fn(&u8) -> bool| of(&from) && of(&to);
                both(u8::is_ascii_digit)
                    || both(u8::is_ascii_lowercase)
                    || both(u8::is_ascii_uppercase)
            }
            '.' => in_class,
            '[' if !in_class => {
                in_class = true;
                true
            }
            '(' if !in_class => {
                length = if rest.starts_with("(?i:") { 4 } else { 3 };
                rest.starts_with("(?:") || rest.starts_with("(?i:")
            }
            ')' | '|' | '*' | '+' | '?' | '{' | '}' | ',' => !in_class,
            c => c.is_ascii_alphanumeric() || matches!(c, '_' | '-'),
        };
        if !fits || !rest.is_char_boundary(length) || rest.len() < length {
            return false;
        }
        rest = &rest[length..];
    }
    !in_class
}

/// A regex of [`is_of_numbers`] without its classes; a blank stands for each.
fn without_classes(regex: &str) -> String {
    let pieces = regex.split('[').enumerate();
    let outside = pieces.map(|(n, piece)| match piece.split_once(']') {
        Some((_, outside)) if n > 0 => outside,
        _ => piece,
    });
    outside.collect::<Vec<_>>().join(" ")
}

fn is_range(rest: &str) -> bool {
    matches!(rest.as_bytes(), [from, b'-', to, ..] if from.is_ascii_alphanumeric() && *to != b']')
}
