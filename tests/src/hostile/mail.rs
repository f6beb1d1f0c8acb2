//! Mail: what SES hands to `receive-email`, the mail itself and the notification of it.
//!
//! The input is the mail as it was sent. Its last byte, which ends a line in most, says in what course it
//! comes: to which address, and what SES found of it. An input that begins as JSON is the notification
//! instead, which SES writes and in which it repeats much of what the sender wrote.

use std::cell::Cell;

use shared::inbound::receipt::is_within;
use shared::inbound::{Outcome, Receipt, Verdict, act, reading};
use shared::incident::values::{Domain, EmailAddress};
use shared::store::Store;

use super::fresh::Fresh;
use crate::arrivals::Arriving;
use crate::met;

thread_local! {
    static DESK: (Fresh, Receipt, String) = made();
    static PLAYED: Cell<u64> = const { Cell::new(0) };
}

/// Once in so many mails it is handed over twice.
const TWICE: u64 = 8;

fn made() -> (Fresh, Receipt, String) {
    let arriving = Arriving::plain("ada@acme.example", "escalations@example.com", "x", "x");
    (
        Fresh::made(async |_| {}),
        arriving.receipt(met::ID, met::now()),
        met::reply_address("INC-1001"),
    )
}

/// Plays a mail or a notification.
///
/// # Panics
///
/// When something does not hold of what became of it.
pub fn play(input: &[u8]) -> String {
    if input.starts_with(b"{") {
        return notification(input).unwrap_or_else(|| "no notification".to_owned());
    }
    DESK.with(|(desk, receipt, signed)| desk.played(|| mail(desk, receipt, signed, input)))
}

/// How a mail comes: the address that it was sent to, and what SES found.
fn course(receipt: &Receipt, signed: &str, byte: u8, from: Option<&EmailAddress>) -> Receipt {
    // The end of a line is an escalation in which everything is in order.
    let byte = byte ^ b'\n';
    let to = match byte & 3 {
        0 => "escalations@example.com",
        1 => "p1@example.com",
        2 => signed,
        _ => "care@example.com",
    };
    let mut receipt = receipt.clone();
    receipt.recipients = vec![to.to_owned()];
    (receipt.dmarc, receipt.dkim) = match byte >> 2 & 3 {
        0 => (Verdict::Pass, Verdict::Pass),
        1 => (Verdict::Fail, Verdict::Pass),
        2 => (Verdict::Gray, Verdict::Pass),
        _ => (Verdict::ProcessingFailed, Verdict::Gray),
    };
    receipt.signed_by = match byte >> 4 & 3 {
        0 => from.and_then(|from| from.domain().parse().ok()).into_iter().collect(),
        1 => vec!["acme.example".parse().expect("a domain")],
        _ => Vec::new(),
    };
    match byte >> 6 {
        1 => receipt.virus = Verdict::Fail,
        2 => receipt.spam = Verdict::Fail,
        _ => {}
    }
    receipt
}

fn mail(desk: &Fresh, receipt: &Receipt, signed: &str, input: &[u8]) -> String {
    let read = reading::read(input, "sender@acme.example");
    let from = read.from.mailbox().map(|mailbox| mailbox.address.clone());
    let byte = input.last().copied().unwrap_or(b'\n');
    let receipt = course(receipt, signed, byte, from.as_ref());
    bounded(&read);
    let store = &desk.desk.store;
    let receive = || desk.run(act::receive(&desk.desk, &desk.keys, &receipt, read.clone()));
    let outcome = receive().expect("a store in memory");
    let record = desk.run(store.load_mail(&receipt.id)).expect("a store in memory");
    let record = record.unwrap_or_else(|| panic!("{outcome}, and nothing is kept of it"));
    assert_eq!(record.outcome, outcome, "what is kept is what became of it");
    assert_eq!(record.version, 1, "it ends as one thing");
    assert_eq!(record.arrival.is_some(), outcome.is_waiting(), "what waits is kept whole");
    assert_eq!(record.tell_at.is_some(), outcome.is_waiting(), "people are told of what waits");
    is_believed(&receipt, &outcome, from.as_ref());
    let letters = desk.in_order();
    let may_write = matches!(outcome, Outcome::Acted { .. } | Outcome::Incomplete { .. });
    assert!(may_write || letters.is_empty(), "{outcome}, and somebody is told at once");
    let to_author = letters.iter().filter(|letter| from.as_ref() == Some(&letter.to)).count();
    let is_alerted = from.as_ref().is_some_and(|from| is_of_team(desk, from));
    assert!(to_author <= 1 || is_alerted, "{outcome}, and its author is told {to_author} times");
    if PLAYED.replace(PLAYED.get() + 1).is_multiple_of(TWICE) {
        let before = store.copied();
        assert_eq!(receive().expect("a store in memory"), outcome, "the same mail again");
        assert!(store.has_what(&before), "the same mail again, and it did more");
    }
    outcome.to_string()
}

/// Whether an address is a team's: people of care who write are alerted as well as answered.
fn is_of_team(desk: &Fresh, address: &EmailAddress) -> bool {
    let teams = desk.desk.policy.teams.0.values();
    teams.flat_map(|team| team.addresses.iter().chain(&team.backup)).any(|own| own.is_same(address))
}

/// What is read of a mail is bounded, so that it can be kept, and its line is a line.
fn bounded(mail: &reading::Mail) {
    let lines = [Some(&mail.subject), mail.message_id.as_ref()];
    for line in lines.into_iter().flatten().chain(&mail.references) {
        assert!(!line.chars().any(char::is_control), "no line: {line:?}");
        assert!(line.chars().count() <= reading::SUBJECT_CHARACTERS, "long: {line}");
    }
    assert!(mail.new_text.chars().count() <= reading::NEW_CHARACTERS);
    assert!(mail.whole_text.chars().count() <= reading::WHOLE_CHARACTERS);
}

/// What nothing proves changes no incident: neither the word of the author's domain nor a signature of
/// one that is known.
fn is_believed(receipt: &Receipt, outcome: &Outcome, from: Option<&EmailAddress>) {
    let clean = receipt.virus != Verdict::Fail && receipt.spam != Verdict::Fail;
    let domain = from.and_then(|from| from.domain().parse::<Domain>().ok());
    let related = |signer: &Domain| {
        domain.as_ref().is_some_and(|own| is_within(own, signer) || is_within(signer, own))
    };
    let signed = receipt.dmarc != Verdict::Fail
        && receipt.dkim == Verdict::Pass
        // Two domains below one that is known are of one owner.
        && (receipt.signed_by.iter().any(related)
            || domain.as_ref().is_some_and(|own| own.as_str().ends_with(".acme.example")));
    let proven = clean && from.is_some() && (receipt.dmarc == Verdict::Pass || signed);
    let did = matches!(outcome, Outcome::Acted { .. } | Outcome::Incomplete { .. });
    assert!(proven || !did, "{outcome} of {from:?}, which nothing proves");
}

/// A notification is read or refused; who signed is told by SES's own header alone.
fn notification(input: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(input).ok()?;
    let receipt = Receipt::read(text).ok()?;
    // Half a surrogate pair, where nobody reads, is no JSON to others.
    let Ok(said) = serde_json::from_str::<serde_json::Value>(text) else {
        return Some("a receipt, in no JSON".to_owned());
    };
    let headers = said["mail"]["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_results = |name: &str| name.eq_ignore_ascii_case("authentication-results");
    let own = headers.iter().find(|header| header["name"].as_str().is_some_and(is_results));
    let own = own.and_then(|header| header["value"].as_str()).unwrap_or_default();
    assert!(
        receipt.signed_by.is_empty() || own.trim_start().starts_with("amazonses.com"),
        "signed, and SES does not say so: {own:?}"
    );
    for signer in &receipt.signed_by {
        let named = format!("@{signer}");
        assert!(own.to_ascii_lowercase().contains(&named), "{signer} is not named: {own:?}");
    }
    DESK.with(|(desk, ..)| {
        desk.played(|| {
            let outcome = desk.run(act::gone(&desk.desk, &receipt)).expect("a store in memory");
            assert_eq!(outcome.to_string(), "noted gone");
            assert!(desk.in_order().is_empty());
        });
    });
    Some(format!("a receipt, signed by {}", receipt.signed_by.len()))
}
