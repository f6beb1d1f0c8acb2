//! Mails in the bucket into which SES puts them.

use std::error::Error;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use shared::config::{Config, Environment};

/// How much of a mail is read. SES takes 40 MB; what people write stands at the front, and what is
/// attached stays in the bucket.
const MOST: usize = 4 * 1024 * 1024;

/// `MAIL_BUCKET`: the bucket. Taken from the configuration and never from a message, which somebody
/// else might write.
#[derive(Debug, Clone)]
pub struct MailBucket(String);

impl Config for MailBucket {
    fn read(environment: &mut Environment<'_>) -> Self {
        Self(environment.required("MAIL_BUCKET"))
    }
}

/// The bucket with the mails.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
    bucket: MailBucket,
}

/// Why a mail could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectError {
    /// It is not there, and will not be.
    #[error("the mail is not in the bucket any more")]
    Gone,
    /// S3 does not hand it out at the moment.
    #[error("the mail cannot be fetched")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl Objects {
    /// The mails of this bucket.
    #[must_use]
    pub fn new(client: Client, bucket: MailBucket) -> Self {
        Self { client, bucket }
    }

    /// The first 4 MB of a mail.
    pub(crate) async fn fetch(&self, key: &str) -> Result<Vec<u8>, ObjectError> {
        let range = format!("bytes=0-{}", MOST - 1);
        let asked = self.client.get_object().bucket(&self.bucket.0).key(key).range(range);
        let object = match asked.send().await {
            Ok(object) => object,
            Err(error) => return if_empty(error),
        };
        let body = object.body.collect().await;
        body.map(|bytes| bytes.to_vec()).map_err(|error| ObjectError::Unavailable(error.into()))
    }
}

/// An object without a byte has no range (RFC 9110, section 14.4).
fn if_empty(error: SdkError<GetObjectError>) -> Result<Vec<u8>, ObjectError> {
    match error.as_service_error() {
        Some(GetObjectError::NoSuchKey(_)) => Err(ObjectError::Gone),
        Some(service) if service.code() == Some("InvalidRange") => Ok(Vec::new()),
        _ => Err(ObjectError::Unavailable(error.into())),
    }
}
