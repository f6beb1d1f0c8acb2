//! What can be asked of an incident.

use jiff::Timestamp;

use super::timeline::{Role, TimelineEntry};
use super::values::{
    Channel, Customer, EmailAddress, IncidentNumber, Justification, Message, MessageId, Name, Note,
    Priority, Summary,
};
use crate::account::{Account, AccountIncident};
use crate::email::{EmailId, EmailKind};

/// The mail by which a customer escalates or opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMail {
    /// Its own id, which the receipt answers.
    pub message_id: Option<MessageId>,
    /// What it says.
    pub message: Option<Message>,
    /// Whether a receipt may be one of what was said before: not to a sender who had an automatic
    /// answer a moment ago.
    pub answers_again: bool,
}

/// One request of a person, of time, or of the mail system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A customer asks that management look at the incident now. Never refused: an unknown number
    /// opens an incident, a resolved one is reopened.
    Escalate {
        /// The incident.
        number: IncidentNumber,
        /// Who asks.
        requester: Customer,
        /// Why.
        business_justification: Justification,
        /// By which mail; `None` when another way.
        by_mail: Option<ByMail>,
    },
    /// Care opens an incident. One that a customer's escalation created is completed instead: what
    /// care knows of it is added, and nothing that was promised is taken back.
    Open {
        /// The incident.
        number: IncidentNumber,
        /// How much it hurts.
        priority: Priority,
        /// How it reached care.
        channel: Channel,
        /// What it is about.
        summary: Summary,
        /// Whose it is.
        customer: Customer,
        /// When it reached care; without it, now.
        received_at: Option<Timestamp>,
        /// By which mail of the customer; `None` when care opens it.
        by_mail: Option<ByMail>,
    },
    /// A human in care gave the customer a public response.
    Respond {
        /// Who.
        author: Name,
        /// What; the desk then passes it on. Without it the customer has it already.
        message: Option<Message>,
        /// When; without it, now.
        at: Option<Timestamp>,
    },
    /// A person takes the running escalation.
    Acknowledge {
        /// Who.
        by: Name,
    },
    /// Care waits on the customer: the promise of an update pauses.
    WaitOnCustomer {
        /// Who waits.
        by: Name,
        /// For what; the customer reads it.
        reason: Note,
        /// The longest; the clock goes on then by itself.
        until: Timestamp,
    },
    /// The customer wrote or called: a pause ends, a resolved incident is open again.
    CustomerReplied {
        /// Who.
        from: Name,
        /// What.
        message: Option<Message>,
        /// When; without it, now.
        at: Option<Timestamp>,
    },
    /// Somebody who is known writes, without speaking for care to the customer or for the customer.
    AddNote {
        /// Who.
        from: Name,
        /// From which address: nobody is told what it wrote itself.
        address: EmailAddress,
        /// In which role.
        role: Role,
        /// What.
        message: Message,
    },
    /// The incident turns out to hurt more, or less.
    ChangePriority {
        /// Who found that.
        by: Name,
        /// How much it hurts.
        priority: Priority,
        /// Why.
        reason: Option<Note>,
    },
    /// Care loops the account manager in.
    EngageAccountManager {
        /// Who asks.
        by: Name,
        /// What for; the manager reads it.
        reason: Note,
        /// The incident's account.
        account: Account,
        /// What happened so far.
        story: Vec<TimelineEntry>,
    },
    /// A customer reports recurring incidents to the account manager. Kept with the last of them.
    ReportRecurrence {
        /// Who reports.
        reporter: Customer,
        /// What, in the customer's words.
        message: Justification,
        /// The account.
        account: Account,
        /// Its incidents of the period, latest first.
        incidents: Vec<AccountIncident>,
        /// The start of the period.
        since: Timestamp,
    },
    /// The desk looks whether an account's incidents recur. Kept with the last of them.
    NoticeRecurrence {
        /// The account.
        account: Account,
        /// Its incidents of the period, latest first.
        incidents: Vec<AccountIncident>,
    },
    /// A person withdraws the acknowledgement that stands: the ladder goes on.
    ResumeLadder {
        /// Who.
        by: Name,
    },
    /// Care resolves the incident.
    Resolve {
        /// Who.
        by: Name,
        /// A remark; the customer reads it.
        note: Option<Note>,
    },
    /// Care opens a resolved incident again.
    Reopen {
        /// Who.
        by: Name,
        /// Why.
        note: Option<Note>,
    },
    /// Time passed: the earliest instant that is due is acted on, if it has come.
    DeadlinePassed,
    /// An e-mail can never be sent.
    Undeliverable {
        /// Which.
        email: EmailId,
        /// To whom; unknown when the e-mail itself could not be read.
        recipient: Option<EmailAddress>,
        /// What it says; unknown when it could not be read.
        kind: Option<EmailKind>,
        /// Why, in the mail system's words.
        reason: String,
    },
}
