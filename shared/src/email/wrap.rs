//! Lines of the text part, short enough for those who read mail as text.

/// Lines that are quoted once or twice still fit into 80 columns.
pub(super) const WIDTH: usize = 76;

/// Fills lines with the words of `text`: `first` stands before the first line, `rest` before the
/// others. A word that is longer than a line is left whole, so that an address can be copied; a
/// non-breaking space does not part words.
pub(super) fn fill(text: &str, first: &str, rest: &str) -> String {
    let mut filled = first.to_owned();
    let mut column = first.chars().count();
    let mut at_start = true;
    for word in text.split_ascii_whitespace() {
        let length = word.chars().count();
        if !at_start && column + 1 + length > WIDTH {
            filled.push('\n');
            filled.push_str(rest);
            column = rest.chars().count();
            at_start = true;
        }
        if !at_start {
            filled.push(' ');
            column += 1;
        }
        filled.push_str(word);
        column += length;
        at_start = false;
    }
    filled
}

/// The lines of what a person wrote, whatever breaks them.
pub(super) fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// What a person wrote, every line marked as quoted. A line that fits keeps its own spacing.
pub(super) fn quoted(text: &str) -> String {
    let mark = |line: String| {
        let whole = format!("> {line}");
        if whole.chars().count() <= WIDTH {
            whole.trim_end().to_owned()
        } else {
            fill(&line, "> ", "> ")
        }
    };
    lines(text).into_iter().map(mark).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_up_to_the_width_and_long_words_stay_whole() {
        let text = format!("{} {} x", "word ".repeat(20), "y".repeat(100));
        let filled = fill(&text, "1. ", "   ");
        let lines: Vec<_> = filled.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], format!("1. {}", "word ".repeat(14)).trim_end());
        assert_eq!(lines[2], format!("   {}", "y".repeat(100)));
        assert_eq!(lines[3], "   x");
    }

    #[test]
    fn a_non_breaking_space_stays_within_its_line() {
        let filled = fill(&format!("{} a\u{a0}:", "x".repeat(74)), "", "");
        assert!(filled.ends_with("\na\u{a0}:"), "{filled}");
    }

    #[test]
    fn quotes_keep_short_lines_and_wrap_long_ones() {
        assert_eq!(quoted("a\r\n\r\n  b\rc\u{2028}d"), "> a\n>\n>   b\n> c\n> d");
        let long = quoted(&"word ".repeat(40));
        assert!(
            long.lines().all(|line| line.starts_with("> word") && line.len() <= WIDTH),
            "{long}"
        );
    }
}
