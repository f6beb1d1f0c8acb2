//! What can go wrong, how often, and how often it did. All of it is chance, and all chance comes from
//! the seed; what falls together with what is the machine's.

use std::collections::BTreeMap;
use std::time::Duration;

use strum::VariantArray;

use crate::simulation::dice::Dice;

/// Whom a function talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The table.
    DynamoDb,
    /// What sends e-mails.
    Ses,
    /// What keeps mails that came in.
    S3,
    /// What keeps the keys of links.
    Secrets,
}

/// When a process is killed, with SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Kill {
    /// While it starts.
    Starting,
    /// At any moment of an invocation.
    AnyMoment,
    /// It has written a request, which never arrives.
    BeforeRequest,
    /// It has written a request, which arrives once it is dead, perhaps seconds later.
    RequestLate,
    /// While the server does what it asked for.
    DuringRequest,
    /// The server has done it, and nothing of the answer arrives.
    BeforeAnswer,
    /// In the middle of the answer.
    InAnswer,
    /// It has the answer.
    AfterAnswer,
}

/// What becomes of a connection whose process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Break {
    /// It ends, and the server never saw the request.
    CutBefore,
    /// The server does it, and the connection ends without an answer.
    CutAfter,
    /// Nobody answers, until the SDK gives up; the server never saw the request.
    SilentBefore,
    /// The server does it, and nobody answers.
    SilentAfter,
    /// A 500, and nothing is done.
    FailedBefore,
    /// A 500, and it is done all the same.
    FailedAfter,
    /// The server does it, and half of the answer arrives.
    Truncated,
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed.
    Kill(Kill),
    /// The connection breaks.
    Break(Break),
}

impl Fault {
    /// Whether the server sees the request.
    #[must_use]
    pub fn is_done(self) -> bool {
        !matches!(
            self,
            Self::Kill(Kill::BeforeRequest)
                | Self::Break(Break::CutBefore | Break::SilentBefore | Break::FailedBefore)
        )
    }
}

/// What an invocation is heading for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Lives,
    /// The process dies so long after it was started.
    DiesStarting(Duration),
    /// It dies so long after it was handed the event, if it is not done by then.
    DiesAfter(Duration),
    /// It dies at this request of the invocation, counted from 0, if there are so many.
    DiesAt(u64, Kill),
}

const AT_A_REQUEST: [(u32, Kill); 6] = [
    (1, Kill::BeforeRequest),
    (1, Kill::RequestLate),
    (1, Kill::DuringRequest),
    (2, Kill::BeforeAnswer),
    (1, Kill::InAnswer),
    (1, Kill::AfterAnswer),
];

const BREAKS: [(u32, Break); 7] = [
    (3, Break::CutBefore),
    (3, Break::CutAfter),
    (1, Break::SilentBefore),
    (1, Break::SilentAfter),
    (3, Break::FailedBefore),
    (3, Break::FailedAfter),
    (3, Break::Truncated),
];

/// How many of a function's invocations are to be killed, for how long one runs in microseconds, and
/// how many requests it makes; about, so that most moments of it are hit.
fn habits(function: &str) -> (f64, u64, u64) {
    match function {
        "check-deadlines" => (0.5, 2_000_000, 12),
        "dispatch-email" => (0.4, 60_000, 12),
        "dispatch-webhook" => (0.3, 30_000, 4),
        "record-delivery" => (0.25, 20_000, 1),
        "receive-email" => (0.5, 40_000, 3),
        _ => (0.5, 25_000, 2),
    }
}

/// What an invocation is heading for.
pub fn plan(dice: &mut Dice, function: &str, is_new: bool) -> Plan {
    let (rate, microseconds, requests) = habits(function);
    if !dice.happens(rate) {
        return Plan::Lives;
    }
    let moment = Duration::from_micros(dice.spread(100, microseconds));
    match dice.between(0, 9) {
        0..=1 if is_new => Plan::DiesStarting(Duration::from_micros(dice.spread(100, 15_000))),
        0..=3 => Plan::DiesAfter(moment),
        _ => Plan::DiesAt(dice.between(0, requests), dice.weighted(&AT_A_REQUEST)),
    }
}

/// How a connection breaks at a request, if it does.
pub fn breaks(dice: &mut Dice, service: Service) -> Option<Break> {
    let rate = if service == Service::Ses { 0.04 } else { 0.015 };
    dice.happens(rate).then(|| dice.weighted(&BREAKS))
}

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Kills, by function.
    pub kills: BTreeMap<(String, Kill), u64>,
    /// Breaks, by service.
    pub breaks: BTreeMap<(Service, Break), u64>,
    /// What functions did, by function.
    pub functions: BTreeMap<String, Invocations>,
    /// Events of SES that were lost.
    pub events_lost: u64,
    /// Answers of the API that were lost on their way to who asked.
    pub answers_lost: u64,
    /// Connections to a server that is there that could not be made: the harness is at its end.
    pub unreachable: u64,
    /// What no function may do: panic, or end by itself.
    pub misdeeds: Vec<String>,
}

/// What a function did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Invocations {
    /// Processes that were started.
    pub started: u64,
    /// Invocations.
    pub begun: u64,
    /// Of these, those that were answered.
    pub answered: u64,
    /// Those whose process was killed.
    pub killed: u64,
    /// Those that said that they failed.
    pub failed: u64,
    /// Those that Lambda ended, for they took too long.
    pub timed_out: u64,
}

impl Tally {
    /// How many processes were killed.
    #[must_use]
    pub fn killed(&self) -> u64 {
        self.kills.values().sum()
    }

    /// What a function did.
    pub fn of(&mut self, function: &str) -> &mut Invocations {
        if !self.functions.contains_key(function) {
            self.functions.insert(function.to_owned(), Invocations::default());
        }
        self.functions.get_mut(function).expect("is there")
    }
}
