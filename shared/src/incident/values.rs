//! Parsed types: a value of one of them is right by construction.
//!
//! Each is made by `TryFrom<String>` alone, so JSON, the policy file and stored items go through
//! the same check. Nothing here may accept a control character in what can reach a mail header.

use std::{fmt, str::FromStr};

use deserr::Deserr;
use serde::{Deserialize, Serialize};

use crate::wrong_fields::WrongFields;

/// Why a value was refused: a phrase that says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// Parses a string into a value that is right by construction.
fn parsed<T: TryFrom<String, Error = Invalid>>(text: String) -> Result<T, Invalid> {
    T::try_from(text)
}

/// The traits that every parsed string has: out to a `String`, shown as it is.
macro_rules! parsed_string {
    ($name:ident $(<$($arg:ident),+>)?) => {
        impl $(<$(const $arg: usize),+>)? $name $(<$($arg),+>)? {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl $(<$(const $arg: usize),+>)? From<$name $(<$($arg),+>)?> for String {
            fn from(value: $name $(<$($arg),+>)?) -> Self {
                value.0
            }
        }
        impl $(<$(const $arg: usize),+>)? fmt::Display for $name $(<$($arg),+>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl $(<$(const $arg: usize),+>)? FromStr for $name $(<$($arg),+>)? {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::try_from(text.to_owned())
            }
        }
    };
}

/// The number by which customer care and the customer know an incident:
/// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, ASCII only, so that it is safe in keys, headers and URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct IncidentNumber(String);
parsed_string!(IncidentNumber);

impl TryFrom<String> for IncidentNumber {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let rest_is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let fits = (1..=64).contains(&text.len())
            && text.as_bytes()[0].is_ascii_alphanumeric()
            && text.bytes().all(rest_is_plain);
        if fits {
            Ok(Self(text))
        } else {
            Err(Invalid(
                "must be 1 to 64 characters of A-Z a-z 0-9 . _ -, the first a letter or digit"
                    .to_owned(),
            ))
        }
    }
}

/// A customer's account, as care's own systems name it. The same grammar as an incident's number, for
/// the same reasons. What is stored may be of an older version, which took any line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Deserr)]
#[serde(from = "StoredAccountId", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct AccountId(String);
parsed_string!(AccountId);

impl TryFrom<String> for AccountId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        IncidentNumber::try_from(text).map(|IncidentNumber(text)| Self(text))
    }
}

/// An account as it may be stored.
pub type StoredAccountId = Line<1, 64>;

impl From<StoredAccountId> for AccountId {
    fn from(stored: StoredAccountId) -> Self {
        Self(stored.into())
    }
}

/// A domain from which mail comes, in lower case: `example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct Domain(String);
parsed_string!(Domain);

impl TryFrom<String> for Domain {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        // Whatever may stand behind the `@` of an address is a domain.
        EmailAddress::try_from(format!("any@{text}"))
            .map(|_| Self(text.to_ascii_lowercase()))
            .map_err(|_| Invalid("must be a mail domain such as example.com".to_owned()))
    }
}

/// An e-mail address as SES takes it: `local@domain`, ASCII, no display name, no quoting.
/// Domains in other scripts are written in punycode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct EmailAddress(String);
parsed_string!(EmailAddress);

impl EmailAddress {
    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether both are one mailbox: people write addresses in letters of either case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        // Quoted local parts are legal and a gift to whoever wants to confuse a mail client.
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
        // Each half has a limit of its own, and so has the whole (RFC 5321, as a path without brackets).
        let fits = text.len() <= 254;
        if plain && fits && email_address::EmailAddress::parse_with_options(&text, options).is_ok()
        {
            Ok(Self(text))
        } else {
            Err(Invalid("must be an e-mail address such as name@example.com".to_owned()))
        }
    }
}

/// One line of text of `MIN` to `MAX` characters after trimming, without control characters:
/// what may reach a mail header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct Line<const MIN: usize, const MAX: usize>(String);
parsed_string!(Line<MIN, MAX>);

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Line<MIN, MAX> {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        // U+2028 and U+2029 break lines too, in what mail clients show; the others turn the order
        // of what follows them, and could make a subject say something else (Unicode TR 36).
        let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.chars().any(|c| breaks(c) || turns(c)) {
            let said = "must be one line without control or text-direction characters";
            return Err(Invalid(said.to_owned()));
        }
        Ok(Self(trimmed(&text, MIN, MAX)?))
    }
}

/// Text of `MIN` to `MAX` characters after trimming; line breaks and tabs are kept, other control
/// characters refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr)]
#[serde(try_from = "String", into = "String")]
#[deserr(try_from(String) = parsed -> Invalid)]
pub struct Prose<const MIN: usize, const MAX: usize>(String);
parsed_string!(Prose<MIN, MAX>);

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Prose<MIN, MAX> {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(Invalid(
                "must not have control characters other than line breaks and tabs".to_owned(),
            ));
        }
        Ok(Self(trimmed(&text, MIN, MAX)?))
    }
}

impl<const MIN: usize, const MAX: usize> Prose<MIN, MAX> {
    /// The text, cut so that it is at most `most` characters; what was cut leaves an ellipsis.
    #[must_use]
    pub fn shortened(&self, most: usize) -> Self {
        let most = most.max(MIN).max(1);
        if self.0.chars().count() <= most {
            return self.clone();
        }
        let kept: String = self.0.chars().take(most - 1).collect();
        Self(format!("{kept}…"))
    }
}

fn trimmed(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    let length = text.chars().count();
    if (min..=max).contains(&length) {
        Ok(text.to_owned())
    } else {
        Err(Invalid(format!("must be {min} to {max} characters, not {length}")))
    }
}

/// A person's or organisation's name.
pub type Name = Line<1, 200>;
/// What an incident is about, in a line.
pub type Summary = Line<1, 200>;
/// Why management should look at the incident now, in the customer's words.
pub type Justification = Prose<10, 4000>;
/// A public message to the customer.
pub type Message = Prose<1, 20000>;
/// A remark, or a reason.
pub type Note = Prose<1, 4000>;
/// The `Message-ID` of a mail, with its angle brackets.
pub type MessageId = Line<3, 250>;

/// How much an incident hurts; `P1` hurts most. Each has its own targets in the policy.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Deserr,
    utoipa::ToSchema,
)]
pub enum Priority {
    /// Work has stopped.
    P1,
    /// Work is badly hindered.
    P2,
    /// Work is hindered, or there is a way round.
    P3,
    /// A question or a wish.
    P4,
}

impl Priority {
    /// Every priority, what hurts most first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// How an incident reached care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[deserr(rename_all = lowercase)]
pub enum Channel {
    /// A call: a representative is live.
    Phone,
    /// A chat: a representative is live.
    Chat,
    /// Mail to the alias.
    Email,
    /// Another system.
    Api,
}

impl Channel {
    /// Whether a representative speaks with the customer at that moment, so that the initial
    /// response is met by the opening itself.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Phone | Self::Chat)
    }
}

/// A language that the desk writes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Deserr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[deserr(rename_all = lowercase)]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

/// A customer: who asked, and where and in which language to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Customer {
    /// As it is greeted in e-mails.
    pub name: Name,
    /// Where e-mails go.
    pub email: EmailAddress,
    /// The language of those e-mails; without it the policy's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub language: Option<Language>,
    /// The account it belongs to, if care knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub account: Option<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incident_numbers_follow_the_ascii_grammar() {
        for good in ["1", "INC-1", "a.b_c-d", &"9".repeat(64)] {
            assert!(good.parse::<IncidentNumber>().is_ok(), "{good}");
        }
        for bad in ["", "-1", ".x", "INC 1", "INC#1", "INC/1", "ÏNC", "1\n", &"9".repeat(65)] {
            assert!(bad.parse::<IncidentNumber>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn email_addresses_are_plain_ascii_with_a_domain() {
        for good in ["a@example.com", "a.b+c@mail.example.co.uk", "x@xn--bcher-kva.example"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "a@b@example.com",
            "Ann <a@example.com>",
            "a@example.com\r\nBcc: b@c.de",
            "\"a b\"@example.com",
            "é@example.com",
            "a@[127.0.0.1]",
            " a@example.com",
            "a@example.com ",
            &format!("{}@{}.example", "a".repeat(64), ["a".repeat(60).as_str(); 3].join(".")),
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lines_refuse_whatever_breaks_a_header() {
        for bad in ["a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{2028}b", "a\u{202e}b"] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
        assert_eq!("  Zoë  ".parse::<Name>().map(String::from), Ok("Zoë".to_owned()));
    }

    #[test]
    fn domains_are_what_may_stand_behind_an_at_sign() {
        assert_eq!("Example.COM".parse::<Domain>().map(String::from), Ok("example.com".to_owned()));
        for bad in ["", "localhost", "a b.com", "@example.com", "a@example.com", "exa\nmple.com"] {
            assert!(bad.parse::<Domain>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_shortened_text_is_still_a_text() {
        let long: Justification = "é".repeat(4000).parse().unwrap();
        assert_eq!(long.shortened(600).as_str().chars().count(), 600);
        assert!(long.shortened(1).as_str().parse::<Justification>().is_ok());
        let short: Justification = "a reason, short".parse().unwrap();
        assert_eq!(short.shortened(600), short);
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!("é".repeat(10).parse::<Justification>().is_ok());
        assert!("é".repeat(9).parse::<Justification>().is_err());
        assert!("é".repeat(4000).parse::<Justification>().is_ok());
        assert!("é".repeat(4001).parse::<Justification>().is_err());
    }
}
