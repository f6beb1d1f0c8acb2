//! From an outbox e-mail to what SES is handed: subject, text, HTML and headers.

use askama::Template;

use super::letter::{Fact, Frame, Letter, Quote, Tone};
use super::when::When;
use super::{EmailId, OutboxEmail, Thread, english, french, wrap};
use crate::incident::values::{EmailAddress, Language, MessageId, Summary};
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
    /// Where what its reader writes back goes; without one, to `from`.
    pub reply_to: Option<EmailAddress>,
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
    about: Option<&'a Summary>,
    repeat: bool,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    frame: &'a Frame,
    letter: &'a Letter,
    about: Option<&'a Summary>,
    subject: &'a str,
    tag: &'a str,
    repeat: bool,
}

/// The ways back from an e-mail to the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysBack {
    /// Where its link leads; without it, a step shows the request that does the same.
    pub url: Option<String>,
    /// Where what its reader writes back goes; without it, nobody is invited to write back.
    pub reply_to: Option<EmailAddress>,
    /// Where customers escalate by mail; without it, no address for that is named.
    pub escalation_address: Option<EmailAddress>,
}

/// Puts an e-mail into words. `repeat` is how many attempts before may have reached the recipient.
///
/// # Errors
///
/// What askama reports; with these templates and values there is nothing that can fail.
pub fn render(
    email: &OutboxEmail,
    desk: &Desk,
    repeat: u32,
    ways_back: &WaysBack,
) -> Result<Rendered, askama::Error> {
    let (letter, frame) = words(email, desk, ways_back);
    let of_incident = email.kind.is_about_incident();
    let about = email.summary.as_ref().filter(|_| of_incident);
    let (letter, frame, repeated) = (&letter, &frame, repeat > 0);
    let tag = if of_incident {
        format!("{} {}", email.priority, email.id.thread)
    } else {
        desk.name.to_string()
    };
    let subject = match about {
        Some(about) => cut(&format!("[{tag}] {} · {about}", letter.stake)),
        None => cut(&format!("[{tag}] {}", letter.stake)),
    };
    let text = Text { frame, letter, about, repeat: repeated }.render()?;
    let html =
        Html { frame, letter, about, subject: &subject, tag: &tag, repeat: repeated }.render()?;
    Ok(Rendered {
        id: email.id.clone(),
        from: desk.sender.clone(),
        to: email.recipient.clone(),
        reply_to: ways_back.reply_to.clone(),
        subject,
        text,
        html,
        headers: headers(email, desk, repeat),
    })
}

/// What it says, and the words around it, in the recipient's language.
pub(super) fn words(email: &OutboxEmail, desk: &Desk, ways_back: &WaysBack) -> (Letter, Frame) {
    let when =
        When { zone: &desk.time_zone, language: email.language, written_at: email.created_at };
    let audience = email.kind.audience();
    let of_incident = email.kind.is_about_incident();
    let writing_back = ways_back.reply_to.as_ref().filter(|_| of_incident).map(|_| audience);
    let (letter, frame) = match email.language {
        Language::En => (english::letter(email, &when), english::frame(desk, writing_back)),
        Language::Fr => (french::letter(email, &when), french::frame(desk, writing_back)),
    };
    let to_escalate = ways_back.escalation_address.as_ref().map(|address| match email.language {
        Language::En => english::to_escalate(address),
        Language::Fr => french::to_escalate(address),
    });
    let letter = letter.linked(ways_back.url.as_deref(), audience);
    (letter.by_mail(writing_back.is_some(), to_escalate.as_deref()), frame)
}

/// The reference that all e-mails of a thread share: SES replaces `Message-ID`, so one is made up.
/// `None` for an e-mail that stands alone.
#[must_use]
pub fn thread_root(email: &OutboxEmail, domain: &str) -> Option<String> {
    match &email.id.thread {
        Thread::Incident(number) if email.kind.is_about_incident() => {
            Some(format!("<{INCIDENT_ROOT}{number}@{domain}>"))
        }
        Thread::Incident(_) => None,
        Thread::Mail(id) => Some(format!("<{MAIL_ROOT}{id}@{domain}>")),
        Thread::Quarantine => Some(format!("<{QUARANTINE_ROOT}@{domain}>")),
    }
}

/// The thread of a reference that [`thread_root`] made for this domain.
#[must_use]
pub fn thread_of_root(reference: &str, domain: &str) -> Option<Thread> {
    let (local, of) = reference.strip_prefix('<')?.strip_suffix('>')?.rsplit_once('@')?;
    if !of.eq_ignore_ascii_case(domain) {
        return None;
    }
    if local == QUARANTINE_ROOT {
        return Some(Thread::Quarantine);
    }
    let number =
        local.strip_prefix(INCIDENT_ROOT).map(|number| number.parse().map(Thread::Incident));
    let thread = number.or_else(|| Some(local.strip_prefix(MAIL_ROOT)?.parse().map(Thread::Mail)));
    thread?.ok()
}

const INCIDENT_ROOT: &str = "incident-";
const MAIL_ROOT: &str = "mail-";
const QUARANTINE_ROOT: &str = "quarantine";

fn headers(email: &OutboxEmail, desk: &Desk, repeat: u32) -> Vec<(&'static str, String)> {
    let mut headers = vec![(ID_HEADER, email.id.to_string())];
    let root = thread_root(email, desk.sender.address.domain());
    // A mail that is answered is of its writer's own: with it, the writer's client shows both together.
    let answers = email.answers.as_ref().map(MessageId::to_string).filter(|id| id.is_ascii());
    let references: Vec<_> = root.into_iter().chain(answers.clone()).collect();
    if !references.is_empty() {
        headers.push(("References", references.join(" ")));
    }
    headers.extend(answers.map(|id| ("In-Reply-To", id)));
    headers.push(("Auto-Submitted", "auto-generated".to_owned()));
    if repeat > 0 {
        headers.push((REPEAT_HEADER, repeat.to_string()));
    }
    headers
}

/// Cuts between words, unless the last word is so long that little would be left.
fn cut(subject: &str) -> String {
    if subject.chars().count() <= SUBJECT_CHARACTERS {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT_CHARACTERS - 1).collect();
    let whole_words = kept.rsplit_once(' ').map_or("", |(words, _)| words);
    let kept = if whole_words.len() > kept.len() / 2 { whole_words } else { &kept };
    format!("{}…", kept.trim_end_matches([' ', '·', ',']))
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
    fn lines(&self) -> Vec<String> {
        wrap::lines(&self.text)
    }

    fn marked(&self) -> String {
        wrap::quoted(&self.text)
    }
}

impl Text<'_> {
    fn filled(&self, text: &str) -> String {
        wrap::fill(text, "", "")
    }

    /// A step; one of several is marked as such.
    fn item(&self, text: &str) -> String {
        if self.letter.steps.len() > 1 { wrap::fill(text, "- ", "  ") } else { self.filled(text) }
    }

    /// Values stand in a column, as wide as the longest label.
    fn labelled(&self, fact: &Fact) -> String {
        let wide = |label: &str| label.chars().count();
        let width = self.letter.facts.iter().map(|fact| wide(fact.label)).max().unwrap_or(0);
        let gap = " ".repeat(width.saturating_sub(wide(fact.label)) + 1);
        let label = format!("{}{}{gap}", fact.label, self.frame.colon);
        wrap::fill(&fact.value, &label, &" ".repeat(wide(&label)))
    }
}
