//! E-mails: what the desk can say, to whom, and how it reads.
//!
//! Pure. An [`OutboxEmail`] holds what is to be said; [`render`](render::render) turns it into
//! words when it is sent. Nothing here sends, and nothing here may put text of a customer into HTML
//! without escaping it.

mod english;
mod french;
mod kind;
mod letter;
mod list;
pub mod render;
pub mod story;
#[cfg(test)]
mod tests;
mod thread;
mod when;
mod wrap;

pub use kind::{Alert, Audience, EmailKind, HeldMail, Promise};
pub use thread::Thread;
pub use when::When;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::values::{
    EmailAddress, Invalid, Language, MessageId, Name, Priority, Summary,
};

/// By which an e-mail of a desk is known that somebody passes on, in each language.
pub(crate) const FEET: [&str; 2] = [english::FOOT, french::FOOT];

/// The id of an outbox e-mail, `<thread>-<version>-<index>`: derived from the change that caused it,
/// unique for ever, and safe in a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailId {
    /// What it belongs to.
    pub thread: Thread,
    /// The version that the change made.
    pub version: u64,
    /// The place among the e-mails of the change, from 0.
    pub index: u32,
}

impl fmt::Display for EmailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.thread, self.version, self.index)
    }
}

impl From<EmailId> for String {
    fn from(id: EmailId) -> Self {
        id.to_string()
    }
}

impl FromStr for EmailId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = || {
            let (rest, index) = text.rsplit_once('-')?;
            let (thread, version) = rest.rsplit_once('-')?;
            Some(Self {
                thread: thread.parse().ok()?,
                version: version.parse().ok()?,
                index: index.parse().ok()?,
            })
        };
        parts().ok_or_else(|| Invalid("must be the id of an e-mail".to_owned()))
    }
}

impl TryFrom<String> for EmailId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

/// One e-mail to one recipient, as the change that causes it says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEmail {
    /// Its id.
    pub id: EmailId,
    /// To whom.
    pub recipient: EmailAddress,
    /// In which language.
    pub language: Language,
    /// The incident's priority at that moment.
    pub priority: Priority,
    /// What the incident is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Whose incident it is.
    pub customer: Name,
    /// When the change happened.
    pub created_at: Timestamp,
    /// What it says.
    pub kind: EmailKind,
    /// The mail of its reader that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
}
