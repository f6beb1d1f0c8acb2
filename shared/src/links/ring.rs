//! Where the keys are, and when they are fetched.
//!
//! In AWS they are a secret of Secrets Manager: fetched when they are first needed, kept, and fetched
//! again when they are old or a link names a key that is not among them; never more than once a
//! minute, however many forged links come in. On one machine they are given at the start.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::keys::LinkKeys;
use super::token::{Link, LinkRefused};
use crate::aws::Aws;
use crate::config::{Config, Environment};
use crate::wrong_fields::WrongFields;

const FRESH_FOR: SignedDuration = SignedDuration::from_mins(15);
const AT_MOST_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysUnavailable {
    /// Secrets Manager did not hand the secret out.
    #[error("the secret with the keys of links cannot be fetched")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The secret is not what it should be.
    #[error("the secret with the keys of links is not right: {0}")]
    Wrong(WrongFields),
    /// That was found less than a minute ago.
    #[error("the keys of links were not to be had a moment ago")]
    AMomentAgo,
}

/// What the environment says of the keys: one of `LINK_KEYS_SECRET`, `LINK_KEYS` and
/// `LINK_KEYS_FILE`.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// `LINK_KEYS_SECRET`: the secret's ARN.
    Secret(String),
    /// `LINK_KEYS`, the JSON itself, or `LINK_KEYS_FILE`, a file that holds it.
    Given(Arc<LinkKeys>),
    /// None of them, or a mistake, which is told.
    Missing,
}

impl Config for KeySource {
    fn read(environment: &mut Environment<'_>) -> Self {
        const NAMES: [&str; 3] = ["LINK_KEYS_SECRET", "LINK_KEYS", "LINK_KEYS_FILE"];
        let [secret, keys, file] = NAMES.map(|name| environment.optional(name));
        let (name, text) = match (secret, keys, file) {
            (Some(arn), None, None) => return Self::Secret(arn),
            (None, Some(keys), None) => (NAMES[1], keys),
            (None, None, Some(file)) => match std::fs::read_to_string(&file) {
                Ok(keys) => (NAMES[2], keys),
                Err(error) => {
                    environment.wrong(NAMES[2], format!("{file}: {error}"));
                    return Self::Missing;
                }
            },
            _ => {
                environment.wrong(&NAMES.join(", "), "exactly one of them must be set");
                return Self::Missing;
            }
        };
        LinkKeys::read(&text).map(|keys| Self::Given(Arc::new(keys))).unwrap_or_else(|wrong| {
            environment.wrong(name, wrong);
            Self::Missing
        })
    }
}

/// The keys, as far as they are known. Clones share them.
#[derive(Debug, Clone)]
pub struct KeyRing(Arc<Ring>);

#[derive(Debug)]
struct Ring {
    secret: Option<Secret>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Secret {
    aws: Aws,
    arn: String,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Option<Arc<LinkKeys>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl KeyRing {
    /// The keys that the environment names. Nothing is fetched yet.
    #[must_use]
    pub fn new(source: KeySource, aws: &Aws) -> Self {
        let (secret, keys) = match source {
            KeySource::Secret(arn) => (Some(Secret { aws: aws.clone(), arn }), None),
            KeySource::Given(keys) => (None, Some(keys)),
            KeySource::Missing => (None, None),
        };
        let kept = Kept { keys, ..Kept::default() };
        Self(Arc::new(Ring { secret, kept: Mutex::new(kept) }))
    }

    /// Keys that never change.
    #[must_use]
    pub fn given(keys: LinkKeys) -> Self {
        let kept = Kept { keys: Some(Arc::new(keys)), ..Kept::default() };
        Self(Arc::new(Ring { secret: None, kept: Mutex::new(kept) }))
    }

    /// The keys as they are known at `now`. Old ones are better than none: when the secret cannot be
    /// fetched again, those that are kept go on.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there are none.
    pub async fn keys(&self, now: Timestamp) -> Result<Arc<LinkKeys>, KeysUnavailable> {
        let is_old = |fetched_at: Timestamp| now.duration_since(fetched_at) >= FRESH_FOR;
        self.fetched(now, |kept| kept.keys.is_none() || kept.fetched_at.is_some_and(is_old)).await
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
            Err(LinkRefused::UnknownKey) => {
                Ok(self.fetched(now, |_| true).await?.verify(token, now))
            }
            told => Ok(told),
        }
    }

    async fn fetched(
        &self,
        now: Timestamp,
        is_needed: impl FnOnce(&Kept) -> bool,
    ) -> Result<Arc<LinkKeys>, KeysUnavailable> {
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
                let keys = Arc::new(keys);
                kept.keys = Some(keys.clone());
                kept.fetched_at = Some(now);
                Ok(keys)
            }
            (Err(error), Some(keys)) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, source, "links go on with the keys that are kept");
                Ok(keys.clone())
            }
            (Err(error), None) => Err(error),
        }
    }
}

impl Secret {
    /// The client is made when it is needed: seldom, and never in most cold starts.
    async fn fetch(&self) -> Result<LinkKeys, KeysUnavailable> {
        let asked = self.aws.secrets().get_secret_value().secret_id(&self.arn).send().await;
        let secret = asked.map_err(|error| KeysUnavailable::Unreachable(error.into()))?;
        LinkKeys::read(secret.secret_string().unwrap_or_default()).map_err(KeysUnavailable::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::PublicUrl;

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
