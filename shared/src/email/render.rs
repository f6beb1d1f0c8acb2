//! From an outbox e-mail to what SES is handed: subject, text, HTML and headers.

use askama::Template;

use super::letter::{Fact, Frame, Letter, Quote, Tone};
use super::when::When;
use super::{EmailId, OutboxEmail, english, french};
use crate::incident::values::{EmailAddress, Language};
use crate::policy::{Desk, Sender};

/// The header that carries the e-mail's id, by which a repeat and a delivery event are recognised.
pub const ID_HEADER: &str = "X-Escalation-Desk-Email-Id";
/// The header that labels a repeat of what may have been sent before.
pub const REPEAT_HEADER: &str = "X-Escalation-Desk-Repeat";
/// Longer subjects are cut: mail clients show less than this.
const SUBJECT_CHARACTERS: usize = 100;

/// An e-mail in words, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its id.
    pub id: EmailId,
    /// From whom.
    pub from: Sender,
    /// To whom.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Headers beyond those that SES writes itself; ASCII, at most 870 characters each (SES's
    /// limit for `MessageHeader`).
    pub headers: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    frame: &'a Frame,
    letter: &'a Letter,
    repeat: bool,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    frame: &'a Frame,
    letter: &'a Letter,
    subject: &'a str,
    tag: &'a str,
    repeat: bool,
}

/// Puts an e-mail into words. `repeat` is how many attempts before may have reached the recipient.
///
/// # Errors
///
/// What askama reports; with these templates and values there is nothing that can fail.
pub fn render(email: &OutboxEmail, desk: &Desk, repeat: u32) -> Result<Rendered, askama::Error> {
    let when =
        When { zone: &desk.time_zone, language: email.language, written_at: email.created_at };
    let (letter, frame) = match email.language {
        Language::En => (english::letter(email, &when), english::frame(desk)),
        Language::Fr => (french::letter(email, &when), french::frame(desk)),
    };
    let tag = format!("{} {}", email.priority, email.id.number);
    let about = email.summary.as_ref().map(|summary| format!(" · {summary}")).unwrap_or_default();
    let subject = cut(&format!("[{tag}] {}{about}", letter.stake));
    let text = Text { frame: &frame, letter: &letter, repeat: repeat > 0 }.render()?;
    let html =
        Html { frame: &frame, letter: &letter, subject: &subject, tag: &tag, repeat: repeat > 0 }
            .render()?;
    Ok(Rendered {
        id: email.id.clone(),
        from: desk.sender.clone(),
        to: email.recipient.clone(),
        subject,
        text,
        html,
        headers: headers(email, desk, repeat),
    })
}

/// SES replaces `Message-ID`, so the mail of an incident is threaded by a reference that it makes
/// up: the same for all of them.
fn headers(email: &OutboxEmail, desk: &Desk, repeat: u32) -> Vec<(&'static str, String)> {
    let root = format!("<incident-{}@{}>", email.id.number, desk.sender.address.domain());
    let mut headers = vec![
        (ID_HEADER, email.id.to_string()),
        ("References", root),
        ("Auto-Submitted", "auto-generated".to_owned()),
    ];
    if repeat > 0 {
        headers.push((REPEAT_HEADER, repeat.to_string()));
    }
    headers
}

fn cut(subject: &str) -> String {
    if subject.chars().count() <= SUBJECT_CHARACTERS {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT_CHARACTERS - 1).collect();
    format!("{}…", kept.trim_end())
}

impl Tone {
    /// The colour of the bar, dark enough for white text (WCAG AA).
    fn colour(self) -> &'static str {
        match self {
            Self::Alarm => "#b42318",
            Self::Warning => "#93530b",
            Self::Plain => "#1f4e8c",
            Self::Good => "#1a6b3c",
        }
    }
}

impl Quote {
    /// The quote for the text part: every line marked as quoted.
    fn marked(&self) -> String {
        let lines = self.text.lines().map(|line| format!("> {line}"));
        lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

impl Letter {
    /// The width of the longest label, so that values stand in a column.
    fn label_width(&self) -> usize {
        self.facts.iter().map(|fact| fact.label.chars().count()).max().unwrap_or(0)
    }
}

impl Fact {
    fn aligned(&self, width: usize) -> String {
        let gap = " ".repeat(width.saturating_sub(self.label.chars().count()));
        format!("{}:{gap} {}", self.label, self.value)
    }
}
