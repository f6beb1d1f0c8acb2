//! Every input that is committed for the fuzzer, played; and what each comes to, so that none comes to
//! nothing because something else has changed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use desk_tests::hostile::{EDGES, Edge};

/// All that is committed of them, in bytes.
const MOST: usize = 300 * 1000;

fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The inputs of an edge, in the order of their names.
pub fn inputs(edge: &Edge) -> Vec<(String, Vec<u8>)> {
    let folder = tests().join("fuzz/corpus").join(edge.name);
    let mut files: Vec<_> = files(&folder);
    files.sort();
    let read = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(file).unwrap())
    };
    files.into_iter().map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_input_that_is_committed_holds() {
    let (mut table, mut size) = (String::new(), 0);
    for edge in EDGES {
        let mut comes_to: BTreeMap<String, usize> = BTreeMap::new();
        for (name, input) in inputs(&edge) {
            size += input.len();
            let said = std::panic::catch_unwind(|| (edge.play)(&input));
            let said = said.unwrap_or_else(|_| panic!("{}/{name} does not hold", edge.name));
            *comes_to.entry(said).or_default() += 1;
        }
        writeln!(table, "{}:", edge.name).unwrap();
        for (said, count) in comes_to {
            writeln!(table, "  {count} {said}").unwrap();
        }
    }
    assert!(size < MOST, "{size} bytes are committed");
    insta::assert_snapshot!(table);
}

/// The corpus that `tests/mail` holds to its outcomes is hostile in its own way.
#[test]
fn every_mail_of_the_corpus_holds_in_any_course() {
    let mail = EDGES.iter().find(|edge| edge.name == "mail").unwrap();
    for (n, file) in files(&tests().join("mail/corpus")).into_iter().enumerate() {
        let mut input = std::fs::read(&file).unwrap();
        // The last byte is the course: the files', and another one for each.
        (mail.play)(&input);
        input.push(u8::try_from(n % 64).unwrap());
        (mail.play)(&input);
    }
}
