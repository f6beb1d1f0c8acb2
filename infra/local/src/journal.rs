//! A file with one JSON object a line, for what must outlive `kill -9`.
//!
//! What [`Journal::append`] has returned from is there when the file is opened again. It never
//! forgets a line by itself, and never mends one that somebody else has changed. Who keeps one says
//! which of its lines are still wanted, or it would grow for ever ([`Journal::replace`]).

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
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
pub struct Journal {
    file: File,
    path: PathBuf,
    lines: usize,
}

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
        Ok((Self { file, path: path.to_owned(), lines: lines.len() }, lines))
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        self.lines
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
        let before = self.file.metadata()?.len();
        self.file.write_all(&bytes).inspect_err(|_| {
            if let Err(error) = self.file.set_len(before) {
                tracing::error!(%error, "a torn line stays in a file of the data folder");
            }
        })?;
        self.lines += 1;
        Ok(())
    }

    /// Has these lines in place of all that it had: whoever opens the file finds the one or the other.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. It is then as it was.
    pub fn replace<L: Serialize>(
        &mut self,
        lines: impl IntoIterator<Item = L>,
    ) -> std::io::Result<()> {
        let growing = self.path.with_extension("growing");
        let mut file = BufWriter::new(File::create(&growing)?);
        let mut count = 0;
        for line in lines {
            serde_json::to_writer(&mut file, &line)?;
            file.write_all(b"\n")?;
            count += 1;
        }
        file.into_inner()?;
        let file = OpenOptions::new().append(true).open(&growing)?;
        std::fs::rename(growing, &self.path)?;
        (self.file, self.lines) = (file, count);
        Ok(())
    }

    /// Forgets every line.
    ///
    /// # Errors
    ///
    /// When the file cannot be cut. Its lines are then all there.
    pub fn clear(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.lines = 0;
        Ok(())
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
    fn lines_in_place_of_others_are_all_that_is_read_back_and_more_can_follow() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("lines.jsonl");
        let mut journal = reopened(&path).0;
        ["a", "b", "c"].iter().for_each(|line| journal.append(line).unwrap());
        journal.replace(["c", "d"]).unwrap();
        journal.append(&"e").unwrap();
        assert_eq!(journal.lines(), 3);
        let (journal, lines) = reopened(&path);
        assert_eq!((lines, journal.lines()), (vec!["c".into(), "d".into(), "e".into()], 3));
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1, "nothing half is left");
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
