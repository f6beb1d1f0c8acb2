//! The kinds of items, out of the table at the head of `keys.rs`, so that none is left out and that
//! table is true.

use regex_lite::{Regex, escape};

const KEYS: &str = include_str!("../../shared/src/store/dynamodb/keys.rs");

/// A row of the table: what the item is, and what its keys look like.
pub struct Kind {
    /// As the table calls it.
    pub name: &'static str,
    keys: Regex,
}

impl Kind {
    /// Whether an item with these keys is of this kind.
    pub fn is(&self, pk: &str, sk: &str) -> bool {
        self.keys.is_match(&format!("{pk} {sk}"))
    }
}

/// Every row.
pub fn kinds() -> Vec<Kind> {
    let rows = KEYS.lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = rows.filter_map(|row| {
        let mut cells = row.split(" | ");
        let name = cells.next()?;
        let code = |cell: Option<&'static str>| cell?.strip_prefix('`')?.strip_suffix('`');
        let (pk, sk) = (code(cells.next())?, code(cells.next())?);
        let keys = Regex::new(&format!("^{} {}$", like(pk), like(sk))).unwrap();
        Some(Kind { name, keys })
    });
    rows.collect()
}

/// `INCIDENT#<number>` as a regular expression. No key has a space in it.
fn like(pattern: &str) -> String {
    let parts = pattern.split('<').enumerate().map(|(n, part)| match part.split_once('>') {
        Some((_, rest)) if n > 0 => format!(r"\S+{}", escape(rest)),
        _ => escape(part),
    });
    parts.collect()
}
