//! What a mail that is believed comes to.
//!
//! Pure: from what it says, whom it is from and how the incident stands, to one command, one question
//! or a place in quarantine. What a command does is decided by the core alone.

use super::justification::justification;
use super::reading::Mail;
use super::words_of::{local_name, message, shown_name, summary};
use super::{Arrival, Did, Missing, Quarantined, own_number};
use crate::account::Account;
use crate::incident::command::ByMail;
use crate::incident::timeline::Role;
use crate::incident::values::{
    Channel, Customer, EmailAddress, IncidentNumber, Justification, Language, Message, MessageId,
    Name, Priority,
};
use crate::incident::{Command, Incident};
use crate::policy::{Alias, Policy, Team};

use super::gate::is_of_team;

/// What is known when it is decided.
#[derive(Debug, Clone)]
pub(super) struct Seen<'a> {
    /// Who wrote.
    pub author: &'a EmailAddress,
    /// As whom, by the display name or what is known of the address.
    pub name: Name,
    /// The incident's number that it has by its address or its references, or names.
    pub number: Option<IncidentNumber>,
    /// Whether it is written back in the incident's thread.
    pub in_thread: bool,
    /// Whether the subject has the number.
    pub in_subject: bool,
    /// Whether it came to the thread's own address, which only who has an e-mail of it knows.
    pub is_signed: bool,
    /// The incident, if the desk knows it.
    pub incident: Option<Incident>,
    /// The account of the incident, or else of the author's domain.
    pub account: Option<Account>,
    /// Whether the author writes from a domain of that account.
    pub is_of_account: bool,
    /// A person has looked at it and vouches for its author.
    pub is_released: bool,
}

/// As whom somebody writes about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Team,
    Customer,
    AccountManager,
    Stranger,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// A command to an incident.
    Do { did: Did, number: IncidentNumber, command: Box<Command> },
    /// A question to the sender.
    Ask { missing: Missing, number: Option<IncidentNumber>, why: Option<Justification> },
    /// A person has to look.
    Hold(Quarantined),
}

/// Decides what a mail comes to. `answers_again` says whether its sender may be told once more what
/// was said before.
pub(super) fn course(
    arrival: &Arrival,
    seen: &Seen<'_>,
    policy: &Policy,
    answers_again: bool,
) -> Course {
    let mail = &arrival.mail;
    if is_unreadable(mail) {
        return Course::Hold(Quarantined::Unreadable);
    }
    let standing = seen.standing(policy);
    let Some(incident) = &seen.incident else {
        return match arrival.alias {
            Alias::Escalation => escalate(arrival, seen, answers_again),
            Alias::P1 => open(arrival, seen),
            Alias::Reply => Course::Hold(Quarantined::NoIncident),
        };
    };
    match (standing, arrival.alias) {
        (Standing::Stranger, _) if seen.is_signed && incident.is_open() => {
            added(mail, seen, incident, Role::Other)
        }
        (Standing::Stranger, _) => Course::Hold(Quarantined::Stranger),
        (Standing::Team, _) if seen.in_thread => back_from_team(arrival, seen, incident),
        // What a customer reads must be meant for that incident. A number somewhere in the text may be
        // one that is quoted, or compared with.
        (Standing::Team, Alias::Reply) if seen.in_subject || seen.is_released => {
            back_from_team(arrival, seen, incident)
        }
        (Standing::Team, Alias::Reply) => Course::Hold(Quarantined::NoIncident),
        (_, Alias::Escalation) => escalate(arrival, seen, answers_again),
        (Standing::Team, Alias::P1) => added(mail, seen, incident, Role::Team),
        (Standing::AccountManager, _) => added(mail, seen, incident, Role::AccountManager),
        (Standing::Customer, _) => {
            let replied = Command::CustomerReplied {
                from: seen.name.clone(),
                message: message(mail),
                at: Some(arrival.received_at.max(incident.opened_at)),
            };
            done(Did::Replied, incident, replied)
        }
    }
}

/// What a team writes back: a response to the customer, unless it is for the teams alone, says
/// nothing, or the incident takes no response any more.
fn back_from_team(arrival: &Arrival, seen: &Seen<'_>, incident: &Incident) -> Course {
    let mail = &arrival.mail;
    // The name of a file answers nobody.
    let answers = !mail.internal && incident.is_open() && !mail.new_text.trim().is_empty();
    match message(mail).filter(|_| answers) {
        Some(message) => {
            let author = seen.name.clone();
            let at = Some(arrival.received_at.max(incident.opened_at));
            let response = Command::Respond { author, message: Some(message), at };
            done(Did::Responded, incident, response)
        }
        None => added(mail, seen, incident, Role::Team),
    }
}

fn added(mail: &Mail, seen: &Seen<'_>, incident: &Incident, role: Role) -> Course {
    // Whoever writes nothing has still written.
    let Some(message) = message(mail).or_else(|| "…".parse::<Message>().ok()) else {
        return Course::Hold(Quarantined::Unreadable);
    };
    let (from, address) = (seen.name.clone(), seen.author.clone());
    done(Did::Added, incident, Command::AddNote { from, address, role, message })
}

fn done(did: Did, incident: &Incident, command: Command) -> Course {
    Course::Do { did, number: incident.number.clone(), command: Box::new(command) }
}

fn escalate(arrival: &Arrival, seen: &Seen<'_>, answers_again: bool) -> Course {
    let before = arrival.said_before.clone().unwrap_or_default();
    let said = justification(&arrival.mail, seen.number.as_ref());
    let why = match (before.business_justification, said) {
        (Some(before), Some(said)) => joined(&before, &said).or(Some(said)),
        (before, said) => said.or(before),
    };
    let (number, business_justification) = match (seen.number.clone(), why) {
        (Some(number), Some(why)) => (number, why),
        (None, Some(why)) => {
            return Course::Ask { missing: Missing::Number, number: None, why: Some(why) };
        }
        (Some(number), None) => {
            let number = Some(number);
            return Course::Ask { missing: Missing::Justification, number, why: None };
        }
        (None, None) => return Course::Ask { missing: Missing::Both, number: None, why: None },
    };
    let requester = seen.customer(arrival);
    let by_mail = Some(by_mail(&arrival.mail, None, answers_again));
    let command =
        Command::Escalate { number: number.clone(), requester, business_justification, by_mail };
    Course::Do { did: Did::Escalated, number, command: Box::new(command) }
}

/// What was said in two mails, as far as it has room.
fn joined(before: &Justification, said: &Justification) -> Option<Justification> {
    format!("{before}\n\n{said}").parse().ok()
}

fn open(arrival: &Arrival, seen: &Seen<'_>) -> Course {
    let mail = &arrival.mail;
    let number = seen.number.clone().or_else(|| own_number(&arrival.id));
    let (Some(number), Some(summary)) = (number, summary(mail)) else {
        return Course::Hold(Quarantined::Unreadable);
    };
    let command = Command::Open {
        number: number.clone(),
        priority: Priority::P1,
        channel: Channel::Email,
        summary,
        customer: seen.customer(arrival),
        received_at: Some(arrival.received_at),
        by_mail: Some(by_mail(mail, message(mail), true)),
    };
    Course::Do { did: Did::Opened, number, command: Box::new(command) }
}

fn by_mail(mail: &Mail, message: Option<Message>, answers_again: bool) -> ByMail {
    let message_id = mail.message_id.as_ref().and_then(|id| id.parse::<MessageId>().ok());
    ByMail { message_id, message, answers_again }
}

/// Whether there is something in it, and nothing that could be read: what Outlook wraps for Outlook,
/// and what is encrypted.
fn is_unreadable(mail: &Mail) -> bool {
    let wrapped = |name: &String| {
        let name = name.to_ascii_lowercase();
        let ends = [".p7m", ".pgp", ".gpg", ".asc"].iter().any(|end| name.ends_with(end));
        name == "winmail.dat" || ends
    };
    mail.whole_text.trim().is_empty() && mail.attachments.iter().any(wrapped)
}

impl Seen<'_> {
    fn standing(&self, policy: &Policy) -> Standing {
        if policy.teams.0.values().any(|team: &Team| is_of_team(self.author, team)) {
            return Standing::Team;
        }
        let is_author = |known: &EmailAddress| known.is_same(self.author);
        let is_customer = self.incident.as_ref().is_some_and(|incident| {
            let requesters = incident.escalation.iter().flat_map(|e| &e.requesters);
            is_author(&incident.customer.email)
                || requesters.into_iter().any(|r| is_author(&r.email))
        });
        let manager = self.account.as_ref().map(|account| &account.account_manager.email);
        if manager.is_some_and(is_author) {
            Standing::AccountManager
        } else if is_customer || self.is_of_account || self.is_released {
            Standing::Customer
        } else {
            Standing::Stranger
        }
    }

    /// The author as a customer.
    fn customer(&self, arrival: &Arrival) -> Customer {
        Customer {
            name: self.name.clone(),
            email: self.author.clone(),
            language: self.language(arrival),
            account: self.own_account().map(|account| account.id.clone()),
        }
    }

    /// The language to answer in: that of the mail or of the one that it completes, or else what is
    /// known of its author.
    pub fn language(&self, arrival: &Arrival) -> Option<Language> {
        let mail = &arrival.mail;
        let before = arrival.said_before.as_ref().and_then(|before| before.language);
        let customers = self.incident.iter().flat_map(|incident| {
            let requesters = incident.escalation.iter().flat_map(|e| &e.requesters);
            std::iter::once(&incident.customer).chain(requesters)
        });
        let mut known = customers
            .filter(|known| known.email.is_same(self.author))
            .filter_map(|known| known.language);
        let of_account = || self.own_account().and_then(|account| account.language);
        mail.language.or(before).or_else(|| known.next()).or_else(of_account)
    }

    /// The account that the author belongs to.
    fn own_account(&self) -> Option<&Account> {
        self.account.as_ref().filter(|_| self.is_of_account)
    }
}

/// As whom the author is named: as is known of the address, or else as the mail has it. Without a name
/// in the mail, a team's own address has the team's.
pub(super) fn name_of(
    mail: &Mail,
    author: &EmailAddress,
    incident: Option<&Incident>,
    policy: &Policy,
) -> Option<Name> {
    let is_author = |known: &EmailAddress| known.is_same(author);
    let own = incident.map(|incident| &incident.customer);
    let known = own.filter(|own| is_author(&own.email)).map(|own| own.name.clone());
    let of_team = || {
        let mut teams = policy.teams.0.values();
        teams.find(|team| team.addresses.iter().any(is_author)).map(|team| team.name.clone())
    };
    known.or_else(|| shown_name(mail)).or_else(of_team).or_else(|| local_name(author))
}
