//! A text as tokens: what may be a number, with what stands around it.

/// A longer run of characters is no word: base64, or somebody's joke.
const LONG: usize = 120;

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

/// The text with its URLs, addresses and ids blanked: what looks like a number in them is none. As
/// long as before.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_space) {
        let word = piece.trim_end_matches(is_space);
        let lower = || word.to_ascii_lowercase();
        let is_address = word.contains('@') && !word.starts_with('@');
        if is_address || word.contains("://") || lower().contains("www.") {
            // What stands before it in the same word is not of it: "INC-1001(https://…)".
            let begins = word.find("http").or_else(|| lower().find("www.")).unwrap_or(0);
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
