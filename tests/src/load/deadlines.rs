//! Many deadlines in the same second, each with an e-mail, and an SES that takes a few a second.

use std::collections::BTreeMap;
use std::fmt;

use shared::email::EmailId;
use shared::incident::timeline::Event;
use shared::store::Store;

use super::stream::Counts;
use super::{Spread, World};

/// The default policy with one address on each level, and levels that run out after these times: each
/// deadline of a ladder is one e-mail. Nothing else is due for a day.
#[must_use]
pub fn policy(first: &str, second: &str) -> String {
    let level = |teams: &str| format!("teams = [{teams}]\nwithin = \"20m\"");
    let only = |team: &str, within: &str| format!("teams = [\"{team}\"]\nwithin = \"{within}\"");
    let responds = "escalation_response = { within = \"1h\", warnings = [\"15m\"] }";
    let updates = "update = { within = \"6h\", warnings = [\"1h\"] }";
    let mut policy = crate::DEFAULT_POLICY.to_owned();
    for (as_shipped, here) in [
        (level(r#""triage", "support-engineering", "care-management""#), only("triage", first)),
        (level(r#""care-management", "service-operations""#), only("care-management", second)),
        (level(r#""care-management", "executive-sponsors""#), only("executive-sponsors", "20h")),
        (responds.to_owned(), "escalation_response = { within = \"2d\" }".to_owned()),
        (updates.to_owned(), "update = { within = \"2d\" }".to_owned()),
    ] {
        assert!(policy.contains(&as_shipped), "the policy has no {as_shipped}");
        policy = policy.replace(&as_shipped, &here);
    }
    policy
}

/// What became of them.
#[derive(Debug)]
pub struct Report {
    /// How many there were.
    pub deadlines: usize,
    /// How late the sweep was to act on each.
    pub fired: Spread,
    /// How many e-mails they made.
    pub emails: usize,
    /// How many of these SES took, at least once.
    pub sent: usize,
    /// How many it took again.
    pub repeats: usize,
    /// How many were given up on.
    pub parked: usize,
    /// How many SES was too busy for longer than an attempt waits, so that they were put back.
    pub put_back: usize,
    /// How late each e-mail was, from when it was written.
    pub late: Spread,
    /// From the first deadline until the last e-mail was taken, in milliseconds.
    pub took: u64,
    /// How long that takes at least.
    pub least: u64,
    /// How many requests SES had.
    pub requests: u64,
    /// In the busiest second.
    pub most_requests: u64,
    /// E-mails of a ladder's step that went out behind one of a later step.
    pub out_of_step: usize,
    /// How many places each e-mail went out before or behind its place in the order of writing: the
    /// mean.
    pub displaced: usize,
    /// How late the first alert of somebody was who escalated in the middle of it.
    pub newcomers: Spread,
    /// Calls of the table, by name.
    pub calls: BTreeMap<&'static str, u64>,
    /// Records of the stream that were handed out.
    pub records: u64,
    /// Batches that failed.
    pub failed: u64,
}

/// Escalates so many incidents in one second; when the first level runs out, so many deadlines are due
/// in one second. Somebody else escalates each half minute from then on, and SES takes
/// `rate` e-mails a second.
///
/// # Panics
///
/// When the desk refuses an escalation.
pub async fn same_second(
    deadlines: usize,
    policy: &str,
    runs_out: u64,
    steps: usize,
    rate: u32,
) -> Report {
    let world = World::new(policy);
    let number = |n: usize| format!("INC-{n}");
    let mut asking = Vec::new();
    for n in 0..deadlines {
        let escalated = world.escalates(&number(n), &format!("customer-{n}@customer.example"));
        asking.push(tokio::spawn(escalated));
    }
    for asked in asking {
        assert_eq!(asked.await.expect("an answer").status, 201);
    }
    world.until_taken(2 * deadlines, runs_out).await;
    assert_eq!(world.ses.seen().taken.len(), 2 * deadlines, "the first alerts and receipts");
    world.until(runs_out - 1).await;
    world.ses.takes(Some(rate));
    drop(world.desk.store.take_calls());
    let handed_before = Counts::of(&world.stream.counts.handed);
    let emails = deadlines * steps;
    let least = (emails as u64).saturating_sub(rate.into()) * 1000 / u64::from(rate);
    let mut asked_at = Vec::new();
    // Somebody else, each half minute, while the backlog lasts; what they are told comes on top.
    for n in 0.. {
        world.until(runs_out + 1 + 30 * n).await;
        let others = |id: &EmailId| !id.to_string().starts_with("NEW-");
        let taken = world.ses.seen().taken.iter().filter(|(_, id)| others(id)).count();
        let is_over = taken >= emails || 30_000 * n > 6 * least + 1_800_000;
        if is_over {
            break;
        }
        if 30_000 * n < least * 9 / 10 {
            let new = format!("NEW-{n}");
            asked_at.push((world.now(), new.clone()));
            let asked = world.escalates(&new, &format!("new-{n}@other.example")).await;
            assert_eq!(asked.status, 201);
        }
    }
    tokio::time::sleep(std::time::Duration::from_secs(180)).await;
    report(&world, deadlines, runs_out * 1000, handed_before, least, &asked_at).await
}

async fn report(
    world: &World,
    deadlines: usize,
    due: u64,
    handed_before: u64,
    least: u64,
    asked_at: &[(u64, String)],
) -> Report {
    let calls = world.desk.store.take_calls();
    let seen = world.ses.seen();
    let mut taken: BTreeMap<&EmailId, Vec<u64>> = BTreeMap::new();
    for (at, id) in &seen.taken {
        taken.entry(id).or_default().push(*at);
    }
    let (mut fired, mut late, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let (mut out_of_step, mut parked, mut put_back, mut took) = (0, 0, 0, 0);
    for n in 0..deadlines {
        let number = format!("INC-{n}").parse().expect("a number");
        let story = world.desk.store.table.story(&number).await.ok().flatten();
        let story = story.expect("an incident");
        for entry in &story.timeline {
            if let Event::LevelRanOut { lateness, .. } = &entry.event {
                fired.push(u64::try_from(lateness.late_ms).unwrap_or(0));
            }
        }
        parked += World::ended(&story.emails).1;
        let mut last_step = 0;
        for item in story.emails {
            let written = world.at(item.email.created_at);
            if written < due || item.email.kind.alert().is_none() {
                continue;
            }
            let first = taken.get(&item.email.id).map(|times| times[0]);
            put_back += usize::from(item.delivery.attempts > 1);
            if let Some(at) = first {
                out_of_step += usize::from(at < last_step);
                last_step = last_step.max(at);
                late.push(at - written);
                took = took.max(at - due);
            }
            all.push((written, item.email.id, first));
        }
    }
    all.sort();
    let sent: Vec<_> = all.iter().filter_map(|(_, id, first)| Some((id, (*first)?))).collect();
    let place: BTreeMap<_, _> = all.iter().enumerate().map(|(n, (_, id, _))| (id, n)).collect();
    let mut by_time = sent.clone();
    by_time.sort_by_key(|(id, at)| (*at, place[id]));
    let displaced: usize =
        by_time.iter().enumerate().map(|(n, (id, _))| n.abs_diff(place[*id])).sum();
    let mut newcomers = Vec::new();
    for (asked, number) in asked_at {
        let emails = world.emails(number).await;
        parked += World::ended(&emails).1;
        let alerts = emails.iter().filter(|item| item.email.kind.alert().is_some());
        let first = alerts.filter_map(|item| taken.get(&item.email.id)).map(|times| times[0]).min();
        newcomers.push(first.map_or(u64::MAX, |at| at - asked));
    }
    Report {
        deadlines: fired.len(),
        fired: Spread::of(fired),
        emails: all.len(),
        sent: sent.len(),
        repeats: taken.values().map(|times| times.len() - 1).sum(),
        parked,
        put_back,
        late: Spread::of(late),
        took,
        least,
        requests: seen.asked.iter().sum(),
        most_requests: seen.asked.iter().copied().max().unwrap_or(0),
        out_of_step,
        displaced: displaced / by_time.len().max(1),
        newcomers: Spread::of(newcomers),
        calls,
        records: Counts::of(&world.stream.counts.handed) - handed_before,
        failed: Counts::of(&world.stream.counts.failed),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deadlines, emails, sent, repeats, parked, requests, most_requests, .. } = self;
        writeln!(f, "{deadlines} deadlines, acted on {} late", self.fired)?;
        writeln!(f, "{emails} e-mails: {sent} sent, {repeats} again, {parked} parked")?;
        writeln!(f, "each late {}", self.late)?;
        let (took, least) = (self.took / 1000, self.least / 1000);
        writeln!(f, "the last after {took} s, {least} s at least; {} put back", self.put_back)?;
        let each = *requests as f64 / (*sent).max(1) as f64;
        writeln!(
            f,
            "{requests} requests to SES, {each:.1} each, at most {most_requests} a second"
        )?;
        writeln!(
            f,
            "{} out of step, {} places from its own on average",
            self.out_of_step, self.displaced
        )?;
        writeln!(f, "who escalates meanwhile: alerted after {}", self.newcomers)?;
        let (records, failed) = (self.records, self.failed);
        writeln!(f, "{records} records handed out, {failed} batches failed; calls of the table:")?;
        writeln!(f, "{:?}", self.calls)
    }
}
