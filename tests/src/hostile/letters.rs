//! An e-mail or a page is one, whatever people wrote into it: no header, no tag and no link is theirs.

use shared::email::render::Rendered;

/// The longest header that SES takes.
const HEADER_CHARACTERS: usize = 870;
const SUBJECT_CHARACTERS: usize = 100;

/// Whether the templates of e-mails and pages have such an element, opened or closed; `!` begins a document
/// type or a comment. In small letters, as the templates are.
fn is_of_a_template(tag: &str) -> bool {
    matches!(
        tag.strip_prefix('/').unwrap_or(tag),
        "a" | "blockquote"
            | "body"
            | "br"
            | "button"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "head"
            | "html"
            | "input"
            | "label"
            | "li"
            | "main"
            | "meta"
            | "ol"
            | "p"
            | "span"
            | "strong"
            | "style"
            | "table"
            | "td"
            | "textarea"
            | "th"
            | "time"
            | "title"
            | "tr"
    ) || tag.starts_with('!')
}

/// Holds that an e-mail has one subject, its own headers, and nothing in its HTML but what its template
/// has.
///
/// # Panics
///
/// When that does not hold.
pub fn hold(letter: &Rendered) {
    let Rendered { subject, text, html, headers, .. } = letter;
    let breaks = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
    assert!(!subject.chars().any(breaks), "the subject is no line: {subject:?}");
    assert!(subject.chars().count() <= SUBJECT_CHARACTERS, "the subject is long: {subject}");
    for (name, value) in headers {
        let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        assert!(is_plain && !value.is_empty(), "{name} is no header: {value:?}");
        assert!(value.len() <= HEADER_CHARACTERS, "{name} is long: {value}");
    }
    assert!(!text.contains(['\r', '\0']), "the text has another end of a line: {text:?}");
    assert_eq!(text.matches("\n-- \n").count(), 1, "the text is not signed once: {text}");
    hold_html(html);
    for (link, _) in values(html, "href=\"") {
        assert!(link.starts_with("https://desk.example.com/"), "a link leads elsewhere: {link}");
    }
}

/// Holds that HTML has no tag, no attribute and no script but its template's.
///
/// # Panics
///
/// When that does not hold.
pub fn hold_html(html: &str) {
    for tag in tags(html) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        assert!(is_of_a_template(name), "a tag that no template has: <{tag}>");
        assert!(!has_handler(tag), "an attribute that no template has: <{tag}>");
    }
}

/// The tags of a page, in order, without the line breaks that a quote brings.
#[must_use]
pub fn tags(html: &str) -> Vec<&str> {
    let pieces = html.split('<').skip(1);
    let tags = pieces.map(|piece| piece.split_once('>').map_or(piece, |(tag, _)| tag));
    tags.filter(|tag| *tag != "br").collect()
}

/// The words of a page as a reader sees them: without tags, blanks as one, and `&` as it was written.
#[must_use]
pub fn words(html: &str) -> String {
    let mut words = String::new();
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        words.push_str(if tag == "br" { "\n" } else { " " });
        words.push_str(text);
    }
    let written = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    let words = written.iter().fold(words, |words, (code, c)| words.replace(code, c));
    flat(&words)
}

/// A text with its blanks as one.
#[must_use]
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a tag runs a script: an attribute that begins with `on`, outside of values.
fn has_handler(tag: &str) -> bool {
    // Every second part stands between quotation marks.
    tag.split('"').step_by(2).any(|outside| outside.contains(" on") || outside.contains('<'))
}

fn values<'a>(html: &'a str, before: &str) -> Vec<(&'a str, &'a str)> {
    html.split(before).skip(1).filter_map(|rest| rest.split_once('"')).collect()
}
