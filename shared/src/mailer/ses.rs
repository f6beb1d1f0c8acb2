//! The mailer through SES v2.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{
    Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag,
};

use super::{Mailer, SendError};
use crate::aws::never_connected;
use crate::config::{Config, Environment};
use crate::email::EmailId;
use crate::email::render::Rendered;
use crate::policy::Sender;

/// The SES tag that carries the e-mail's id into SES's events.
pub const EMAIL_ID_TAG: &str = "email_id";
/// The SES tag that carries the incident's number into SES's events.
pub const INCIDENT_TAG: &str = "incident";

/// The mailer through SES v2. The client must have retries disabled, as
/// [`Aws::ses`](crate::aws::Aws::ses) makes it.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: Client,
    configuration_set: Option<ConfigurationSet>,
}

impl SesMailer {
    /// A mailer with this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, configuration_set: None }
    }

    /// The same mailer, whose e-mails SES tells of as this configuration set says.
    #[must_use]
    pub fn told_of_by(self, configuration_set: Option<ConfigurationSet>) -> Self {
        Self { configuration_set, ..self }
    }
}

/// The name of the SES configuration set that says where SES tells what becomes of an e-mail:
/// 1 to 64 letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationSet(String);

const LONGEST_CONFIGURATION_SET: usize = 64;

/// `CONFIGURATION_SET`; without it SES tells nothing, and no delivery is ever confirmed.
impl Config for Option<ConfigurationSet> {
    fn read(environment: &mut Environment<'_>) -> Self {
        const VARIABLE: &str = "CONFIGURATION_SET";
        let name = environment.optional(VARIABLE)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if name.len() > LONGEST_CONFIGURATION_SET || !name.bytes().all(plain) {
            let most = LONGEST_CONFIGURATION_SET;
            environment.wrong(VARIABLE, format!("must be 1 to {most} of A-Z a-z 0-9 _ -"));
        }
        Some(ConfigurationSet(name))
    }
}

impl Mailer for SesMailer {
    async fn send(&self, email: &Rendered) -> Result<String, SendError> {
        let content =
            message(email).map_err(|error| SendError::Park { reason: error.to_string() })?;
        let tag = |name: &str, value: &str| {
            MessageTag::builder().name(name).value(tag_value(value)).build()
        };
        let sent = self
            .client
            .send_email()
            .from_email_address(mailbox(&email.from))
            .destination(Destination::builder().to_addresses(email.to.as_str()).build())
            .set_reply_to_addresses(email.reply_to.as_ref().map(|to| vec![to.to_string()]))
            .content(EmailContent::builder().simple(content).build())
            .set_configuration_set_name(self.configuration_set.as_ref().map(|set| set.0.clone()))
            .set_email_tags(
                [
                    tag(EMAIL_ID_TAG, &email.id.to_string()),
                    tag(INCIDENT_TAG, &email.id.thread.to_string()),
                ]
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
                .ok(),
            )
            .send()
            .await;
        match sent {
            Ok(output) => Ok(output.message_id().unwrap_or_default().to_owned()),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// A tag's value may have only letters, digits, `_` and `-` (SES API reference, `MessageTag`), an
/// incident number also dots: a dot is written `_2E`, and `_` itself `_5F`, so that no two are the
/// same.
fn tag_value(text: &str) -> String {
    text.replace('_', "_5F").replace('.', "_2E")
}

/// The e-mail of which [`EMAIL_ID_TAG`] has this value; `None` when no mailer of a desk wrote it.
#[must_use]
pub fn email_of_tag(value: &str) -> Option<EmailId> {
    let mut parts = value.split('_');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (escaped, rest) = part.split_at_checked(2)?;
        text.push(match escaped {
            "5F" => '_',
            "2E" => '.',
            _ => return None,
        });
        text.push_str(rest);
    }
    text.parse().ok()
}

/// `"Name" <address>`, the name quoted, so that no character of it means anything; names outside
/// ASCII are left to SES, which takes UTF-8 only in this encoded form.
fn mailbox(sender: &Sender) -> String {
    let name = sender.name.as_str();
    if name.is_ascii() {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\" <{}>", sender.address)
    } else {
        format!("=?utf-8?B?{}?= <{}>", base64(name), sender.address)
    }
}

/// RFC 2047 wants base64, which the SDK has on board.
fn base64(text: &str) -> String {
    aws_smithy_types::base64::encode(text)
}

fn message(email: &Rendered) -> Result<Message, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().text(utf8(&email.text)?).html(utf8(&email.html)?).build();
    let mut message = Message::builder().subject(utf8(&email.subject)?).body(body);
    for (name, value) in &email.headers {
        message = message.headers(MessageHeader::builder().name(*name).value(value).build()?);
    }
    Ok(message.build())
}

/// What a failure says about the e-mail (DESIGN.md section 6).
fn classify(error: &SdkError<SendEmailError>) -> SendError {
    match error {
        SdkError::ConstructionFailure(_) => SendError::Park { reason: words(error) },
        SdkError::DispatchFailure(_) if never_connected(error) => {
            SendError::Retry { reason: words(error), account_held: false }
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            refused(service.err(), status, words(error))
        }
        _ => SendError::Ambiguous { reason: words(error) },
    }
}

fn refused(error: &SendEmailError, status: u16, reason: String) -> SendError {
    use SendEmailError as E;
    let retry = |account_held| SendError::Retry { reason: reason.clone(), account_held };
    match error {
        E::TooManyRequestsException(_) | E::LimitExceededException(_) => retry(false),
        E::SendingPausedException(_)
        | E::AccountSuspendedException(_)
        | E::MailFromDomainNotVerifiedException(_)
        | E::NotFoundException(_) => retry(true),
        E::MessageRejected(_) | E::BadRequestException(_) => SendError::Park { reason },
        // Only a 4xx says that SES refused; a good answer that cannot be read comes here too.
        _ if !(400..500).contains(&status) => SendError::Ambiguous { reason },
        // The limit on all of AWS's APIs is a 400, and SES's model does not name it.
        _ if status == 429 || error.code() == Some("ThrottlingException") => retry(false),
        // Credentials and permissions: the e-mail is right, the account is not.
        _ if status == 401 || status == 403 => retry(true),
        _ => SendError::Park { reason },
    }
}

/// The service's own code and message, or what the transport says; never the request.
fn words(error: &SdkError<SendEmailError>) -> String {
    if let Some(service) = error.as_service_error() {
        let code = service.code().unwrap_or("no code");
        return format!("{code}: {}", service.message().unwrap_or("no message"));
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_only_what_ses_takes_and_stay_distinct() {
        let taken = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let values = ["a.b", "a_b", "a_2Eb", "a-b", "a_5F2Eb"].map(tag_value);
        assert!(values.iter().all(|value| value.chars().all(taken)), "{values:?}");
        let distinct: std::collections::HashSet<_> = values.iter().collect();
        assert_eq!(distinct.len(), values.len());
    }

    #[test]
    fn a_tag_leads_back_to_its_email() {
        for text in ["INC-1-1-0", "a_2Eb..c__d-12-3", "_-1-0", "_d6iito_.bk-1-0", "A5F-1-0"] {
            let id: EmailId = text.parse().unwrap();
            assert_eq!(email_of_tag(&tag_value(text)), Some(id), "{text}");
        }
        for value in ["", "INC-1", "INC_-1-0", "INC_5-1-0", "INC_5f-1-0", "INC_é-1-0", "INC.1-1-0 "]
        {
            assert_eq!(email_of_tag(value), None, "{value}");
        }
    }

    #[test]
    fn a_configuration_set_is_optional_and_a_wrong_name_is_told() {
        let read = |name: &str| {
            let name = name.to_owned();
            let given =
                move |variable: &str| (variable == "CONFIGURATION_SET").then(|| name.clone());
            Environment::read::<Option<ConfigurationSet>>(&given)
        };
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("desk_1-a").unwrap(), Some(ConfigurationSet("desk_1-a".to_owned())));
        for wrong in ["a b", "désk", "a.b", &"a".repeat(65)] {
            let mistakes = read(wrong).unwrap_err().to_string();
            assert!(mistakes.contains("CONFIGURATION_SET: must be 1 to 64"), "{mistakes}");
        }
    }
}
