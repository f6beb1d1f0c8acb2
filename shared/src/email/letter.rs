//! The parts of a letter, from which its text and its HTML are both laid out.
//!
//! One set of words makes both, so that they cannot say different things.

/// What an e-mail says, in words, before it is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// Behind the priority and the incident number: the thing at stake, in a few words.
    pub stake: String,
    /// How much it hurts the reader not to act: the colour of the bar above the headline.
    pub tone: Tone,
    /// What happened.
    pub headline: String,
    /// More about it, and what is promised.
    pub paragraphs: Vec<String>,
    /// The figures, label and value.
    pub facts: Vec<Fact>,
    /// What people said, in their words.
    pub quote: Option<Quote>,
    /// What the reader should do.
    pub next_steps: Vec<String>,
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

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub label: &'static str,
    pub value: String,
    /// Deadlines stand out.
    pub strong: bool,
}

/// Words of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quote {
    pub title: String,
    pub text: String,
}

/// The words around a letter that are the same in all of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub lang: &'static str,
    pub next_steps_title: &'static str,
    /// Above a letter that may have come before.
    pub repeat_notice: &'static str,
    /// At the foot: who writes, and that a machine does.
    pub foot: String,
}

/// A figure under its label.
pub(super) fn fact(label: &'static str, value: String, strong: bool) -> Fact {
    Fact { label, value, strong }
}

/// Words of a person under a title.
pub(super) fn quote(title: &str, text: &str) -> Option<Quote> {
    Some(Quote { title: title.to_owned(), text: text.to_owned() })
}

/// Items behind each other, or the word for none of them.
pub(super) fn list<T: ToString>(items: &[T], none: &str) -> String {
    if items.is_empty() {
        return none.to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
