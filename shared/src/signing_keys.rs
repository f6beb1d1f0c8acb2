//! Keys that sign: where they are, and when they are fetched.
//!
//! In AWS they are a secret of Secrets Manager: fetched when they are first needed, kept, and fetched
//! again when they are old or something names a key that is not among them; never more than once a
//! minute, however many forged links come in. On one machine they are given at the start. A key must
//! never get into a log, an error or debug output.

use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::config::{Config, Environment};

const FRESH_FOR: SignedDuration = SignedDuration::from_mins(15);
const AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Keys of one kind: the current one, and the previous one while they rotate.
pub trait SigningKeys: std::fmt::Debug + Send + Sync + Sized + 'static {
    /// The variables that say where they are: with `_SECRET` behind it the ARN of a secret, as it
    /// stands the JSON itself, with `_FILE` behind it a file that holds the JSON.
    const VARIABLES: [&str; 3];

    /// Reads them from JSON.
    ///
    /// # Errors
    ///
    /// Every mistake by the name of its field, never with what stands there.
    fn read(json: &str) -> Result<Self, String>;
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysUnavailable {
    /// Secrets Manager did not hand the secret out.
    #[error("the secret with the keys cannot be fetched")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The secret is not what it should be.
    #[error("the secret with the keys is not right: {0}")]
    Wrong(String),
    /// That was found less than a minute ago.
    #[error("the keys were not to be had a moment ago")]
    AMomentAgo,
}

/// What the environment says of the keys: exactly one of their variables is set.
#[derive(Debug, Clone)]
pub enum KeySource<K> {
    /// The secret's ARN.
    Secret(String),
    /// The keys themselves, or those in a file.
    Given(Arc<K>),
    /// None of them, or a mistake, which is told.
    Missing,
}

impl<K: SigningKeys> Config for KeySource<K> {
    fn read(environment: &mut Environment<'_>) -> Self {
        let names = K::VARIABLES;
        let [secret, keys, file] = names.map(|name| environment.optional(name));
        let (name, text) = match (secret, keys, file) {
            (Some(arn), None, None) => return Self::Secret(arn),
            (None, Some(keys), None) => (names[1], keys),
            (None, None, Some(file)) => match std::fs::read_to_string(&file) {
                Ok(keys) => (names[2], keys),
                Err(error) => {
                    environment.wrong(names[2], format!("{file}: {error}"));
                    return Self::Missing;
                }
            },
            _ => {
                environment.wrong(&names.join(", "), "exactly one of them must be set");
                return Self::Missing;
            }
        };
        K::read(&text).map(|keys| Self::Given(Arc::new(keys))).unwrap_or_else(|wrong| {
            environment.wrong(name, wrong);
            Self::Missing
        })
    }
}

/// The keys, as far as they are known. Clones share them.
#[derive(Debug)]
pub struct KeyRing<K>(Arc<Ring<K>>);

impl<K> Clone for KeyRing<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Ring<K> {
    secret: Option<Secret>,
    kept: Mutex<Kept<K>>,
}

struct Secret {
    arn: String,
    /// The client is made when it is needed: seldom, and never in most cold starts.
    client: Box<dyn Fn() -> Client + Send + Sync>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("arn", &self.arn).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Kept<K> {
    keys: Option<Arc<K>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl<K> Kept<K> {
    fn of(keys: Option<Arc<K>>) -> Self {
        Self { keys, fetched_at: None, tried_at: None }
    }
}

impl<K: SigningKeys> KeyRing<K> {
    /// The keys that the environment names, asked for with a client that is made then. Nothing is
    /// fetched yet.
    #[must_use]
    pub fn new(source: KeySource<K>, client: impl Fn() -> Client + Send + Sync + 'static) -> Self {
        let (secret, keys) = match source {
            KeySource::Secret(arn) => (Some(Secret { arn, client: Box::new(client) }), None),
            KeySource::Given(keys) => (None, Some(keys)),
            KeySource::Missing => (None, None),
        };
        Self(Arc::new(Ring { secret, kept: Mutex::new(Kept::of(keys)) }))
    }

    /// Keys that never change.
    #[must_use]
    pub fn given(keys: K) -> Self {
        let kept = Kept::of(Some(Arc::new(keys)));
        Self(Arc::new(Ring { secret: None, kept: Mutex::new(kept) }))
    }

    /// The keys as they are known at `now`. Old ones are better than none: when the secret cannot be
    /// fetched again, those that are kept go on.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there are none.
    pub async fn keys(&self, now: Timestamp) -> Result<Arc<K>, KeysUnavailable> {
        let is_old = |fetched_at: Timestamp| now.duration_since(fetched_at) >= FRESH_FOR;
        self.fetched(now, |kept| kept.keys.is_none() || kept.fetched_at.is_some_and(is_old)).await
    }

    /// The keys as they are now: for what names a key that is not among those that are kept.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there are none, and when they were fetched so little ago that nobody
    /// can tell yet: forged names of keys must neither cause a flood of requests nor have a link of
    /// a new key refused.
    pub async fn newest(&self, now: Timestamp) -> Result<Arc<K>, KeysUnavailable> {
        let before = self.0.kept.lock().await.fetched_at;
        let keys = self.fetched(now, |_| true).await?;
        let is_certain = self.0.secret.is_none()
            || before == Some(now)
            || self.0.kept.lock().await.fetched_at != before;
        if is_certain { Ok(keys) } else { Err(KeysUnavailable::AMomentAgo) }
    }

    async fn fetched(
        &self,
        now: Timestamp,
        is_needed: impl FnOnce(&Kept<K>) -> bool,
    ) -> Result<Arc<K>, KeysUnavailable> {
        // Held while fetching: whoever else needs the keys waits for the same answer.
        let mut kept = self.0.kept.lock().await;
        let just_tried = kept.tried_at.is_some_and(|at| now.duration_since(at) < AT_MOST_EVERY);
        let Some(secret) = self.0.secret.as_ref().filter(|_| !just_tried && is_needed(&kept))
        else {
            return kept.keys.clone().ok_or(KeysUnavailable::AMomentAgo);
        };
        kept.tried_at = Some(now);
        match (secret.fetch().await, &kept.keys) {
            (Ok(keys), _) => {
                let keys: Arc<K> = Arc::new(keys);
                kept.keys = Some(keys.clone());
                kept.fetched_at = Some(now);
                Ok(keys)
            }
            (Err(error), Some(keys)) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, source, "the keys that are kept go on");
                Ok(keys.clone())
            }
            (Err(error), None) => Err(error),
        }
    }
}

impl Secret {
    async fn fetch<K: SigningKeys>(&self) -> Result<K, KeysUnavailable> {
        let asked = (self.client)().get_secret_value().secret_id(&self.arn).send().await;
        let secret = asked.map_err(|error| KeysUnavailable::Unreachable(error.into()))?;
        K::read(secret.secret_string().unwrap_or_default()).map_err(KeysUnavailable::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::{KeySource, PublicUrl};

    const KEYS: &str = r#"{"key_id": "1", "key": "sesame-sesame-sesame-sesame-sesame"}"#;

    fn from(variables: &[(&str, &str)]) -> Result<KeySource, String> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let read = Environment::read::<(KeySource, PublicUrl)>(&lookup);
        read.map(|(source, _)| source).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn the_keys_are_in_a_secret_in_the_environment_or_in_a_file() {
        let url = ("PUBLIC_URL", "https://desk.example.com");
        assert!(matches!(from(&[url, ("LINK_KEYS_SECRET", "arn")]), Ok(KeySource::Secret(_))));
        assert!(matches!(from(&[url, ("LINK_KEYS", KEYS)]), Ok(KeySource::Given(_))));
        let folder = std::env::temp_dir().join(format!("desk-links-{}", std::process::id()));
        std::fs::write(&folder, KEYS).unwrap();
        let path = folder.display().to_string();
        assert!(matches!(from(&[url, ("LINK_KEYS_FILE", &path)]), Ok(KeySource::Given(_))));
        std::fs::remove_file(folder).unwrap();
    }

    #[test]
    fn every_mistake_about_links_is_told_at_once_and_no_key() {
        let said = "the environment is not right: LINK_KEYS_SECRET, LINK_KEYS, LINK_KEYS_FILE: exactly \
                    one of them must be set; PUBLIC_URL is not set";
        assert_eq!(from(&[]).unwrap_err(), said);
        let both = from(&[("LINK_KEYS_SECRET", "arn"), ("LINK_KEYS", KEYS)]).unwrap_err();
        assert_eq!(both, said);
        let wrong = from(&[
            ("LINK_KEYS", &KEYS.replace("\"key\"", "\"kye\"")),
            ("PUBLIC_URL", "https://desk.example.com/"),
        ])
        .unwrap_err();
        assert!(wrong.contains("LINK_KEYS: /kye: is not known here"), "{wrong}");
        assert!(wrong.contains("PUBLIC_URL: must be an https origin"), "{wrong}");
        assert!(!wrong.contains("sesame"), "{wrong}");
        let missing = from(&[("LINK_KEYS_FILE", "/nowhere/keys.json")]).unwrap_err();
        assert!(missing.contains("LINK_KEYS_FILE: /nowhere/keys.json: No such file"), "{missing}");
    }
}
