//! Every e-mail that the SES endpoint took, kept for people and tests to look at.
//!
//! In memory, and with `--data` also in a file with one JSON object a line. A message is in the file
//! before SES answers, so `kill -9` takes no e-mail away that the desk believes sent. Nothing is ever
//! dropped to make room.

pub mod page;

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

const FILE: &str = "mailbox.jsonl";

/// One e-mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The id that SES gave it.
    pub id: String,
    /// Whom it is from, as SES was told.
    pub from: String,
    /// The address that it went to.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: Option<String>,
    /// The HTML part.
    pub html: Option<String>,
    /// The headers, those that SES writes by itself among them.
    pub headers: BTreeMap<String, String>,
    /// When SES took it: RFC 3339, UTC, milliseconds.
    pub sent_at: String,
}

/// Why the mailbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// The file cannot be read or written.
    #[error("the mailbox {} could not be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line that is not the last is no message: this file was not torn, it was changed.
    #[error(
        "line {line} of the mailbox {} is not a message; mend it or move the file away",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// The mailbox. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    messages: Vec<Arc<Message>>,
    places: HashMap<String, usize>,
    file: Option<File>,
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
    /// [`MailboxError`].
    pub fn open(data: &Path) -> Result<Self, MailboxError> {
        let path = data.join(FILE);
        let failed = |source| MailboxError::File { path: path.clone(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        // The last line counts only with its end: without, the desk was killed while it wrote, and
        // SES had not answered yet.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::warn!(bytes = bytes.len() - whole, "the mailbox's last line was torn");
            file.set_len(whole as u64).map_err(failed)?;
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        let mut kept = Kept { file: Some(file), ..Kept::default() };
        for (at, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let message = serde_json::from_slice(line).map_err(|source| MailboxError::Line {
                path: path.clone(),
                line: at + 1,
                source,
            })?;
            kept.keep(message);
        }
        Ok(Self(Arc::new(Mutex::new(kept))))
    }

    /// Takes a message in; with a file, once it is written there.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. The message is then not in the mailbox.
    pub fn deliver(&self, message: Message) -> std::io::Result<()> {
        let mut kept = self.lock();
        if let Some(file) = &mut kept.file {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            write_whole(file, &line)?;
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

/// Takes back what was written of a line that could not be written whole (a full disk), so that the
/// next line does not begin in the middle of it.
fn write_whole(file: &mut File, line: &[u8]) -> std::io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(line).inspect_err(|_| {
        if let Err(error) = file.set_len(before) {
            tracing::error!(%error, "a torn line stays in the mailbox");
        }
    })
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
            html: None,
            headers: BTreeMap::from([("Subject".to_owned(), "P1".to_owned())]),
            sent_at: "2026-01-02T03:04:05.678Z".to_owned(),
        }
    }

    fn ids(mailbox: &Mailbox) -> Vec<String> {
        mailbox.messages(0, None).iter().map(|message| message.id.clone()).collect()
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
    fn a_torn_last_line_is_dropped_and_the_next_message_begins_a_line() {
        let data = tempfile::tempdir().unwrap();
        Mailbox::open(data.path()).unwrap().deliver(message("1", "a@example.com")).unwrap();
        let path = data.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        // Torn anywhere, be it in the middle of a character.
        for torn in 1..whole.len() {
            std::fs::write(&path, [&whole[..], &whole[..torn]].concat()).unwrap();
            let mailbox = Mailbox::open(data.path()).unwrap();
            if torn < whole.len() - 1 {
                assert_eq!(ids(&mailbox), ["1"]);
            }
            mailbox.deliver(message("2", "a@example.com")).unwrap();
            assert_eq!(ids(&Mailbox::open(data.path()).unwrap()), ["1", "2"], "torn at {torn}");
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error_that_names_it() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(FILE), "{}\n").unwrap();
        let error = Mailbox::open(data.path()).unwrap_err();
        assert!(error.to_string().contains("line 1 of the mailbox"), "{error}");
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
}
