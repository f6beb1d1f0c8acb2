//! A file with one JSON object a line, for what must outlive `kill -9`.
//!
//! What [`Journal::append`] has returned from is there when the file is opened again. It never
//! forgets a line by itself, and never mends one that somebody else has changed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("{} could not be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line that is not the last is wrong: this file was not torn, it was changed.
    #[error(
        "line {line} of {} is not what the desk writes; mend it or move the file away",
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

/// The file, open for more lines.
#[derive(Debug)]
pub struct Journal(File);

impl Journal {
    /// Opens the file, makes it if it is not there, and reads what is in it.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn open<L: DeserializeOwned>(path: &Path) -> Result<(Self, Vec<L>), JournalError> {
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        // The last line counts only with its end: without, the desk was killed while it wrote, and
        // nobody had been answered yet.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            let torn = bytes.len() - whole;
            tracing::warn!(bytes = torn, file = %path.display(), "the last line was torn");
            file.set_len(whole as u64).map_err(failed)?;
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        let mut lines = Vec::new();
        for (at, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let read = serde_json::from_slice(line).map_err(|source| JournalError::Line {
                path: path.to_owned(),
                line: at + 1,
                source,
            })?;
            lines.push(read);
        }
        Ok((Self(file), lines))
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// When it cannot be written whole (a full disk). What was written of it is taken back, so that
    /// the next line does not begin in the middle of it.
    pub fn append(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let before = self.0.metadata()?.len();
        self.0.write_all(&bytes).inspect_err(|_| {
            if let Err(error) = self.0.set_len(before) {
                tracing::error!(%error, "a torn line stays in a file of the data folder");
            }
        })
    }

    /// Forgets every line.
    ///
    /// # Errors
    ///
    /// When the file cannot be cut. Its lines are then all there.
    pub fn clear(&mut self) -> std::io::Result<()> {
        self.0.set_len(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reopened(path: &Path) -> (Journal, Vec<String>) {
        Journal::open(path).unwrap()
    }

    #[test]
    fn lines_are_read_back_in_order_until_they_are_cleared() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("lines.jsonl");
        let (mut journal, lines) = reopened(&path);
        assert!(lines.is_empty());
        journal.append(&"déjà").unwrap();
        journal.append(&"vu\n").unwrap();
        let (mut journal, lines) = reopened(&path);
        assert_eq!(lines, ["déjà", "vu\n"]);
        journal.clear().unwrap();
        journal.append(&"again").unwrap();
        assert_eq!(reopened(&path).1, ["again"]);
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_the_next_one_begins_a_line() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("lines.jsonl");
        reopened(&path).0.append(&"déjà").unwrap();
        let whole = std::fs::read(&path).unwrap();
        // Torn anywhere, be it in the middle of a character.
        for torn in 1..whole.len() {
            std::fs::write(&path, [&whole[..], &whole[..torn]].concat()).unwrap();
            let (mut journal, lines) = reopened(&path);
            assert_eq!(lines, ["déjà"], "torn at {torn}");
            journal.append(&"next").unwrap();
            assert_eq!(reopened(&path).1, ["déjà", "next"], "torn at {torn}");
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error_that_names_it_and_the_file() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("lines.jsonl");
        std::fs::write(&path, "\"a\"\n{}\n\"b\"\n").unwrap();
        let error = Journal::open::<String>(&path).unwrap_err().to_string();
        assert!(error.starts_with("line 2 of ") && error.contains("lines.jsonl"), "{error}");
    }
}
