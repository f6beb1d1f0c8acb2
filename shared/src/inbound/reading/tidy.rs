//! What text may hold once it is read: no control characters, nothing that turns or hides what
//! stands beside it, and never more than its bound.

/// Characters that show nothing, or turn the order of what follows them (Unicode TR 36). Outlook
/// and phones put them around numbers, where they would keep a number from being found.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// One line, safe in a header: what breaks a line becomes a space, and spaces do not repeat.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let spaced = |c: char| c.is_control() || c.is_whitespace();
    let seen = text.chars().filter(|c| !is_unseen(*c));
    let mut line = String::new();
    for (c, _) in seen.map(|c| if spaced(c) { ' ' } else { c }).zip(0..most.saturating_mul(8)) {
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    first(line.trim_end(), most).trim_end().to_owned()
}

/// Lines that end in `\n` alone, without control characters but tabs, with plain spaces.
pub(super) fn lines(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => tidy.push('\n'),
            '\t' => tidy.push('\t'),
            '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{2009}' | '\u{3000}' => tidy.push(' '),
            c if c.is_control() || is_unseen(c) => {}
            c => tidy.push(c),
        }
    }
    tidy
}

/// Without blank lines at either end, without spaces at the end of a line, and never more than one
/// blank line in a row.
pub(super) fn paragraphs<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut blank = false;
    for line in lines.into_iter().map(str::trim_end) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        text.push_str(line);
    }
    text
}

/// The first so many characters.
pub(super) fn first(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}
