//! Hostile input: what each edge of the desk is handed by others, and what has to hold of what it makes
//! of it, whatever it is.
//!
//! Each edge is a function that takes bytes and panics when something does not hold. `tests/fuzz` calls
//! them millions of times with bytes that are found by watching which code they reach;
//! `tests/hostile` calls them with what is committed of those, and with what is made of that at random.

pub mod answers;
pub mod fresh;
pub mod http;
pub mod letters;
pub mod mail;
pub mod policy;
pub mod ses;
pub mod stream;
pub mod table;
pub mod token;

/// An edge of the desk at which others have their say.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// Its name: that of its target in `tests/fuzz`, and of its corpus there.
    pub name: &'static str,
    /// Plays an input; says in a word or two what it came to, and panics when something does not hold.
    pub play: fn(&[u8]) -> String,
}

/// All of them.
pub const EDGES: [Edge; 6] = [
    Edge { name: "http", play: http::play },
    Edge { name: "mail", play: mail::play },
    Edge { name: "policy", play: policy::play },
    Edge { name: "ses", play: ses::play },
    Edge { name: "stream", play: stream::play },
    Edge { name: "token", play: token::play },
];
