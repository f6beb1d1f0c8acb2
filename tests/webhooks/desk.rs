//! The whole way: a request to a desk on one machine, its stream, a receiver that checks signatures.

use desk_tests::DEFAULT_POLICY;
use desk_tests::scripted::{Answer, Arrived, Scripted};
use escalation_desk::desk::{self, Running};
use escalation_desk::options::Options;
use serde_json::{Value, json};
use shared::policy::Policy;
use shared::webhook::keys::WebhookKeys;

fn header<'a>(request: &'a Arrived, name: &str) -> &'a str {
    let value = request.headers.iter().find_map(|header| header.strip_prefix(name));
    value.and_then(|value| value.strip_prefix(": ")).unwrap()
}

/// What a receiver does with the key that the desk shows at its start.
fn is_signed(request: &Arrived, running: &Running) -> bool {
    let keys = WebhookKeys::read(&running.webhook_keys).unwrap();
    let at = header(request, "webhook-timestamp").parse().unwrap();
    let at = jiff::Timestamp::from_second(at).unwrap();
    let expected = keys.sign(&header(request, "webhook-id"), at, &request.body);
    header(request, "webhook-signature") == expected
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_reaches_a_receiver_signed_and_again_under_the_same_id_when_it_failed() {
    let unavailable = Answer::json(503, "{}");
    let receiver = Scripted::start([unavailable, Answer::json(200, "{}")]).await;
    // A deadline in seconds has the schedule fire each second, and find the retry.
    let policy =
        DEFAULT_POLICY.replacen("within = \"1h\", warnings = [\"15m\"]", "within = \"90s\"", 1);
    let webhook = format!("[webhooks.crm]\nurl = \"{}/hook\"", receiver.url());
    let policy = Policy::read(&format!("{policy}\n{webhook}")).unwrap();
    let running = desk::start(Options::passing(policy)).await.unwrap();
    let body = json!({
        "number": "INC-1", "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example" },
    });
    let opened = desk_tests::call::over_http(running.api, "/v1/incidents", &body).await;
    assert!(opened.starts_with("HTTP/1.1 201"), "{opened}");
    while receiver.requests().len() < 2 {
        receiver.read_one().await;
    }
    let arrived = receiver.requests();
    assert!(arrived.iter().all(|request| request.line == "POST /hook"));
    assert!(arrived.iter().all(|request| is_signed(request, &running)));
    assert!(arrived.iter().all(|request| header(request, "webhook-id") == "INC-1-1-0"));
    assert_eq!(arrived[0].body, arrived[1].body);
    let said: Value = serde_json::from_str(&arrived[0].body).unwrap();
    assert_eq!(said["data"]["entries"][0]["event"], "opened");
    running.stop().await;
}
