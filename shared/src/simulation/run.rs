//! The rules in virtual time: each instant that comes due, and each action in its turn.

use jiff::fmt::friendly::SpanPrinter;
use jiff::{SignedDuration, Timestamp};

use super::{
    Cut, Doing, Happened, MOST_EMAILS, MOST_STEPS, Scenario, SimulatedEmail, SimulatedInstant,
    Simulation,
};
use crate::email::OutboxEmail;
use crate::email::render::{WaysBack, render};
use crate::incident::clock::after;
use crate::incident::values::{Customer, IncidentNumber};
use crate::incident::{Change, Command, Incident, decide};
use crate::policy::Policy;

/// Who appears in what is imagined. All of it is fixed: nothing here can fail to parse.
const NUMBER: &str = "SIMULATED";
const SUMMARY: &str = "An imagined incident";
const CUSTOMER: &str = "The customer";
const CUSTOMERS_ADDRESS: &str = "customer@customer.example";
const CARE: &str = "Somebody in care";
const JUSTIFICATION: &str = "An imagined business justification.";
const REASON: &str = "An imagined question to the customer.";

struct Run<'a> {
    policy: &'a Policy,
    bodies: bool,
    opened_at: Timestamp,
    incident: Option<Incident>,
    instants: Vec<SimulatedInstant>,
    steps: usize,
    emails: usize,
}

pub(super) fn run(
    policy: &Policy,
    scenario: &Scenario,
    opened_at: Timestamp,
    bodies: bool,
) -> Simulation {
    let mut run = Run {
        policy,
        bodies,
        opened_at,
        incident: None,
        instants: Vec::new(),
        steps: 0,
        emails: 0,
    };
    let end = after(opened_at, scenario.watch_for.duration());
    let cut = run.all(scenario, end).err();
    let last = run.instants.last().map_or(opened_at, |instant| instant.at);
    Simulation {
        opened_at,
        time_zone: policy.desk.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        watched_until: if cut.is_some() { last } else { end },
        cut,
        instants: run.instants,
    }
}

impl Run<'_> {
    fn all(&mut self, scenario: &Scenario, end: Timestamp) -> Result<(), Cut> {
        let Some(customer) = customer(scenario) else { return Ok(()) };
        if let Some(open) = open(scenario, customer.clone()) {
            self.ask(self.opened_at, None, open)?;
        }
        for action in &scenario.actions {
            let offset = action.after.map_or(SignedDuration::ZERO, |after| after.duration());
            let at = after(self.opened_at, offset);
            self.pass(at)?;
            if let Some(command) = command(action.what, &customer, self.opened_at) {
                self.ask(at, Some(action.what), command)?;
            }
        }
        self.pass(end)
    }

    /// Lets time pass up to and with `end`.
    fn pass(&mut self, end: Timestamp) -> Result<(), Cut> {
        let mut now = self.opened_at;
        while let Some(due) = self.incident.as_ref().and_then(Incident::next_due)
            && due <= end
        {
            // What was due before the last action is acted on now, never in the past.
            now = now.max(self.instants.last().map_or(due, |last| last.at)).max(due);
            self.ask(now, None, Command::DeadlinePassed)?;
        }
        Ok(())
    }

    fn ask(&mut self, at: Timestamp, what: Option<Doing>, command: Command) -> Result<(), Cut> {
        if self.steps == MOST_STEPS {
            return Err(Cut::Steps);
        }
        self.steps += 1;
        match decide(self.incident.as_ref(), command, self.policy, at) {
            Ok(change) if self.emails + change.emails.len() > MOST_EMAILS => Err(Cut::Emails),
            Ok(change) => {
                self.emails += change.emails.len();
                self.tell(at, what, change);
                Ok(())
            }
            Err(refusal) => {
                self.instant(at, what).refused.push(refusal.to_string());
                Ok(())
            }
        }
    }

    fn tell(&mut self, at: Timestamp, what: Option<Doing>, change: Change) {
        let emails: Vec<_> =
            change.emails.iter().filter_map(|email| self.simulated(email)).collect();
        let next_due_at = change.incident.next_due();
        self.incident = Some(change.incident);
        let instant = self.instant(at, what);
        let happened =
            change.entries.into_iter().map(|e| Happened { event: e.event, started: e.started });
        instant.events.extend(happened);
        instant.emails.extend(emails);
        instant.next_due_at = next_due_at;
    }

    /// The instant that is told of now; what happens at the same one is told with it.
    fn instant(&mut self, at: Timestamp, what: Option<Doing>) -> &mut SimulatedInstant {
        let is_last = self.instants.last().is_some_and(|last| last.at == at);
        if !is_last {
            let local = at.to_zoned_datetime(self.policy.desk.time_zone.clone());
            self.instants.push(SimulatedInstant {
                at,
                local: local.strftime("%A %-d %B %Y, %H:%M:%S %Z").to_string(),
                after: readable(at.duration_since(self.opened_at)),
                actions: Vec::new(),
                events: Vec::new(),
                refused: Vec::new(),
                emails: Vec::new(),
                next_due_at: self.incident.as_ref().and_then(Incident::next_due),
            });
        }
        let place = self.instants.len() - 1;
        let instant = &mut self.instants[place];
        instant.actions.extend(what);
        instant
    }

    fn simulated(&self, email: &OutboxEmail) -> Option<SimulatedEmail> {
        let rendered = render(email, &self.policy.desk, 0, &WaysBack::default()).ok()?;
        let kind = serde_json::to_value(&email.kind).ok()?;
        Some(SimulatedEmail {
            id: email.id.clone(),
            to: email.recipient.clone(),
            language: email.language,
            kind: kind["name"].as_str()?.to_owned(),
            subject: rendered.subject,
            text: self.bodies.then_some(rendered.text),
        })
    }
}

fn customer(scenario: &Scenario) -> Option<Customer> {
    Some(Customer {
        name: CUSTOMER.parse().ok()?,
        email: CUSTOMERS_ADDRESS.parse().ok()?,
        language: scenario.language,
        account: None,
    })
}

fn open(scenario: &Scenario, customer: Customer) -> Option<Command> {
    Some(Command::Open {
        number: number()?,
        priority: scenario.priority,
        channel: scenario.channel,
        summary: SUMMARY.parse().ok()?,
        customer,
        received_at: None,
        by_mail: None,
    })
}

fn number() -> Option<IncidentNumber> {
    NUMBER.parse().ok()
}

fn command(what: Doing, customer: &Customer, opened_at: Timestamp) -> Option<Command> {
    let by = CARE.parse().ok()?;
    Some(match what {
        Doing::Respond => Command::Respond { author: by, message: None, at: None },
        Doing::Acknowledge => Command::Acknowledge { by },
        Doing::WaitOnCustomer { until } => Command::WaitOnCustomer {
            by,
            reason: REASON.parse().ok()?,
            until: after(opened_at, until.duration()),
        },
        Doing::CustomerReplied => {
            Command::CustomerReplied { from: customer.name.clone(), message: None, at: None }
        }
        Doing::Escalate => Command::Escalate {
            number: number()?,
            requester: customer.clone(),
            business_justification: JUSTIFICATION.parse().ok()?,
            by_mail: None,
        },
        Doing::Resolve => Command::Resolve { by, note: None },
        Doing::Reopen => Command::Reopen { by, note: None },
        Doing::ChangePriority { to } => Command::ChangePriority { by, priority: to, reason: None },
    })
}

/// A duration as people write it, with days of 24 hours: `1d 2h 30m`.
fn readable(duration: SignedDuration) -> String {
    let days = duration.as_hours() / 24;
    let rest = duration - SignedDuration::from_hours(days * 24);
    let rest = SpanPrinter::new().duration_to_string(&rest);
    match (days, rest.as_str()) {
        (0, rest) => rest.to_owned(),
        (days, "0s") => format!("{days}d"),
        (days, rest) => format!("{days}d {rest}"),
    }
}
