//! The parts of a letter, from which its text and its HTML are both laid out.
//!
//! One set of words makes both, so that they cannot say different things.

use super::list::List;
use super::{Audience, Thread};

/// What an e-mail says, in words, before it is laid out: from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// How much it hurts the reader not to act.
    pub tone: Tone,
    /// In the subject, behind the priority and the incident number: the thing at stake.
    pub stake: String,
    /// What happened.
    pub headline: String,
    /// More about it.
    pub paragraphs: Vec<String>,
    /// What is promised until when: the instants that stand out.
    pub deadlines: Vec<Fact>,
    /// What a person said, in that person's words.
    pub quote: Option<Quote>,
    /// What the reader should do.
    pub steps: Vec<Step>,
    /// What happened so far, or the incidents it is about.
    pub list: Option<List>,
    /// Where a customer's own page is.
    pub page: Option<String>,
    /// What is known besides.
    pub facts: Vec<Fact>,
}

/// The colour of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody must act.
    Alarm,
    /// Somebody will have to.
    Warning,
    /// Good to know.
    Plain,
    /// It is taken care of.
    Good,
}

/// A value under its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub label: &'static str,
    pub value: String,
}

/// Words of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quote {
    pub title: String,
    pub text: String,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub text: String,
    /// The request to the desk that does it, line by line; empty when the desk cannot do it.
    pub request: Vec<String>,
    /// The e-mail's link, when that does it.
    pub link: Option<Button>,
    /// How a mail does it; nothing from [`Letter::by_mail`] on.
    pub mail: Option<ByMail>,
}

/// How a mail does a step, at a desk that takes mail in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ByMail {
    /// Written back to the e-mail: the words of the step where that is taken.
    WrittenBack(String),
    /// Written to the address at which customers escalate.
    Escalation,
}

/// A link with words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Button {
    pub label: &'static str,
    /// Empty until [`Letter::linked`].
    pub url: String,
    /// Whether its step says nothing to a reader without the link.
    pub is_only_way: bool,
}

/// The words around a letter that are the same in all of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub lang: &'static str,
    pub steps_title: &'static str,
    /// What is on a customer's own page, and the words on its button.
    pub page_says: &'static str,
    pub page_label: &'static str,
    /// What stands between a label and its value in the text part.
    pub colon: &'static str,
    /// Above a letter that may have come before.
    pub repeat_notice: &'static str,
    /// What becomes of what the reader writes back, where that is taken.
    pub writing_back: Option<&'static str>,
    /// At the foot: who writes, and that a machine does.
    pub foot: String,
}

impl Letter {
    pub fn new(tone: Tone, stake: impl Into<String>, headline: impl Into<String>) -> Self {
        Self {
            tone,
            stake: stake.into(),
            headline: headline.into(),
            paragraphs: Vec::new(),
            deadlines: Vec::new(),
            quote: None,
            steps: Vec::new(),
            list: None,
            page: None,
            facts: Vec::new(),
        }
    }

    pub fn say(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    pub fn deadline(mut self, label: &'static str, value: String) -> Self {
        self.deadlines.push(Fact { label, value });
        self
    }

    pub fn quote(mut self, title: impl Into<String>, text: impl Into<String>) -> Self {
        self.quote = Some(Quote { title: title.into(), text: text.into() });
        self
    }

    pub fn step(mut self, text: impl Into<String>) -> Self {
        self.steps.push(Step { text: text.into(), request: Vec::new(), link: None, mail: None });
        self
    }

    /// A step that is a request to the desk.
    pub fn request(mut self, text: impl Into<String>, request: Vec<String>) -> Self {
        self.steps.push(Step { text: text.into(), request, link: None, mail: None });
        self
    }

    /// A step that the e-mail's link does; where there is no link, the request.
    pub fn link(
        mut self,
        text: impl Into<String>,
        label: &'static str,
        request: Vec<String>,
    ) -> Self {
        let link = Some(Button { label, url: String::new(), is_only_way: true });
        self.steps.push(Step { text: text.into(), request, link, mail: None });
        self
    }

    /// A step that the e-mail's link does, and that reads right without it too.
    pub fn offer(mut self, text: impl Into<String>, label: &'static str) -> Self {
        let link = Some(Button { label, url: String::new(), is_only_way: false });
        self.steps.push(Step { text: text.into(), request: Vec::new(), link, mail: None });
        self
    }

    /// The words of the last step where its reader can write back to the e-mail, which does it.
    pub fn or_write_back(self, text: impl Into<String>) -> Self {
        self.mailed(ByMail::WrittenBack(text.into()))
    }

    /// The last step is to escalate: where a mail does that, its address is named.
    pub fn escalates(self) -> Self {
        self.mailed(ByMail::Escalation)
    }

    fn mailed(mut self, mail: ByMail) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.mail = Some(mail);
        }
        self
    }

    /// Says how mail does the steps that it can do: whether what is written back is taken, and the
    /// sentence that names where customers escalate. A step with a link needs no address.
    pub fn by_mail(mut self, writing_back: bool, to_escalate: Option<&str>) -> Self {
        for step in &mut self.steps {
            match (step.mail.take(), to_escalate) {
                (Some(ByMail::WrittenBack(text)), _) if writing_back => step.text = text,
                (Some(ByMail::Escalation), Some(sentence)) if step.link.is_none() => {
                    step.text = format!("{} {sentence}", step.text);
                }
                _ => {}
            }
        }
        self
    }

    /// Puts the e-mail's link into the step that it does, or shows it as the customer's page.
    /// Without one, a step that only the link could do goes.
    pub fn linked(mut self, url: Option<&str>, audience: Audience) -> Self {
        let has_button = self.steps.iter().any(|step| step.link.is_some());
        for step in &mut self.steps {
            match (&mut step.link, url) {
                (Some(link), Some(url)) => {
                    link.url = url.to_owned();
                    step.request.clear();
                }
                (Some(link), None) if link.is_only_way && step.request.is_empty() => {}
                (link @ Some(_), None) => *link = None,
                _ => {}
            }
        }
        self.steps.retain(|step| step.link.as_ref().is_none_or(|link| !link.url.is_empty()));
        let is_page = audience == Audience::Customer && !has_button;
        self.page = url.filter(|_| is_page).map(str::to_owned);
        self
    }

    /// A list; nothing without rows.
    pub fn list(mut self, list: List) -> Self {
        self.list = Some(list).filter(|list| !list.rows.is_empty());
        self
    }

    pub fn fact(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { label, value: value.into() });
        self
    }
}

/// The request that acknowledges, with what to put for one's name.
pub(super) fn acknowledgement(number: &Thread, name: &str) -> Vec<String> {
    let body = format!(r#"{{"by": "{name}"}}"#);
    vec![format!("POST /v1/incidents/{number}/acknowledgement"), body]
}

/// The request that responds, with what to put for one's name.
pub(super) fn response(number: &Thread, name: &str) -> Vec<String> {
    let body = format!(r#"{{"author": "{name}", "message": "…"}}"#);
    vec![format!("POST /v1/incidents/{number}/responses"), body]
}
