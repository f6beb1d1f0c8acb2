//! Why a mail is not decided on as a person asks.
//!
//! Pure. What a mail itself comes to is no refusal: that is an [`Outcome`].

use super::{MailRecord, Missing, Outcome, Quarantined};
use crate::incident::values::{IncidentNumber, Name};

/// Why a mail is neither released nor refused. Each is exactly one answer in the 4xx range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailRefusal {
    /// There is no mail of that id.
    #[error("no mail has this id; it may be forgotten already")]
    UnknownMail,
    /// Somebody decided on it already, or nobody has to.
    #[error("the mail does not wait: {outcome}")]
    MailDecided {
        /// What became of it, and by whom.
        outcome: String,
    },
    /// It is released, and still cannot be acted on.
    #[error("the mail cannot be acted on, and waits on: {outcome}; {advice}")]
    MailStillHeld {
        /// What it would be.
        outcome: Outcome,
        /// What would help.
        advice: &'static str,
    },
}

impl MailRefusal {
    /// That a mail, though released, came to this. `number` says whether whoever released it gave the
    /// number of an incident.
    #[must_use]
    pub fn still_held(outcome: Outcome, number: Option<&IncidentNumber>) -> Self {
        let advice = match &outcome {
            Outcome::Incomplete { missing: Missing::Number } => {
                "give the `incident_number` that it is about"
            }
            Outcome::Incomplete { missing: Missing::Justification } => {
                "it says no business justification: escalate in the customer's name at \
                 /v1/escalations, and refuse it"
            }
            Outcome::Incomplete { missing: Missing::Both } => {
                "it names no incident and says no business justification: escalate in the \
                 customer's name at /v1/escalations, and refuse it"
            }
            Outcome::Quarantined { because: Quarantined::From } => {
                "it has no one author in whose name it could be acted on: it can only be refused"
            }
            Outcome::Quarantined { because: Quarantined::NoIncident } if number.is_some() => {
                "the desk has no incident of this `incident_number`: give one that it has"
            }
            Outcome::Quarantined { because: Quarantined::NoIncident } => {
                "give the `incident_number` of the incident that it is about"
            }
            Outcome::Quarantined { because: Quarantined::Unreadable } => {
                "nothing of it can be read: enter by hand what its author wants, and refuse it"
            }
            _ => {
                "the state of the incident does not allow what it asks: act on the incident, and \
                 refuse it"
            }
        };
        Self::MailStillHeld { outcome, advice }
    }
}

impl MailRecord {
    /// The person who released or refused it.
    #[must_use]
    pub fn decided_by(&self) -> Option<&Name> {
        match &self.outcome {
            Outcome::Refused { by, .. } => Some(by),
            _ => self.released_by.as_ref(),
        }
    }

    /// Whether this person has released it, about this incident if one is given.
    #[must_use]
    pub fn is_released(&self, by: &Name, about: Option<&IncidentNumber>) -> bool {
        let is_about = |number: &IncidentNumber| about.is_none_or(|about| about == number);
        matches!(&self.outcome, Outcome::Acted { number, .. } if is_about(number))
            && self.released_by.as_ref() == Some(by)
    }

    /// Whether this person has refused it.
    #[must_use]
    pub fn is_refused(&self, by: &Name) -> bool {
        matches!(&self.outcome, Outcome::Refused { by: refused, .. } if refused == by)
    }

    /// That it waits, so that a person can decide on it.
    ///
    /// # Errors
    ///
    /// [`MailRefusal::MailDecided`].
    pub fn waits(&self) -> Result<(), MailRefusal> {
        if self.outcome.is_waiting() {
            return Ok(());
        }
        let outcome = &self.outcome;
        let outcome = match self.decided_by() {
            Some(by) if matches!(outcome, Outcome::Refused { .. }) => format!("refused by {by}"),
            Some(by) => format!("released by {by}, and so {outcome}"),
            None => outcome.to_string(),
        };
        Err(MailRefusal::MailDecided { outcome })
    }
}
