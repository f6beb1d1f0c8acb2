//! One customer escalates without end, and another one now and then.

use std::fmt;
use std::time::Duration;

use shared::email::EmailId;

use super::{SES_RATE, Spread, World};

/// What a flood is like.
#[derive(Debug, Clone, Copy)]
pub struct Flood {
    /// How many escalations, each of another incident.
    pub escalations: u64,
    /// Over how many seconds.
    pub seconds: u64,
    /// By how many addresses of one domain.
    pub addresses: u64,
}

/// The e-mails of an escalation: three teams on the first level, and the customer.
const EACH: usize = 4;

/// What became of it.
#[derive(Debug)]
pub struct Report {
    /// What it was like.
    pub flood: Flood,
    /// How many of its escalations were taken, and how many refused.
    pub taken: u64,
    /// With 429.
    pub refused: u64,
    /// How long others waited, from their escalation until SES took the first alert of it.
    pub others: Spread,
    /// How long until it had taken the last e-mail of all.
    pub took: u64,
    /// E-mails of escalations that SES took.
    pub emails: usize,
    /// How many requests it had.
    pub requests: u64,
    /// E-mails that were given up on.
    pub parked: usize,
}

/// The default policy: so many escalations of one customer, and another one's each ten seconds.
///
/// # Panics
///
/// When the desk refuses anything for another reason than too many.
pub async fn flooded(flood: Flood) -> Report {
    let world = World::new(crate::DEFAULT_POLICY);
    world.until(60).await;
    world.ses.takes(Some(SES_RATE));
    let mut asking = Vec::new();
    let began = tokio::time::Instant::now();
    let mut others = Vec::new();
    for n in 0..flood.escalations.max(flood.seconds / 10) {
        let share = |of: u64| Duration::from_millis(flood.seconds * 1000 * n / of.max(1));
        if flood.escalations > 0 {
            tokio::time::sleep_until(began + share(flood.escalations)).await;
            let email = format!("user-{}@flooding.example", n % flood.addresses.max(1));
            let (number, at) = (format!("FLOOD-{n}"), world.now());
            asking.push(tokio::spawn(world.escalates(&number, &email)));
            let is_next = at >= 60_000 + 10_000 * (others.len() as u64 + 1);
            if !is_next {
                continue;
            }
        } else {
            tokio::time::sleep_until(began + Duration::from_secs(10 * (n + 1))).await;
        }
        let number = format!("OTHER-{}", others.len());
        let at = world.now();
        let email = format!("ada@{}.example", number.to_lowercase());
        assert_eq!(world.escalates(&number, &email).await.status, 201);
        others.push((number, at));
    }
    let (mut taken, mut refused) = (0, 0);
    for asked in asking {
        match asked.await.expect("an answer").status.as_u16() {
            201 => taken += 1,
            429 => refused += 1,
            status => panic!("{status}"),
        }
    }
    // What follows from nobody acknowledging comes later, and is not of the flood.
    let is_first = |id: &EmailId| id.version == 1;
    let wanted = EACH * (usize::try_from(taken).unwrap_or(0) + others.len());
    let mut left = 40 * wanted / SES_RATE as usize + 600;
    let seen = loop {
        let mut seen = world.ses.seen();
        seen.taken.retain(|(_, id)| is_first(id));
        left -= 1;
        if seen.taken.len() >= wanted || left == 0 {
            break seen;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    let first = |id: &EmailId| seen.taken.iter().find(|(_, taken)| taken == id).map(|(at, _)| *at);
    let (mut waited, mut parked) = (Vec::new(), 0);
    for (number, asked) in &others {
        let emails = world.emails(number).await;
        parked += World::ended(&emails).1;
        let alerts = emails.iter().filter(|item| item.email.kind.alert().is_some());
        let alerted = alerts.filter_map(|item| first(&item.email.id)).min();
        waited.push(alerted.map_or(u64::MAX, |at| at - asked));
    }
    Report {
        flood,
        taken,
        refused,
        others: Spread::of(waited),
        took: seen.taken.last().map_or(0, |(at, _)| at - 60_000),
        emails: seen.taken.len(),
        requests: seen.asked.iter().sum(),
        parked,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flood { escalations, seconds, addresses } = self.flood;
        writeln!(
            f,
            "{escalations} escalations in {seconds} s by {addresses} addresses of a domain"
        )?;
        writeln!(f, "{} taken, {} refused; {} parked", self.taken, self.refused, self.parked)?;
        writeln!(f, "others are alerted after {}", self.others)?;
        let (took, emails, requests) = (self.took / 1000, self.emails, self.requests);
        writeln!(f, "all {emails} e-mails sent after {took} s, with {requests} requests")
    }
}
