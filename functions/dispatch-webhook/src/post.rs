//! Posting: one request, and what its answer says.
//!
//! No redirect is followed: it would lead to where the policy does not. Of an answer's body no more
//! is read than keeps the connection usable, and nothing of it is kept or logged.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use shared::aws::never_connected;
use shared::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookId};

/// How long a receiver has to answer: the least that the specification recommends.
const TIMEOUT: Duration = Duration::from_secs(15);
const USER_AGENT: &str = "escalation-desk";
const MOST_OF_A_BODY: usize = 1_024;
const TO_READ_IT: Duration = Duration::from_secs(1);

/// Posts webhooks.
#[derive(Debug, Clone)]
pub struct Poster(SharedHttpConnector);

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it: any answer of 200 to 299.
    Taken,
    /// The receiver wants no more of them: 410.
    Gone,
    /// Anything else. A redirect is a failure as well.
    Failed {
        /// Why, without a word of the answer's body.
        error: String,
        /// Whether the receiver may have got it.
        may_have_arrived: bool,
        /// What the receiver says of when to come again.
        retry_after: Option<String>,
    },
}

impl Poster {
    /// Posts over these connections.
    #[must_use]
    pub fn new(connector: SharedHttpConnector) -> Self {
        Self(connector)
    }

    /// Makes one attempt.
    pub async fn post(
        &self,
        url: &Uri,
        id: &WebhookId,
        at: Timestamp,
        signature: String,
        body: String,
    ) -> Outcome {
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::USER_AGENT, USER_AGENT)
            .header(ID_HEADER, id.to_string())
            .header(TIMESTAMP_HEADER, at.as_second())
            .header(SIGNATURE_HEADER, signature)
            .body(SdkBody::from(body));
        let Some(request) = request.ok().and_then(|request| request.try_into().ok()) else {
            return failed("the request cannot be made".to_owned(), false);
        };
        match tokio::time::timeout(TIMEOUT, self.0.call(request)).await {
            Ok(Ok(answer)) => {
                let outcome = outcome(&answer);
                let body = Limited::new(answer.into_body(), MOST_OF_A_BODY).collect();
                // The status has said it all, however the body ends.
                drop(tokio::time::timeout(TO_READ_IT, body).await);
                outcome
            }
            Ok(Err(error)) => failed(words(&error).to_owned(), !never_connected(&error)),
            Err(_) => failed(format!("no answer within {} s", TIMEOUT.as_secs()), true),
        }
    }
}

fn failed(error: String, may_have_arrived: bool) -> Outcome {
    Outcome::Failed { error, may_have_arrived, retry_after: None }
}

fn outcome(answer: &HttpResponse) -> Outcome {
    match answer.status().as_u16() {
        200..=299 => Outcome::Taken,
        410 => Outcome::Gone,
        status => Outcome::Failed {
            error: format!("HTTP {status}"),
            may_have_arrived: true,
            retry_after: answer.headers().get(header::RETRY_AFTER.as_str()).map(str::to_owned),
        },
    }
}

/// The kind of failure, in words that name no address.
fn words(error: &ConnectorError) -> &'static str {
    match error {
        _ if never_connected(error) => "no connection",
        _ if error.is_timeout() => "no connection in time",
        _ => "the connection ended without an answer",
    }
}
