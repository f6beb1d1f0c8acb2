//! Committed inputs, changed at random: what the fuzzer does millions of times, some hundreds of times.

use desk_tests::hostile::{EDGES, Edge};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::corpora::inputs;

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    /// A byte becomes another one.
    Put(Index, u8),
    /// So many bytes go.
    Cut(Index, usize),
    /// So many bytes come once more.
    Again(Index, usize),
    /// Something of another input comes in.
    Splice(Index, Index, Index, usize),
    /// One of these comes in.
    Insert(Index, &'static [u8]),
}

/// What has broken parsers before.
const TOKENS: [&[u8]; 16] = [
    b"\0",
    b"\r\n",
    b"\n\n",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-0",
    b"18446744073709551616",
    b"null",
    b"{}",
    b"[[[[",
    b"%00",
    b"<script>",
];

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        (index(), 1..40usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (index(), 1..40usize).prop_map(|(at, length)| Edit::Again(at, length)),
        (index(), index(), index(), 1..80usize)
            .prop_map(|(at, of, from, length)| Edit::Splice(at, of, from, length)),
        (index(), prop::sample::select(TOKENS.to_vec()))
            .prop_map(|(at, token)| Edit::Insert(at, token)),
    ]
}

fn part(bytes: &[u8], from: &Index, length: usize) -> Vec<u8> {
    let from = from.index(bytes.len() + 1);
    bytes[from..(from + length).min(bytes.len())].to_vec()
}

fn edited(mut input: Vec<u8>, edits: &[Edit], others: &[(String, Vec<u8>)]) -> Vec<u8> {
    for edit in edits {
        let place = |at: &Index| at.index(input.len() + 1);
        match edit {
            Edit::Put(at, byte) if !input.is_empty() => {
                let at = at.index(input.len());
                input[at] = *byte;
            }
            Edit::Put(..) => {}
            Edit::Cut(at, length) => {
                let at = place(at);
                input.drain(at..(at + length).min(input.len()));
            }
            Edit::Again(at, length) => {
                let (again, at) = (part(&input, at, *length), place(at));
                input.splice(at..at, again);
            }
            Edit::Splice(at, of, from, length) => {
                let (_, other) = &others[of.index(others.len())];
                let at = place(at);
                input.splice(at..at, part(other, from, *length));
            }
            Edit::Insert(at, token) => {
                let at = place(at);
                input.splice(at..at, token.iter().copied());
            }
        }
    }
    input
}

fn holds_however_changed(edge: &Edge, cases: u32) {
    let seeds = inputs(edge);
    let edits = prop::collection::vec(edit(), 1..6);
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let outcome = runner.run(&(any::<Index>(), edits), |(seed, edits)| {
        let (name, seed) = &seeds[seed.index(seeds.len())];
        let input = edited(seed.clone(), &edits, &seeds);
        let said = std::panic::catch_unwind(|| (edge.play)(&input));
        prop_assert!(said.is_ok(), "{}/{name}: {}", edge.name, input.escape_ascii());
        Ok(())
    });
    outcome.unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn each_edge_holds_whatever_becomes_of_its_inputs() {
    for edge in EDGES {
        holds_however_changed(&edge, 500);
    }
}
