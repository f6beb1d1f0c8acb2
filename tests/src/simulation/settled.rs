//! The end of a world: nothing goes wrong any more, everything that was going on comes to its end, and
//! then the store is asked for all that a bystander saw.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use shared::figures::{Counter, Fact, Figures};
use shared::store::{DueTarget, Store};

use super::asking::Asker;
use super::holds::Broken;
use super::invariants;
use super::people::{self, Case};
use super::time::milliseconds;
use super::world::World;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Lets all come to its end and asks what is left.
pub async fn settle(world: &Arc<World>, api: &Router) {
    world.calm_down();
    world.tell(0, || "-- from now on nothing goes wrong".to_owned());
    // An index that is late, a backoff, a lease.
    world.sleep(40 * MINUTE).await;
    world.hold(4, i4_nothing_is_overdue(world));
    resolve_all(world, api).await;
    // Events of SES come for a day, and what they say may have others told.
    world.sleep(30 * HOUR).await;
    for _ in 0..120 {
        if !in_flight(world) {
            break;
        }
        world.sleep(10_000).await;
    }
    emails(world).await;
    world.hold(13, i13_stories_are_whole(world).await);
    world.hold(13, i13_figures_are_what_timelines_say(world).await);
    world.hold(3, i3_the_index_shows_each_instant_once(world));
    world.hold(11, i11_no_mail_is_dropped_in_silence(world).await);
}

async fn resolve_all(world: &Arc<World>, api: &Router) {
    for _ in 0..3 {
        let open: Vec<_> = {
            let state = world.state();
            let known = state.ledger.incidents.values().filter_map(|known| known.incident.as_ref());
            known
                .filter(|incident| incident.is_open())
                .map(|incident| incident.number.clone())
                .collect()
        };
        for (n, number) in open.into_iter().enumerate() {
            let mut asker = Asker::new(world, api, 1_000_000 + n as u64);
            let number = number.to_string();
            let case = Case { n: 0, number, customer: String::new(), account: None };
            people::resolve(&mut asker, &case).await;
        }
        world.sleep(MINUTE).await;
    }
}

/// 4: nothing waits that a sweep should have acted on.
fn i4_nothing_is_overdue(world: &World) -> Broken {
    let now = world.now();
    let state = world.state();
    for (target, (due_at, _)) in &state.ledger.due {
        let due_ms = milliseconds(*due_at);
        if due_ms < now {
            invariants::i4_fires_in_time(&state.ledger, target, *due_at, due_ms, now)?;
        }
    }
    Ok(())
}

fn in_flight(world: &World) -> bool {
    world.state().ledger.due.keys().any(|target| matches!(target, DueTarget::Email(_)))
}

/// 6, 7, 9 and 13, of each e-mail.
async fn emails(world: &World) {
    let ids: Vec<_> = world.state().ledger.emails.keys().cloned().collect();
    for id in ids {
        let Ok(Some(item)) = world.store.load_email(&id).await else {
            world.violated(13, format!("{id} was written and is gone"));
            continue;
        };
        let state = world.state();
        let Some(known) = state.ledger.emails.get(&id) else { continue };
        let held = [
            (6, invariants::i6_every_email_ends(&item, known)),
            (7, invariants::i7_what_is_sent_was_taken(&item, known)),
            (9, invariants::i9_facts_are_the_join_of_events(&item, known)),
        ];
        drop(state);
        for (number, held) in held {
            world.hold(number, held);
        }
    }
}

/// 13: each incident is as it was last written, its timeline is all that was, and so are its e-mails.
async fn i13_stories_are_whole(world: &World) -> Broken {
    let numbers: Vec<_> = world.state().ledger.incidents.keys().cloned().collect();
    for number in numbers {
        let Ok(Some(story)) = world.store.story(&number).await else {
            return Err(format!("{number} is gone"));
        };
        let state = world.state();
        let Some(known) = state.ledger.incidents.get(&number) else { continue };
        let written: Vec<_> = known.changes.iter().flat_map(|change| &change.entries).collect();
        if story.timeline.iter().collect::<Vec<_>>() != written {
            return Err(format!("the timeline of {number} is not what was written"));
        }
        if Some(&story.incident) != known.incident.as_ref() {
            return Err(format!("{number} is not as it was last written"));
        }
        if story.emails.len() != known.emails.len() {
            return Err(format!(
                "{number} has {} e-mails, {} were written",
                story.emails.len(),
                known.emails.len()
            ));
        }
        let versions = known.changes.len() as u64;
        if story.incident.version != versions {
            return Err(format!(
                "{number} is at version {}, after {versions} changes",
                story.incident.version
            ));
        }
    }
    Ok(())
}

/// 13: the figures are what the timelines say.
async fn i13_figures_are_what_timelines_say(world: &World) -> Broken {
    let (first, last) = ("2026-11-01".parse(), "2027-12-31".parse());
    let (Ok(first), Ok(last)) = (first, last) else { return Err("no days".to_owned()) };
    let Ok(figures) = world.store.figures(first, last).await else { return Err("none".to_owned()) };
    let mut told = Figures::default();
    let state = world.state();
    for change in state.ledger.incidents.values().flat_map(|known| &known.changes) {
        let facts = change.entries.iter().flat_map(|entry| Fact::of(entry, change.opened_at));
        facts.for_each(|fact| told.add(Counter::of(fact), 1));
    }
    let differ: BTreeMap<_, _> = told
        .iter()
        .filter(|(counter, times)| figures.count(*counter) != *times)
        .map(|(counter, times)| (counter, (figures.count(counter), times)))
        .collect();
    if differ.is_empty() && figures == told { Ok(()) } else { Err(format!("{differ:?}")) }
}

/// 3: the index shows each instant that items have, and no other.
fn i3_the_index_shows_each_instant_once(world: &World) -> Broken {
    let now = world.now();
    let mut state = world.state();
    let due: Vec<_> =
        state.ledger.due.iter().map(|(target, (at, _))| (target.clone(), *at)).collect();
    let shown = state.index.at(now + 10_000_000);
    for (target, due_at) in &due {
        if shown.due_at(target) != Some(*due_at) || world.store.due_at(target) != Some(*due_at) {
            return Err(format!("{target:?} is due at {due_at}, shown {:?}", shown.due_at(target)));
        }
    }
    let all = shown.until(jiff::Timestamp::MAX).count();
    if all == due.len() { Ok(()) } else { Err(format!("{all} shown, {} due", due.len())) }
}

/// 11: what became of each mail is kept, and people were told of each that waits.
async fn i11_no_mail_is_dropped_in_silence(world: &World) -> Broken {
    let ids: Vec<_> = world.state().ledger.mails.iter().cloned().collect();
    let Ok(watch) = world.store.load_watch().await else { return Err("no watch".to_owned()) };
    for id in ids {
        let Ok(Some(record)) = world.store.load_mail(&id).await else {
            return Err(format!("nothing is kept of the mail {id}"));
        };
        let told = record.tell_at.is_none_or(|at| watch.told_until.is_some_and(|told| at <= told));
        if !told {
            return Err(format!(
                "nobody was told of the mail {id}, which waits since {:?}",
                record.tell_at
            ));
        }
    }
    Ok(())
}
