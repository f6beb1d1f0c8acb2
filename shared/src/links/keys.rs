//! The keys that sign links: the current one, and the one before it while its links are still out.
//!
//! Pure. Whatever is wrong with them is told by the field's name; a key itself is told to nobody.

use deserr::Deserr;
use hmac::Hmac;
use jiff::Timestamp;
use sha2::Sha256;

use super::reply_address;
use super::token::{self, Link, LinkRefused};
use crate::email::Thread;
use crate::incident::values::{EmailAddress, Invalid};
use crate::policy::Inbound;
use crate::wrong_fields::WrongFields;

/// A key shorter than SHA-256's output would be weaker than what it makes (RFC 2104, section 3).
const SHORTEST_KEY: usize = 32;
const LONGEST_KEY: usize = 512;
const LONGEST_ID: usize = 16;

/// Two live keys, so that they can be changed while links that the older one signed are still out.
#[derive(Clone)]
pub struct LinkKeys {
    current: LinkKey,
    previous: Option<LinkKey>,
}

#[derive(Clone)]
struct LinkKey {
    id: String,
    signer: Hmac<Sha256>,
}

/// Names the keys and shows none.
impl std::fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let previous = self.previous.as_ref().map(|key| &key.id);
        let mut shown = f.debug_struct("LinkKeys");
        shown.field("current", &self.current.id).field("previous", &previous);
        shown.finish_non_exhaustive()
    }
}

/// As CloudFormation's `GenerateSecretString` can write it: flat.
#[derive(Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
struct Written {
    #[deserr(try_from(String) = an_id -> Invalid)]
    key_id: String,
    #[deserr(try_from(String) = a_key -> Invalid)]
    key: String,
    #[deserr(default, try_from(Option<String>) = maybe_id -> Invalid)]
    previous_key_id: Option<String>,
    #[deserr(default, try_from(Option<String>) = maybe_key -> Invalid)]
    previous_key: Option<String>,
}

fn an_id(text: String) -> Result<String, Invalid> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(Invalid(format!("must be 1 to {LONGEST_ID} characters of A-Z a-z 0-9 _ -")))
    }
}

fn a_key(text: String) -> Result<String, Invalid> {
    if (SHORTEST_KEY..=LONGEST_KEY).contains(&text.len()) {
        Ok(text)
    } else {
        Err(Invalid(format!("must be {SHORTEST_KEY} to {LONGEST_KEY} bytes long")))
    }
}

fn maybe_id(text: Option<String>) -> Result<Option<String>, Invalid> {
    text.map(an_id).transpose()
}

fn maybe_key(text: Option<String>) -> Result<Option<String>, Invalid> {
    text.map(a_key).transpose()
}

impl LinkKeys {
    /// Reads keys from JSON: `{"key_id": "2", "key": "…", "previous_key_id": "1", "previous_key":
    /// "…"}`, the last two together or not at all.
    ///
    /// # Errors
    ///
    /// Every mistake by the name of its field, never with what stands there.
    pub fn read(text: &str) -> Result<Self, WrongFields> {
        let mut wrong = WrongFields::default();
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
            wrong.push("", "must be JSON such as {\"key_id\": \"1\", \"key\": \"<random>\"}");
            return Err(wrong);
        };
        let written: Written = deserr::deserialize::<_, _, WrongFields>(value)?;
        let previous = match (written.previous_key_id, written.previous_key) {
            (None, None) => None,
            (Some(id), Some(key)) => {
                if id == written.key_id {
                    wrong.push("/previous_key_id", "must not be the same as key_id");
                }
                if key == written.key {
                    wrong.push("/previous_key", "must not be the same as key");
                }
                Some((id, key))
            }
            (Some(_), None) => {
                wrong.push("/previous_key", "is missing beside previous_key_id");
                None
            }
            (None, Some(_)) => {
                wrong.push("/previous_key_id", "is missing beside previous_key");
                None
            }
        };
        let made =
            |id: String, key: &str| Some(LinkKey { id, signer: token::signer(key.as_bytes())? });
        let current = made(written.key_id, &written.key);
        let previous = previous.and_then(|(id, key)| made(id, &key));
        match current {
            Some(current) if wrong.0.is_empty() => Ok(Self { current, previous }),
            _ => Err(wrong),
        }
    }

    /// The token of a link, signed with the current key.
    #[must_use]
    pub fn sign(&self, link: &Link) -> String {
        token::sign(link, &self.current.id, &self.current.signer)
    }

    /// The address at which a thread is written back to; `None` when it has none.
    #[must_use]
    pub fn reply_address(&self, inbound: &Inbound, thread: &Thread) -> Option<EmailAddress> {
        reply_address::address(inbound, thread, self)
    }

    pub(super) fn mac_of_mark(&self, mark: &str) -> String {
        token::mac_of_mark(mark, &self.current.signer)
    }

    /// Whether what stands behind the `+` has the form of a mark.
    pub(super) fn may_be_tag(tag: &str) -> bool {
        reply_address::claimed(tag).is_some()
    }

    /// The thread that stands behind the `+` of a reply address, if one of the keys has signed it.
    #[must_use]
    pub fn thread_of_tag(&self, tag: &str) -> Option<Thread> {
        let (thread, mark, mac) = reply_address::claimed(tag)?;
        let keys = [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        keys.map(|key| &key.signer).any(|key| token::marked_by(&mark, &mac, key)).then_some(thread)
    }

    /// The link of a token that one of the keys has signed and that has not expired at `now`.
    ///
    /// # Errors
    ///
    /// [`LinkRefused`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Link, LinkRefused> {
        let claimed = token::claimed(token).ok_or(LinkRefused::Forged)?;
        let key = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == claimed.key_id)
            .ok_or(LinkRefused::UnknownKey)?;
        let link = claimed.signed_by(&key.signer).ok_or(LinkRefused::Forged)?;
        if link.expires_at <= now { Err(LinkRefused::Expired(link)) } else { Ok(link) }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
