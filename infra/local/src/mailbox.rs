//! Every e-mail that the desk sent, and every one that was sent here, for people and tests to look at.
//!
//! In memory, and with `--data` also in a file. A message is in the file before anybody is
//! answered, so `kill -9` takes no e-mail away that the desk believes sent, nor one that the desk
//! was handed. Nothing is ever dropped to make room, and no message is ever changed.

pub mod bounces;
pub mod page;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use self::bounces::Bounce;
use crate::journal::{Journal, JournalError};

const FILE: &str = "mailbox.jsonl";

/// One e-mail as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The id that SES gave it.
    pub id: String,
    /// Whom it is from: as SES was told, or as its `From` says.
    pub from: String,
    /// The address that it went to; with commas between them, if it came to several of the desk's.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: Option<String>,
    /// The HTML part.
    pub html: Option<String>,
    /// The headers, those that SES writes by itself among them. What comes more than once has a
    /// line for each.
    pub headers: BTreeMap<String, String>,
    /// When SES took it: RFC 3339, UTC, milliseconds.
    pub sent_at: String,
    /// Whether it came to the desk, rather than from it or past it.
    #[serde(default)]
    pub incoming: bool,
    /// What became of it in place of a delivery, or after one.
    #[serde(default)]
    pub bounce: Option<Bounce>,
    /// Where its bytes are, for one that was handed over as bytes.
    #[serde(default)]
    pub raw: Option<Raw>,
}

/// Where the bytes of a message are: an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl Message {
    /// A header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The mailbox. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    messages: Vec<Arc<Message>>,
    places: HashMap<String, usize>,
    journal: Option<Journal>,
}

impl Kept {
    fn keep(&mut self, message: Message) {
        self.places.insert(message.id.clone(), self.messages.len());
        self.messages.push(Arc::new(message));
    }
}

impl Mailbox {
    /// A mailbox that is kept in the folder `data`, with what was in it before.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn open(data: &Path) -> Result<Self, JournalError> {
        let (journal, messages) = Journal::open(&data.join(FILE))?;
        let mut kept = Kept { journal: Some(journal), ..Kept::default() };
        messages.into_iter().for_each(|message| kept.keep(message));
        Ok(Self(Arc::new(Mutex::new(kept))))
    }

    /// Takes a message in; with a file, once it is written there.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. The message is then not in the mailbox.
    pub fn deliver(&self, message: Message) -> std::io::Result<()> {
        let mut kept = self.lock();
        if let Some(journal) = &mut kept.journal {
            journal.append(&message)?;
        }
        kept.keep(message);
        Ok(())
    }

    /// The messages after the first `after`, oldest first; only those to `to`, if given.
    #[must_use]
    pub fn messages(&self, after: usize, to: Option<&str>) -> Vec<Arc<Message>> {
        let kept = self.lock();
        let wanted = |message: &&Arc<Message>| {
            to.is_none_or(|to| message.to.eq_ignore_ascii_case(to.trim()))
        };
        kept.messages.iter().skip(after).filter(wanted).cloned().collect()
    }

    /// The message with this id.
    #[must_use]
    pub fn message(&self, id: &str) -> Option<Arc<Message>> {
        let kept = self.lock();
        kept.places.get(id).and_then(|place| kept.messages.get(*place)).cloned()
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whoever panicked while holding it had not changed it half: a message is kept whole or not.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, to: &str) -> Message {
        Message {
            id: id.to_owned(),
            from: "care@example.com".to_owned(),
            to: to.to_owned(),
            subject: "P1 INC-1: déjà vu".to_owned(),
            text: Some("one\ntwo".to_owned()),
            headers: BTreeMap::from([("Subject".to_owned(), "P1".to_owned())]),
            sent_at: "2026-01-02T03:04:05.678Z".to_owned(),
            bounce: Some(Bounce::Transient),
            ..Message::default()
        }
    }

    #[test]
    fn a_mailbox_with_a_file_is_read_back() {
        let data = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(data.path()).unwrap();
        mailbox.deliver(message("1", "a@example.com")).unwrap();
        mailbox.deliver(message("2", "b@example.com")).unwrap();
        let again = Mailbox::open(data.path()).unwrap();
        assert_eq!(again.messages(0, None), mailbox.messages(0, None));
        assert_eq!(*again.message("2").unwrap(), message("2", "b@example.com"));
    }

    #[test]
    fn a_mailbox_from_before_mail_came_in_is_read() {
        let data = tempfile::tempdir().unwrap();
        let line = r#"{"id":"1","from":"a","to":"b","subject":"s","text":null,"html":null,"headers":{},"sent_at":""}"#;
        std::fs::write(data.path().join(FILE), format!("{line}\n")).unwrap();
        let mailbox = Mailbox::open(data.path()).unwrap();
        assert!(!mailbox.message("1").unwrap().incoming);
    }

    #[test]
    fn messages_are_found_by_recipient_whatever_the_case() {
        let mailbox = Mailbox::default();
        mailbox.deliver(message("1", "a@example.com")).unwrap();
        mailbox.deliver(message("2", "b@example.com")).unwrap();
        assert_eq!(mailbox.messages(0, Some("B@Example.com")).len(), 1);
        assert_eq!(mailbox.messages(1, None).len(), 1);
        assert_eq!(mailbox.messages(9, None).len(), 0);
    }

    #[test]
    fn a_header_is_found_whatever_the_case() {
        assert_eq!(message("1", "a@example.com").header("subject"), Some("P1"));
        assert_eq!(message("1", "a@example.com").header("date"), None);
    }
}
