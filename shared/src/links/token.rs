//! The token of a link: what it allows, and the proof that this desk made it.
//!
//! A token is these bytes in base64url without padding, which has one spelling only:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of this layout, 1 |
//! | 1 + n | the key's id, its length first |
//! | 1 | the action |
//! | 4 | the escalation; 0 where the action is about none |
//! | 1 | the language |
//! | 8 | expiry, in seconds since 1970 |
//! | 1 + n | the incident's number, its length first |
//! | n | the recipient |
//! | 16 | HMAC-SHA-256 of all that, cut to 128 bits (RFC 2104, section 5) |
//!
//! Nothing of it may be believed before the last 16 bytes are found to be right.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::incident::values::{EmailAddress, IncidentNumber, Language};

const VERSION: u8 = 1;
/// 128 bits: half of what SHA-256 gives, and 21 characters less in every URL.
const MAC_BYTES: usize = 16;
/// Longer than any token that the desk makes: nothing longer is decoded.
const LONGEST: usize = 640;
/// What the key signs before the token, so that it could never be taken for another signature
/// under the same key.
const PURPOSE: &[u8] = b"escalation-desk link\0";

/// What the holder of a link may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Take the escalation.
    Acknowledge {
        /// Which escalation of the incident: a link of an old one cannot take a new one.
        escalation: u32,
    },
    /// Withdraw somebody's acknowledgement, so that the ladder goes on.
    Resume {
        /// Which escalation of the incident.
        escalation: u32,
    },
    /// See the incident as its customer does.
    View,
    /// Escalate the incident as its customer.
    Escalate,
}

/// A link: one action on one incident for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The incident.
    pub incident: IncidentNumber,
    /// Whose e-mail it stands in.
    pub recipient: EmailAddress,
    /// The language of that e-mail, and of the page behind the link.
    pub language: Language,
    /// What it allows.
    pub action: Action,
    /// Until when, in whole seconds.
    pub expires_at: Timestamp,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// No key of this desk made it.
    #[error("this desk did not make the link")]
    Forged,
    /// It names a key that is not known, or not any more.
    #[error("the link names a key that is not known")]
    UnknownKey,
    /// It was right once.
    #[error("the link has expired")]
    Expired(Link),
}

/// A token that is taken apart, and not yet believed.
pub(super) struct Claimed {
    pub key_id: String,
    said: Vec<u8>,
    mac: Vec<u8>,
}

/// A key as it signs.
pub(super) fn signer(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok().map(|mac: Hmac<Sha256>| mac.chain_update(PURPOSE))
}

/// The token of a link.
pub(super) fn sign(link: &Link, key_id: &str, key: &Hmac<Sha256>) -> String {
    let (action, escalation) = match link.action {
        Action::Acknowledge { escalation } => (1_u8, escalation),
        Action::Resume { escalation } => (2, escalation),
        Action::View => (3, 0),
        Action::Escalate => (4, 0),
    };
    let language = match link.language {
        Language::En => 1_u8,
        Language::Fr => 2,
    };
    let mut said = vec![VERSION];
    put(&mut said, key_id);
    said.push(action);
    said.extend(escalation.to_be_bytes());
    said.push(language);
    said.extend(link.expires_at.as_second().to_be_bytes());
    put(&mut said, link.incident.as_str());
    said.extend(link.recipient.as_str().as_bytes());
    let mac = key.clone().chain_update(&said).finalize().into_bytes();
    said.extend(mac.iter().take(MAC_BYTES));
    URL_SAFE_NO_PAD.encode(said)
}

/// What stands before a mark where a token has its version: no token begins so.
const MARK: &[u8] = b"\0reply address\0";
/// 64 bits, so that the mark of a mail has room in an address; each guess is a mail that SES takes.
const MARK_MAC_BYTES: usize = 8;

/// The signature of a mark in a reply address, in hexadecimal.
pub(super) fn mac_of_mark(mark: &str, key: &Hmac<Sha256>) -> String {
    let mac = key.clone().chain_update(MARK).chain_update(mark).finalize().into_bytes();
    mac.iter().take(MARK_MAC_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether this key signed a mark. Compared in constant time.
pub(super) fn marked_by(mark: &str, mac: &str, key: &Hmac<Sha256>) -> bool {
    let bytes = mac.get(..2 * MARK_MAC_BYTES).and_then(bytes);
    let signed = key.clone().chain_update(MARK).chain_update(mark);
    bytes.is_some_and(|bytes| signed.verify_truncated_left(&bytes).is_ok())
}

/// Bytes of two hexadecimal digits each.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let twos = digits.as_bytes().chunks(2);
    twos.map(|two| byte(std::str::from_utf8(two).ok()?)).collect()
}

/// A byte of two hexadecimal digits. `from_str_radix` takes a sign for one, and a signature would have more
/// than one spelling.
pub(super) fn byte(two: &str) -> Option<u8> {
    let is_digits = two.len() == 2 && two.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(two, 16).ok().filter(|_| is_digits)
}

/// A short text, its length first.
fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend(text.as_bytes());
}

/// Takes a token apart, as far as is needed to find its key.
pub(super) fn claimed(token: &str) -> Option<Claimed> {
    if token.len() > LONGEST {
        return None;
    }
    let mut said = URL_SAFE_NO_PAD.decode(token).ok()?;
    let mac = said.split_off(said.len().checked_sub(MAC_BYTES)?);
    let mut rest = Rest(&said);
    if rest.byte()? != VERSION {
        return None;
    }
    let key_id = rest.text()?.to_owned();
    Some(Claimed { key_id, said, mac })
}

impl Claimed {
    /// What it says, if this key signed it. Compared in constant time.
    pub fn signed_by(&self, key: &Hmac<Sha256>) -> Option<Link> {
        key.clone().chain_update(&self.said).verify_truncated_left(&self.mac).ok()?;
        let mut rest = Rest(&self.said);
        rest.byte()?;
        rest.text()?;
        let (action, escalation) = (rest.byte()?, u32::from_be_bytes(rest.bytes()?));
        let action = match (action, escalation) {
            (1, escalation) => Action::Acknowledge { escalation },
            (2, escalation) => Action::Resume { escalation },
            (3, 0) => Action::View,
            (4, 0) => Action::Escalate,
            _ => return None,
        };
        let language = match rest.byte()? {
            1 => Language::En,
            2 => Language::Fr,
            _ => return None,
        };
        let expires_at = Timestamp::from_second(i64::from_be_bytes(rest.bytes()?)).ok()?;
        let incident = rest.text()?.parse().ok()?;
        let recipient = std::str::from_utf8(rest.0).ok()?.parse().ok()?;
        Some(Link { incident, recipient, language, action, expires_at })
    }
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }
}
