//! Logs and metrics: what an operator sees.
//!
//! Logs carry incident numbers, versions and reasons; never addresses, bodies or tokens. An error
//! is logged once, where it is handled. Metrics go to CloudWatch in its embedded metric format, a
//! line of JSON on standard output, and only where `METRICS_NAMESPACE` is set.

use std::sync::OnceLock;

use jiff::Timestamp;
use tracing_subscriber::filter::LevelFilter;

/// A metric of the desk, always a number of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A sweep was completed; its absence is an alarm.
    SweepHeartbeat,
    /// How late a due instant was acted on, in milliseconds.
    LatenessMilliseconds,
    /// A deadline passed without what stops its clock.
    Breaches,
    /// The alarm of a ladder that is exhausted.
    LadderExhausted,
    /// An e-mail was given up on.
    EmailsParked,
    /// A webhook was given up on.
    WebhooksParked,
    /// An e-mail that the stream did not hand out in time, or that is tried again.
    EmailsRequeued,
    /// SES does not send for this account.
    SendingHeld,
    /// A stream record, or a stored item, that this code cannot read.
    Unreadable,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::SweepHeartbeat => "SweepHeartbeat",
            Self::LatenessMilliseconds => "Lateness",
            Self::Breaches => "Breaches",
            Self::LadderExhausted => "LadderExhausted",
            Self::EmailsParked => "EmailsParked",
            Self::WebhooksParked => "WebhooksParked",
            Self::EmailsRequeued => "EmailsRequeued",
            Self::SendingHeld => "SendingHeld",
            Self::Unreadable => "Unreadable",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::LatenessMilliseconds => "Milliseconds",
            _ => "Count",
        }
    }
}

static NAMESPACE: OnceLock<String> = OnceLock::new();

/// Sets up JSON logs at the level that Lambda was configured with (`AWS_LAMBDA_LOG_LEVEL`), and
/// metrics in the namespace `METRICS_NAMESPACE`.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .with_current_span(false)
        .init();
    if let Ok(namespace) = std::env::var("METRICS_NAMESPACE")
        && NAMESPACE.set(namespace).is_err()
    {
        tracing::warn!("telemetry was set up twice");
    }
}

/// Emits a value of a metric at the instant `now`.
#[expect(clippy::print_stdout, reason = "CloudWatch reads metrics from standard output")]
pub fn emit(metric: Metric, value: i64, now: Timestamp) {
    if let Some(namespace) = NAMESPACE.get() {
        println!("{}", embedded(namespace, metric, value, now));
    }
}

/// The CloudWatch embedded metric format, specification version 0.
fn embedded(namespace: &str, metric: Metric, value: i64, now: Timestamp) -> serde_json::Value {
    serde_json::json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [[]],
                "Metrics": [{ "Name": metric.name(), "Unit": metric.unit() }],
            }],
        },
        metric.name(): value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_line_that_cloudwatch_reads() {
        let line = embedded("Desk", Metric::LatenessMilliseconds, 12, Timestamp::UNIX_EPOCH);
        assert_eq!(
            line.to_string(),
            r#"{"Lateness":12,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"Lateness","Unit":"Milliseconds"}],"Namespace":"Desk"}],"Timestamp":0}}"#
        );
    }
}
