//! HTML as text: blocks as lines, quotes as `>`, and nothing that a reader would not see.
//!
//! Own code: mail-parser's knows neither quotes nor hidden text nor most blocks (it does know the
//! entities, which are taken from it), and the crates that do bring a browser's parser with them.
//! One pass; no element is looked for twice, so nesting and repetition cost nothing.

use mail_parser::decoders::html::add_html_token;

use super::tidy;

/// Stands where Outlook begins the mail that is answered, as in its own text parts.
pub(super) const ORIGINAL: &str = "-----Original Message-----";
/// Quotes in quotes beyond this are shown as this deep.
const QUOTES: usize = 8;
/// A link's target is written out up to this length.
const LINK: usize = 200;
/// Longer entities there are none.
const ENTITY: usize = 34;

/// The text of an HTML document, up to so many characters.
pub(super) fn text(html: &str, most: usize) -> String {
    let mut page = Page::default();
    let mut rest = html;
    // A character of text is at most four bytes.
    while !rest.is_empty() && page.text.len() < most.saturating_mul(4) {
        let (before, markup) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        page.say(before);
        let Some(inside) = markup.strip_prefix('<') else { break };
        rest = match inside.chars().next() {
            Some('!') if inside.starts_with("!--") => behind(inside, "-->"),
            Some('!' | '?') => behind(inside, ">"),
            Some(c) if c == '/' || c.is_ascii_alphabetic() => {
                let (tag, after) = inside.split_at(tag_end(inside));
                let after = after.strip_prefix('>').unwrap_or(after);
                page.tag(tag);
                page.raw_end(tag, after)
            }
            _ => {
                page.say("<");
                inside
            }
        };
    }
    let text = tidy::lines(&page.text);
    tidy::first(text.trim_matches('\n'), most).to_owned()
}

/// What follows the first `end`; nothing without one.
fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

/// Where a tag ends: its `>`, but for those in quotes. One that never ends is cut after a while, so
/// that a thousand of them are not each looked through to the end.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate().take(64 * 1024) {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') if tag[..at].ends_with(['=', ' ']) => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.find('>').unwrap_or(tag.len())
}

/// The page so far.
#[derive(Debug, Default)]
struct Page {
    text: String,
    /// Something was said in the line that is being written.
    in_line: bool,
    /// A space is due before the next word.
    space: bool,
    /// Open `blockquote` elements, and which of them are quotes.
    blockquotes: Vec<bool>,
    /// How many of them are.
    quotes: usize,
    preformatted: usize,
    /// The element that hides what is in it, and how many of its name are open.
    hidden: Option<(String, usize)>,
    /// Where the link leads that is open, and where its text begins.
    link: Option<(String, usize)>,
}

impl Page {
    fn is_hidden(&self) -> bool {
        self.hidden.is_some()
    }

    fn say(&mut self, text: &str) {
        if self.is_hidden() || text.is_empty() {
            return;
        }
        let text = with_entities(text);
        if self.preformatted > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.break_line();
                }
                let line = line.trim_end_matches('\r');
                if !line.is_empty() {
                    self.put(line);
                }
            }
            return;
        }
        for (at, word) in text.split([' ', '\t', '\r', '\n', '\u{c}']).enumerate() {
            self.space |= at > 0;
            if !word.is_empty() {
                self.put(word);
            }
        }
    }

    fn put(&mut self, word: &str) {
        if !self.in_line {
            let depth = self.quotes.min(QUOTES);
            self.text.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                self.text.push(' ');
            }
        } else if self.space {
            self.text.push(' ');
        }
        self.in_line = true;
        self.space = false;
        self.text.push_str(word);
    }

    /// A line ends here, even an empty one.
    fn break_line(&mut self) {
        if !self.in_line {
            self.put("");
        }
        self.text.push('\n');
        self.in_line = false;
        self.space = false;
    }

    /// A block begins or ends here.
    fn block(&mut self) {
        if self.in_line {
            self.break_line();
        }
    }

    /// A paragraph does: a blank line, unless there is one.
    fn paragraph(&mut self) {
        self.block();
        let is_spaced = self.text.is_empty() || self.text.ends_with("\n\n");
        if !is_spaced && !self.text.ends_with("> \n") {
            self.break_line();
        }
    }

    fn tag(&mut self, tag: &str) {
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let end = tag.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(tag.len());
        let (name, attributes) = (tag[..end].to_ascii_lowercase(), &tag[end..]);
        if let Some((hiding, open)) = &mut self.hidden {
            if *hiding == name {
                *open = if closes { *open - 1 } else { *open + 1 };
                if *open == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        let is_void = matches!(
            name.as_str(),
            "br" | "hr" | "img" | "input" | "meta" | "link" | "col" | "area" | "base" | "wbr"
        ) || attributes.trim_end().ends_with('/');
        if !closes && !is_void && hides(&name, attributes) {
            self.hidden = Some((name, 1));
            return;
        }
        if !closes && begins_original(&name, attributes) {
            self.block();
            self.put(ORIGINAL);
            self.break_line();
        }
        if !closes && begins_signature(attributes) {
            self.block();
            self.put("-- ");
            self.break_line();
        }
        self.lay_out(&name, attributes, closes);
    }

    fn lay_out(&mut self, name: &str, attributes: &str, closes: bool) {
        match name {
            "br" => self.break_line(),
            // Outlook makes every line a paragraph without margins.
            "p" if attributes.contains("Mso") => self.block(),
            "p" if closes => self.block(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.paragraph(),
            "blockquote" => {
                self.block();
                if !closes {
                    self.blockquotes.push(is_quote(attributes));
                    self.quotes += usize::from(is_quote(attributes));
                } else if let Some(was_quote) = self.blockquotes.pop() {
                    self.quotes -= usize::from(was_quote);
                }
            }
            "pre" => {
                self.block();
                self.preformatted = if closes {
                    self.preformatted.saturating_sub(1)
                } else {
                    self.preformatted + 1
                };
            }
            "li" if !closes => {
                self.block();
                self.put("-");
                self.space = true;
            }
            "td" | "th" => self.space = true,
            "hr" if !self.is_hidden() => {
                self.block();
                self.put("________________________________");
                self.break_line();
            }
            "a" if closes => self.end_link(),
            "a" => {
                let target = attribute(attributes, "href").unwrap_or_default();
                self.link = Some((target, self.text.len()));
            }
            "div" | "tr" | "table" | "ul" | "ol" | "li" | "dl" | "dt" | "dd" | "section"
            | "article" | "header" | "footer" | "address" | "center" | "form" | "fieldset"
            | "body" | "main" | "aside" | "nav" | "figure" | "tbody" | "thead" => self.block(),
            _ => {}
        }
    }

    /// Says where a link leads when its text does not.
    fn end_link(&mut self) {
        let Some((target, begun)) = self.link.take() else { return };
        let is_web = target.starts_with("http://") || target.starts_with("https://");
        let shown = self.text.get(begun..).unwrap_or_default().trim();
        if is_web && target.len() <= LINK && !shown.is_empty() && !shown.contains("://") {
            self.put(&format!(" <{target}>"));
        }
    }

    /// What follows an element that has no markup in it; all of `after` for others.
    fn raw_end<'a>(&mut self, tag: &str, after: &'a str) -> &'a str {
        let Some((hiding, _)) = &self.hidden else { return after };
        let is_raw = matches!(hiding.as_str(), "script" | "style" | "title" | "textarea");
        if !is_raw || tag.starts_with('/') {
            return after;
        }
        let close = format!("</{hiding}");
        let end = find_ignoring_case(after, &close).unwrap_or(after.len());
        self.hidden = None;
        let after = &after[end..];
        if after.is_empty() { after } else { behind(after, ">") }
    }
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|at| {
        let piece = text.as_bytes().get(*at..*at + what.len());
        piece.is_some_and(|piece| piece.eq_ignore_ascii_case(what.as_bytes()))
    })
}

/// Text with its entities said.
fn with_entities(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.bytes().take(ENTITY).position(|b| b == b';');
        let length = match name {
            Some(end) if rest[1..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#') => {
                end + 1
            }
            _ => 1,
        };
        add_html_token(&mut said, &rest.as_bytes()[..length], false);
        rest = &rest[length..];
    }
    said.push_str(rest);
    said
}

/// The value of an attribute, its entities said.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let at = find_attribute(rest, name)?;
        rest = rest[at + name.len()..].trim_start();
        let Some(value) = rest.strip_prefix('=') else { continue };
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split([' ', '\t', '\r', '\n', '>']).next(),
        };
        return value.map(|value| with_entities(value).trim().to_owned());
    }
}

fn find_attribute(attributes: &str, name: &str) -> Option<usize> {
    let bytes = attributes.as_bytes();
    let starts =
        |at: usize| at > 0 && (bytes[at - 1].is_ascii_whitespace() || bytes[at - 1] == b'"');
    (0..bytes.len().saturating_sub(name.len() - 1)).find(|at| {
        starts(*at) && bytes[*at..*at + name.len()].eq_ignore_ascii_case(name.as_bytes())
    })
}

/// The style of an element, without spaces, in lower case.
fn style(attributes: &str) -> String {
    let style = attribute(attributes, "style").unwrap_or_default();
    style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a reader sees nothing of it.
fn hides(name: &str, attributes: &str) -> bool {
    if matches!(
        name,
        "head"
            | "script"
            | "style"
            | "title"
            | "template"
            | "textarea"
            | "object"
            | "svg"
            | "noscript"
    ) {
        return true;
    }
    if !attributes.contains(['=', ' ']) {
        return false;
    }
    let style = style(attributes);
    let has = |what: &str| style.split(';').any(|rule| rule.trim_end_matches("!important") == what);
    has("display:none")
        || has("visibility:hidden")
        || has("mso-hide:all")
        || [
            "font-size:0",
            "font-size:0px",
            "font-size:0pt",
            "max-height:0",
            "max-height:0px",
            "opacity:0",
        ]
        .iter()
        .any(|zero| has(zero))
        || attributes.split_whitespace().any(|word| word.eq_ignore_ascii_case("hidden"))
}

/// Whether a blockquote quotes; some mail clients indent with it.
fn is_quote(attributes: &str) -> bool {
    let style = style(attributes);
    let is_indentation = style.contains("border:none") && !style.contains("border-left");
    !is_indentation || attribute(attributes, "type").is_some()
}

/// Where Outlook, Yahoo and Proton begin what is answered, for which they use no blockquote.
fn begins_original(name: &str, attributes: &str) -> bool {
    if name != "div" {
        return false;
    }
    let is = |what: &str, value: &str| {
        attribute(attributes, what).is_some_and(|is| is.eq_ignore_ascii_case(value))
    };
    let style = style(attributes);
    is("id", "divRplyFwdMsg")
        || (style.contains("border:none")
            && ["border-top:solid#e1e1e1", "border-top:solid#b5c4df"]
                .iter()
                .any(|s| style.contains(s)))
}

/// Where a mail client has put a signature.
fn begins_signature(attributes: &str) -> bool {
    let is = |what: &str, value: &str| attribute(attributes, what).is_some_and(|is| is == value);
    is("id", "Signature")
        || attribute(attributes, "class").is_some_and(|class| {
            class.split_whitespace().any(|class| matches!(class, "gmail_signature"))
        })
}
