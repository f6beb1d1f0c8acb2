//! What went over the wire of each e-mail: who claimed it, who asked SES to send it and what came of
//! that, who wrote what down. The proxy knows what the functions cannot.

use std::collections::HashMap;

use serde_json::Value;
use shared::email::EmailId;
use shared::email::render::REPEAT_HEADER;
use shared::mailer::ses::{EMAIL_ID_TAG, email_of_tag};
use shared::store::dynamodb::keys;

use super::faults::{Fault, Service};
use super::region::Region;
use super::variables::PUBLIC_URL;
use super::wire::Message;

/// Where teams have their addresses.
const TEAMS: &str = "@example.com";

/// What is written of an e-mail after it was put into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Somebody is sending it, until this instant in epoch milliseconds.
    Claimed(i64),
    /// Who claimed it has sent it.
    Marked,
    /// Who claimed it has not, or not surely; it is tried again.
    Retries,
    /// The sweep hands it out again.
    Requeued,
    /// What SES says of it.
    Learned,
    /// It is given up on.
    Parked,
    /// Nobody needs it any more.
    Cancelled,
    /// The run let time pass.
    Hastened,
}

/// Such a write, which DynamoDB did. It did so between two instants, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// What it was.
    pub did: Did,
    /// By which process.
    pub by: u64,
    /// Not before.
    pub began: u64,
    /// Not after.
    pub ended: u64,
    /// The same in epoch milliseconds.
    pub ended_ms: i64,
}

/// SES was asked to send an e-mail.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// By which process.
    pub by: u64,
    /// When it asked.
    pub began: u64,
    /// When SES took it, and under which id; `None` when it never did.
    pub taken: Option<(u64, String)>,
    /// What went wrong.
    pub fault: Option<Fault>,
    /// Whether the e-mail says that it may be a repeat.
    pub says_so: bool,
    /// When it was written down that it is sent, by who sent it.
    pub marked: Option<u64>,
}

/// All that was seen of an e-mail.
#[derive(Debug, Clone, Default)]
pub struct EmailSeen {
    /// In the order in which they were done.
    pub writes: Vec<Write>,
    /// In the order in which they began.
    pub attempts: Vec<Attempt>,
}

/// An invocation of `check-deadlines`.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// When it was handed to its process, in epoch milliseconds.
    pub began_ms: i64,
    /// When it was answered, or dead.
    pub ended_ms: i64,
    /// Whether it was answered, and nothing went wrong with its requests.
    pub was_left_alone: bool,
}

/// What was seen of all.
#[derive(Debug, Default)]
pub struct Seen {
    /// The e-mails.
    pub emails: HashMap<EmailId, EmailSeen>,
    /// The last link that went out about an incident.
    pub links: HashMap<String, String>,
    /// Requests.
    pub requests: u64,
    /// Sweeps, in the order in which they ended.
    pub sweeps: Vec<Sweep>,
}

/// A request that is of interest, until it is answered.
#[derive(Debug)]
pub struct Noted {
    by: u64,
    began: u64,
    of: What,
}

#[derive(Debug)]
enum What {
    Write(EmailId, Did),
    Attempt(EmailId, usize),
}

impl Seen {
    /// A process asks something.
    pub fn asked(
        &mut self,
        region: &Region,
        by: u64,
        service: Service,
        request: &Message,
        fault: Option<Fault>,
    ) -> Option<Noted> {
        self.requests += 1;
        let began = region.now();
        let of = match service {
            Service::DynamoDb => {
                let (email, did) = write_of(request)?;
                What::Write(email, did)
            }
            Service::Ses => {
                let sent: Value = serde_json::from_slice(&request.body).ok()?;
                let email = email_of_tag(named(&sent["EmailTags"], EMAIL_ID_TAG)?)?;
                let says_so = named(&sent["Content"]["Simple"]["Headers"], REPEAT_HEADER).is_some();
                self.remember_link(&email, &sent);
                let attempts = &mut self.emails.entry(email.clone()).or_default().attempts;
                let attempt = Attempt { by, began, taken: None, fault, says_so, marked: None };
                attempts.push(attempt);
                What::Attempt(email, attempts.len() - 1)
            }
            Service::S3 | Service::Secrets => return None,
        };
        Some(Noted { by, began, of })
    }

    /// The server has answered.
    pub fn answered(&mut self, region: &Region, noted: Noted, answer: &Message) {
        if answer.status() != 200 {
            return;
        }
        let Noted { by, began, of } = noted;
        match of {
            What::Write(email, did) => self.wrote(
                region,
                email,
                Write {
                    did,
                    by,
                    began,
                    ended: region.now(),
                    ended_ms: region.clock.now().as_millisecond(),
                },
            ),
            What::Attempt(email, n) => {
                let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let id = said["MessageId"].as_str().unwrap_or_default().to_owned();
                let seen = self.emails.entry(email).or_default();
                seen.attempts[n].taken = Some((region.now(), id));
            }
        }
    }

    /// Something was written.
    pub fn wrote(&mut self, region: &Region, email: EmailId, write: Write) {
        let seen = self.emails.entry(email).or_default();
        if write.did == Did::Marked {
            let mut own = seen.attempts.iter_mut().rev().filter(|attempt| attempt.by == write.by);
            if let Some(attempt) = own.next() {
                attempt.marked = Some(region.now());
            }
        }
        seen.writes.push(write);
    }

    /// Whether a process that may still live holds the lease of an e-mail.
    pub fn is_held(&self, region: &Region, email: &EmailId) -> bool {
        let writes = self.emails.get(email).map(|seen| seen.writes.as_slice()).unwrap_or_default();
        let claim = writes.iter().rev().find(|write| matches!(write.did, Did::Claimed(_)));
        let holder = claim.and_then(|claim| region.execution(claim.by));
        holder.is_some_and(|holder| !holder.is_dead())
    }

    fn remember_link(&mut self, email: &EmailId, sent: &Value) {
        // Those of customers lead to a page on which there is nothing to take.
        let to = sent["Destination"]["ToAddresses"][0].as_str().unwrap_or_default();
        if !to.ends_with(TEAMS) {
            return;
        }
        let text = sent["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap_or_default();
        let Some((_, link)) = text.split_once(&format!("{PUBLIC_URL}/links/")) else { return };
        let link = link.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
        if let Some(number) = email.thread.number() {
            self.links.insert(number.to_string(), format!("/links/{link}"));
        }
    }
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a str> {
    list.as_array()?.iter().find(|one| one["Name"] == name)?["Value"].as_str()
}

/// What a request writes of an e-mail that is in the outbox.
fn write_of(request: &Message) -> Option<(EmailId, Did)> {
    let body = || serde_json::from_slice::<Value>(&request.body).ok();
    match request.header("x-amz-target")?.rsplit_once('.')?.1 {
        "UpdateItem" => of_update(&body()?),
        "TransactWriteItems" => {
            body()?["TransactItems"].as_array()?.iter().find_map(|item| of_update(&item["Update"]))
        }
        _ => None,
    }
}

fn of_update(update: &Value) -> Option<(EmailId, Did)> {
    let key = |name: &str| update["Key"][name]["S"].as_str();
    let email = keys::email_id(key(keys::PK)?, key(keys::SK)?)?;
    let values = update["ExpressionAttributeValues"].as_object()?;
    let has = |name: &str| values.contains_key(name);
    let did = if let Some(until) = values.get(":lease_until") {
        Did::Claimed(until["N"].as_str()?.parse().ok()?)
    } else if has(":f0") {
        Did::Learned
    } else if has(":sent") {
        Did::Marked
    } else if has(":pending_until") {
        Did::Requeued
    } else if has(":cancelled") {
        Did::Cancelled
    } else if has(":parked") {
        Did::Parked
    } else {
        Did::Retries
    };
    Some((email, did))
}
