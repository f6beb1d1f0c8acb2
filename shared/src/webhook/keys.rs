//! Signing: HMAC-SHA-256 under one key, or two while they rotate.
//!
//! A key is shown to nobody: it has no text, and its `Debug` says nothing of it.

use std::fmt;

use crate::signing_keys::SigningKeys;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::Sha256;

const PREFIX: &str = "whsec_";
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys that webhooks are signed with.
#[derive(Debug, Clone)]
pub struct WebhookKeys {
    /// Signs.
    current: Hmac<Sha256>,
    /// Signs as well, until every receiver has the current one.
    previous: Option<Hmac<Sha256>>,
}

/// Why keys cannot be used. Never says what they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongKeys {
    /// The text has another form.
    #[error("must be JSON such as {{\"key\": \"whsec_…\", \"previous_key\": \"whsec_…\"}}")]
    Form,
    /// A key is not one.
    #[error("{0} must be 24 to 64 bytes in base64, with or without whsec_ before it")]
    Key(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    key: String,
    #[serde(default)]
    previous_key: Option<String>,
}

impl SigningKeys for WebhookKeys {
    const VARIABLES: [&str; 3] = ["WEBHOOK_KEYS_SECRET", "WEBHOOK_KEYS", "WEBHOOK_KEYS_FILE"];

    fn read(json: &str) -> Result<Self, String> {
        Self::read(json).map_err(|wrong| wrong.to_string())
    }
}

impl WebhookKeys {
    /// Reads `{"key": "whsec_…", "previous_key": "whsec_…"}`, the second of which may be missing.
    ///
    /// # Errors
    ///
    /// [`WrongKeys`].
    pub fn read(json: &str) -> Result<Self, WrongKeys> {
        // serde's own words could quote the secret.
        let secret: Secret = serde_json::from_str(json).map_err(|_| WrongKeys::Form)?;
        let previous = secret.previous_key.filter(|key| !key.is_empty());
        Self::new(&secret.key, previous.as_deref())
    }

    /// Keys as Standard Webhooks writes them: base64, with or without `whsec_` before it.
    ///
    /// # Errors
    ///
    /// [`WrongKeys::Key`].
    pub fn new(current: &str, previous: Option<&str>) -> Result<Self, WrongKeys> {
        let previous = previous.map(|key| hmac(key).ok_or(WrongKeys::Key("previous_key")));
        let current = hmac(current).ok_or(WrongKeys::Key("key"))?;
        Ok(Self { current, previous: previous.transpose()? })
    }

    /// What the header `webhook-signature` says: a signature for each key, the current one's first.
    #[must_use]
    pub fn sign(&self, id: &impl fmt::Display, at: Timestamp, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", at.as_second());
        let keys = [Some(&self.current), self.previous.as_ref()];
        let signatures = keys.into_iter().flatten().map(|key| {
            let signature = key.clone().chain_update(&signed).finalize().into_bytes();
            format!("v1,{}", BASE64.encode(signature))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn hmac(key: &str) -> Option<Hmac<Sha256>> {
    let bytes = BASE64.decode(key.strip_prefix(PREFIX).unwrap_or(key)).ok()?;
    let fits = (24..=64).contains(&bytes.len());
    Hmac::new_from_slice(&bytes).ok().filter(|_| fits)
}

/// A key of these bytes, as [`WebhookKeys::new`] and every receiver's library reads it.
#[must_use]
pub fn written(bytes: &[u8; 32]) -> String {
    format!("{PREFIX}{}", BASE64.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    /// The vector that the libraries of the specification are tested with.
    fn signed(keys: &WebhookKeys) -> String {
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        keys.sign(&"msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#)
    }

    #[test]
    fn the_signature_is_that_of_the_published_vector() {
        assert_eq!(signed(&WebhookKeys::new(KEY, None).unwrap()), SIGNATURE);
        let bare = KEY.trim_start_matches(PREFIX);
        assert_eq!(signed(&WebhookKeys::new(bare, None).unwrap()), SIGNATURE);
    }

    #[test]
    fn two_keys_sign_while_they_rotate_the_current_one_first() {
        let current = written(&[7; 32]);
        let alone = signed(&WebhookKeys::new(&current, None).unwrap());
        let both = format!(r#"{{"key": "{current}", "previous_key": "{KEY}"}}"#);
        assert_eq!(signed(&WebhookKeys::read(&both).unwrap()), format!("{alone} {SIGNATURE}"));
        let rotated = format!(r#"{{"key": "{current}", "previous_key": ""}}"#);
        assert_eq!(signed(&WebhookKeys::read(&rotated).unwrap()), alone);
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_told() {
        let wrong = |json: &str| WebhookKeys::read(json).unwrap_err();
        for form in ["", KEY, "[]", r#"{"keys": "x"}"#, r#"{"key": 7}"#] {
            assert_eq!(wrong(form), WrongKeys::Form, "{form}");
        }
        for key in ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all, however long it may be"] {
            assert_eq!(wrong(&format!(r#"{{"key": "{key}"}}"#)), WrongKeys::Key("key"), "{key}");
            let previous = format!(r#"{{"key": "{KEY}", "previous_key": "{key}x!"}}"#);
            assert_eq!(wrong(&previous), WrongKeys::Key("previous_key"), "{key}");
        }
        let debug = format!("{:?}", WebhookKeys::new(KEY, None));
        assert!(!debug.contains("MfKQ") && !debug.contains("49"), "{debug}");
    }
}
