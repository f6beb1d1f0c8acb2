//! Logs and metrics: what an operator sees.
//!
//! Logs carry incident numbers, versions and reasons; never addresses, bodies or tokens. An error
//! is logged once, where it is handled. Metrics go to CloudWatch in its embedded metric format, a
//! line of JSON on standard output, and only where `METRICS_NAMESPACE` is set.

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::json;
use strum::VariantArray;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::figures::{Fact, Measured};
use crate::incident::clock::ClockName;

/// A metric of the desk: a number of something, or of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Metric {
    /// A sweep was completed; its absence is an alarm.
    SweepHeartbeat,
    /// At the start of a sweep, for how long the oldest due thing had been overdue, in milliseconds;
    /// 0 when nothing was. What nobody can act on stays due, and this grows.
    OldestOverdueMilliseconds,
    /// How many things that people were promised fall due within a sweep's look-ahead, as it begins.
    DueSoon,
    /// For how long the oldest of the e-mails that a sweep had to hand out again had been waiting since
    /// it was written, in milliseconds; 0 when there was none.
    OldestPendingEmailMilliseconds,
    /// How late a due instant was acted on, in milliseconds.
    LatenessMilliseconds,
    /// An incident was opened.
    Incidents,
    /// An escalation was raised.
    Escalations,
    /// A deadline passed without what stops its clock.
    Breaches,
    /// A clock was stopped in time.
    PromisesKept,
    /// From a clock's start to the response, in milliseconds.
    ResponseTimeMilliseconds,
    /// From an escalation to when a person took it, in milliseconds.
    AcknowledgementTimeMilliseconds,
    /// From when an incident reached care to its resolution, in milliseconds.
    ResolutionTimeMilliseconds,
    /// The alarm of a ladder that is exhausted.
    LadderExhausted,
    /// SES took an e-mail.
    EmailsSent,
    /// A recipient's mail server took an e-mail.
    EmailsDelivered,
    /// An e-mail was given up on.
    EmailsParked,
    /// A webhook was given up on.
    WebhooksParked,
    /// An e-mail that the stream did not hand out in time, or that is tried again.
    EmailsRequeued,
    /// SES does not send for this account.
    SendingHeld,
    /// An e-mail went out without its link, because the keys of links were not to be had.
    EmailsWithoutLink,
    /// An e-mail bounced for good, or its address is on SES's suppression list; others were told.
    Bounces,
    /// An e-mail was marked as spam; others were told. SES reviews accounts that have many.
    Complaints,
    /// SES took an e-mail and refuses to send it; others were told.
    Rejects,
    /// SES told of an e-mail that is none of this desk's.
    UnknownEmails,
    /// A stream record, an event or a stored item that this code cannot read.
    Unreadable,
    /// A mail came in.
    Mails,
    /// A mail waits for a person, or for its sender.
    MailsHeld,
    /// What SES tells of a mail cannot be read.
    MailUnreadable,
    /// People were reminded of mails at which nobody looks.
    QuarantineForgotten,
}

impl Metric {
    /// What it is called in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SweepHeartbeat => "SweepHeartbeat",
            Self::OldestOverdueMilliseconds => "OldestOverdue",
            Self::DueSoon => "DueSoon",
            Self::OldestPendingEmailMilliseconds => "OldestPendingEmail",
            Self::LatenessMilliseconds => "Lateness",
            Self::Incidents => "Incidents",
            Self::Escalations => "Escalations",
            Self::Breaches => "Breaches",
            Self::PromisesKept => "PromisesKept",
            Self::ResponseTimeMilliseconds => "ResponseTime",
            Self::AcknowledgementTimeMilliseconds => "AcknowledgementTime",
            Self::ResolutionTimeMilliseconds => "ResolutionTime",
            Self::LadderExhausted => "LadderExhausted",
            Self::EmailsSent => "EmailsSent",
            Self::EmailsDelivered => "EmailsDelivered",
            Self::EmailsParked => "EmailsParked",
            Self::WebhooksParked => "WebhooksParked",
            Self::EmailsRequeued => "EmailsRequeued",
            Self::SendingHeld => "SendingHeld",
            Self::EmailsWithoutLink => "EmailsWithoutLink",
            Self::Bounces => "Bounces",
            Self::Complaints => "Complaints",
            Self::Rejects => "Rejects",
            Self::UnknownEmails => "UnknownEmails",
            Self::Unreadable => "Unreadable",
            Self::Mails => "Mails",
            Self::MailsHeld => "MailsHeld",
            Self::MailUnreadable => "MailUnreadable",
            Self::QuarantineForgotten => "QuarantineForgotten",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::OldestOverdueMilliseconds
            | Self::OldestPendingEmailMilliseconds
            | Self::LatenessMilliseconds
            | Self::ResponseTimeMilliseconds
            | Self::AcknowledgementTimeMilliseconds
            | Self::ResolutionTimeMilliseconds => "Milliseconds",
            _ => "Count",
        }
    }
}

/// Where metrics go, and in which namespace. Nowhere, until it is set.
struct Metrics {
    namespace: String,
    write: fn(&str),
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// The desk's own crates, as they are called in logs.
const OURS: [&str; 8] = [
    "check_deadlines",
    "dispatch_email",
    "dispatch_webhook",
    "manage_incident",
    "receive_email",
    "record_delivery",
    "shared",
    "submit_escalation",
];

/// Sets up JSON logs at the level that Lambda was configured with (`AWS_LAMBDA_LOG_LEVEL`), and
/// metrics in the namespace `METRICS_NAMESPACE`.
pub fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry()
        .with(logged(level.unwrap_or(LevelFilter::INFO)))
        .with(lines.with_current_span(false))
        .init();
    if let Ok(namespace) = std::env::var("METRICS_NAMESPACE")
        && !metrics_to(namespace, print)
    {
        tracing::warn!("telemetry was set up twice");
    }
}

/// Has each line of metrics written so, in a namespace. The first to say so in a process is heard;
/// whether it was.
pub fn metrics_to(namespace: String, write: fn(&str)) -> bool {
    METRICS.set(Metrics { namespace, write }).is_ok()
}

#[expect(clippy::print_stdout, reason = "CloudWatch reads metrics from standard output")]
fn print(line: &str) {
    println!("{line}");
}

/// What is logged at a level: of libraries never more than at INFO, for below it they write whole
/// requests and answers, with addresses, tokens and keys in them.
fn logged(level: LevelFilter) -> Targets {
    let libraries = level.min(LevelFilter::INFO);
    Targets::new().with_default(libraries).with_targets(OURS.map(|target| (target, level)))
}

/// Emits a value of a metric at the instant `now`.
pub fn emit(metric: Metric, value: i64, now: Timestamp) {
    put(metric, None, value, now);
}

/// Emits what a change counts, once it is committed. What has a clock is told in total, as alarms
/// want it, and by `Clock`.
pub fn emit_facts(facts: &[Fact], now: Timestamp) {
    for fact in facts {
        if let Some((metric, clock, value)) = metric_of(*fact) {
            put(metric, clock, value, now);
        }
    }
}

/// `None` for what no operator watches; the figures have it all the same.
fn metric_of(fact: Fact) -> Option<(Metric, Option<ClockName>, i64)> {
    Some(match fact {
        Fact::Opened(_) => (Metric::Incidents, None, 1),
        Fact::Reopened | Fact::Resolved => return None,
        Fact::Escalated(_) => (Metric::Escalations, None, 1),
        Fact::Breached(clock) => (Metric::Breaches, Some(clock), 1),
        Fact::Kept(clock) => (Metric::PromisesKept, Some(clock), 1),
        Fact::Took { what, ms } => {
            let (metric, clock) = match what {
                Measured::Response(clock) => (Metric::ResponseTimeMilliseconds, Some(clock)),
                Measured::Acknowledgement => (Metric::AcknowledgementTimeMilliseconds, None),
                Measured::Resolution => (Metric::ResolutionTimeMilliseconds, None),
            };
            (metric, clock, i64::try_from(ms).unwrap_or(i64::MAX))
        }
    })
}

fn put(metric: Metric, clock: Option<ClockName>, value: i64, now: Timestamp) {
    if let Some(Metrics { namespace, write }) = METRICS.get() {
        write(&embedded(namespace, metric, clock, value, now).to_string());
    }
}

/// The CloudWatch embedded metric format, specification version 0. An empty set of dimensions is the
/// total.
fn embedded(
    namespace: &str,
    metric: Metric,
    clock: Option<ClockName>,
    value: i64,
    now: Timestamp,
) -> serde_json::Value {
    let dimensions = if clock.is_some() { json!([[], ["Clock"]]) } else { json!([[]]) };
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": dimensions,
                "Metrics": [{ "Name": metric.name(), "Unit": metric.unit() }],
            }],
        },
        metric.name(): value,
    });
    if let Some(clock) = clock {
        line["Clock"] = json!(clock.name());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::RaisedBy;
    use crate::incident::values::Priority;

    fn line(fact: Fact) -> Option<String> {
        let (metric, clock, value) = metric_of(fact)?;
        Some(embedded("Desk", metric, clock, value, Timestamp::UNIX_EPOCH).to_string())
    }

    #[test]
    fn no_level_makes_libraries_write_requests_and_answers() {
        use tracing::Level;
        let level = |text: &str| text.parse().map(logged).unwrap_or_default();
        let trace = level("TRACE");
        assert!(OURS.iter().all(|ours| trace.would_enable(&format!("{ours}::x"), &Level::TRACE)));
        for library in ["aws_smithy_runtime::client", "lambda_runtime::runtime", "hyper::proto"] {
            assert!(!trace.would_enable(library, &Level::DEBUG), "{library}");
            assert!(trace.would_enable(library, &Level::INFO), "{library}");
            assert!(!level("ERROR").would_enable(library, &Level::WARN), "{library}");
        }
        assert!(!level("INFO").would_enable("shared::carry_out", &Level::DEBUG));
    }

    #[test]
    fn a_metric_is_a_line_that_cloudwatch_reads() {
        let metric = Metric::LatenessMilliseconds;
        let line = embedded("Desk", metric, None, 12, Timestamp::UNIX_EPOCH);
        assert_eq!(
            line.to_string(),
            r#"{"Lateness":12,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"Lateness","Unit":"Milliseconds"}],"Namespace":"Desk"}],"Timestamp":0}}"#
        );
    }

    #[test]
    fn what_has_a_clock_is_told_in_total_and_by_clock() {
        let took = Fact::Took { what: Measured::Response(ClockName::Update), ms: 1_500 };
        assert_eq!(
            line(took).unwrap_or_default(),
            r#"{"Clock":"update","ResponseTime":1500,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[],["Clock"]],"Metrics":[{"Name":"ResponseTime","Unit":"Milliseconds"}],"Namespace":"Desk"}],"Timestamp":0}}"#
        );
    }

    #[test]
    fn each_fact_is_one_metric_whose_dimensions_and_values_are_in_the_line() {
        let clock = ClockName::InitialResponse;
        let took = |what| Fact::Took { what, ms: 7 };
        let metrics = [
            (Fact::Opened(Priority::P2), "Incidents", 1),
            (Fact::Escalated(RaisedBy::Deadline), "Escalations", 1),
            (Fact::Breached(clock), "Breaches", 1),
            (Fact::Kept(clock), "PromisesKept", 1),
            (took(Measured::Response(clock)), "ResponseTime", 7),
            (took(Measured::Acknowledgement), "AcknowledgementTime", 7),
            (took(Measured::Resolution), "ResolutionTime", 7),
        ];
        for (fact, name, value) in metrics {
            let line: serde_json::Value =
                serde_json::from_str(&line(fact).unwrap_or_default()).unwrap_or_default();
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(directive["Metrics"][0]["Name"], name);
            assert_eq!(line[name], value, "{name}");
            let sets = directive["Dimensions"].as_array().cloned().unwrap_or_default();
            assert_eq!(sets.first(), Some(&json!([])), "{name} has a total");
            for dimension in sets.iter().flat_map(|set| set.as_array().into_iter().flatten()) {
                let value = &line[dimension.as_str().unwrap_or_default()];
                assert!(value.as_str().is_some_and(|value| !value.is_empty()), "{name}");
            }
        }
        assert_eq!([Fact::Reopened, Fact::Resolved].map(line), [None, None]);
    }
}
