//! What a command comes to: a change, or a refusal.

use jiff::Timestamp;

use super::Incident;
use super::clock::{Clock, ClockName, Lateness};
use super::timeline::{Event, StartedClock, TimelineEntry};
use super::values::{AccountId, Customer, Domain, EmailAddress, Language, MessageId, Name};
use crate::account::{Account, Remembered, RememberedId};
use crate::email::{Audience, EmailId, EmailKind, OutboxEmail, Promise};
use crate::figures::Tally;
use crate::policy::{Period, Policy, Team, TeamId};
use crate::webhook::{OutboxWebhook, WebhookId};

/// What is to be committed, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The incident as it is afterwards.
    pub incident: Incident,
    /// What happened. Empty when there was nothing to do.
    pub entries: Vec<TimelineEntry>,
    /// Who is told.
    pub emails: Vec<OutboxEmail>,
    /// The account as it is afterwards, when it changes too.
    pub account: Option<Account>,
    /// What the incident's account remembers of it.
    pub remembered: Option<Remembered>,
    /// What another account is to forget: the incident turned out not to be its.
    pub forgotten: Option<RememberedId>,
    /// What it adds to the figures; `None` when nothing of it counts.
    pub tally: Option<Tally>,
    /// Which other systems hear of it: every webhook of the policy, unless there was nothing to do.
    pub webhooks: Vec<OutboxWebhook>,
}

impl Change {
    /// Whether there was nothing to do: nothing is to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Why a command cannot be carried out. Each is exactly one answer in the 4xx range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no incident of that number.
    #[error("no incident has this number")]
    UnknownIncident,
    /// The number is taken.
    #[error("an incident with this number exists already")]
    AlreadyOpen,
    /// The incident is resolved.
    #[error(
        "the incident was resolved by {by}; POST to its /reopening, or escalate it, to open it again"
    )]
    AlreadyResolved {
        /// Who resolved it.
        by: Name,
    },
    /// There is nothing to acknowledge.
    #[error("no escalation of this incident is running, so there is nothing to acknowledge")]
    NoRunningEscalation,
    /// There is no promise that a pause could hold up.
    #[error("no update is promised that could be paused: respond to the customer first")]
    NothingToPause,
    /// A pause must have an end, and not too far away.
    #[error("must be after now and at most {longest} after the pause began, so not after {latest}")]
    PauseOutOfRange {
        /// The policy's longest pause.
        longest: Period,
        /// The latest instant that would do.
        latest: Timestamp,
    },
    /// Nobody looks after an incident without an account, or of one that is not known.
    #[error(
        "the incident belongs to no account that the desk knows, so it has no account manager; name one that is PUT before"
    )]
    NoAccount,
    /// The incident is another account's than the one that was named.
    #[error("the incident belongs to the account {account}, not to the one that is named")]
    AnotherAccount {
        /// Whose it is.
        account: AccountId,
    },
    /// Whoever writes from a domain is of one account.
    #[error("the domain {domain} is the account {account}'s")]
    DomainTaken {
        /// The domain.
        domain: Domain,
        /// Whose it is.
        account: AccountId,
    },
    /// There is no account of that id.
    #[error("no account has this id")]
    UnknownAccount,
    /// There is nothing to report.
    #[error("the account has had no incident since {since}, so there is none that recurs")]
    NoIncidents {
        /// The start of the period.
        since: Timestamp,
    },
    /// A response cannot be dated after it is recorded.
    #[error("must not be in the future")]
    InTheFuture {
        /// The field that says so, as a JSON pointer.
        pointer: &'static str,
    },
    /// Nobody reports what is older than a year; such an instant is a mistake of the caller.
    #[error("must not be more than 366 days ago")]
    TooLongAgo {
        /// The field that says so, as a JSON pointer.
        pointer: &'static str,
    },
    /// A response cannot come before what it responds to.
    #[error("must not be before the incident reached care, at {opened_at}")]
    BeforeTheIncident {
        /// When it reached care.
        opened_at: Timestamp,
    },
}

/// A change in the making: collects entries and e-mails and gives them their derived ids.
pub(super) struct Draft<'a> {
    pub incident: Incident,
    pub policy: &'a Policy,
    pub now: Timestamp,
    /// The account, when it changes too.
    pub account: Option<Account>,
    /// What another account is to forget.
    pub forgotten: Option<RememberedId>,
    events: Vec<(Event, Vec<StartedClock>)>,
    emails: Vec<Told>,
    /// Whose mail this change answers.
    answered: Option<(EmailAddress, MessageId)>,
    /// Who is told nothing of it: who said it.
    spared: Option<EmailAddress>,
}

/// Who is told what.
struct Told {
    to: EmailAddress,
    language: Language,
    /// Whom the e-mail names as the customer.
    customer: Name,
    kind: EmailKind,
}

/// What one transaction has room for beside the incident, an answer, a parked e-mail, three limits, the
/// account, the incident as its account remembers it and as another forgets it, the figures, and of a
/// mail that came in its record and the place that it leaves, twice: an earlier one may be completed.
const ROOM: usize = 100 - 13;

impl<'a> Draft<'a> {
    /// Starts from the incident as it is.
    pub fn of(incident: Incident, policy: &'a Policy, now: Timestamp) -> Self {
        Self {
            incident,
            policy,
            now,
            account: None,
            forgotten: None,
            events: Vec::new(),
            emails: Vec::new(),
            answered: None,
            spared: None,
        }
    }

    /// What this address is told answers a mail of its.
    pub fn answer(&mut self, to: &EmailAddress, message_id: Option<MessageId>) {
        self.answered = message_id.map(|message_id| (to.clone(), message_id));
    }

    /// This address is told nothing.
    pub fn spare(&mut self, author: &EmailAddress) {
        self.spared = Some(author.clone());
    }

    /// Something happened.
    pub fn record(&mut self, event: Event) {
        self.events.push((event, Vec::new()));
    }

    /// Something happened that gave these promises.
    pub fn record_starting(&mut self, event: Event, started: Vec<StartedClock>) {
        self.events.push((event, started));
    }

    /// A promise of the incident's priority, given at `started_at`.
    pub fn promise(&self, name: ClockName, started_at: Timestamp) -> (Clock, StartedClock) {
        let target = self.policy.targets(self.incident.priority).target(name);
        let clock = Clock::start(self.policy, target, started_at, self.now);
        let told = self.told_of(name, &clock);
        (clock, told)
    }

    /// A clock as the timeline tells of it.
    pub fn told_of(&self, name: ClockName, clock: &Clock) -> StartedClock {
        let priority = self.incident.priority;
        let target = self.policy.targets(priority).target(name);
        StartedClock {
            clock: name,
            rule: format!("targets.{priority}.{}", name.name()),
            within: target.within,
            calendar: clock.calendar.clone(),
            started_at: clock.started_at,
            due_at: clock.due_at,
            warnings: clock.warnings.clone(),
        }
    }

    /// A deadline passed without what stops the clock. Once only: whoever calls it marks the clock.
    pub fn record_breach(&mut self, name: ClockName, clock: &Clock) {
        self.incident.breaches.add(name);
        self.record(Event::DeadlineMissed {
            clock: name,
            started_at: clock.started_at,
            lateness: Lateness::of(clock.due_at, self.now).known_since(clock.set_at),
        });
    }

    /// The promise that runs out first.
    pub fn next_promise(&self) -> Option<Promise> {
        let (clock, due_at) = self.incident.next_promise()?;
        Some(Promise { clock, due_at })
    }

    /// Those on whom it now depends: the teams told of the running escalation, else the responsible.
    pub fn teams_concerned(&self) -> Vec<TeamId> {
        self.incident.running_escalation().map_or_else(
            || self.policy.targets(self.incident.priority).responsible.clone(),
            |escalation| escalation.told.clone(),
        )
    }

    /// Whom an e-mail to a team goes to: its addresses that are not dead, and a backup for each that
    /// is; at least one backup when no address is left.
    pub fn recipients(&self, team: &Team) -> Vec<(EmailAddress, Language)> {
        let language = team.language.unwrap_or(self.policy.desk.default_language);
        let is_live = |address: &&EmailAddress| !self.incident.unreachable.contains(address);
        let live: Vec<_> = team.addresses.iter().filter(is_live).collect();
        let missing = (team.addresses.len() - live.len()).max(usize::from(live.is_empty()));
        let stand_ins = team.backup.iter().filter(is_live).take(missing);
        live.into_iter().chain(stand_ins).map(|address| (address.clone(), language)).collect()
    }

    /// Tells the teams, each recipient once. A team of which every address seems dead is told at all
    /// of them: one may live again, and silence helps nobody.
    pub fn tell_teams(&mut self, teams: &[TeamId], kind: &EmailKind) {
        for team in teams.iter().filter_map(|id| self.policy.team(id)) {
            let mut recipients = self.recipients(team);
            if recipients.is_empty() {
                let language = team.language.unwrap_or(self.policy.desk.default_language);
                recipients = team.addresses.iter().map(|a| (a.clone(), language)).collect();
            }
            for (address, language) in recipients {
                self.tell(&address, language, kind.clone());
            }
        }
    }

    /// Tells a customer.
    pub fn tell_customer(&mut self, customer: &Customer, kind: EmailKind) {
        let language = customer.language.unwrap_or(self.policy.desk.default_language);
        self.push(&customer.email, language, customer.name.clone(), kind);
    }

    /// Tells the incident's own customer, and those who escalated it.
    pub fn tell_customers(&mut self, kind: &EmailKind) {
        let mut customers = vec![self.incident.customer.clone()];
        customers.extend(self.incident.escalation.iter().flat_map(|e| e.requesters.clone()));
        for customer in customers {
            self.tell_customer(&customer, kind.clone());
        }
    }

    /// Tells one address, unless this change already tells it the same thing.
    pub fn tell(&mut self, to: &EmailAddress, language: Language, kind: EmailKind) {
        self.push(to, language, self.incident.customer.name.clone(), kind);
    }

    fn push(&mut self, to: &EmailAddress, language: Language, customer: Name, kind: EmailKind) {
        let same = |told: &Told| {
            &told.to == to && std::mem::discriminant(&told.kind) == std::mem::discriminant(&kind)
        };
        let is_spared = self.spared.as_ref().is_some_and(|spared| spared.is_same(to));
        if !is_spared && !self.emails.iter().any(same) {
            self.emails.push(Told { to: to.clone(), language, customer, kind });
        }
    }

    /// The change. Ids are derived from number, version and place, so that deciding twice cannot
    /// enqueue twice.
    pub fn finish(mut self) -> Change {
        if self.events.is_empty() {
            return Change {
                incident: self.incident,
                entries: Vec::new(),
                emails: Vec::new(),
                account: None,
                remembered: None,
                forgotten: None,
                tally: None,
                webhooks: Vec::new(),
            };
        }
        self.leave_out_what_has_no_room();
        self.incident.version += 1;
        let events = self.events.iter().map(|(event, _)| event);
        let mut remembered = Remembered::of(&self.incident, events, self.now);
        if let Some(remembered) = remembered.as_mut().filter(|_| self.policy.recurrence.is_none()) {
            remembered.look_at = None;
        }
        let number = &self.incident.number;
        let version = self.incident.version;
        let entries = (0..).zip(self.events).map(|(index, (event, started))| TimelineEntry {
            number: number.clone(),
            version,
            index,
            at: self.now,
            event,
            started,
            mail: None,
        });
        let entries: Vec<_> = entries.collect();
        let answered = self.answered;
        let answers = |to: &EmailAddress| {
            let mail = answered.as_ref().filter(|(whose, _)| whose == to);
            mail.map(|(_, message_id)| message_id.clone())
        };
        let emails = (0..).zip(self.emails).map(|(index, told)| OutboxEmail {
            answers: answers(&told.to),
            id: EmailId { thread: number.clone().into(), version, index },
            recipient: told.to,
            language: told.language,
            priority: self.incident.priority,
            summary: self.incident.summary.clone(),
            customer: told.customer,
            created_at: self.now,
            kind: told.kind,
        });
        let webhooks = (0..).zip(self.policy.webhooks.0.keys()).map(|(index, webhook)| {
            let id = WebhookId { number: number.clone(), version, index };
            let (priority, created_at) = (self.incident.priority, self.now);
            OutboxWebhook { id, webhook: webhook.clone(), priority, created_at }
        });
        Change {
            tally: Tally::of(&self.incident, &entries, &self.policy.desk.time_zone),
            entries,
            emails: emails.collect(),
            webhooks: webhooks.collect(),
            incident: self.incident,
            account: self.account,
            remembered,
            forgotten: self.forgotten,
        }
    }

    /// A policy is refused when one step would outgrow a transaction, but a ladder that is climbed
    /// has teams of an older policy. Better that some are not told, and the timeline says so, than
    /// that the incident can never be changed again.
    fn leave_out_what_has_no_room(&mut self) {
        let room = ROOM - self.policy.webhooks.0.len() - self.events.len();
        if self.emails.len() <= room {
            return;
        }
        // Customers first: nobody else would tell them.
        self.emails.sort_by_key(|told| told.kind.audience() == Audience::Team);
        let left_out = self.emails.len() - (room - 1);
        self.emails.truncate(room - 1);
        self.record(Event::NotEverybodyTold { left_out });
    }
}
