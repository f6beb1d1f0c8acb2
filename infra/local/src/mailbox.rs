//! The e-mails that the desk sent, and those that were sent here, for people and tests to look at.
//!
//! In memory, and with `--data` also in a file. A message is in the file before anybody is
//! answered, so `kill -9` takes no e-mail away that the desk believes sent, nor one that the desk
//! was handed. No message is ever changed. The last [`MOST_KEPT`] are kept, so that a desk that runs
//! for long does not fill the machine; each has a place of its own in the order of all there have been.

pub mod bounces;
pub mod page;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use self::bounces::Bounce;
use crate::journal::{Journal, JournalError};

const FILE: &str = "mailbox.jsonl";
/// How many messages are kept, in memory; the file has up to twice as many before it is cut.
pub const MOST_KEPT: usize = 5_000;

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
    messages: VecDeque<Arc<Message>>,
    /// How many older ones are gone: the place of the first that is kept.
    gone: usize,
    places: HashMap<String, usize>,
    journal: Option<Journal>,
}

impl Kept {
    fn keep(&mut self, message: Message) {
        self.places.insert(message.id.clone(), self.gone + self.messages.len());
        self.messages.push_back(Arc::new(message));
        while self.messages.len() > MOST_KEPT {
            let oldest = self.messages.pop_front();
            oldest.map(|oldest| self.places.remove(&oldest.id));
            self.gone += 1;
        }
    }

    /// Cuts the file down to what is kept, once it is twice as long.
    fn cut(&mut self) {
        let Some(journal) = self.journal.as_mut().filter(|file| file.lines() >= 2 * MOST_KEPT)
        else {
            return;
        };
        if let Err(error) = journal.replace(self.messages.iter().map(AsRef::<Message>::as_ref)) {
            tracing::warn!(%error, "the mailbox's file grows on");
        }
    }
}

/// What is new in the mailbox since somebody last looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The messages, oldest first.
    pub messages: Vec<Arc<Message>>,
    /// The place of the message that comes next.
    pub next: usize,
    /// How many of all there have been are no longer kept.
    pub gone: usize,
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
        kept.cut();
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
        kept.cut();
        Ok(())
    }

    /// The messages behind the first `after` of all there have been, oldest first; only those to `to`,
    /// if given.
    #[must_use]
    pub fn messages(&self, after: usize, to: Option<&str>) -> Vec<Arc<Message>> {
        let mut messages = self.news(after).messages;
        messages.retain(|message| to.is_none_or(|to| message.to.eq_ignore_ascii_case(to.trim())));
        messages
    }

    /// What came behind the first `after` of all there have been, as far as it is kept.
    #[must_use]
    pub fn news(&self, after: usize) -> News {
        let kept = self.lock();
        let messages = kept.messages.iter().skip(after.saturating_sub(kept.gone));
        let next = kept.gone + kept.messages.len();
        News { messages: messages.cloned().collect(), next, gone: kept.gone }
    }

    /// The message with this id.
    #[must_use]
    pub fn message(&self, id: &str) -> Option<Arc<Message>> {
        let kept = self.lock();
        let place = kept.places.get(id)?.checked_sub(kept.gone)?;
        kept.messages.get(place).cloned()
    }

    /// How many messages are kept.
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
    fn the_last_messages_are_kept_in_memory_and_in_the_file_and_each_stays_in_its_place() {
        let data = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(data.path()).unwrap();
        let sent = 3 * MOST_KEPT + 7;
        for n in 0..sent {
            mailbox.deliver(message(&n.to_string(), "a@example.com")).unwrap();
        }
        let kept = |mailbox: &Mailbox| {
            let places = mailbox.lock().places.len();
            (
                mailbox.len(),
                places,
                mailbox.lock().journal.as_ref().unwrap().lines() <= 2 * MOST_KEPT,
            )
        };
        assert_eq!(kept(&mailbox), (MOST_KEPT, MOST_KEPT, true));
        let News { messages, next, gone } = mailbox.news(sent - 2);
        assert_eq!((messages.len(), next, gone), (2, sent, sent - MOST_KEPT));
        assert_eq!(messages[0].id, (sent - 2).to_string());
        assert_eq!(mailbox.news(0).messages.len(), MOST_KEPT, "whoever is behind has what is left");
        assert_eq!(mailbox.message(&gone.to_string()).unwrap().id, gone.to_string());
        assert_eq!(mailbox.message(&(gone - 1).to_string()), None);

        let again = Mailbox::open(data.path()).unwrap();
        assert_eq!(again.messages(0, None), mailbox.messages(0, None));
        assert_eq!(kept(&again), (MOST_KEPT, MOST_KEPT, true));
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
