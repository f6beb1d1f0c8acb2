//! Whatever people write, an e-mail stays one e-mail: its text is text.

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use serde_json::Value;

use super::fixtures::{desk, email, samples, the, ways_back};
use super::same_words::visible;
use crate::email::render::{Rendered, render};
use crate::email::{EmailId, EmailKind};
use crate::incident::values::{
    EmailAddress, IncidentNumber, Justification, Language, Name, Summary,
};

const SUBJECT_CHARACTERS: usize = 100;
const SES_HEADER_CHARACTERS: usize = 870;

/// What people could write to break out of HTML or of a header.
const ATTACKS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "<a href=\"javascript:alert(1)\">click here</a>",
    "--></style><h1>& &amp; &#60;b&#62;</h1>",
    "{{ frame.foot }} {% raw %}",
    "]]><!-- <![endif]-->",
    "\u{202e}txt.exe\u{2066}\u{feff}👩‍👩‍👧 ﷽ Z̷̢̛",
];

fn attack() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ATTACKS.to_vec()).prop_map(str::to_owned),
        "\\PC{1,60}",
        "[<>&\"'/ a]{1,200}",
        "x{100,200}",
    ]
}

fn line() -> impl Strategy<Value = Name> {
    attack().prop_filter_map("a name", |text| text.parse().ok())
}

fn prose() -> impl Strategy<Value = Justification> {
    let lines = prop::collection::vec((attack(), "[\n\r\t\u{2028} ]{1,2}"), 1..5);
    lines.prop_filter_map("a justification", |lines| {
        let lines = lines.into_iter().map(|(line, end)| line + &end);
        format!("{}. And so on.", lines.collect::<String>()).parse().ok()
    })
}

/// What comes from outside.
#[derive(Debug, Clone)]
struct Said {
    number: IncidentNumber,
    line: Name,
    prose: Justification,
    summary: Option<Summary>,
    at: Timestamp,
    language: Language,
    zone: &'static str,
    sample: usize,
    repeat: u32,
}

fn said() -> impl Strategy<Value = Said> {
    let number = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}".prop_map(|text| the(&text));
    let ends = (Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    let near = 1_700_000_000_000_i64..1_900_000_000_000;
    let at =
        prop_oneof![near, ends.0..=ends.1].prop_map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let summary = prop::option::of(line());
    let language = prop::sample::select(vec![Language::En, Language::Fr]);
    let zone = prop::sample::select(vec!["UTC", "Europe/Paris", "Asia/Kolkata", "Pacific/Apia"]);
    let sample = 0..samples().len();
    (number, line(), prose(), summary, at, language, zone, sample, 0..9_u32).prop_map(
        |(number, line, prose, summary, at, language, zone, sample, repeat)| Said {
            number,
            line,
            prose,
            summary,
            at,
            language,
            zone,
            sample,
            repeat,
        },
    )
}

/// A sample with every text and instant in it replaced.
fn kind(said: &Said) -> EmailKind {
    let mut value = serde_json::to_value(&samples()[said.sample].kind).unwrap();
    replace(&mut value, said);
    serde_json::from_value(value).unwrap()
}

fn replace(value: &mut Value, said: &Said) {
    for (key, value) in value.as_object_mut().into_iter().flatten() {
        match key.as_str() {
            "requester"
            | "author"
            | "by"
            | "manager"
            | "reporter"
            | "account"
            | "summary"
            | "subject"
            | "unanswered_since_taken_by" => {
                *value = said.line.as_str().into();
            }
            // Who wrote; where it is a priority, nobody writes it.
            "from" if value.as_str().is_some_and(|from| from.len() > 2 && !from.contains('@')) => {
                *value = said.line.as_str().into();
            }
            "business_justification" | "message" | "note" | "reason" => {
                *value = said.prose.as_str().into();
            }
            key if key.ends_with("_at") || key.ends_with("until") || key == "since" => {
                *value = said.at.to_string().into();
            }
            _ => replace(value, said),
        }
    }
    for value in value.as_array_mut().into_iter().flatten() {
        replace(value, said);
    }
}

fn rendered(said: &Said) -> Rendered {
    let mut email = email(kind(said), said.language);
    email.id = EmailId { thread: said.number.clone().into(), version: u64::MAX, index: u32::MAX };
    email.customer = said.line.clone();
    email.summary = said.summary.clone();
    let mut desk = desk();
    desk.time_zone = TimeZone::get(said.zone).unwrap();
    render(&email, &desk, said.repeat, &ways_back(&email)).unwrap()
}

/// The tags of a page, in order, without the line breaks that a quote brings.
fn tags(html: &str) -> Vec<&str> {
    let pieces = html.split('<').skip(1);
    let tags = pieces.map(|piece| piece.split_once('>').map_or(piece, |(tag, _)| tag));
    tags.filter(|tag| *tag != "br").collect()
}

fn flat(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn whatever_people_write_the_html_has_the_same_tags(said in said()) {
        let harmless = Said {
            line: the("Ann Example"),
            prose: the("Nothing special in it."),
            summary: said.summary.as_ref().map(|_| the("A printer")),
            ..said.clone()
        };
        let (hostile, harmless) = (rendered(&said), rendered(&harmless));
        prop_assert_eq!(tags(&hostile.html), tags(&harmless.html));
        prop_assert!(visible(&hostile.html).contains(&flat(said.line.as_str())));
    }

    #[test]
    fn whatever_people_write_the_subject_is_one_short_line(said in said()) {
        let subject = rendered(&said).subject;
        let breaks = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
        prop_assert!(!subject.chars().any(breaks), "{}", subject);
        prop_assert!(subject.chars().count() <= SUBJECT_CHARACTERS, "{}", subject);
        let email = email(kind(&said), said.language);
        let start = if !email.kind.is_about_incident() {
            format!("[{}]", desk().name)
        } else {
            format!("[{} {}]", email.priority, said.number)
        };
        prop_assert!(subject.starts_with(&start), "{}", subject);
    }

    #[test]
    fn whatever_people_write_the_text_has_one_signature_and_every_line_its_place(said in said()) {
        let text = rendered(&said).text;
        prop_assert!(!text.contains('\r'));
        prop_assert_eq!(text.matches("\n-- \n").count(), 1, "{}", text);
        for quoted in said.prose.as_str().lines().filter(|line| line.starts_with("-- ")) {
            prop_assert!(!text.lines().any(|line| line == quoted), "{}", text);
        }
    }

    #[test]
    fn headers_are_what_ses_takes(
        said in said(),
        domain in "([a-z0-9]{1,30}\\.){1,7}[a-z]{2,20}",
    ) {
        let address = format!("care@{domain}").parse::<EmailAddress>();
        prop_assume!(address.is_ok());
        let mut desk = desk();
        desk.sender.address = address.unwrap();
        let mut email = email(kind(&said), said.language);
        email.id = EmailId { thread: said.number.into(), version: u64::MAX, index: u32::MAX };
        for (name, value) in render(&email, &desk, said.repeat, &ways_back(&email)).unwrap().headers {
            prop_assert!(value.len() <= SES_HEADER_CHARACTERS, "{}: {}", name, value);
            prop_assert!(!value.is_empty() && value.bytes().all(|b| (b' '..=b'~').contains(&b)));
        }
    }

    #[test]
    fn a_long_word_stands_only_where_it_may_be_broken(mut said in said()) {
        said.line = the(&"x".repeat(200));
        said.prose = the(&"y".repeat(4000));
        said.summary = Some(the(&"z".repeat(200)));
        let html = rendered(&said).html;
        let mut cell = "";
        for piece in html.split_once("<body").unwrap().1.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap();
            if tag.starts_with("td") || tag.starts_with("th") {
                cell = tag;
            }
            let breakable = cell.contains("overflow-wrap:anywhere");
            prop_assert!(breakable || text.trim().is_empty(), "{} stands in <{}>", text, cell);
        }
    }
}
