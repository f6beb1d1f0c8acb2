//! The ways back from e-mails: URLs of links, and addresses to write back to.

use http::Uri;
use jiff::Timestamp;

use super::for_email::link_of;
use super::ring::KeyRing;
use crate::config::{Config, Environment};
use crate::email::render::WaysBack;
use crate::email::{OutboxEmail, Thread};
use crate::incident::values::Invalid;
use crate::policy::Inbound;
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

/// Makes the URLs of links in e-mails, and the addresses to write back to.
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

    /// The ways back from an e-mail: its link, and the address that is its thread's own. There is
    /// no link, and the address is everybody's, when there are no keys at the moment: an alert is needed
    /// more than its link.
    pub async fn ways_back(
        &self,
        email: &OutboxEmail,
        inbound: Option<&Inbound>,
        now: Timestamp,
    ) -> WaysBack {
        let link = link_of(email);
        let escalation_address = inbound.map(|inbound| inbound.escalation_address.clone());
        // What the desk says of an account's incidents is kept with one of them, and no part of it.
        let of_thread = email.kind.is_about_incident() || email.id.thread.number().is_none();
        let inbound = inbound.filter(|_| of_thread && email.id.thread != Thread::Quarantine);
        if link.is_none() && inbound.is_none() {
            return WaysBack { escalation_address, ..WaysBack::default() };
        }
        match self.keys.keys(now).await {
            Ok(keys) => WaysBack {
                url: link.map(|link| format!("{}/links/{}", self.public_url.0, keys.sign(&link))),
                // A number too long for an address of its own is found in the references.
                reply_to: inbound.map(|inbound| {
                    let own = keys.reply_address(inbound, &email.id.thread);
                    own.unwrap_or_else(|| inbound.reply_address.clone())
                }),
                escalation_address,
            },
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(email.id = %email.id, %error, source, "an e-mail goes out without its link");
                emit(Metric::EmailsWithoutLink, 1, now);
                let reply_to = inbound.map(|inbound| inbound.reply_address.clone());
                WaysBack { url: None, reply_to, escalation_address }
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
