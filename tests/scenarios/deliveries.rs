//! What becomes of e-mails when SES fails, each way it can.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk_tests::DEFAULT_POLICY;
use desk_tests::world::{World, record};
use serde_json::{Value, json};
use shared::email::render::{REPEAT_HEADER, Rendered};
use shared::mailer::{Mailer, SendError};
use tokio::time::Instant;

async fn escalated(world: &World) {
    let body = json!({
        "incident_number": "INC-1",
        "business_justification": "Nothing works any more.",
        "requester": { "name": "Ada", "email": "ada@customer.example" },
    });
    assert_eq!(world.post("/v1/escalations", body).await.status, 201);
}

/// `recipient status attempts` for each e-mail of INC-1.
async fn deliveries(world: &World) -> Vec<String> {
    let story = world.get("/v1/incidents/INC-1").await;
    let line = |email: &Value| {
        let to = email["to"].as_str().unwrap().split('@').next().unwrap();
        let delivery = &email["delivery"];
        format!("{to} {} {}", delivery["status"].as_str().unwrap(), delivery["attempts"])
    };
    story["emails"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn an_email_that_was_surely_not_sent_waits_its_turn_and_is_sent_once() {
    // A busy moment, half a minute of it, and longer than an attempt waits.
    for (failures, deliveries_of_triage) in
        [(1, "triage sent 1"), (28, "triage sent 1"), (60, "triage sent 2")]
    {
        let world = World::new(DEFAULT_POLICY);
        escalated(&world).await;
        for _ in 0..failures {
            let reason = "TooManyRequestsException: slow down".to_owned();
            world.mailer.fail_next(SendError::Retry { reason, account_held: false });
        }
        let sent = world.until(120).await;
        assert_eq!(sent.len(), 4, "three teams and the customer, each once");
        let labelled = |email: &Rendered| email.headers.iter().any(|(h, _)| *h == REPEAT_HEADER);
        assert!(!sent.iter().any(|(_, email)| labelled(email)), "no repeat");
        let deliveries = deliveries(&world).await;
        assert!(deliveries.contains(&deliveries_of_triage.to_owned()), "{deliveries:?}");
    }
}

/// SES that is busy, and takes its time to say so.
#[derive(Debug, Clone, Default)]
struct SlowlyBusy(Arc<Mutex<Vec<Instant>>>);

impl Mailer for SlowlyBusy {
    async fn send(&self, _: &Rendered) -> Result<String, SendError> {
        tokio::time::sleep(Duration::from_secs(29)).await;
        self.0.lock().unwrap().push(Instant::now());
        let reason = "TooManyRequestsException: slow down".to_owned();
        Err(SendError::Retry { reason, account_held: false })
    }
}

#[tokio::test(start_paused = true)]
async fn ses_is_not_asked_when_the_lease_may_be_over_before_it_answers() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    let (claimed, mailer) = (Instant::now(), SlowlyBusy::default());
    let batch = dispatch_email::Batch { records: vec![record(0, &"INC-1-1-0".parse().unwrap())] };
    dispatch_email::handle(&world.desk, &mailer, &world.links, batch).await;
    let answered: Vec<_> = mailer.0.lock().unwrap().iter().map(|at| *at - claimed).collect();
    assert_eq!(answered.len(), 2, "a third time would take until {:?}", 3 * answered[0]);
    assert!(answered[1] <= Duration::from_secs(80), "{answered:?}");
    let deliveries = deliveries(&world).await;
    assert!(deliveries.contains(&"triage retrying 1".to_owned()), "{deliveries:?}");
}

#[tokio::test(start_paused = true)]
async fn an_email_that_may_have_been_sent_is_repeated_and_the_repeat_is_labelled() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    world.mailer.fail_next(SendError::Ambiguous { reason: "the answer was cut off".to_owned() });
    let sent = world.until(120).await;
    let to_triage: Vec<_> =
        sent.iter().filter(|(_, email)| email.to.as_str() == "triage@example.com").collect();
    assert_eq!(to_triage.len(), 2);
    let label = |n: usize| to_triage[n].1.headers.iter().find(|(h, _)| *h == REPEAT_HEADER);
    assert_eq!(label(0), None);
    assert_eq!(label(1), Some(&(REPEAT_HEADER, "1".to_owned())));
    assert_eq!(to_triage[0].1.id, to_triage[1].1.id);
    assert!(to_triage[1].1.text.starts_with("You may have received this e-mail before"));
}

#[tokio::test(start_paused = true)]
async fn an_email_that_stays_ambiguous_is_given_up_on_and_others_are_told() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    for _ in 0..4 + 5 * 4 {
        world.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
    }
    world.until(1200).await;
    let deliveries = deliveries(&world).await;
    assert!(deliveries.contains(&"triage parked 6".to_owned()), "{deliveries:?}");
    let told_instead = deliveries.iter().any(|line| line.starts_with("triage-on-call sent"));
    assert!(told_instead, "{deliveries:?}");
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_can_never_be_sent_goes_to_the_backup_and_management_hears_of_it() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    world.mailer.fail_next(SendError::Park { reason: "MessageRejected".to_owned() });
    world.until(60).await;
    insta::assert_snapshot!(deliveries(&world).await.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_delivers_nothing_is_made_up_for_by_the_sweep() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    tokio::time::advance(Duration::from_secs(300)).await;
    let sent = world.until(420).await;
    assert_eq!(sent.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_dispatcher_that_died_with_a_claim_holds_nothing_up_for_long() {
    use shared::store::Store;
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    let id = "INC-1-1-0".parse().unwrap();
    let lease_until = world.desk.clock.now() + shared::outbox::LEASE;
    world.desk.store.claim_email(&id, "the dead", lease_until).await.unwrap().unwrap();
    let sent = world.until(180).await;
    let mine: Vec<_> = sent.iter().filter(|(_, email)| email.id == id).collect();
    assert_eq!(mine.len(), 1);
    assert!(mine[0].0 < 100, "{} s", mine[0].0);
    assert!(mine[0].1.headers.iter().any(|(name, _)| *name == REPEAT_HEADER), "it may be a repeat");
}

#[tokio::test(start_paused = true)]
async fn an_alert_held_up_until_after_the_resolution_is_cancelled_and_the_receipt_is_not() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    world.post("/v1/incidents/INC-1/resolution", json!({ "by": "Grace" })).await;
    tokio::time::advance(Duration::from_secs(300)).await;
    // Only the sweep, so that it comes before the stream does.
    let (now, never) = (world.desk.clock.now(), jiff::Timestamp::MAX);
    check_deadlines::sweep(&world.desk, now, never).await.unwrap();
    world.dispatch().await;
    insta::assert_snapshot!(deliveries(&world).await.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_holds_up_nobody() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    let good = |n| record(n, &format!("INC-1-1-{n}").parse().unwrap());
    let poison =
        [json!(null), json!({}), json!({"dynamodb": {"Keys": {"pk": {"S": "X"}}}}), json!("")];
    let records = [good(0)].into_iter().chain(poison).chain([good(1)]).collect();
    let batch = dispatch_email::Batch { records };
    let response = dispatch_email::handle(&world.desk, &world.mailer, &world.links, batch).await;
    assert!(response.batch_item_failures.is_empty());
    assert_eq!(world.mailer.take_sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_comes_many_times_in_any_order_sends_once() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    let records = [3, 0, 2, 1, 0, 0, 3, 1, 2, 2]
        .map(|n| record(n, &format!("INC-1-1-{n}").parse().unwrap()))
        .to_vec();
    for _ in 0..3 {
        let batch = dispatch_email::Batch { records: records.clone() };
        dispatch_email::handle(&world.desk, &world.mailer, &world.links, batch).await;
    }
    assert_eq!(world.mailer.take_sent().len(), 4);
}
