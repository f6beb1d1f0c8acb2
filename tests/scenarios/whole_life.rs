//! One P1 through everything, from the first call to the last closing, over HTTP and by links.

use std::fmt::Write;

use axum::body::Body;
use axum::http::{Request, header};
use desk_tests::DEFAULT_POLICY;
use desk_tests::call::put;
use desk_tests::world::World;
use serde_json::{Value, json};
use shared::email::When;
use shared::email::render::Rendered;
use shared::email::story::{care_line, customer_line};
use shared::incident::values::Language;
use shared::store::Store;

/// A world, and every e-mail that it has sent: its minute after the start, and the e-mail.
struct Life {
    world: World,
    sent: Vec<(u64, Rendered)>,
}

impl Life {
    async fn until(&mut self, minutes: u64) {
        let sent = self.world.until(minutes * 60).await;
        self.sent.extend(sent.into_iter().map(|(second, email)| (second / 60, email)));
    }

    async fn does(&self, what: &str, body: Value) {
        let reply = self.world.post(&format!("/v1/incidents/INC-1/{what}"), body).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.whole());
    }

    /// The path of the link in the last e-mail to this address.
    fn link(&self, to: &str) -> String {
        let mut emails = self.sent.iter().rev().map(|(_, email)| email);
        let email = emails.find(|email| email.to.as_str() == to).unwrap();
        let mut lines = email.text.lines().map(str::trim);
        let url = lines.find(|line| line.contains("/links/")).unwrap();
        url[url.find("/links/").unwrap()..].to_owned()
    }

    async fn sends_form(&self, path: &str, typed: &'static str) -> u16 {
        let form = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(typed))
            .unwrap();
        self.world.ask(form).await.status.as_u16()
    }

    /// The timeline as care reads it, as the customer reads it, and who was told.
    async fn told(&self) -> String {
        let number = "INC-1".parse().unwrap();
        let story = self.world.desk.store.story(&number).await.unwrap().unwrap();
        let zone = &self.world.desk.policy.desk.time_zone;
        let mut told = "FOR CARE\n".to_owned();
        for entry in &story.timeline {
            let when = When { zone, language: Language::En, written_at: entry.at };
            let line = care_line(&entry.event, &when).replace('\n', "\n         ");
            writeln!(told, "{}  {line}", when.short(entry.at)).unwrap();
        }
        told.push_str("\nFOR THE CUSTOMER\n");
        for entry in &story.timeline {
            let when = When { zone, language: Language::Fr, written_at: entry.at };
            if let Some(line) = customer_line(&entry.event, &when) {
                let line = line.replace('\n', "\n         ");
                writeln!(told, "{}  {line}", when.short(entry.at)).unwrap();
            }
        }
        told.push_str("\nTOLD\n");
        for (minute, email) in &self.sent {
            writeln!(told, "{minute:>4} min  {}: {}", email.to, email.subject).unwrap();
        }
        told
    }
}

#[tokio::test(start_paused = true)]
async fn one_p1_from_its_first_call_to_its_last_closing() {
    let mut life = Life { world: World::new(DEFAULT_POLICY), sent: Vec::new() };
    let account = json!({
        "name": "Acme", "language": "fr",
        "account_manager": { "name": "Mary Moss", "email": "mary.moss@example.com" },
    });
    assert_eq!(life.world.ask(put("/v1/accounts/acme", &account)).await.status, 201);

    // Opened by chat: a representative is live, the teams are engaged.
    let customer = json!({ "name": "Ada", "email": "ada@acme.example", "account": "acme" });
    let incident = json!({
        "number": "INC-1", "priority": "P1", "channel": "chat", "summary": "Checkout is down",
        "customer": customer,
    });
    assert_eq!(life.world.post("/v1/incidents", incident).await.status, 201);
    life.until(60).await;

    // An hour on care needs something, and waits an hour for it.
    let reason = "Please send us the log of 08:00.";
    let until = "2026-11-25T09:00:00+01:00";
    life.does("pause", json!({ "by": "Grace", "reason": reason, "until": until })).await;
    life.until(120).await;
    life.does("customer-replies", json!({ "from": "Ada", "message": "Here it is." })).await;

    // Six hours of care's own time pass: warned, missed, escalated, and nobody on level 1 acts.
    life.until(445).await;

    // Somebody on level 2 takes it by the link in the alert. Following it does nothing by itself.
    let link = life.link("service-operations@example.com");
    let before = life.world.get("/v1/incidents/INC-1").await["version"].clone();
    let page = life.world.ask(desk_tests::call::get(&link)).await;
    assert_eq!((page.status.as_u16(), life.sends_form(&link, "name=").await), (200, 422));
    assert_eq!(life.world.get("/v1/incidents/INC-1").await["version"], before);
    assert_eq!(life.sends_form(&link, "name=Linus").await, 200);
    life.until(450).await;

    // The account manager is looped in, the customer is answered, the incident is resolved.
    life.does("account-manager", json!({ "by": "Linus", "reason": "Ada asks for you." })).await;
    life.until(460).await;
    let message = "A certificate had run out; we are renewing it.";
    life.does("responses", json!({ "author": "Linus", "message": message })).await;
    life.until(480).await;
    life.does("resolution", json!({ "by": "Linus", "note": "It is renewed." })).await;
    life.until(540).await;

    // Not quite; and then it is.
    life.does("reopening", json!({ "by": "Grace", "note": "One host has the old one." })).await;
    life.until(560).await;
    life.does("resolution", json!({ "by": "Grace", "note": null })).await;
    life.until(2000).await;

    insta::assert_snapshot!("the_story", life.told().await);
    let times = desk_tests::world::times_sent(&life.sent);
    assert!(times.values().all(|times| *times == 1), "each e-mail once: {times:?}");
    let read = life.world.get("/v1/incidents/INC-1").await;
    assert_eq!(
        (&read["status"]["state"], &read["next_due_at"]),
        (&json!("resolved"), &json!(null))
    );
    let figures = life.world.get("/v1/figures?from=2026-11-24&to=2026-11-25").await;
    insta::assert_snapshot!("the_figures", format!("{figures:#}"));
    let deadlines = life.world.get("/v1/incidents/INC-1/deadlines").await;
    insta::assert_snapshot!("the_deadlines", format!("{deadlines:#}"));
}

#[tokio::test(start_paused = true)]
async fn the_desk_notices_recurrence_within_a_minute_and_tells_the_manager_once() {
    let mut life = Life { world: World::new(DEFAULT_POLICY), sent: Vec::new() };
    let account = json!({
        "name": "Acme",
        "account_manager": { "name": "Mary Moss", "email": "mary.moss@example.com" },
    });
    assert_eq!(life.world.ask(put("/v1/accounts/acme", &account)).await.status, 201);
    for n in 1..=6 {
        let incident = json!({
            "number": format!("INC-{n}"), "priority": "P3", "channel": "phone", "summary": "Slow",
            "customer": { "name": "Ada", "email": "ada@acme.example", "account": "acme" },
        });
        assert_eq!(life.world.post("/v1/incidents", incident).await.status, 201);
        life.until(n * 5).await;
    }
    let told: Vec<_> = life
        .sent
        .iter()
        .filter(|(_, email)| email.to.as_str() == "mary.moss@example.com")
        .map(|(minute, email)| (*minute, email.subject.as_str()))
        .collect();
    insta::assert_snapshot!("recurrence", format!("{told:#?}"));
    assert_eq!(told.len(), 1, "once for all of them");
}

#[tokio::test(start_paused = true)]
async fn where_escalating_is_left_to_the_customer_the_invitation_has_the_link_that_does_it() {
    let policy =
        DEFAULT_POLICY.replace("automatic_escalation = true", "automatic_escalation = false");
    let mut life = Life { world: World::new(&policy), sent: Vec::new() };
    let incident = json!({
        "number": "INC-1", "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@acme.example" },
    });
    assert_eq!(life.world.post("/v1/incidents", incident).await.status, 201);
    life.until(61).await;
    let incident = life.world.get("/v1/incidents/INC-1").await;
    assert_eq!(incident["escalation"], Value::Null, "nobody has escalated");
    let invited = life.sent.last().unwrap();
    assert_eq!((invited.0, invited.1.to.as_str()), (60, "ada@acme.example"));
    let link = life.link("ada@acme.example");
    let typed = "name=Ada&business_justification=All+shops+are+closed.";
    assert_eq!(life.sends_form(&link, typed).await, 200);
    let incident = life.world.get("/v1/incidents/INC-1").await;
    assert_eq!(incident["escalation"]["cause"]["raised_by"], "customer");
}
