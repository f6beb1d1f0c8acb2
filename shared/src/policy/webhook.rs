//! `[webhooks.…]`: the other systems that hear of every change.

use deserr::Deserr;
use http::Uri;

use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;

/// How many there may be: each takes one place in the transaction of every change.
pub const MAX_WEBHOOKS: usize = 5;
const LONGEST_URL: usize = 2_000;

/// A system that hears of every change.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Webhook {
    /// Where changes are posted.
    pub url: WebhookUrl,
}

/// An `https` URL without credentials and fragment; `http` only to this very machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(try_from(String) = parse -> Invalid)]
pub struct WebhookUrl(Uri);

impl WebhookUrl {
    /// The URL.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

fn parse(text: String) -> Result<WebhookUrl, Invalid> {
    let invalid = |what: &str| Err(Invalid(what.to_owned()));
    if text.contains('#') {
        return invalid("must have no fragment: it is never sent");
    }
    let parsed: Option<Uri> = text.parse().ok().filter(|_| text.len() <= LONGEST_URL);
    let Some(uri) = parsed.filter(|uri| uri.host().is_some_and(|host| !host.is_empty())) else {
        return invalid("must be a URL such as \"https://example.com/hook\"");
    };
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return invalid("must have no credentials: what is sent is signed");
    }
    if !has_a_good_port(&uri) {
        return invalid("must have a port of 1 to 65535, or none");
    }
    match uri.scheme_str() {
        Some("https") => Ok(WebhookUrl(uri)),
        Some("http") if is_this_machine(&uri) => Ok(WebhookUrl(uri)),
        _ => invalid("must begin with https:// (or http:// to 127.0.0.1, ::1 or localhost)"),
    }
}

/// `http` keeps a port that is none, and only does not say it.
fn has_a_good_port(uri: &Uri) -> bool {
    let (host, authority) = (uri.host().unwrap_or_default(), uri.authority());
    let port = authority.and_then(|authority| authority.as_str().strip_prefix(host));
    match port {
        Some("") => true,
        Some(_) => uri.port_u16().is_some_and(|port| port > 0),
        None => false,
    }
}

fn is_this_machine(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_https_or_on_this_machine() {
        for good in [
            "https://example.com",
            "https://example.com:8443/hook?team=care",
            "https://[2001:db8::1]/hook",
            "http://127.0.0.1:9000/hook",
            "http://[::1]:9000/",
            "http://localhost/",
        ] {
            assert!(parse(good.to_owned()).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "example.com/hook",
            "/hook",
            "https://",
            "https:///hook",
            "https://exa mple.com",
            "https://example.com/#hook",
            "https://user:secret@example.com/",
            "https://user@example.com/",
            "https://example.com:0/",
            "https://example.com:65536/",
            "https://example.com:/",
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://example.com/\r\nx: y",
        ] {
            assert!(parse(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(parse(format!("https://example.com/{}", "x".repeat(2_000))).is_err());
    }
}
