//! What other systems hear, also when one of them is down, and that nobody else notices.

use std::collections::BTreeSet;

use desk_tests::DEFAULT_POLICY;
use desk_tests::receiver::Posted;
use desk_tests::world::World;
use serde_json::{Value, json};

const HOUR: u64 = 60 * 60;
const CRM: &str = "crm.example";
const STATUS: &str = "status.example";

/// A world with two webhooks, in which a P1 was opened by e-mail and nobody answers it.
async fn opened() -> World {
    let webhooks = format!(
        "[webhooks.crm]\nurl = \"https://{CRM}/desk\"\n\n\
         [webhooks.status-page]\nurl = \"https://{STATUS}/hooks?from=desk\"\n"
    );
    let world = World::new(&format!("{DEFAULT_POLICY}\n{webhooks}"));
    let body = json!({
        "number": "INC-1.a", "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example" },
    });
    assert_eq!(world.post("/v1/incidents", body).await.status, 201);
    world
}

/// `webhook version status attempts error` for each webhook of the incident.
async fn deliveries(world: &World) -> Vec<String> {
    let story = world.get("/v1/incidents/INC-1.a").await;
    let line = |webhook: &Value| {
        let delivery = &webhook["delivery"];
        let error = delivery["error"].as_str().map(|e| format!(" ({e})")).unwrap_or_default();
        format!(
            "{} {} {} {}{error}",
            webhook["webhook"].as_str().unwrap(),
            webhook["version"],
            delivery["status"].as_str().unwrap(),
            delivery["attempts"]
        )
    };
    story["webhooks"].as_array().unwrap().iter().map(line).collect()
}

/// The versions that a host heard of, each with its entries as they stand in the timeline.
async fn heard(world: &World, posted: &[Posted]) -> Vec<u64> {
    let timeline = world.get("/v1/incidents/INC-1.a").await["timeline"].clone();
    let said = |posted: &Posted| -> u64 {
        let said: Value = serde_json::from_str(&posted.body).unwrap();
        let version = said["data"]["version"].as_u64().unwrap();
        let entries = timeline.as_array().unwrap().iter();
        let entries: Vec<_> = entries.filter(|entry| entry["version"] == version).collect();
        assert_eq!(said["data"]["entries"], json!(entries));
        version
    };
    posted.iter().map(said).collect()
}

#[tokio::test(start_paused = true)]
async fn every_change_is_heard_once_by_each_system_in_the_words_of_the_timeline() {
    let world = opened().await;
    world.until(2 * HOUR).await;
    let story = world.get("/v1/incidents/INC-1.a").await;
    let last = story["version"].as_u64().unwrap();
    assert!(last > 5, "warned, missed, escalated, climbed");
    for host in [CRM, STATUS] {
        let taken = world.receivers.taken_by(host);
        let mut versions = heard(&world, &taken).await;
        versions.sort_unstable();
        assert_eq!(versions, (1..=last).collect::<Vec<_>>(), "{host}: each once");
    }
    let first = &world.receivers.taken_by(CRM)[0];
    insta::assert_snapshot!(format!(
        "webhook-id: {}\n\n{:#}",
        first.id,
        serde_json::from_str::<Value>(&first.body).unwrap()
    ));
    assert_eq!(world.receivers.refused(), 0);
    assert!(deliveries(&world).await.iter().all(|line| line.ends_with(" sent 1")));
    let listed = story["webhooks"].as_array().unwrap();
    assert!(listed.iter().any(|webhook| webhook["id"] == first.id), "by the id of its header");
}

#[tokio::test(start_paused = true)]
async fn a_system_that_is_down_for_a_day_hears_of_everything_when_it_is_back_and_nobody_waits() {
    let world = opened().await;
    world.receivers.is_down(CRM, true);
    let emails = world.until(3 * HOUR).await;
    // The same e-mails, at the same seconds, as when nothing is down.
    let healthy = opened().await;
    let undisturbed = healthy.until(3 * HOUR).await;
    let told = |sent: &[(u64, shared::email::render::Rendered)]| -> BTreeSet<_> {
        sent.iter().map(|(second, email)| (*second, email.id.to_string())).collect()
    };
    assert_eq!(told(&emails), told(&undisturbed));
    let resolution = json!({ "by": "Grace" });
    world.post("/v1/incidents/INC-1.a/resolution", resolution).await;
    world.days_until(24 * HOUR).await;
    let versions = world.get("/v1/incidents/INC-1.a").await["version"].as_u64().unwrap();
    assert_eq!(world.receivers.taken_by(CRM), []);
    let mut on_time = heard(&world, &world.receivers.taken_by(STATUS)).await;
    on_time.sort_unstable();
    assert_eq!(on_time, (1..=versions).collect::<Vec<_>>(), "the other system heard it all");
    assert!(deliveries(&world).await.iter().any(|line| line.starts_with("crm 1 retrying ")));
    world.receivers.is_down(CRM, false);
    world.days_until(40 * HOUR).await;
    let taken = world.receivers.taken_by(CRM);
    let mut late = heard(&world, &taken).await;
    late.sort_unstable();
    assert_eq!(late, (1..=versions).collect::<Vec<_>>(), "each once");
    assert!(deliveries(&world).await.iter().all(|line| line.contains(" sent ")));
}

#[tokio::test(start_paused = true)]
async fn a_system_that_never_answers_is_given_up_on_after_ten_attempts_and_that_is_listed() {
    let world = opened().await;
    let resolution = json!({ "by": "Grace" });
    world.post("/v1/incidents/INC-1.a/resolution", resolution).await;
    world.receivers.is_down(CRM, true);
    world.days_until(90 * HOUR).await;
    insta::assert_snapshot!(deliveries(&world).await.join("\n"));
    assert_eq!(world.receivers.refused(), 2 * 10);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_is_gone_and_one_that_the_policy_forgot_are_parked_at_once() {
    let mut world = opened().await;
    world.receivers.is_gone(CRM);
    let mut policy = (*world.desk.policy).clone();
    policy.webhooks.0.remove(&"status-page".parse().unwrap());
    world.desk.policy = policy.into();
    world.until(60).await;
    insta::assert_snapshot!(deliveries(&world).await.join("\n"));
    assert_eq!(world.receivers.refused(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dispatcher_that_died_with_a_claim_repeats_the_webhook_under_the_same_id() {
    use shared::store::Store;
    let world = opened().await;
    let id = world.desk.store.pending_webhooks().remove(0);
    let lease_until = world.desk.clock.now() + shared::outbox::LEASE;
    world.desk.store.claim_webhook(&id, "the dead", lease_until).await.unwrap().unwrap();
    world.until(180).await;
    let taken = world.receivers.taken_by(CRM);
    assert_eq!(taken.iter().filter(|posted| posted.id == id.to_string()).count(), 1);
    assert!(deliveries(&world).await.contains(&"crm 1 sent 2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_system_that_asks_for_a_pause_is_left_alone_for_so_long() {
    let world = opened().await;
    world.receivers.is_busy_once(CRM, 300);
    world.until(299).await;
    assert_eq!(world.receivers.taken_by(CRM), []);
    assert_eq!(deliveries(&world).await[0], "crm 1 retrying 1 (HTTP 503)");
    world.until(310).await;
    assert_eq!(deliveries(&world).await[0], "crm 1 sent 2");
}
