//! What the author of a mail wrote now: its text without quotes, signature and legal notices.
//!
//! Own code: the crates that cut replies know English and one or two mail clients, and cut to the
//! end at the first mark, which loses what is answered between the quotes. When in doubt a line
//! stays. Nothing here looks at who wrote.

use super::marks::{self, Mark};
use super::tidy::{self, paragraphs};
use crate::inbound::courtesy;

/// What a mail is to another, as its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It starts something.
    First,
    /// It answers: what it quotes is known.
    Reply,
    /// It passes on: what it holds may be all that it says.
    Forward,
}

/// A signature is not longer than this, in lines that say something.
const SIGNATURE: usize = 12;
/// So much of a legal notice is enough to know it.
const NOTICE: usize = 400;
/// Forwarded mails in forwarded mails are opened this often.
const DEPTH: usize = 3;

/// What is new in a text.
pub(super) fn written(text: &str, kind: Kind) -> String {
    new(text, kind, DEPTH)
}

fn new(text: &str, kind: Kind, depth: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let Split { own, rest } = split(&lines);
    let own = paragraphs(own.iter().flat_map(|run| signed_off(run)).collect::<Vec<_>>());
    let own = without_disclaimer(&own);
    let passes_on = kind == Kind::Forward || rest.is_some_and(|(mark, _)| mark == Mark::Forwarded);
    match rest {
        Some((_, at)) if passes_on && courtesy::says_nothing(own, &[]) => {
            let behind = passed_on(&lines[at..], depth);
            [own, behind.as_str()]
                .iter()
                .filter(|text| !text.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join("\n\n")
        }
        Some((_, at)) if own.is_empty() && kind == Kind::First => passed_on(&lines[at..], depth),
        None if own.is_empty() && kind != Kind::Reply => {
            // Nothing but quotes, and nobody who is quoted: the author's own marks, or a program's
            // around all that is passed on.
            let own: Vec<&str> = lines.iter().map(|line| once_unquoted(line)).collect();
            match depth.checked_sub(1).filter(|_| own != lines) {
                Some(depth) => new(&own.join("\n"), kind, depth),
                None => paragraphs(signed_off(
                    &lines.iter().map(|line| unquoted(line).0).collect::<Vec<_>>(),
                )),
            }
        }
        _ => own.to_owned(),
    }
}

/// What a mail says that is attached to one that says nothing; nothing if a desk wrote it.
pub(super) fn attached(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if marks::is_of_desk(split(&lines).own.concat()) {
        return String::new();
    }
    written(text, Kind::Forward)
}

/// What a mail says that is passed on, without its header block. What a desk wrote says nothing to it.
fn passed_on(lines: &[&str], depth: usize) -> String {
    let is_quoted = |line: &&&str| unquoted(line).1 > 0;
    let begun = usize::from(!marks::is_rule(lines[0]) && marks::header_block(lines) == 0);
    let said = lines[begun..].iter().filter(|line| !line.trim().is_empty());
    // Apple Mail quotes what it passes on.
    let is_all_quoted = said.clone().next().is_some() && said.clone().all(|line| is_quoted(&line));
    let lines: Vec<&str> = if is_all_quoted {
        lines[begun..].iter().map(|line| once_unquoted(line)).collect()
    } else {
        lines[begun..].to_vec()
    };
    let body = &lines[marks::header_block(&lines)..];
    let is_of_desk = |lines: &[&str]| marks::is_of_desk(lines.iter().copied());
    if is_of_desk(&split(body).own.concat()) {
        return String::new();
    }
    let text = body.join("\n");
    let inner =
        depth.checked_sub(1).map_or_else(String::new, |depth| new(&text, Kind::Reply, depth));
    if inner.is_empty() && !is_of_desk(body) { paragraphs(text.lines()) } else { inner }
}

/// A text taken apart.
struct Split<'a> {
    /// The author's lines, in runs between which quotes stood.
    own: Vec<Vec<&'a str>>,
    /// From where on all is another mail.
    rest: Option<(Mark, usize)>,
}

fn split<'a>(lines: &[&'a str]) -> Split<'a> {
    let is_quote = |at: usize| unquoted(lines[at]).1 > 0;
    let mut own: Vec<Vec<&str>> = vec![Vec::new()];
    let mut at = 0;
    while at < lines.len() {
        if is_quote(at) {
            if own.last().is_some_and(|run| !run.is_empty()) {
                own.push(Vec::new());
            }
            at += 1;
            continue;
        }
        match marks::mark(lines, at, &is_quote) {
            Some(Mark::Attribution(count)) => {
                let next = (at + count..lines.len()).find(|next| !lines[*next].trim().is_empty());
                if next.is_some_and(|next| !is_quote(next)) {
                    return Split { own, rest: Some((Mark::Original, at + count - 1)) };
                }
                at += count;
            }
            Some(mark) => return Split { own, rest: Some((mark, at)) },
            None => {
                if let Some(run) = own.last_mut() {
                    run.push(lines[at]);
                }
                at += 1;
            }
        }
    }
    Split { own, rest: None }
}

/// A line without its `>`, and how many there were.
fn unquoted(line: &str) -> (&str, usize) {
    let (mut rest, mut depth) = (line, 0);
    while let Some(inside) = rest.trim_start_matches(' ').strip_prefix('>') {
        (rest, depth) = (inside, depth + 1);
    }
    (rest.strip_prefix(' ').filter(|_| depth > 0).unwrap_or(rest), depth)
}

fn once_unquoted(line: &str) -> &str {
    let inside = line.trim_start_matches(' ').strip_prefix('>').unwrap_or(line);
    inside.strip_prefix(' ').unwrap_or(inside)
}

/// A run of lines without what its writer's program put under it.
fn signed_off<'a>(run: &[&'a str]) -> Vec<&'a str> {
    let is_dashes = |line: &str| matches!(line.trim(), "--" | "—" | "––" | "-- -");
    // Nothing above this line is of a signature: too much follows.
    let said = run.iter().enumerate().rev().filter(|(_, line)| !line.trim().is_empty());
    let first = said.take(SIGNATURE + 1).last().map_or(0, |(at, _)| at);
    let end = (first..run.len()).find(|at| is_dashes(run[*at])).unwrap_or(run.len());
    let kept = run[..end].iter().copied();
    let mut kept: Vec<&str> =
        kept.filter(|line| !marks::is_device(line) && !marks::is_banner(line)).collect();
    while kept.last().is_some_and(|line| line.trim().is_empty() || marks::is_rule(line)) {
        kept.pop();
    }
    // Runs are paragraphs of their own.
    kept.push("");
    kept
}

/// Without the legal notice at the end: paragraphs from the first that is one, never the first of
/// all.
fn without_disclaimer(text: &str) -> &str {
    let mut begins = text.match_indices("\n\n").map(|(at, _)| at);
    let notice = begins.find(|at| {
        // Bounded before it is trimmed: a text may be nothing but rules.
        let behind = tidy::first(&text[at + 2..], 2 * NOTICE);
        let behind = behind.trim_start_matches(['_', '-', '=', '*', '\n', ' ']);
        marks::is_disclaimer(tidy::first(behind, NOTICE))
    });
    let kept = notice.map_or(text, |at| &text[..at]);
    kept.trim_end_matches(['_', '=', '\n', ' ', '*'])
}
