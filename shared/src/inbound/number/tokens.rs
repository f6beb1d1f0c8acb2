//! A text as tokens: what may be a number, with what stands around it.

/// A longer run of characters is no word: base64, or somebody's joke.
const LONG: usize = 120;
/// The letters before a hyphen that Word has made a dash.
const PREFIX: usize = 10;

/// A run of the characters of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    /// Where it starts in the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// It begins or ends where letters go on that no number has.
    is_torn: bool,
}

impl Token<'_> {
    /// Whether it stands for itself.
    pub fn is_whole(&self) -> bool {
        !self.is_torn
    }
}

/// The text with the hyphens of its numbers as they are typed, and without the joiners that come along
/// when a number is copied from a page. (What else is not seen, `reading` has taken out; joiners it
/// leaves, for some scripts need them.)
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}')).peekable();
    while let Some(c) = chars.next() {
        let is_hyphen = match c {
            '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => true,
            // A dash stays one between numbers, and behind a whole one: "4711–4715".
            '–' => {
                chars.peek().is_some_and(char::is_ascii_alphanumeric) && ends_in_prefix(&plain)
            }
            _ => false,
        };
        plain.push(if is_hyphen { '-' } else { c });
    }
    plain
}

/// Whether a text ends in what a number may begin with: "INC", "P1".
fn ends_in_prefix(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let run = &text[before.len()..];
    run.len() <= PREFIX && run.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// What follows the host in each link of a text, percent-encoded separators as blanks.
pub(super) fn links(text: &str) -> impl Iterator<Item = String> {
    text.split(is_space).filter_map(|word| {
        let (_, behind) = word.split_once("://")?;
        let at = behind.find(['/', '?', '#'])?;
        let mut path = String::with_capacity(behind.len() - at);
        let mut rest = &behind[at..];
        while let Some(c) = rest.chars().next() {
            let encoded = percent_encoded(rest);
            path.push(encoded.unwrap_or(c));
            rest = &rest[encoded.map_or(c.len_utf8(), |_| 3)..];
        }
        Some(path)
    })
}

/// The character that a text starts with in percent-encoding; a blank for all but hyphens.
fn percent_encoded(text: &str) -> Option<char> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| if digits.eq_ignore_ascii_case("2d") { '-' } else { ' ' })
}

/// The text with its URLs, addresses and ids blanked: what looks like a number in them is none. As
/// long as before.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_space) {
        let word = piece.trim_end_matches(is_space);
        let lower = || word.to_ascii_lowercase();
        let is_address = word.contains('@') && !word.starts_with('@');
        let is_link = word.contains("://") || lower().contains("www.");
        if is_address || is_link {
            // What stands before it in the same word is not of it: "INC-1001(https://…)".
            let begins = if is_link {
                word.find("http").or_else(|| lower().find("www.")).unwrap_or(0)
            } else {
                address_start(word)
            };
            let begins = if word.is_char_boundary(begins) { begins } else { 0 };
            masked.push_str(&word[..begins]);
            masked.extend(std::iter::repeat_n(' ', word.len() - begins));
        } else {
            masked.push_str(word);
        }
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

/// Where the address begins that a word holds: behind what no address has in it, and behind line ends
/// that somebody has percent-encoded.
fn address_start(word: &str) -> usize {
    let local = word.split('@').next().unwrap_or_default();
    let is_of_address = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let other = local.char_indices().rfind(|(_, c)| !is_of_address(*c));
    let other = other.map_or(0, |(at, c)| at + c.len_utf8());
    let encoded = local.rmatch_indices('%').map(|(at, _)| at);
    let encoded = encoded.into_iter().find(|at| percent_encoded(&local[*at..]).is_some());
    other.max(encoded.map_or(0, |at| at + 3))
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';')
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// The tokens of a text, in order. What is joined to a word by a point is a token too: `no.4711`.
pub(super) fn of(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let start = rest + text[rest..].find(is_of_number)?;
            let run = text[start..].find(|c| !is_of_number(c)).unwrap_or(text.len() - start);
            rest = start + run;
            if run > LONG {
                continue;
            }
            let before = text[..start].chars().next_back();
            let after = text[rest..].chars().next();
            let goes_on = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            if goes_on(before) {
                continue;
            }
            let token = &text[start..rest];
            let led = led_by(token);
            let trimmed = token[led..].trim_end_matches(['.', '_', '-']);
            if trimmed.is_empty() {
                continue;
            }
            let start = start + led;
            return Some(Token {
                text: trimmed,
                start,
                end: start + trimmed.len(),
                is_torn: goes_on(after),
            });
        }
    })
}

/// How much of a token's start is a word before a number: its separators, and `no.` or `ref.`.
fn led_by(token: &str) -> usize {
    let separators = token.len() - token.trim_start_matches(['.', '_', '-']).len();
    let words = ["no.", "nr.", "num.", "ref.", "id.", "n."];
    let lower = token.to_ascii_lowercase();
    let word = words.iter().find(|word| lower[separators..].starts_with(**word));
    separators + word.map_or(0, |word| word.len())
}
