//! What writes every kind of item, in many states, and what then reads and changes each.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use desk_tests::arrivals::Arriving;
use desk_tests::call::{get, post, post_once, put};
use desk_tests::ses_events::Said;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::mailer::SendError;
use shared::store::Store;

use super::attributes::text;
use super::desk::Played;

fn by() -> Value {
    json!({ "by": "Grace" })
}

fn ada(account: &str) -> Value {
    json!({ "name": "Ada", "email": "ada@acme.example", "language": "fr", "account": account })
}

fn open(number: &str, channel: &str, account: &str) -> Request<Body> {
    let body = json!({
        "number": number, "priority": "P1", "channel": channel, "summary": "Checkout is down",
        "customer": ada(account),
    });
    post_once("/v1/incidents", number, &body)
}

fn escalate(number: &str, account: &str) -> Request<Body> {
    let body = json!({
        "incident_number": number,
        "business_justification": "We lose 40,000 EUR an hour.",
        "requester": ada(account),
    });
    post_once("/v1/escalations", &format!("escalate-{number}"), &body)
}

fn of(number: &str, action: &str, body: &Value) -> Request<Body> {
    post(&format!("/v1/incidents/{number}/{action}"), body)
}

fn account(domain: &str) -> Request<Body> {
    let manager = json!({ "name": "Mary", "email": "mary@desk.example" });
    let body = json!({ "name": "Acme", "account_manager": manager, "domains": [domain] });
    put("/v1/accounts/ACME", &body)
}

fn mail(subject: &str, text: &str) -> Arriving {
    Arriving::plain("ada@acme.example", "escalations@example.com", subject, text)
}

fn forged() -> Arriving {
    let fail = || "FAIL".to_owned();
    Arriving { dmarc: fail(), dkim: fail(), ..mail("INC-6", "All our shops are closed.") }
}

/// What writes all that the desk stores.
pub async fn write(played: &Played) {
    let until = played.desk.clock.now() + SignedDuration::from_hours(5);
    let paused = json!({ "by": "Grace", "reason": "Please send the log.", "until": until });
    let answered = json!({ "author": "Grace", "message": "We are looking at it." });
    let lowered = json!({ "by": "Grace", "priority": "P2", "reason": "A workaround exists." });
    let asked = json!({ "by": "Grace", "reason": "Third time." });
    let replied = json!({ "from": "Ada", "message": "Here it is." });
    for request in [
        account("acme.example"),
        open("INC-1", "email", "ACME"),
        escalate("INC-1", "ACME"),
        open("INC-2", "phone", "ACME"),
        of("INC-2", "pause", &paused),
        open("INC-3", "chat", "ACME"),
        of("INC-3", "responses", &answered),
        of("INC-3", "account-manager", &asked),
        of("INC-3", "resolution", &by()),
        escalate("INC-4", "OTHER"),
        of("INC-4", "acknowledgement", &by()),
        open("INC-5", "phone", "ACME"),
        of("INC-5", "priority", &lowered),
        of("INC-5", "pause", &paused),
        of("INC-5", "customer-replies", &replied),
        of("INC-5", "resolution", &by()),
        of("INC-5", "reopening", &by()),
        of("INC-5", "resolution", &by()),
        of("INC-5", "reopening", &by()),
        escalate("INC-8", "OTHER"),
    ] {
        let asked = format!("{} {}", request.method(), request.uri());
        let reply = played.ask(request).await;
        assert!(reply.status.is_success(), "{asked}: {}", reply.whole());
    }
    let why = "All our shops are closed since this morning.";
    let signed = Arriving { dmarc: "GRAY".to_owned(), ..mail("Urgent", why) };
    for (id, mail, outcome) in [
        ("three", signed, "incomplete number"),
        ("one", mail("INC-6", why), "escalated INC-6"),
        ("two", forged(), "quarantined unauthenticated"),
    ] {
        assert_eq!(played.receives(id, &mail).await.unwrap(), outcome);
    }
    played.at(30);
    assert_eq!(played.sweep().await, 0);
    // One is sent and delivered, one comes back, and one is refused for good.
    for n in [0, 1] {
        played.dispatch("INCIDENT#INC-1", &sort_key(n)).await;
    }
    played.mailer.fail_next(SendError::Park { reason: "MessageRejected".to_owned() });
    played.dispatch("INCIDENT#INC-2", &sort_key(1)).await;
    ses_tells(played, &[("INC-1-1-0", Said::Delivered), ("INC-1-1-1", Said::Bounced)]).await;
    played.post_webhook("INCIDENT#INC-1", FIRST_WEBHOOK).await;
    // Alerts of what is resolved are cancelled, others handed out again, and promises break.
    for seconds in [120, 3 * 3600] {
        played.at(seconds);
        assert_eq!(played.sweep().await, 0);
    }
    assert!(played.ask(open("INC-7", "email", "ACME")).await.status.is_success());
    assert!(played.receives("four", &forged()).await.is_ok());
    // Of some, nobody knows whether they were sent; of one, the dispatcher died.
    played.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
    played.dispatch("INCIDENT#INC-1", &sort_key(2)).await;
    played.receivers.is_down("crm.example", true);
    played.post_webhook("INCIDENT#INC-2", FIRST_WEBHOOK).await;
    let lease_until = played.desk.clock.now() + shared::outbox::LEASE;
    let died = "INC-8-1-0".parse().unwrap();
    played.desk.store.claim_email(&died, "of the dead", lease_until).await.unwrap().unwrap();
}

const FIRST_WEBHOOK: &str = "WEBHOOK#0000000001#000";

fn sort_key(n: usize) -> String {
    format!("EMAIL#0000000001#{n:03}")
}

async fn ses_tells(played: &Played, said: &[(&str, Said)]) {
    for (id, said) in said {
        let id = id.parse().unwrap();
        let item = played.desk.store.load_email(&id).await.unwrap().unwrap();
        let message_id = item.delivery.ses_message_id.unwrap();
        let to = item.email.recipient.to_string();
        assert!(played.ses_says(*said, id, &message_id, &to).await);
    }
}

/// When all that is stored is due.
pub const LONG_AFTER: i64 = 2 * 86_400;
/// On the day on which it was stored.
pub const SOON_AFTER: i64 = 4 * 3600;

/// Reads all of it, changes it at a second, and returns what could not be done.
pub async fn act(played: &Played, items: &[Value], at: i64) -> Vec<String> {
    let mut failed = Vec::new();
    played.at(3 * 3600 + 60);
    // Keys under which was answered already, while the answers are remembered.
    for request in [open("INC-1", "email", "ACME"), escalate("INC-4", "OTHER")] {
        let reply = played.ask(request).await;
        if !reply.headers.iter().any(|(name, _)| name == "idempotency-replayed") {
            failed.push(format!("was not remembered: {}", reply.whole()));
        }
    }
    let mut paths =
        ["/v1/accounts/ACME", "/v1/incidents?limit=100", "/v1/figures"].map(str::to_owned).to_vec();
    paths.extend(["", "/two", "/three", "/four"].map(|id| format!("/v1/quarantine{id}")));
    for n in 1..=8 {
        paths.push(format!("/v1/incidents/INC-{n}"));
        paths.push(format!("/v1/incidents/INC-{n}/deadlines"));
        paths.push(format!("/v1/escalations/INC-{n}"));
    }
    for path in &paths {
        asked(played, get(path), &mut failed).await;
    }
    played.at(at);
    // Its alerts, which are stuck, are wanted no more.
    asked(played, of("INC-4", "resolution", &by()), &mut failed).await;
    let of_kind = |kind| items.iter().filter(move |item| text(item, &["item"]) == Some(kind));
    // One of each sort, in each state: the sweep has all of them.
    let sort =
        |email| [["email", "kind", "name"].as_slice(), &["status"]].map(|path| text(email, path));
    let emails: BTreeMap<_, _> = of_kind("EMAIL").map(|email| (sort(email), email)).collect();
    let key = |item| [text(item, &["pk"]).unwrap(), text(item, &["sk"]).unwrap()];
    let left = played.sweep().await;
    if left > 0 {
        failed.push(format!("sweep: {left}"));
    }
    for [pk, sk] in emails.values().copied().map(key) {
        played.dispatch(pk, sk).await;
    }
    for [pk, sk] in of_kind("WEBHOOK").map(key) {
        played.post_webhook(pk, sk).await;
    }
    for item in emails.into_values() {
        let [pk, sk] = key(item);
        let id = shared::store::dynamodb::keys::email_id(pk, sk).unwrap();
        let to = text(item, &["email", "recipient"]).unwrap_or("ada@acme.example");
        let message_id = text(item, &["ses_message_id"]).unwrap_or("ses-1");
        if !played.ses_says(Said::Delayed, id, message_id, to).await {
            failed.push(format!("not recorded: {pk} {sk}"));
        }
    }
    change(played, &mut failed).await;
    failed
}

async fn change(played: &Played, failed: &mut Vec<String>) {
    let answered = json!({ "author": "Grace", "message": "We are looking at it." });
    let reported = json!({ "reporter": ada("ACME"), "message": "It fails each Monday." });
    for request in [
        of("INC-1", "responses", &answered),
        of("INC-2", "customer-replies", &json!({ "from": "Ada" })),
        of("INC-3", "reopening", &by()),
        escalate("INC-3", "ACME"),
        of("INC-5", "priority", &json!({ "by": "Grace", "priority": "P1" })),
        of("INC-6", "acknowledgement", &by()),
        of("INC-7", "responses", &answered),
        // It turns out to be another account's than its customer had said.
        open("INC-8", "email", "ACME"),
        account("other.example"),
        account("acme.example"),
        post("/v1/accounts/ACME/recurrences", &reported),
        post("/v1/quarantine/two/release", &by()),
        post("/v1/quarantine/four/refusal", &by()),
    ] {
        asked(played, request, failed).await;
    }
    for (id, mail) in [("five", mail("INC-6", "And the web shop, too.")), ("six", forged())] {
        if let Err(error) = played.receives(id, &mail).await {
            failed.push(format!("mail {id}: {error}"));
        }
    }
}

async fn asked(played: &Played, request: Request<Body>, failed: &mut Vec<String>) {
    let asked = format!("{} {}", request.method(), request.uri());
    let reply = played.ask(request).await;
    if !reply.status.is_success() {
        failed.push(format!("{asked}: {} {}", reply.status, reply.body));
    }
}
