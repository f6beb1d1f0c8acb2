//! A story in virtual time: given an incident, when something is asked of it, then what happened.

use jiff::{SignedDuration, Timestamp};
use shared::email::OutboxEmail;
use shared::incident::timeline::TimelineEntry;
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Change, Command, Incident, Refusal, decide};
use shared::policy::Policy;

/// Two levels of 20 and 10 minutes, two rounds, an acknowledgement of 30 minutes, an alarm every
/// 15 minutes, warnings 15 minutes ahead; `triage` has a backup address.
pub const POLICY: &str = include_str!("policy.toml");

pub struct Story {
    pub policy: Policy,
    pub incident: Option<Incident>,
    pub start: Timestamp,
    pub now: Timestamp,
    /// Everything since the last [`Story::when`].
    pub last: Vec<Change>,
    /// Everything since the start.
    pub history: Vec<Change>,
}

pub fn given() -> Story {
    let start = "2026-11-24T08:00:00Z".parse().unwrap();
    let policy = Policy::read(POLICY).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Story { policy, incident: None, start, now: start, last: Vec::new(), history: Vec::new() }
}

pub fn customer() -> Customer {
    Customer {
        name: "Ada Lovelace".parse().unwrap(),
        email: "ada@customer.example".parse().unwrap(),
        language: None,
        account: None,
    }
}

pub fn open(channel: Channel) -> Command {
    Command::Open {
        number: "INC-1".parse().unwrap(),
        priority: Priority::P1,
        channel,
        summary: "Checkout is down".parse().unwrap(),
        customer: customer(),
        received_at: None,
        by_mail: None,
    }
}

pub fn escalate() -> Command {
    Command::Escalate {
        number: "INC-1".parse().unwrap(),
        requester: customer(),
        business_justification: "We lose 40,000 EUR an hour.".parse().unwrap(),
        by_mail: None,
    }
}

pub fn acknowledge() -> Command {
    Command::Acknowledge { by: "Grace".parse().unwrap() }
}

pub fn resume_ladder() -> Command {
    Command::ResumeLadder { by: "Linus".parse().unwrap() }
}

pub fn respond() -> Command {
    Command::Respond { author: "Grace".parse().unwrap(), message: None, at: None }
}

pub fn resolve() -> Command {
    Command::Resolve { by: "Grace".parse().unwrap(), note: None }
}

impl Story {
    pub fn when(mut self, command: Command) -> Self {
        self.last.clear();
        self.apply(command).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
        self
    }

    pub fn refuses(&self, command: Command) -> Refusal {
        decide(self.incident.as_ref(), command, &self.policy, self.now).unwrap_err()
    }

    fn apply(&mut self, command: Command) -> Result<(), Refusal> {
        let change = decide(self.incident.as_ref(), command, &self.policy, self.now)?;
        if !change.is_empty() {
            self.incident = Some(change.incident.clone());
            self.last.push(change.clone());
            self.history.push(change);
        }
        Ok(())
    }

    /// Lets time pass until `minutes` after the start, acting on each instant as it comes.
    pub fn until(self, minutes: i64) -> Self {
        let end = self.start + SignedDuration::from_mins(minutes);
        self.pass_until(end)
    }

    /// The same, until an instant.
    pub fn pass_until(mut self, end: Timestamp) -> Self {
        self.last.clear();
        while let Some(due) = self.incident.as_ref().and_then(Incident::next_due)
            && due <= end
        {
            self.now = self.now.max(due);
            let before = self.history.len();
            self.apply(Command::DeadlinePassed).unwrap();
            assert!(self.history.len() > before, "what is due would stay due for ever");
        }
        self.now = end;
        self
    }

    /// Lets time pass without anybody acting: an outage of the desk itself.
    pub fn outage_until(mut self, minutes: i64) -> Self {
        self.now = self.start + SignedDuration::from_mins(minutes);
        self
    }

    pub fn incident(&self) -> &Incident {
        self.incident.as_ref().unwrap()
    }

    pub fn entries(&self) -> impl Iterator<Item = &TimelineEntry> {
        self.last.iter().flat_map(|change| &change.entries)
    }

    pub fn emails(&self) -> impl Iterator<Item = &OutboxEmail> {
        self.last.iter().flat_map(|change| &change.emails)
    }

    /// What happened since the last command, a line each: minutes after the start, then the event.
    pub fn then_happened(&self, expected: &[&str]) -> &Self {
        let happened: Vec<_> = self.entries().map(|entry| self.line(entry)).collect();
        assert_eq!(happened, expected, "what happened");
        self
    }

    /// Who was told since the last command: `kind -> local part of the address`, in order.
    pub fn then_told(&self, expected: &[&str]) -> &Self {
        let told: Vec<_> = self
            .emails()
            .map(|email| {
                let kind = serde_json::to_value(&email.kind).unwrap();
                let to = email.recipient.as_str().split('@').next().unwrap();
                format!("{} -> {to}", kind["name"].as_str().unwrap())
            })
            .collect();
        assert_eq!(told, expected, "who was told");
        self
    }

    /// Minutes after the start at which the desk acts next.
    pub fn then_due(&self, minutes: Option<i64>) -> &Self {
        let due = self.incident().next_due().map(|due| self.minutes(due));
        assert_eq!(due, minutes, "next due");
        self
    }

    pub fn minutes(&self, instant: Timestamp) -> i64 {
        instant.duration_since(self.start).as_mins()
    }

    fn line(&self, entry: &TimelineEntry) -> String {
        let event = serde_json::to_value(&entry.event).unwrap();
        let name = event["event"].as_str().unwrap();
        let mut line = format!("{}m {name}", self.minutes(entry.at));
        for field in ["clock", "level", "round", "levels", "late_ms"] {
            match &event[field] {
                serde_json::Value::Null => {}
                value => line = format!("{line} {field}={value}").replace('"', ""),
            }
        }
        line
    }
}
