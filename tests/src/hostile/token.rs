//! Links and reply addresses: what a holder of one, or of none, sends.
//!
//! The input is a token or the tag of an address. It is read as the fields of a link too, which is then
//! signed and spoiled.

use jiff::{SignedDuration, Timestamp};
use shared::email::Thread;
use shared::incident::values::Language;
use shared::links::{Action, Link, LinkKeys, LinkRefused};
use shared::policy::Inbound;

use crate::{LINK_KEYS, default_policy, met};

/// Another desk's keys, under the id of our own.
const OTHERS: &str = r#"{"key_id": "1", "key": "a key of another desk, not of this one"}"#;

struct Signing {
    ours: LinkKeys,
    others: LinkKeys,
    inbound: Inbound,
    now: Timestamp,
}

thread_local! {
    static SIGNING: Signing = Signing {
        ours: LinkKeys::read(LINK_KEYS).expect("keys"),
        others: LinkKeys::read(OTHERS).expect("keys"),
        inbound: default_policy().inbound.expect("a policy that takes mail in"),
        now: met::now(),
    };
}

/// Plays a token.
///
/// # Panics
///
/// When one is accepted that this desk has not made, or one refused that it has.
pub fn play(input: &[u8]) -> String {
    SIGNING.with(|signing| {
        let text = std::str::from_utf8(input).ok();
        let accepted = text.map(|text| (signing.token(text), signing.tag(text)));
        let link = read(input, signing.now);
        if let Some(link) = &link {
            signing.made(link, input);
        }
        match accepted {
            Some((true, _)) => "a token".to_owned(),
            Some((_, true)) => "an address".to_owned(),
            _ if link.is_some() => "a link".to_owned(),
            _ => "nothing".to_owned(),
        }
    })
}

impl Signing {
    /// What is accepted is what this desk makes, letter for letter.
    fn token(&self, token: &str) -> bool {
        let accepted = match self.ours.verify(token, self.now) {
            Ok(link) | Err(LinkRefused::Expired(link)) => link,
            Err(LinkRefused::Forged | LinkRefused::UnknownKey) => return false,
        };
        assert_eq!(self.ours.sign(&accepted), token, "another spelling of {accepted:?}");
        true
    }

    /// The same of the tag of a reply address, whatever its case.
    fn tag(&self, tag: &str) -> bool {
        let Some(thread) = self.ours.thread_of_tag(tag) else { return false };
        let address = self.ours.reply_address(&self.inbound, &thread);
        let Some(address) = address else { panic!("{thread} has no address, and one is accepted") };
        let own = self.inbound.tag_of(address.as_str()).expect("a tag");
        assert!(own.eq_ignore_ascii_case(tag), "{tag} is accepted for {thread}, which is {own}");
        true
    }

    /// What this desk has made is accepted as what it is; spoiled, or another desk's, it is not.
    fn made(&self, link: &Link, input: &[u8]) {
        let token = self.ours.sign(link);
        match self.ours.verify(&token, self.now) {
            Ok(read) => assert!(read == *link && link.expires_at > self.now, "{link:?}"),
            Err(LinkRefused::Expired(read)) => {
                assert!(read == *link && link.expires_at <= self.now, "{link:?}");
            }
            Err(refused) => panic!("{refused}: {link:?}"),
        }
        let theirs = self.others.sign(link);
        assert!(self.is_refused(&theirs), "another desk's link is accepted: {link:?}");
        if let Some(spoiled) = spoiled(&token, input) {
            assert!(self.is_refused(&spoiled), "a spoiled token is accepted: {spoiled}");
        }
        let thread = Thread::Incident(link.incident.clone());
        let Some(address) = self.ours.reply_address(&self.inbound, &thread) else { return };
        let tag = self.inbound.tag_of(address.as_str()).expect("a tag");
        assert_eq!(self.ours.thread_of_tag(tag), Some(thread), "{tag}");
        assert_eq!(self.others.thread_of_tag(tag), None, "another desk's address");
        if let Some(spoiled) = spoiled(tag, input).filter(|text| !text.eq_ignore_ascii_case(tag)) {
            assert_eq!(self.ours.thread_of_tag(&spoiled), None, "a spoiled address: {spoiled}");
        }
    }

    fn is_refused(&self, token: &str) -> bool {
        let verified = self.ours.verify(token, self.now);
        matches!(verified, Err(LinkRefused::Forged | LinkRefused::UnknownKey))
    }
}

/// The text with one character of it replaced by one of the input's; none when that is the same.
fn spoiled(text: &str, input: &[u8]) -> Option<String> {
    let (at, by) = (input.first()?, input.get(1)?);
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(*at) % bytes.len();
    if bytes[at] == *by || !by.is_ascii() {
        return None;
    }
    bytes[at] = *by;
    String::from_utf8(bytes).ok()
}

/// The fields of a link: two bytes that spoil it, the action, the escalation, the language, seconds until
/// it expires, then the number and the recipient with a blank between them.
fn read(input: &[u8], now: Timestamp) -> Option<Link> {
    let (fixed, text) = input.split_at_checked(8)?;
    let escalation = u32::from(fixed[3]);
    let action = match fixed[2] % 4 {
        0 => Action::Acknowledge { escalation },
        1 => Action::Resume { escalation },
        2 => Action::View,
        _ => Action::Escalate,
    };
    let language = if fixed[4].is_multiple_of(2) { Language::En } else { Language::Fr };
    let seconds = i64::from(i16::from_be_bytes([fixed[5], fixed[6]]));
    let (incident, recipient) = std::str::from_utf8(text).ok()?.split_once(' ')?;
    Some(Link {
        incident: incident.parse().ok()?,
        recipient: recipient.parse().ok()?,
        language,
        action,
        expires_at: now.checked_add(SignedDuration::from_secs(seconds)).ok()?,
    })
}
