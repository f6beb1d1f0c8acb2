//! Invariant 9: whatever order SES's events of an e-mail come in, and however often each comes, the
//! e-mail, its incident and the timeline as it is read end in one state.

use std::collections::HashSet;

use desk_tests::DEFAULT_POLICY;
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{World, start};
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::Value;
use shared::mailer::SendError;

use crate::facts::escalated;

/// How far the desk got with the e-mail before SES told of it.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// SES's answer was recorded.
    Sent,
    /// It is being sent.
    Sending,
    /// The answer was lost.
    Perhaps,
}

const BEFORE: [Before; 3] = [Before::Sent, Before::Sending, Before::Perhaps];

/// An event: what SES says, and at which second.
type Told = (Said, i64);

/// All that can be read of the incident once these events were handled in this order.
async fn read_after(before: Before, events: &[Told]) -> Value {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    match before {
        Before::Sending => {
            use shared::store::Store;
            let until = world.desk.clock.now() + shared::outbox::LEASE;
            let id = "INC-1-1-0".parse().unwrap();
            world.desk.store.claim_email(&id, "mine", until).await.unwrap().unwrap();
        }
        Before::Perhaps => {
            world.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
        }
        Before::Sent => {}
    }
    if !matches!(before, Before::Sending) {
        world.dispatch().await;
    }
    let sent = SentEmail {
        id: "INC-1-1-0".parse().unwrap(),
        message_id: "memory-1".to_owned(),
        to: "triage@example.com".to_owned(),
        sent_at: start() - SignedDuration::from_secs(1),
    };
    for (said, second) in events {
        let at = start() + SignedDuration::from_secs(*second);
        record_delivery::handle(&world.desk, sent.event(*said, at)).await.unwrap();
    }
    let mut story = world.get("/v1/incidents/INC-1").await;
    for email in story["emails"].as_array_mut().unwrap() {
        // What management reads is the reason that was known when it was told.
        if email["kind"]["name"] == "email_undeliverable" {
            email["kind"]["reason"].take();
        }
    }
    story
}

fn on_paused_clock<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

/// Every order of these, by Heap's algorithm.
fn permutations(mut items: Vec<Told>) -> Vec<Vec<Told>> {
    fn permute(length: usize, items: &mut Vec<Told>, all: &mut Vec<Vec<Told>>) {
        if length <= 1 {
            return all.push(items.clone());
        }
        for n in 0..length {
            permute(length - 1, items, all);
            items.swap(if length.is_multiple_of(2) { n } else { 0 }, length - 1);
        }
    }
    let mut all = Vec::new();
    permute(items.len(), &mut items, &mut all);
    all
}

#[test]
fn every_permutation_of_the_events_of_an_email_ends_in_one_state() {
    let events = vec![
        (Said::Sent, 0),
        (Said::Delayed, 1),
        (Said::BouncedTransient, 2),
        (Said::Delivered, 2),
        (Said::Bounced, 3),
        (Said::Complained, 4),
    ];
    let orders = permutations(events.clone());
    let different: HashSet<_> = orders.iter().map(|order| format!("{order:?}")).collect();
    assert_eq!((orders.len(), different.len()), (720, 720));
    let one = on_paused_clock(read_after(Before::Sent, &events));
    insta::assert_json_snapshot!(serde_json::json!({
        "email": one["emails"][0],
        "timeline": one["timeline"],
    }));
    for order in orders {
        // And each of them again, as EventBridge may.
        let repeated: Vec<_> = order.iter().chain(&order[..3]).copied().collect();
        assert_eq!(on_paused_clock(read_after(Before::Sent, &repeated)), one, "{order:?}");
    }
}

#[test]
fn every_permutation_of_five_events_ends_in_one_state_whenever_they_come() {
    for not_told in [Said::Suppressed, Said::Rejected, Said::Complained, Said::BouncedUndetermined]
    {
        let events = vec![
            (Said::Sent, 0),
            (Said::Delayed, 1),
            (Said::Delivered, 2),
            (Said::RenderingFailed, 0),
            (not_told, 3),
        ];
        for before in BEFORE {
            let one = on_paused_clock(read_after(before, &events));
            for order in permutations(events.clone()) {
                assert_eq!(
                    on_paused_clock(read_after(before, &order)),
                    one,
                    "{before:?} {order:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_events_in_any_order_any_number_of_times_end_in_one_state(
        before in prop::sample::select(&BEFORE[..]),
        (events, shuffled) in prop::collection::vec((prop::sample::select(&Said::ALL[..]), 0..5_i64), 1..8)
            .prop_flat_map(|events| {
                let repeats = prop::collection::vec(prop::sample::select(events.clone()), 0..4);
                repeats.prop_flat_map(move |repeats| {
                    let all = [events.clone(), repeats].concat();
                    (Just(events.clone()), Just(all).prop_shuffle())
                })
            }),
    ) {
        let one = on_paused_clock(read_after(before, &events));
        let other = on_paused_clock(read_after(before, &shuffled));
        prop_assert_eq!(one, other);
    }
}
