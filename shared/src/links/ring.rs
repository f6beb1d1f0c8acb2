//! The keys of links, as the environment names them, and links told by them.

use jiff::Timestamp;

use super::keys::LinkKeys;
use super::token::{Link, LinkRefused};
use crate::email::Thread;
use crate::signing_keys::{self, KeysUnavailable, SigningKeys};

/// Where the keys of links are: one of `LINK_KEYS_SECRET`, `LINK_KEYS` and `LINK_KEYS_FILE`.
pub type KeySource = signing_keys::KeySource<LinkKeys>;
/// The keys of links, as far as they are known.
pub type KeyRing = signing_keys::KeyRing<LinkKeys>;

impl SigningKeys for LinkKeys {
    const VARIABLES: [&str; 3] = ["LINK_KEYS_SECRET", "LINK_KEYS", "LINK_KEYS_FILE"];

    fn read(json: &str) -> Result<Self, String> {
        Self::read(json).map_err(|wrong| wrong.to_string())
    }
}

impl KeyRing {
    /// The thread that stands behind the `+` of a reply address, if this desk made it. One that no
    /// known key has signed may be of a new one.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there are no keys to tell by.
    pub async fn thread_of_tag(
        &self,
        tag: &str,
        now: Timestamp,
    ) -> Result<Option<Thread>, KeysUnavailable> {
        let known = self.keys(now).await?.thread_of_tag(tag);
        if known.is_some() || !LinkKeys::may_be_tag(tag) {
            return Ok(known);
        }
        match self.newest(now).await {
            Ok(keys) => Ok(keys.thread_of_tag(tag)),
            // Forged, most likely; if not, its references tell the thread too.
            Err(KeysUnavailable::AMomentAgo) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The link of a token that is right at `now`. A key that is not known may be a new one.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there are no keys to tell by; inside it, why the link is refused.
    pub async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<Link, LinkRefused>, KeysUnavailable> {
        match self.keys(now).await?.verify(token, now) {
            Err(LinkRefused::UnknownKey) => Ok(self.newest(now).await?.verify(token, now)),
            told => Ok(told),
        }
    }
}
