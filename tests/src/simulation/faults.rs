//! What can go wrong, how often it does under a seed, and how often it did.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum Fault {
    /// A function dies before a call.
    CrashBefore,
    /// A function dies after a call was carried out, and before it has the answer.
    CrashAfter,
    /// A call is carried out, and its answer is lost.
    AnswerLost,
    /// A call is refused because there are too many.
    Throttled,
    /// A write meets another transaction.
    Conflict,
    /// A call takes seconds.
    Slow,
    /// The index shows a write up to ten minutes later.
    IndexLag,
    /// A function's clock is up to five seconds wrong.
    ClockSkew,
    /// The stream hands out a record twice.
    RecordTwice,
    /// The stream hands out a record much later, behind others.
    RecordLate,
    /// The stream hands out a whole batch again.
    BatchReplayed,
    /// A record that is none of an e-mail stands among the others.
    PoisonRecord,
    /// An event of SES comes twice.
    EventTwice,
    /// An event of SES comes hours later, behind others.
    EventLate,
    /// An event of SES never comes.
    EventLost,
    /// An event that nobody can read.
    PoisonEvent,
    /// SES is busy.
    SesBusy,
    /// SES takes an e-mail and its answer is lost.
    SesAnswerLost,
    /// SES does not take an e-mail, and its answer is lost.
    SesNoAnswer,
    /// SES holds the whole account up.
    SesHeld,
    /// SES refuses an e-mail for good.
    SesRefuses,
    /// An e-mail comes back for good.
    Bounce,
    /// An e-mail comes back for a reason that may pass.
    TransientBounce,
    /// A recipient marks an e-mail as spam.
    Complaint,
    /// The schedule does not fire.
    FiringMissed,
    /// The schedule fires twice.
    FiringTwice,
    /// A mail is handed to the desk twice.
    MailTwice,
    /// A mail that says nothing, or cannot be read.
    PoisonMail,
    /// A call while the store is down for three hours.
    StoreOutage,
    /// A call while SES is down for three hours.
    SesOutage,
}

/// How likely each is, for one seed: some seeds are calm, some are all storm, most are between.
#[derive(Debug, Clone)]
pub struct Weather(BTreeMap<Fault, f64>);

impl Weather {
    /// The weather of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        use strum::VariantArray;
        let mut dice = Dice::of(seed, "weather");
        let all = dice.weighted(&[(1, 0.0), (3, 0.4), (5, 1.0), (2, 2.5)]);
        let likely = Fault::VARIANTS.iter().map(|fault| {
            let own = dice.weighted(&[(2, 0.0), (3, 0.5), (4, 1.0), (2, 2.5)]);
            (*fault, (usual(*fault) * all * own).min(0.6))
        });
        Self(likely.collect())
    }

    /// How likely a fault is.
    #[must_use]
    pub fn likely(&self, fault: Fault) -> f64 {
        self.0.get(&fault).copied().unwrap_or(0.0)
    }
}

/// How likely each usually is, each time that it could happen.
fn usual(fault: Fault) -> f64 {
    match fault {
        Fault::CrashBefore | Fault::CrashAfter => 0.006,
        Fault::AnswerLost | Fault::Throttled | Fault::Conflict => 0.010,
        Fault::Slow => 0.004,
        Fault::IndexLag | Fault::ClockSkew => 0.30,
        Fault::RecordTwice | Fault::RecordLate | Fault::BatchReplayed => 0.03,
        Fault::PoisonRecord => 0.02,
        Fault::EventTwice | Fault::EventLate => 0.03,
        Fault::EventLost | Fault::PoisonEvent => 0.02,
        Fault::SesBusy => 0.02,
        Fault::SesAnswerLost | Fault::SesNoAnswer => 0.012,
        Fault::SesHeld | Fault::SesRefuses => 0.008,
        Fault::Bounce | Fault::TransientBounce | Fault::Complaint => 0.012,
        Fault::FiringMissed => 0.02,
        Fault::FiringTwice => 0.02,
        Fault::MailTwice => 0.25,
        Fault::PoisonMail => 0.25,
        // Whether a seed has one at all.
        Fault::StoreOutage | Fault::SesOutage => 0.5,
    }
}

/// How often each happened.
pub type Faults = BTreeMap<Fault, u64>;

/// What of a history is left out, to find the least that still fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Only these incidents; all without it.
    pub incidents: Option<BTreeSet<u64>>,
    /// Of each incident only these actions of people; all without it.
    pub actions: Option<BTreeSet<(u64, u64)>>,
    /// Only these kinds of faults; all without it.
    pub kinds: Option<BTreeSet<Fault>>,
    /// Only these faults; all without it.
    pub faults: Option<BTreeSet<u64>>,
}

impl Mask {
    /// Whether an incident happens.
    #[must_use]
    pub fn has_incident(&self, incident: u64) -> bool {
        self.incidents.as_ref().is_none_or(|only| only.contains(&incident))
    }

    /// Whether people do this.
    #[must_use]
    pub fn has_action(&self, incident: u64, action: u64) -> bool {
        self.actions.as_ref().is_none_or(|only| only.contains(&(incident, action)))
    }

    /// Whether a fault happens that would.
    #[must_use]
    pub fn has_fault(&self, kind: Fault, id: u64) -> bool {
        self.kinds.as_ref().is_none_or(|only| only.contains(&kind))
            && self.faults.as_ref().is_none_or(|only| only.contains(&id))
    }
}
