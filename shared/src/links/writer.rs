//! URLs of links, as e-mails show them.

use http::Uri;
use jiff::Timestamp;

use super::for_email::link_of;
use super::ring::KeyRing;
use crate::config::{Config, Environment};
use crate::email::OutboxEmail;
use crate::incident::values::Invalid;
use crate::telemetry::{Metric, emit};

/// `PUBLIC_URL`: where people reach the HTTP API, an origin such as `https://desk.example.com`.
/// Plain HTTP is for this very machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl std::str::FromStr for PublicUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid(
                "must be an https origin without a path, such as https://desk.example.com"
                    .to_owned(),
            )
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let is_here = matches!(uri.host(), Some("127.0.0.1" | "localhost"));
        let is_safe = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_here,
            _ => false,
        };
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        // As it was written: no path, not even a slash, and nobody's name before the host.
        let is_origin = text.split_once("://").is_some_and(|(_, rest)| rest == authority);
        if is_safe && is_origin && !authority.contains('@') {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

impl Config for PublicUrl {
    fn read(environment: &mut Environment<'_>) -> Self {
        let text = environment.required("PUBLIC_URL");
        if !text.is_empty()
            && let Err(invalid) = text.parse::<Self>()
        {
            environment.wrong("PUBLIC_URL", invalid);
        }
        Self(text)
    }
}

/// Makes the URLs of links in e-mails.
#[derive(Debug, Clone)]
pub struct LinkWriter {
    keys: KeyRing,
    public_url: PublicUrl,
}

impl LinkWriter {
    /// A writer of links to `public_url` that signs with these keys.
    #[must_use]
    pub fn new(keys: KeyRing, public_url: PublicUrl) -> Self {
        Self { keys, public_url }
    }

    /// The URL of an e-mail's link; `None` when it has none, and when there are no keys at the
    /// moment: an alert is needed more than its link, so it goes without.
    pub async fn url_of(&self, email: &OutboxEmail, now: Timestamp) -> Option<String> {
        let link = link_of(email)?;
        match self.keys.keys(now).await {
            Ok(keys) => Some(format!("{}/links/{}", self.public_url.0, keys.sign(&link))),
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(email.id = %email.id, %error, source, "an e-mail goes out without its link");
                emit(Metric::EmailsWithoutLink, 1, now);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_that_is_safe_to_send() {
        for good in [
            "https://desk.example.com",
            "https://abc.execute-api.eu-west-1.amazonaws.com",
            "https://desk.example.com:8443",
            "http://127.0.0.1:3000",
            "http://localhost:3000",
        ] {
            assert!(good.parse::<PublicUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "desk.example.com",
            "/links",
            "http://desk.example.com",
            "ftp://desk.example.com",
            "https://desk.example.com/",
            "https://desk.example.com/v1",
            "https://desk.example.com?a=b",
            "https://desk.example.com#a",
            "https://user:password@desk.example.com",
            "https://",
            "https://desk example.com",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad:?}");
        }
    }
}
