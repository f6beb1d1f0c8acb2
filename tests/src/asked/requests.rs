//! Requests to the other services: SES, S3 and Secrets Manager.

use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectInput};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueInput;
use aws_sdk_sesv2::operation::send_email::SendEmailInput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use super::{Asked, Request, arn};

/// What IAM is asked for this input; `None` when it is no request that is known.
pub(super) fn requests(asked: &Asked, input: &Input) -> Option<Vec<Request>> {
    if let Some(send) = input.downcast_ref::<SendEmailInput>() {
        return Some(of_email(asked, send));
    }
    if let Some(get) = input.downcast_ref::<GetObjectInput>() {
        // A version of an object is another action.
        assert!(get.version_id().is_none(), "not known here: {get:?}");
        let (folder, _) = get.key().and_then(|key| key.rsplit_once('/')).expect("a folder");
        return Some(vec![Request::new(
            "s3:GetObject",
            format!("{}/{folder}/", bucket(asked, get)),
        )]);
    }
    let secret = input.downcast_ref::<GetSecretValueInput>()?;
    let resource = asked.variable(secret.secret_id());
    Some(vec![Request::new("secretsmanager:GetSecretValue", resource)])
}

/// The bucket that a request is about, kept until its answer is there.
#[derive(Debug)]
pub(super) struct Bucket(String);

impl Storable for Bucket {
    type Storer = StoreReplace<Self>;
}

pub(super) fn bucket_of(asked: &Asked, input: &Input) -> Option<Bucket> {
    input.downcast_ref::<GetObjectInput>().map(|get| Bucket(bucket(asked, get)))
}

/// What S3 looks at before it answers so: whoever may not list the bucket is told 403 of an object
/// that is gone, and not this.
pub(super) fn told_by(bucket: &Bucket, error: &Error) -> Option<Request> {
    let error = error.downcast_ref::<GetObjectError>()?;
    error.is_no_such_key().then(|| Request::new("s3:ListBucket", bucket.0.clone()))
}

fn bucket(asked: &Asked, get: &GetObjectInput) -> String {
    format!("arn:${{AWS::Partition}}:s3:::{}", asked.variable(get.bucket()))
}

/// SES asks for the identity that covers the sender, which the account knows and the request does not
/// say, and for the configuration set.
fn of_email(asked: &Asked, send: &SendEmailInput) -> Vec<Request> {
    let says_more =
        [send.from_email_address_identity_arn(), send.feedback_forwarding_email_address()];
    assert_eq!(says_more, [None, None], "not known here");
    let set = asked.variable(send.configuration_set_name());
    let from = send.from_email_address().expect("a sender");
    let (_, address) = from.rsplit_once('<').expect("a name and an address");
    let address = address.strip_suffix('>').expect("an address");
    ["identity/${SES::Identity}".to_owned(), format!("configuration-set/{set}")]
        .map(|resource| {
            let request = Request::new("ses:SendEmail", arn("ses", &resource));
            request.with("ses:FromAddress", [address.to_owned()])
        })
        .into()
}
