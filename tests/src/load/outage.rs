//! A day without the stream, and an hour more: nothing reaches `dispatch-email`, while deadlines go on,
//! and records grow too old to be handed out, or to be kept at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::json;
use shared::email::EmailId;
use shared::outbox::DeliveryStatus;
use shared::store::{DueItem, Store};

use super::stream::Counts;
use super::{SES_RATE, Spread, World};

/// When the stream goes down, and for how long, in seconds.
const DOWN_AT: u64 = 3_600;
const DOWN_FOR: u64 = 25 * 3_600;

/// What became of it.
#[derive(Debug)]
pub struct Report {
    /// How many incidents there were.
    pub incidents: usize,
    /// How many e-mails were written while the stream was down.
    pub emails: usize,
    /// How many of these SES took.
    pub sent: usize,
    /// How many were cancelled, because their incident had been resolved.
    pub cancelled: usize,
    /// How many were given up on.
    pub parked: usize,
    /// How many SES took again.
    pub repeats: usize,
    /// How many e-mails have an end of another kind, or none.
    pub lost: usize,
    /// E-mails of an incident that went out behind one that was written later.
    pub out_of_order: usize,
    /// From when the stream came back until each was taken.
    pub late: Spread,
    /// How long that takes at least, in milliseconds.
    pub least: u64,
    /// Records that DynamoDB kept no longer.
    pub expired: u64,
    /// Records that the mapping gave up on.
    pub given_up: u64,
    /// Records that were handed out once the stream was back.
    pub records: u64,
    /// How often the sweep handed an e-mail out again while it was down.
    pub requeued: u64,
    /// How many requests SES had.
    pub requests: u64,
    /// What is still due of e-mails at the end.
    pub still_due: usize,
}

/// So many incidents are escalated, evenly over a day on which the stream is down; care resolves every
/// other one, two hours after that.
///
/// # Panics
///
/// When the desk refuses something.
pub async fn a_day(incidents: usize, policy: &str) -> Report {
    let world = World::new(policy);
    world.until(DOWN_AT).await;
    world.stream.goes_down();
    let between = DOWN_FOR / incidents as u64;
    let mut todo = BTreeMap::new();
    for n in 0..incidents {
        let escalated = DOWN_AT + between * n as u64;
        todo.insert((escalated, n, false), ());
        if n % 2 == 0 {
            todo.insert((escalated + 7_200, n, true), ());
        }
    }
    for (second, n, is_resolved) in todo.into_keys() {
        if second >= DOWN_AT + DOWN_FOR {
            continue;
        }
        world.until(second).await;
        let number = format!("INC-{n}");
        let answer = if is_resolved {
            let path = format!("/v1/incidents/{number}/resolution");
            world.posts(&path, &json!({ "by": "Grace Hall" })).await
        } else {
            world.escalates(&number, &format!("customer-{n}@customer.example")).await
        };
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    world.until(DOWN_AT + DOWN_FOR).await;
    let requeued = world.desk.store.take_calls().get("requeue").copied().unwrap_or(0);
    assert!(world.ses.seen().taken.is_empty(), "nothing is sent without the stream");
    let mut written = BTreeSet::new();
    for n in 0..incidents {
        written.extend(world.emails(&format!("INC-{n}")).await.into_iter().map(|it| it.email.id));
    }
    world.ses.takes(Some(SES_RATE));
    world.stream.comes_back();
    // As long as it takes: what was held up goes on being written meanwhile, for nobody acts.
    let is_one = |id: &EmailId| written.contains(id);
    for _ in 0..20 * written.len() / SES_RATE as usize + 3_600 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let mut open = 0;
        for id in &written {
            let item = world.desk.store.table.load_email(id).await.ok().flatten();
            open += usize::from(item.is_none_or(|item| item.delivery.due_at.is_some()));
            if open > 0 {
                break;
            }
        }
        if open == 0 {
            break;
        }
    }
    let seen = world.ses.seen();
    let (mut sent, mut cancelled, mut parked, mut lost, mut out_of_order) = (0, 0, 0, 0, 0);
    let mut first: BTreeMap<&EmailId, u64> = BTreeMap::new();
    let taken: Vec<_> = seen.taken.iter().filter(|(_, id)| is_one(id)).collect();
    for (at, id) in &taken {
        first.entry(id).or_insert(*at);
    }
    for n in 0..incidents {
        let mut last = 0;
        for item in world.emails(&format!("INC-{n}")).await {
            if !written.contains(&item.email.id) {
                continue;
            }
            match (item.delivery.status, first.get(&item.email.id)) {
                (DeliveryStatus::Sent, Some(at)) => {
                    sent += 1;
                    out_of_order += usize::from(*at < last);
                    last = last.max(*at);
                }
                (DeliveryStatus::Cancelled, None) => cancelled += 1,
                (DeliveryStatus::Parked, _) => parked += 1,
                _ => lost += 1,
            }
        }
    }
    let back = (DOWN_AT + DOWN_FOR) * 1000;
    let counts = &world.stream.counts;
    Report {
        incidents,
        emails: written.len(),
        sent,
        cancelled,
        parked,
        repeats: taken.len() - first.len(),
        lost,
        out_of_order,
        late: Spread::of(first.values().map(|at| at - back)),
        least: (sent as u64).saturating_sub(SES_RATE.into()) * 1000 / u64::from(SES_RATE),
        expired: Counts::of(&counts.expired),
        given_up: Counts::of(&counts.given_up),
        records: Counts::of(&counts.handed),
        requeued,
        requests: seen.asked.iter().sum(),
        still_due: still_due(&world, &written).await,
    }
}

async fn still_due(world: &World, written: &BTreeSet<EmailId>) -> usize {
    let mut due = 0;
    for shard in 0..shared::store::DUE_SHARDS {
        let page = world.desk.store.table.due(shard, jiff::Timestamp::MAX, None).await;
        let items = page.map(|page| page.items).unwrap_or_default();
        let is_one = |item: &&DueItem| matches!(&item.target, shared::store::DueTarget::Email(id) if written.contains(id));
        due += items.iter().filter(is_one).count();
    }
    due
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incidents, emails, sent, cancelled, parked, repeats, lost, .. } = self;
        writeln!(
            f,
            "25 hours without the stream: {incidents} incidents, {emails} e-mails written"
        )?;
        writeln!(
            f,
            "{sent} sent, {cancelled} cancelled, {parked} parked, {repeats} again, {lost} lost, \
             {} still due, {} behind a later one of their incident",
            self.still_due, self.out_of_order
        )?;
        let least = self.least / 1000;
        writeln!(f, "once it is back: sent after {}; at least {least} s", self.late)?;
        let (expired, given_up, records) = (self.expired, self.given_up, self.records);
        writeln!(f, "records: {expired} expired, {given_up} given up on, {records} handed out")?;
        let (requeued, requests) = (self.requeued, self.requests);
        writeln!(f, "{requeued} times handed out again meanwhile; {requests} requests to SES")
    }
}
