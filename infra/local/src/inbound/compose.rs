//! A mail as a form, written as a mail client would.

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use serde::Deserialize;

use super::wrong::{Wrong, is_address};

const LONGEST_LINE: usize = 900;

/// What was filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composed {
    /// `ada@customer.example`, or `Ada Martin <ada@customer.example>`.
    #[serde(default)]
    pub from: String,
    /// The same, with commas between several.
    #[serde(default)]
    pub to: String,
    /// The subject.
    #[serde(default)]
    pub subject: String,
    /// The text.
    #[serde(default)]
    pub text: String,
    /// The `Message-ID` of the mail that is replied to.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// Those of the conversation, oldest first, spaces between them.
    #[serde(default)]
    pub references: Option<String>,
}

impl Composed {
    /// The mail.
    ///
    /// # Errors
    ///
    /// What is wrong, every field of it.
    pub fn mail(&self, now: Timestamp) -> Result<Vec<u8>, Wrong> {
        let mut wrong = Wrong::default();
        let from = self.from.trim();
        let from = mailbox(from).filter(|_| is_line(from)).unwrap_or_else(|| {
            wrong.field("from", "is not an address, such as Ada Martin <ada@customer.example>");
            (None, "")
        });
        let to: Vec<_> = split(&self.to).map(str::trim).filter(|one| !one.is_empty()).collect();
        let all = to.iter().map(|one| mailbox(one).filter(|_| is_line(one)));
        let to = match all.collect::<Option<Vec<_>>>() {
            Some(all) if !all.is_empty() => all,
            Some(_) => {
                wrong.field("to", "is missing");
                Vec::new()
            }
            None => {
                wrong.field("to", "is not an address, or several with commas between them");
                Vec::new()
            }
        };
        if !is_line(&self.subject) {
            wrong.field("subject", "is one line of at most 900 characters");
        }
        let in_reply_to = ids("in_reply_to", self.in_reply_to.as_deref(), &mut wrong);
        let references = ids("references", self.references.as_deref(), &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let to =
            to.into_iter().map(|(name, address)| Address::new_address(name, address)).collect();
        let (_, domain) = from.1.split_once('@').unwrap_or_default();
        let id = format!("{:016x}{:016x}@{domain}", fastrand::u64(..), fastrand::u64(..));
        let mut mail = MessageBuilder::new()
            .from(Address::new_address(from.0, from.1))
            .to(Address::new_list(to))
            .subject(self.subject.as_str())
            .date(Date { date: now.as_second() })
            .message_id(id);
        for (name, ids) in [("In-Reply-To", in_reply_to), ("References", references)] {
            if !ids.is_empty() {
                mail = mail.header(name, MessageId::new_list(ids.into_iter()));
            }
        }
        let text = self.text.as_str();
        mail.text_body(text).write_to_vec().map_err(|error| {
            let mut wrong = Wrong::default();
            wrong.field("text", format!("cannot be written as a mail: {error}"));
            wrong
        })
    }
}

/// The name, if there is one, and the address.
fn mailbox(text: &str) -> Option<(Option<&str>, &str)> {
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')), address),
        None => (None, text),
    };
    is_address(address).then_some((name.filter(|name| !name.is_empty()), address))
}

/// At the commas that are in no quoted name.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= LONGEST_LINE && !text.chars().any(char::is_control)
}

/// Message ids without the brackets that the builder puts around them.
fn ids<'a>(field: &str, text: Option<&'a str>, wrong: &mut Wrong) -> Vec<&'a str> {
    let ids = text.unwrap_or_default().split_whitespace().map(|id| {
        let id = id.strip_prefix('<').unwrap_or(id);
        id.strip_suffix('>').unwrap_or(id)
    });
    let ids: Vec<_> = ids.filter(|id| !id.is_empty()).collect();
    let plain = |c: char| c.is_ascii_graphic() && c != '<' && c != '>';
    if !ids.iter().all(|id| id.len() <= LONGEST_LINE && id.chars().all(plain)) {
        wrong.field(field, "is no list of message ids");
        return Vec::new();
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn reply() -> Composed {
        Composed {
            from: "Zoé Müller <zoe@client.example>".to_owned(),
            to: "care+token@example.com, \"Doe, Jane\" <jane@example.com>".to_owned(),
            subject: "Re: café fermé – depuis ce matin, et rien ne va plus dans les boutiques"
                .to_owned(),
            text: "Ça marche.\n\nOn Tue, care wrote:\n> From here\n.\n".to_owned(),
            in_reply_to: Some("<1@local.amazonses.com>".to_owned()),
            references: Some("<incident-INC-1@example.com>  <1@local.amazonses.com>".to_owned()),
        }
    }

    #[test]
    fn a_reply_is_written_as_a_mail_client_would() {
        fastrand::seed(1);
        let composed = Composed { to: "care+token@example.com".to_owned(), ..reply() };
        let mail = composed.mail(NOW).unwrap();
        insta::assert_snapshot!(String::from_utf8(mail).unwrap().replace("\r\n", "\n"));
    }

    #[test]
    fn every_wrong_field_is_told() {
        let composed = Composed {
            from: "Ada\r\nBcc: x@example.com <ada@customer.example>".to_owned(),
            to: "care, x".to_owned(),
            subject: "a\nb".to_owned(),
            text: String::new(),
            in_reply_to: Some("<a>b".to_owned()),
            references: Some("é".to_owned()),
        };
        insta::assert_debug_snapshot!((
            composed.mail(NOW).unwrap_err(),
            Composed::default().mail(NOW).unwrap_err(),
        ));
    }

    #[test]
    fn several_recipients_are_taken_and_a_comma_in_a_name_is_none_between_them() {
        let mail = String::from_utf8(reply().mail(NOW).unwrap()).unwrap();
        let to = "To: <care+token@example.com>, \"Doe, Jane\" <jane@example.com>\r\n";
        assert!(mail.replace("\r\n ", " ").contains(to), "{mail}");
    }
}
