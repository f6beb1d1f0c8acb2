//! What can become of a mail that came in.
//!
//! Pure. Each mail ends as one of these, and each can be told in two or three words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::incident::values::{IncidentNumber, Name, Note};

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was acted on.
    Acted {
        /// What it did.
        did: Did,
        /// To which incident.
        number: IncidentNumber,
    },
    /// It says too little; it is kept, and its sender was asked for the rest.
    Incomplete {
        /// What is missing.
        missing: Missing,
    },
    /// It is held until a person releases or refuses it.
    Quarantined {
        /// Why.
        because: Quarantined,
    },
    /// It changes nothing and gets no answer.
    Noted {
        /// Why.
        because: Noted,
    },
    /// A person refused what was held.
    Refused {
        /// Who.
        by: Name,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Note>,
    },
}

impl Outcome {
    /// Whether it waits for a person, or for its sender.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Incomplete { .. } | Self::Quarantined { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acted { did, number } => write!(f, "{did} {number}"),
            Self::Incomplete { missing } => write!(f, "incomplete {missing}"),
            Self::Quarantined { because } => write!(f, "quarantined {because}"),
            Self::Noted { because } => write!(f, "noted {because}"),
            Self::Refused { .. } => f.write_str("refused"),
        }
    }
}

/// What a mail did to an incident.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Did {
    /// Escalated it.
    Escalated,
    /// Opened it.
    Opened,
    /// Counted as a response of care, which was passed on to the customer.
    Responded,
    /// Counted as the customer's, which was passed on to care.
    Replied,
    /// Went on its timeline.
    Added,
}

/// What a request by mail lacks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Missing {
    /// The incident's number.
    Number,
    /// The business justification.
    Justification,
    /// Both.
    #[strum(to_string = "number+justification")]
    Both,
}

/// Why a mail is held until a person has looked at it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Quarantined {
    /// It has no author, several, or one whose address cannot be read.
    From,
    /// SES takes it for spam.
    Spam,
    /// SES found a virus in it.
    Virus,
    /// Nothing proves that its author wrote it.
    Unauthenticated,
    /// Its author is nobody known to the incident that it names.
    Stranger,
    /// It is an answer to no incident that could be found.
    NoIncident,
    /// A machine wrote it, which cannot be asked what is missing.
    Automatic,
    /// Its author sends more than one person does.
    Flood,
    /// Its author escalates more often than the policy allows.
    OverLimit,
    /// It says too little, and its author had an automatic answer a moment ago.
    Unanswered,
    /// The incident's state does not allow what it asks.
    Refused,
    /// It says nothing that can be read.
    Unreadable,
    /// It says too little, and its author has not said more since.
    Incomplete,
}

/// Why a mail changes nothing and gets no answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Noted {
    /// A machine answers in its author's absence.
    AutoReply,
    /// The mail system says what became of another mail.
    Bounce,
    /// It came through a mailing list.
    List,
    /// A desk wrote it, this one or another.
    Own,
    /// It was deleted before it could be read.
    Gone,
    /// Its sender has written again, and the later mail is kept with what this one said.
    Continued,
}
