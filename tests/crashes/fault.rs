//! What can go wrong with one call, and what an ambiguous answer is.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;

use super::plan::Call;

/// Whom a function calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    Ses,
    S3,
    Secrets,
    /// Another system, to which webhooks are posted.
    Receiver,
}

/// What goes wrong with one call of the SDK. The SDK makes up to three attempts at a call to
/// DynamoDB, two to S3 and Secrets Manager, one to SES; a fault is of all of them unless it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies before the request goes out.
    CrashBefore,
    /// The process dies once the server has done it, and before the answer is read.
    CrashAfter,
    /// The server does it, and the connection ends before the answer.
    AnswerLost,
    /// The same, at the first attempt alone.
    AnswerLostOnce,
    /// The server refuses, having done nothing: it is asked too much.
    Throttled,
    /// The same, at the first attempt alone.
    ThrottledOnce,
    /// The server does it, and does not answer until the SDK gives up.
    TimedOut,
    /// The server never gets it, and the SDK waits until it gives up.
    NeverArrived,
    /// The same, but the request was only held up on its way, and is done when it is wanted no more: once
    /// the job is done, or before the call that [`Case::arrival`](super::plan::Case::arrival) names.
    ArrivesLate,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::AnswerLost,
        Self::AnswerLostOnce,
        Self::Throttled,
        Self::ThrottledOnce,
        Self::TimedOut,
        Self::NeverArrived,
        Self::ArrivesLate,
    ];

    /// Whether the SDK's next attempt is spared.
    pub fn is_of_one_attempt(self) -> bool {
        matches!(self, Self::AnswerLostOnce | Self::ThrottledOnce)
    }

    /// All that can go wrong with a call to this service. Where nobody tries again, a fault of one
    /// attempt is one of the call.
    pub fn at(service: Service) -> impl Iterator<Item = Self> {
        let tries_once = matches!(service, Service::Ses | Service::Receiver);
        Self::ALL.into_iter().filter(move |fault| !(tries_once && fault.is_of_one_attempt()))
    }

    /// Those of them that tell something in a pair. A read changes nothing, so that it does not matter
    /// whether it was done: it ends with the process, by an answer, or late.
    pub fn in_pairs(call: &Call) -> impl Iterator<Item = Self> {
        let reads = call.only_reads();
        let tells = |fault: &Self| {
            matches!(fault, Self::CrashBefore | Self::Throttled | Self::NeverArrived)
        };
        Self::at(call.service).filter(move |fault| !reads || tells(fault))
    }

    /// Whether the server has done what it was asked by the time at which the function goes on.
    fn is_done(self) -> bool {
        matches!(self, Self::CrashAfter | Self::AnswerLost | Self::AnswerLostOnce | Self::TimedOut)
    }
}

/// A fault as it struck.
#[derive(Debug, Clone)]
pub struct Struck {
    pub fault: Fault,
    pub service: Service,
    /// Whom the function had called just before.
    pub after: Option<Service>,
}

impl Struck {
    /// Whether an e-mail or a webhook may go out once more because of it: it went out and the answer
    /// did not come in, or it did and could not be noted.
    pub fn is_ambiguous(&self, sends_to: Service) -> bool {
        let is_taken = self.fault.is_done() || self.fault == Fault::ArrivesLate;
        let sends = self.service == sends_to && is_taken;
        let is_noted = self.fault.is_done() || self.fault.is_of_one_attempt();
        let notes = self.service == Service::DynamoDb && self.after == Some(sends_to);
        sends || (notes && !is_noted)
    }
}

/// How a service says that it is asked too much.
pub fn throttled(service: Service) -> HttpResponse {
    let (status, code, body) = match service {
        Service::DynamoDb => (
            400,
            "",
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Slow."}"#,
        ),
        Service::Ses => (429, "TooManyRequestsException", r#"{"message":"Slow."}"#),
        Service::S3 => (503, "", "<Error><Code>SlowDown</Code><Message>Slow.</Message></Error>"),
        Service::Secrets => {
            (400, "", r#"{"__type":"ThrottlingException","Message":"Rate exceeded"}"#)
        }
        Service::Receiver => (503, "", ""),
    };
    let mut answer = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    if !code.is_empty() {
        answer.headers_mut().insert("x-amzn-errortype", code);
    }
    answer
}
