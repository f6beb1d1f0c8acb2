//! What holds for the words of every e-mail, in both languages and both parts.

use super::fixtures::{desk, email, samples, url, ways_back};
use crate::email::letter::Letter;
use crate::email::render::{Rendered, render, words};
use crate::email::wrap::{WIDTH, lines};
use crate::email::{Audience, EmailKind, OutboxEmail};
use crate::incident::values::Language::{En, Fr};

/// Every sample in both languages, with its parts and as it is sent, which may be a repeat.
fn all() -> impl Iterator<Item = (OutboxEmail, Letter, Rendered)> {
    let both =
        samples().into_iter().flat_map(|s| [En, Fr].map(|language| (s.kind.clone(), language)));
    both.map(|(kind, language)| {
        let email = email(kind, language);
        let ways_back = ways_back(&email);
        let (letter, _) = words(&email, &desk(), &ways_back);
        let rendered = render(&email, &desk(), 1, &ways_back).unwrap();
        (email, letter, rendered)
    })
}

/// Words with single spaces between them, however lines were broken.
fn flat(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a reader sees of HTML.
pub(super) fn visible(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        if !tag.contains("code") {
            text.push(' ');
        }
        text.push_str(after);
    }
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
    flat(&text.replace("&#39;", "'").replace("&#38;", "&"))
}

#[test]
fn text_and_html_say_the_same() {
    for (email, letter, rendered) in all() {
        let unmarked = |line: &str| line.trim_start().trim_start_matches("> ").to_owned();
        let text = flat(&rendered.text.lines().map(unmarked).collect::<Vec<_>>().join("\n"));
        let html = visible(&rendered.html);
        let (_, frame) = words(&email, &desk(), &ways_back(&email));
        let mut said = vec![letter.headline, frame.repeat_notice.to_owned(), frame.foot];
        said.extend(frame.writing_back.map(str::to_owned));
        let about = email.summary.filter(|_| email.kind.is_about_incident());
        said.extend(about.map(String::from));
        said.extend(letter.paragraphs);
        for fact in letter.deadlines.into_iter().chain(letter.facts) {
            said.extend([fact.label.to_owned(), fact.value]);
        }
        if let Some(quote) = letter.quote {
            said.extend(lines(&quote.text));
            said.push(quote.title);
        }
        if let Some(list) = letter.list {
            said.push(list.title);
            for row in list.rows {
                said.extend(row.word_lines());
                said.push(row.label);
                said.extend(row.lines);
            }
        }
        said.push(frame.steps_title.to_owned());
        for step in letter.steps {
            said.push(step.text);
            said.extend(step.request);
        }
        for words in said.iter().map(|words| flat(words)) {
            assert!(text.contains(&words), "the text lacks {words:?}:\n{}", rendered.text);
            assert!(html.contains(&words), "the HTML lacks {words:?}:\n{html}");
        }
    }
}

#[test]
fn every_email_says_what_happened_and_what_to_do_next() {
    for (email, letter, _) in all() {
        assert!(!letter.headline.is_empty() && !letter.paragraphs.is_empty(), "{:?}", email.kind);
        assert!(!letter.steps.is_empty(), "{:?}", email.kind);
    }
}

#[test]
fn text_is_readable_in_a_plain_window() {
    for (_, _, rendered) in all() {
        let text = &rendered.text;
        assert!(text.contains("\n\n-- \n"), "the signature is delimited as RFC 3676 says:\n{text}");
        assert!(!text.contains("\n\n\n"), "two empty lines:\n{text}");
        let is_url = |line: &&str| line.trim_start().starts_with("https://");
        for line in text.lines().filter(|line| *line != "-- " && !is_url(line)) {
            assert!(line.chars().count() <= WIDTH + 10, "too long: {line}");
            assert_eq!(line, line.trim_end(), "blanks at the end");
        }
    }
}

#[test]
fn the_link_of_an_email_stands_whole_on_a_line_of_its_own_and_on_a_button() {
    for (email, letter, rendered) in all() {
        let Some(url) = url(&email) else {
            assert!(!rendered.html.contains("href"), "{:?}", email.kind);
            continue;
        };
        let lines = rendered.text.lines().filter(|line| line.trim_start() == url);
        assert_eq!(lines.count(), 1, "{url} in\n{}", rendered.text);
        assert_eq!(rendered.html.matches(&format!("href=\"{url}\"")).count(), 1);
        let button = letter.steps.iter().find_map(|step| step.link.as_ref());
        let (_, frame) = words(&email, &desk(), &ways_back(&email));
        let label = button.map_or(frame.page_label, |link| link.label);
        assert!(visible(&rendered.html).contains(label));
        let invites = matches!(email.kind, EmailKind::EscalationInvited { .. });
        let is_page = email.kind.audience() == Audience::Customer && !invites;
        assert_eq!(button.is_none(), is_page, "customers see their page");
        let acknowledges = rendered.text.contains("/acknowledgement");
        assert!(!acknowledges, "the link stands in place of the request:\n{}", rendered.text);
    }
}

#[test]
fn english_is_written_with_the_words_of_the_design() {
    for (email, letter, _) in all().filter(|(email, ..)| email.language == En) {
        // A response is not an answer or a reply, an incident not a case or a ticket, and so on.
        let wrong = ["answer", "reply", "case", "ticket", "issue", "SLA", "taken by", "severity"];
        let mut words = vec![letter.stake, letter.headline];
        words.extend(letter.paragraphs);
        words.extend(letter.steps.into_iter().map(|step| step.text));
        if let Some(list) = letter.list {
            words.push(list.title);
            words.extend(list.rows.into_iter().flat_map(|row| row.lines));
        }
        let words = words.join(" ");
        for word in wrong {
            assert!(!words.contains(word), "{:?} says {word:?}: {words}", email.kind);
        }
    }
}

#[test]
fn french_never_parts_punctuation_from_its_word() {
    for (_, letter, rendered) in all().filter(|(email, ..)| email.language == Fr) {
        let quote = letter.quote.map(|quote| quote.text).unwrap_or_default();
        let requests = letter.steps.into_iter().flat_map(|step| step.request);
        let mut words = visible(&rendered.html).replace(&flat(&quote), "");
        for row in letter.list.into_iter().flat_map(|list| list.rows) {
            words = words.replace(&flat(&row.words.unwrap_or_default()), "");
        }
        for request in requests {
            words = words.replace(&request, "");
        }
        for breaking in [" :", " ;", " !", " ?", " »", "« "] {
            assert!(!words.contains(breaking), "{breaking:?} in {words}");
        }
        assert!(!words.contains('\''), "the apostrophe is ’ in {words}");
    }
}
