//! What time does when nobody acts, and when somebody does.

use desk_tests::DEFAULT_POLICY;
use desk_tests::world::{World, times_sent};
use serde_json::{Value, json};
use shared::email::render::Rendered;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn p1_by_email() -> Value {
    json!({
        "number": "INC-1", "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example" },
    })
}

/// What was sent, a line each: the second, to whom, the subject.
fn lines(sent: &[(u64, Rendered)]) -> String {
    let mut lines: Vec<_> = sent
        .iter()
        .map(|(second, email)| {
            let (minutes, seconds) = (second / 60, second % 60);
            let to = email.to.as_str().split('@').next().unwrap();
            format!("{minutes:4}m{seconds:02}s  {to:24} {}", email.subject)
        })
        .collect();
    // Sent at the same moment is sent in no order.
    lines.sort();
    lines.join("\n")
}

/// The timeline of INC-1: minutes, what, how late.
async fn timeline(world: &World) -> String {
    let story = world.get("/v1/incidents/INC-1").await;
    let start = desk_tests::world::start();
    let line = |entry: &Value| {
        let at: jiff::Timestamp = entry["at"].as_str().unwrap().parse().unwrap();
        let minutes = at.duration_since(start).as_secs_f64() / 60.0;
        let late = entry.get("late_ms").map(|ms| format!(" late by {ms} ms")).unwrap_or_default();
        let clock = entry["clock"].as_str().map(|c| format!(" {c}")).unwrap_or_default();
        let level = entry["level"].as_u64().map(|l| format!(" level {l}")).unwrap_or_default();
        let round = entry["round"].as_u64().map(|r| format!(" round {r}")).unwrap_or_default();
        format!("{minutes:6.1}m {}{clock}{level}{round}{late}", entry["event"].as_str().unwrap())
    };
    story["timeline"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_p1_by_email_that_nobody_answers_is_warned_missed_escalated_climbed_and_exhausted() {
    let world = World::new(DEFAULT_POLICY);
    let reply = world.post("/v1/incidents", p1_by_email()).await;
    assert_eq!(reply.status, 201);
    let sent = world.until(4 * HOUR).await;
    insta::assert_snapshot!("nobody_answers_timeline", timeline(&world).await);
    insta::assert_snapshot!("nobody_answers_emails", lines(&sent));
    assert!(times_sent(&sent).values().all(|times| *times == 1), "each exactly once");
}

#[tokio::test(start_paused = true)]
async fn every_instant_fires_within_a_second_of_it_and_never_before() {
    let world = World::new(DEFAULT_POLICY);
    // Not in step with the schedule.
    for n in 0..20 {
        let mut body = p1_by_email();
        body["number"] = json!(format!("INC-{n}"));
        world.post("/v1/incidents", body).await;
        world.until(n * 7).await;
    }
    world.until(3 * HOUR).await;
    let mut checked = 0;
    for n in 0..20 {
        let story = world.get(&format!("/v1/incidents/INC-{n}")).await;
        for entry in story["timeline"].as_array().unwrap() {
            if let Some(late) = entry["late_ms"].as_i64() {
                assert!((0..1000).contains(&late), "{late} ms late: {entry}");
                checked += 1;
            }
        }
    }
    assert!(checked > 20 * 8, "only {checked} instants");
}

#[tokio::test(start_paused = true)]
async fn a_response_moves_the_deadline_to_six_hours_and_an_acknowledgement_stops_the_ladder() {
    let world = World::new(DEFAULT_POLICY);
    world.post("/v1/incidents", p1_by_email()).await;
    world.until(30 * MINUTE).await;
    let body = json!({ "author": "Grace", "message": "We are looking at it." });
    let answered = world.post("/v1/incidents/INC-1/responses", body).await.json();
    assert_eq!(answered["clocks"]["update"]["due_at"], "2026-11-24T14:30:00Z");
    assert_eq!(answered["clocks"]["initial_response"], Value::Null);
    // Nothing happens for six hours but the warning; then the desk escalates by itself.
    let sent = world.until(6 * HOUR + 45 * MINUTE).await;
    insta::assert_snapshot!("six_hours_later_emails", lines(&sent));
    let body = json!({ "by": "Grace" });
    let reply = world.post("/v1/incidents/INC-1/acknowledgement", body).await;
    assert_eq!(reply.json()["escalation"]["ladder"]["state"], "acknowledged");
    world.until(7 * HOUR).await;
    let body = json!({ "by": "Grace", "note": "The certificate was renewed." });
    world.post("/v1/incidents/INC-1/resolution", body).await;
    world.until(24 * HOUR).await;
    insta::assert_snapshot!("answered_and_resolved_timeline", timeline(&world).await);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_two_hours_loses_nothing_and_each_level_has_its_time_afterwards() {
    let world = World::new(DEFAULT_POLICY);
    world.post("/v1/incidents", p1_by_email()).await;
    world.until(30 * MINUTE).await;
    tokio::time::advance(std::time::Duration::from_secs(2 * HOUR)).await;
    world.until(3 * HOUR + 15 * MINUTE).await;
    insta::assert_snapshot!("after_an_outage_timeline", timeline(&world).await);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_begins_nothing_after_it_has_to_leave_and_the_next_one_goes_on() {
    let world = World::new(DEFAULT_POLICY);
    for n in 0..40 {
        let mut body = p1_by_email();
        body["number"] = json!(format!("INC-{n}"));
        world.post("/v1/incidents", body).await;
    }
    tokio::time::advance(std::time::Duration::from_secs(2 * HOUR)).await;
    let now = world.desk.clock.now();
    let early = now - jiff::SignedDuration::from_secs(1);
    let report = check_deadlines::sweep(&world.desk, now, early).await.unwrap();
    assert_eq!(report, check_deadlines::Report::default());
    let report = check_deadlines::sweep(&world.desk, now, now).await.unwrap();
    assert!(report.changes >= 40, "{report:?}");
}
