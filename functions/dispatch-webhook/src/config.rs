//! Where the keys are.

use shared::config::{Config, Environment};
use shared::webhook::keys::WebhookKeys;

/// What the environment says of the keys: one of `WEBHOOK_KEYS_SECRET`, `WEBHOOK_KEYS` and
/// `WEBHOOK_KEYS_FILE`.
#[derive(Debug, Clone)]
pub enum WebhookKeySource {
    /// `WEBHOOK_KEYS_SECRET`: the secret's ARN.
    Secret(String),
    /// `WEBHOOK_KEYS`, the JSON itself, or `WEBHOOK_KEYS_FILE`, a file that holds it.
    Given(Box<WebhookKeys>),
    /// None of them, or a mistake, which is told.
    Missing,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[error("the keys of webhooks are not to be had: {0}")]
pub struct NoKeys(&'static str);

impl Config for WebhookKeySource {
    fn read(environment: &mut Environment<'_>) -> Self {
        const NAMES: [&str; 3] = ["WEBHOOK_KEYS_SECRET", "WEBHOOK_KEYS", "WEBHOOK_KEYS_FILE"];
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
        let keys = WebhookKeys::read(&text).map(|keys| Self::Given(Box::new(keys)));
        keys.unwrap_or_else(|wrong| {
            environment.wrong(name, wrong);
            Self::Missing
        })
    }
}

impl WebhookKeySource {
    /// The keys.
    ///
    /// # Errors
    ///
    /// [`NoKeys`].
    pub fn keys(self) -> Result<WebhookKeys, NoKeys> {
        match self {
            Self::Given(keys) => Ok(*keys),
            Self::Missing => Err(NoKeys("the environment names none")),
            // TO JOIN: the one place in which the secret is fetched, as the keys of links are.
            Self::Secret(_) => Err(NoKeys("this build does not read Secrets Manager yet")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = r#"{"key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#;

    fn from(variables: &[(&str, &str)]) -> Result<WebhookKeySource, String> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment::read(&lookup).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn the_keys_are_in_exactly_one_place() {
        assert!(matches!(from(&[("WEBHOOK_KEYS", KEYS)]), Ok(WebhookKeySource::Given(_))));
        let arn = from(&[("WEBHOOK_KEYS_SECRET", "arn:x")]);
        assert!(matches!(arn, Ok(WebhookKeySource::Secret(arn)) if arn == "arn:x"));
        for both in [&[][..], &[("WEBHOOK_KEYS", KEYS), ("WEBHOOK_KEYS_FILE", "x")]] {
            assert!(from(both).is_err_and(|said| said.contains("exactly one of them")), "{both:?}");
        }
    }

    #[test]
    fn a_mistake_names_the_variable_and_not_the_key() {
        let said = from(&[("WEBHOOK_KEYS", r#"{"key": "c2VjcmV0"}"#)]).unwrap_err();
        assert!(said.contains("WEBHOOK_KEYS: key must be 24 to 64 bytes"), "{said}");
        assert!(!said.contains("c2VjcmV0"), "{said}");
        let said = from(&[("WEBHOOK_KEYS_FILE", "/nowhere/keys")]).unwrap_err();
        assert!(said.contains("WEBHOOK_KEYS_FILE: /nowhere/keys: "), "{said}");
    }
}
