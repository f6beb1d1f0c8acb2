//! Every mail of the corpus meets a desk, and becomes what the table says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use desk_tests::arrivals::Arriving;
use shared::desk::Desk;
use shared::inbound::reading;
use shared::incident::values::{EmailAddress, Language};
use shared::store::Store;
use shared::store::memory::MemoryStore;
use toml::{Table, Value};

use super::met::{desk, now, receive, reply_address};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mail")
}

/// A row of `corpus.toml`.
struct Row(Table);

impl Row {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn file(&self) -> &str {
        self.text("file").unwrap()
    }

    fn arriving(&self) -> Arriving {
        let raw = std::fs::read(folder().join("corpus").join(self.file())).unwrap();
        let raw = signed(&on_the_wire(&raw));
        let from = reading::read(&raw, "x@y.example").from;
        let from = from.mailbox().map(|mailbox| mailbox.address.to_string()).unwrap_or_default();
        let to = signed(self.text("to").unwrap_or("escalations@example.com").as_bytes());
        let mut arriving = Arriving::from(&from, std::str::from_utf8(&to).unwrap(), raw);
        for (name, field) in [
            ("envelope_from", &mut arriving.envelope_from),
            ("dkim_domain", &mut arriving.signed_by),
            ("dmarc", &mut arriving.dmarc),
            ("dkim", &mut arriving.dkim),
            ("spam", &mut arriving.spam),
            ("virus", &mut arriving.virus),
        ] {
            if let Some(text) = self.text(name) {
                *field = text.to_owned();
            }
        }
        arriving
    }
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(folder().join("corpus.toml")).unwrap();
    let table: Table = text.parse().unwrap();
    let rows = table["mail"].as_array().unwrap();
    rows.iter().map(|row| Row(row.as_table().unwrap().clone())).collect()
}

/// LF as CRLF; other octets as they are.
fn on_the_wire(raw: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(raw.len() + raw.len() / 40);
    for (n, byte) in raw.iter().enumerate() {
        if *byte == b'\n' && (n == 0 || raw[n - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

/// With the signed reply addresses for which `{reply N}` stands.
fn signed(raw: &[u8]) -> Vec<u8> {
    let mut raw = raw.to_vec();
    for number in ["INC-1001", "INC-1002", "INC-1003", "INC-1004", "00123456"] {
        let (mark, address) = (format!("{{reply {number}}}"), reply_address(number));
        while let Some(at) = raw.windows(mark.len()).position(|part| part == mark.as_bytes()) {
            raw.splice(at..at + mark.len(), address.bytes());
        }
    }
    raw
}

/// Words in lines, as the table compares them.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\u{a0}', '\u{202f}'], " ");
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    lines.join("\n").trim().to_owned()
}

fn written(language: Language) -> &'static str {
    match language {
        Language::Fr => "fr",
        Language::En => "en",
    }
}

/// The languages of what the desk tells somebody now.
async fn languages_told(desk: &Desk<MemoryStore>, whom: Option<&EmailAddress>) -> Vec<Language> {
    let mut languages = Vec::new();
    for id in desk.store.pending_emails() {
        let email = desk.store.load_email(&id).await.unwrap().unwrap().email;
        if Some(&email.recipient) == whom && email.created_at == now() {
            languages.push(email.language);
        }
    }
    languages
}

/// The outcome in the table's words: a number that the desk makes is `P1-*`.
fn in_words(outcome: &str) -> String {
    match outcome.strip_prefix("opened P1-") {
        Some(own) if own.len() == 8 => "opened P1-*".to_owned(),
        _ => outcome.to_owned(),
    }
}

#[test]
fn the_table_and_the_folder_name_the_same_files() {
    let mut files = BTreeSet::new();
    for group in std::fs::read_dir(folder().join("corpus")).unwrap() {
        for file in std::fs::read_dir(group.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let path = path.strip_prefix(folder().join("corpus")).unwrap();
            files.insert(path.to_str().unwrap().to_owned());
        }
    }
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().map(|row| row.file().to_owned()).collect();
    assert_eq!(named, files);
    assert!(rows.len() >= 200 && named.len() == rows.len());
}

#[tokio::test]
async fn each_mail_of_the_corpus_becomes_what_the_table_says() {
    let mut wrong = String::new();
    let mut outcomes: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in rows() {
        let desk = desk().await;
        let arriving = row.arriving();
        let outcome = in_words(&receive(&desk, &arriving).await.to_string());
        let expected = row.text("expect").unwrap();
        let (file, why) = (row.file(), row.text("why").unwrap());
        if outcome != expected {
            writeln!(wrong, "{file}: {outcome}, expected {expected}: {why}").unwrap();
        }
        let mail = reading::read(&arriving.raw, &arriving.envelope_from);
        if let Some(text) = row.text("text")
            && lines(&mail.new_text) != lines(text)
        {
            let (read, text) = (lines(&mail.new_text), lines(text));
            writeln!(wrong, "{file}: reads {read:?}, expected {text:?}: {why}").unwrap();
        }
        if let Some(language) = row.text("language") {
            // What is answered, in the language that is known of the author if the mail is in none.
            let author = mail.from.mailbox().map(|mailbox| &mailbox.address);
            let answered = languages_told(&desk, author).await;
            let languages: BTreeSet<_> =
                answered.into_iter().chain(mail.language).map(written).collect();
            if languages != BTreeSet::from([language]) {
                writeln!(wrong, "{file}: is in {languages:?}, expected {language}: {why}").unwrap();
            }
        }
        let kind = expected.split(' ').next().unwrap();
        let kind = match kind {
            "quarantined" | "noted" | "incomplete" => expected.to_owned(),
            did => did.to_owned(),
        };
        let group = file.split('/').next().unwrap().to_owned();
        for group in [group, "all".to_owned()] {
            *outcomes.entry(group).or_default().entry(kind.clone()).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{wrong}", wrong.lines().count());
    let mut table = String::new();
    for (group, outcomes) in outcomes {
        let row: Vec<_> = outcomes.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(table, "{group}: {}", row.join(", ")).unwrap();
    }
    insta::assert_snapshot!(table);
}
