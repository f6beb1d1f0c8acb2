//! The SDK clients, made by hand for a fast start (DESIGN.md section 10).
//!
//! `aws_config::load_defaults` costs 7 ms of CPU at a cold start and brings a second TLS stack; a
//! function knows its region and credentials from the Lambda environment, so nothing is looked up
//! here. The DynamoDB clients share one connector, and with it the parsed roots and open connections;
//! SES has its own, made only where there is an SES client.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::{Config, Environment};
use crate::outbox::ANSWER;

/// The only roots that are trusted unless `TLS_ROOTS` is `system`: these clients speak to AWS
/// alone, and parsing a system's 140 roots is nine tenths of all instructions of a cold start (17.5
/// of 19.9 million, counted under callgrind).
const AMAZON_ROOTS: &[u8] = include_bytes!("aws/amazon-roots.pem");
/// An e-mail waits for the keys of its link, and goes without them when they do not come.
const SECRETS_ATTEMPT: Duration = Duration::from_secs(2);
const SECRETS_ATTEMPTS: u32 = 2;
/// A mail of some megabytes within a region takes a fraction of it; what fails comes again from the
/// queue.
const S3_ATTEMPT: Duration = Duration::from_secs(5);
const S3_ATTEMPTS: u32 = 2;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// DynamoDB answers in milliseconds; a stuck attempt is better made again.
const DYNAMODB_ATTEMPT: Duration = Duration::from_secs(3);
const DYNAMODB_ATTEMPTS: u32 = 3;
/// Giving up on SES leaves it open whether the e-mail was sent, so it is given long. An attempt that
/// has no such time left under its claim does not ask.
const SES_ATTEMPT: Duration = ANSWER.unsigned_abs();
/// While Lambda keeps a function frozen, the other end may give a pooled connection up, and what is
/// then sent on it looks like a lost answer: an e-mail that nobody got would be repeated as one that
/// may have been received. Long enough for the e-mails of one batch; the monotonic clock, by which
/// the pool goes, runs on during a freeze. DynamoDB needs no such care: the SDK tries again.
const SES_IDLE: Duration = Duration::from_secs(5);

/// What every client of one process shares.
#[derive(Debug, Clone)]
pub struct Aws {
    shared: SdkConfig,
    roots: TrustStore,
    dynamodb_endpoint: Option<String>,
    ses_endpoint: Option<String>,
    secrets_endpoint: Option<String>,
    s3_endpoint: Option<String>,
}

impl Aws {
    /// Reads the SDK's own variables: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN` (Lambda sets these four), `AWS_ENDPOINT_URL_DYNAMODB`,
    /// `AWS_ENDPOINT_URL_SESV2`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`; and one of
    /// ours, `TLS_ROOTS`: `amazon`, which is the default, or `system`, for endpoints behind another
    /// authority. Mistakes are collected by `environment`.
    pub fn from_environment(environment: &mut Environment<'_>) -> Self {
        let region = environment.required("AWS_REGION");
        let credentials = Credentials::new(
            environment.required("AWS_ACCESS_KEY_ID"),
            environment.required("AWS_SECRET_ACCESS_KEY"),
            environment.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let any_endpoint = environment.optional("AWS_ENDPOINT_URL");
        let endpoint = |name| environment.optional(name).or_else(|| any_endpoint.clone());
        let dynamodb_endpoint = endpoint("AWS_ENDPOINT_URL_DYNAMODB");
        let ses_endpoint = endpoint("AWS_ENDPOINT_URL_SESV2");
        let secrets_endpoint = endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER");
        let s3_endpoint = endpoint("AWS_ENDPOINT_URL_S3");
        let roots = match environment.optional("TLS_ROOTS").as_deref() {
            None | Some("amazon") => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            Some("system") => TrustStore::default(),
            Some(_) => {
                environment.wrong("TLS_ROOTS", "must be amazon or system");
                TrustStore::default()
            }
        };
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(OneConnector::trusting(roots.clone(), None))
            .sleep_impl(TokioSleep::new())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self { shared, roots, dynamodb_endpoint, ses_endpoint, secrets_endpoint, s3_endpoint }
    }

    /// A DynamoDB client.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::standard().with_max_attempts(DYNAMODB_ATTEMPTS))
            .timeout_config(timeouts(DYNAMODB_ATTEMPT));
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An S3 client: it shares the connector of DynamoDB's.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let mut config = aws_sdk_s3::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::standard().with_max_attempts(S3_ATTEMPTS))
            .timeout_config(timeouts(S3_ATTEMPT));
        config.set_endpoint_url(self.s3_endpoint.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// A Secrets Manager client, made when it is needed: it shares the connector of DynamoDB's.
    #[must_use]
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::standard().with_max_attempts(SECRETS_ATTEMPTS))
            .timeout_config(timeouts(SECRETS_ATTEMPT));
        config.set_endpoint_url(self.secrets_endpoint.clone());
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// An SES client that never retries: it would send the same e-mail again whenever an answer
    /// was lost (DESIGN.md section 6). The outbox retries instead, and labels what may be a repeat.
    /// Each has connections of its own, which it keeps no longer than a few seconds.
    #[must_use]
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        let mut config = aws_sdk_sesv2::config::Builder::from(&self.shared)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(SES_ATTEMPT))
            .http_client(OneConnector::trusting(self.roots.clone(), Some(SES_IDLE)));
        config.set_endpoint_url(self.ses_endpoint.clone());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

/// Connections to systems that are not AWS: they trust the system's roots, and are kept no longer
/// than those to SES. Nothing here follows a redirect.
#[must_use]
pub fn connections_to_others() -> SharedHttpConnector {
    OneConnector::trusting(TrustStore::default(), Some(SES_IDLE)).0
}

/// Whether no connection was made, so that the other end cannot have seen the request.
#[must_use]
pub fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        let client_error = error.downcast_ref::<hyper_util::client::legacy::Error>();
        if client_error.is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return true;
        }
        source = error.source();
    }
    false
}

impl Config for Aws {
    fn read(environment: &mut Environment<'_>) -> Self {
        Self::from_environment(environment)
    }
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .build()
}

/// Hands the same connector to every client. The default client builds one for each, and one more
/// to throw away when it validates the configuration.
#[derive(Debug)]
struct OneConnector(SharedHttpConnector);

impl OneConnector {
    /// Trusts these roots and keeps connections open while they idle no longer than this; `None`
    /// is hyper's 90 seconds.
    fn trusting(roots: TrustStore, idle: Option<Duration>) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
        // The builder checks nothing and never fails.
        let context = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
        let mut connector =
            Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new());
        connector.set_pool_idle_timeout(idle.map(Some));
        let connector = connector
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build();
        Self(SharedHttpConnector::new(connector))
    }
}

impl HttpClient for OneConnector {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Aws, crate::config::ConfigMistakes> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment::read(&lookup)
    }

    #[test]
    fn the_roots_of_amazon_are_five_and_are_read() {
        let pem = String::from_utf8_lossy(AMAZON_ROOTS);
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 5);
        // Building the connector parses them, and panics on one that is no certificate.
        OneConnector::trusting(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS), None);
    }

    #[test]
    fn every_mistake_of_the_environment_is_told() {
        let mistakes = from(&[("TLS_ROOTS", "none"), ("AWS_REGION", "")]).map(|_| ());
        let said = mistakes.map_err(|mistakes| mistakes.to_string());
        let expected = "the environment is not right: AWS_REGION is not set; \
                        AWS_ACCESS_KEY_ID is not set; AWS_SECRET_ACCESS_KEY is not set; \
                        TLS_ROOTS: must be amazon or system";
        assert_eq!(said, Err(expected.to_owned()));
    }
}
