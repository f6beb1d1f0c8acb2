//! What a form does: the command of its link, under the name that a person typed.

use axum::response::Response;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use shared::carry_out::{Attendant, Failure, Outcome, carry_out};
use shared::http::REMEMBERED_FOR;
use shared::incident::clock::after;
use shared::incident::values::{Customer, EmailAddress, Justification, Name};
use shared::incident::{Change, Command, Incident};
use shared::links::{Action, Link};
use shared::store::{AnsweredRequest, Limit, RequestKey, Store};

use super::said::Said;
use super::typed::Typed;
use super::{Pages, standing, taken};

/// How often the page looks anew when the incident changed under it.
const TRIES: usize = 5;

impl<S: Store> Pages<S> {
    /// Does what the link is for. Without what a person has to type, nothing changes, and the page
    /// comes again and says what is missing.
    pub(super) async fn carry_out(&self, link: &Link, mut typed: Typed) -> Response {
        for _ in 0..TRIES {
            if let Some(response) = self.tried(link, &mut typed).await {
                return response;
            }
        }
        self.say(&Said::Unavailable, link.language)
    }

    /// `None` when the incident changed between the look at it and the deed: what was looked at,
    /// such as which escalation runs, may hold no more.
    async fn tried(&self, link: &Link, typed: &mut Typed) -> Option<Response> {
        let incident = match self.desk.store.load(&link.incident).await {
            Ok(Some(incident)) => incident,
            Ok(None) => return Some(self.say(&Said::NoIncident, link.language)),
            Err(error) => return Some(self.failed(&error, link.language)),
        };
        let (by, is_moot) = match link.action {
            Action::Acknowledge { escalation } => {
                let taken = standing(&incident, escalation).map(|it| taken(&incident, it, false));
                (typed.name(), !matches!(taken, Ok(None)))
            }
            Action::Resume { escalation } => {
                let taken = standing(&incident, escalation).map(|it| taken(&incident, it, false));
                (typed.name(), !matches!(taken, Ok(Some(_))))
            }
            Action::Escalate => {
                let (by, justification) = (typed.name(), typed.justification());
                return Some(match (by, justification) {
                    (Some(by), Some(why)) => self.escalate(link, &incident, by, why).await,
                    _ => self.page_of(link, &incident, typed),
                });
            }
            Action::View => (None, true),
        };
        let Some(by) = by.filter(|_| !is_moot) else {
            return Some(self.page_of(link, &incident, typed));
        };
        let is_resume = matches!(link.action, Action::Resume { .. });
        let command =
            if is_resume { Command::ResumeLadder { by } } else { Command::Acknowledge { by } };
        let seen = Seen(incident.version);
        match carry_out(&self.desk, &link.incident, &command, &seen).await {
            Ok(Outcome::Changed(change)) => Some(self.done(link, &change)),
            Ok(_) | Err(Failure::Refused(_)) => None,
            Err(Failure::Store(error)) => Some(self.failed(&error, link.language)),
        }
    }

    /// The page after the command; where somebody was faster, it says how things stand.
    fn done(&self, link: &Link, change: &Change) -> Response {
        let (incident, now) = (&change.incident, !change.is_empty());
        let said = match (link.action, incident.running_escalation()) {
            (Action::Acknowledge { .. }, Some(escalation)) => taken(incident, escalation, now),
            (Action::Resume { .. }, Some(escalation)) if now => {
                Some(Said::NobodyHasIt { incident, escalation, now })
            }
            _ => None,
        };
        match said {
            Some(said) => self.say(&said, link.language),
            None => self.page_of(link, incident, &Typed::default()),
        }
    }

    /// Escalates as the link's recipient. The same form sent twice, as by a page that is loaded
    /// again, escalates once; the same words after that escalation is over escalate anew.
    async fn escalate(
        &self,
        link: &Link,
        incident: &Incident,
        name: Name,
        justification: Justification,
    ) -> Response {
        let requesters = incident.escalation.iter().flat_map(|escalation| &escalation.requesters);
        let mut known = std::iter::once(&incident.customer).chain(requesters);
        let account = known.find(|customer| customer.email == link.recipient);
        let account = account.and_then(|customer| customer.account.clone());
        let once = Once::of(self, link, incident, &name, &justification);
        let command = Command::Escalate {
            number: link.incident.clone(),
            requester: Customer {
                name,
                email: link.recipient.clone(),
                language: Some(link.language),
                account,
            },
            business_justification: justification.clone(),
            by_mail: None,
        };
        let justification = &justification;
        match carry_out(&self.desk, &link.incident, &command, &once).await {
            Ok(Outcome::Changed(change)) => {
                let incident = &change.incident;
                self.say(&Said::Escalated { incident, justification }, link.language)
            }
            // What was looked at may be from before the first time: it promises no response yet.
            Ok(Outcome::AlreadyAnswered(_)) => match self.desk.store.load(&link.incident).await {
                Ok(Some(incident)) => {
                    let said = Said::Escalated { incident: &incident, justification };
                    self.say(&said, link.language)
                }
                Ok(None) => self.say(&Said::NoIncident, link.language),
                Err(error) => self.failed(&error, link.language),
            },
            Ok(Outcome::OverLimit(limit)) => {
                self.say(&Said::TooMany { until: limit.until }, link.language)
            }
            Err(Failure::Store(error)) => self.failed(&error, link.language),
            // None of it happens: the form names no version and is no mail, and the rules never refuse
            // it. Whatever they say, the page says how things stand.
            Ok(Outcome::Stale(_) | Outcome::AlreadyHandled) | Err(Failure::Refused(_)) => {
                self.page(link, &Typed::default()).await
            }
        }
    }
}

/// Only on the version that was looked at: a link of one escalation must not take the next.
struct Seen(u64);

impl Attendant for Seen {
    fn allows(&self, current: Option<u64>) -> bool {
        current == Some(self.0)
    }
}

/// Remembers that this very form was carried out.
struct Once<'a, S> {
    pages: &'a Pages<S>,
    key: RequestKey,
    customer: EmailAddress,
}

impl<'a, S> Once<'a, S> {
    fn of(
        pages: &'a Pages<S>,
        link: &Link,
        incident: &Incident,
        name: &Name,
        justification: &Justification,
    ) -> Self {
        let raised = incident.escalation.as_ref().map_or(0, |last| last.sequence);
        let over = raised - u32::from(incident.running_escalation().is_some());
        let mut hash = Sha256::new();
        hash.update(over.to_be_bytes());
        for part in [link.incident.as_str(), name.as_str(), justification.as_str()] {
            hash.update(part);
            // Justifications have no such character, and names have none either.
            hash.update([0]);
        }
        let key = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let customer = link.recipient.clone();
        Self { pages, key: RequestKey { caller: format!("link:{customer}"), key }, customer }
    }
}

impl<S: Store> Attendant for Once<'_, S> {
    fn request_key(&self) -> Option<&RequestKey> {
        Some(&self.key)
    }

    /// The same as for those who escalate through the API: one count for both ways.
    fn limits(&self, _: &Change, now: Timestamp) -> Vec<Limit> {
        let allowance = self.pages.desk.policy.limits.escalations_per_customer;
        let limit = |allowance| Limit::of("escalations", &self.customer, allowance, now);
        allowance.map(limit).into_iter().collect()
    }

    fn answer(&self, _: &Change, answered_at: Timestamp) -> Option<AnsweredRequest> {
        Some(AnsweredRequest {
            key: self.key.clone(),
            fingerprint: self.key.key.clone(),
            status: 200,
            location: None,
            etag: None,
            body: String::new(),
            answered_at,
            expires_at: after(answered_at, REMEMBERED_FOR),
        })
    }
}
