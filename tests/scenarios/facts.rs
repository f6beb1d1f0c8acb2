//! What SES says of e-mails once it took them: bounces, complaints, deliveries.

use std::collections::BTreeSet;

use desk_tests::DEFAULT_POLICY;
use desk_tests::ses_events::{Said, SentEmail};
use desk_tests::world::{World, record, times_sent};
use serde_json::{Value, json};
use shared::dispatch::Batch;
use shared::email::render::Rendered;
use shared::mailer::memory::MemoryMailer;
use shared::mailer::{Mailer, SendError};

pub(crate) async fn escalated(world: &World) {
    let body = json!({
        "incident_number": "INC-1",
        "business_justification": "Nothing works any more.",
        "requester": { "name": "Ada", "email": "ada@customer.example" },
    });
    assert_eq!(world.post("/v1/escalations", body).await.status, 201);
}

/// An escalation of which the e-mails were sent, under this policy.
async fn sent(policy: &str) -> (World, Vec<(u64, Rendered)>) {
    let world = World::new(policy);
    escalated(&world).await;
    let sent = world.until(1).await;
    (world, sent)
}

async fn story(world: &World) -> Value {
    world.get("/v1/incidents/INC-1").await
}

/// The id of the e-mail of a kind to somebody.
async fn email(world: &World, kind: &str, to: &str) -> String {
    let story = story(world).await;
    let mut emails = story["emails"].as_array().unwrap().iter();
    let is_it = |email: &&Value| {
        let address = email["to"].as_str().unwrap();
        email["kind"]["name"] == kind && address.split('@').next() == Some(to)
    };
    emails.find(is_it).unwrap()["id"].as_str().unwrap().to_owned()
}

/// `kind -> recipient: status, confirmation` of each e-mail, and `event` of each entry.
async fn told(world: &World) -> String {
    let story = story(world).await;
    assert_invariants(&story);
    let email = |email: &Value| {
        let to = email["to"].as_str().unwrap().split('@').next().unwrap();
        let (kind, status) = (&email["kind"]["name"], &email["delivery"]["status"]);
        let [kind, status] = [kind, status].map(|name| name.as_str().unwrap());
        let confirmation = email["confirmation"].as_str().unwrap_or("-");
        format!("{kind} -> {to}: {status}, {confirmation}")
    };
    let entry = |entry: &Value| {
        let event = entry["event"].as_str().unwrap();
        match event {
            "email_fact" => format!("{event} {} {}", entry["fact"], entry["to"]),
            "undeliverable" => format!("{event} {} {}", entry["reason"], entry["told_instead"]),
            _ => event.to_owned(),
        }
    };
    let emails = story["emails"].as_array().unwrap().iter().map(email);
    let entries = story["timeline"].as_array().unwrap().iter().map(entry);
    let lines: Vec<_> = emails.chain([String::new()]).chain(entries).collect();
    lines.join("\n")
}

/// Invariants 5 and 8 of DESIGN.md, section 9.
fn assert_invariants(story: &Value) {
    let mut steps = BTreeSet::new();
    for email in story["emails"].as_array().unwrap() {
        // A kind holds its step: escalation, level and round.
        let of_one_step = format!("{} {}", email["kind"], email["to"]);
        assert!(steps.insert(of_one_step.clone()), "told twice: {of_one_step}");
        if email["delivery"]["status"] != "sending" {
            assert_eq!(email["delivery"]["claim_id"], Value::Null, "nobody's");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_an_alert_bounces_the_backup_is_told_within_the_minute_and_management_too() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    let alert = email(&world, "escalation_alert", "triage").await;
    world.ses_says(Said::Bounced, &alert).await;
    let sent = world.until(30).await;
    let told_next: Vec<_> = sent.iter().map(|(_, email)| email.to.as_str()).collect();
    assert_eq!(told_next, ["triage-on-call@example.com", "care-management@example.com"]);
    insta::assert_snapshot!(told(&world).await);
}

#[tokio::test(start_paused = true)]
async fn when_the_last_address_of_a_level_bounces_the_ladder_climbs_at_once() {
    let level = r#"teams = ["triage", "support-engineering", "care-management"]"#;
    let policy = DEFAULT_POLICY.replace(level, r#"teams = ["triage"]"#);
    for said in [Said::Bounced, Said::Suppressed, Said::Complained, Said::Rejected] {
        let (world, _) = sent(&policy).await;
        for (at, to) in [(10, "triage"), (20, "triage-on-call")] {
            let alert = email(&world, "escalation_alert", to).await;
            world.ses_says(said, &alert).await;
            world.until(at).await;
        }
        let told = told(&world).await;
        let reached = ["care-management", "service-operations"]
            .map(|to| format!("escalation_alert -> {to}: sent, awaited"));
        assert!(reached.iter().all(|line| told.contains(line)), "{said:?}: {told}");
        if said == Said::Complained {
            insta::assert_snapshot!(told);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_a_fact_and_tells_nobody() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    let version = story(&world).await["version"].clone();
    let facts = [
        ("triage", Said::Delayed),
        ("support-engineering", Said::BouncedTransient),
        ("care-management", Said::BouncedUndetermined),
    ];
    for (to, said) in facts {
        world.ses_says(said, &email(&world, "escalation_alert", to).await).await;
    }
    assert_eq!(world.until(60).await.len(), 0);
    assert_eq!(story(&world).await["version"], version, "no change of the incident");
    insta::assert_snapshot!(told(&world).await);
}

#[tokio::test(start_paused = true)]
async fn when_the_customers_receipt_bounces_management_is_told() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    let receipt = email(&world, "escalation_received", "ada").await;
    world.ses_says(Said::Bounced, &receipt).await;
    let sent = world.until(30).await;
    let [(_, notice)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(notice.to.as_str(), "care-management@example.com");
    assert!(notice.text.contains("ada@customer.example"), "{}", notice.text);
    assert!(notice.text.contains("bounced: General: smtp; 550 5.1.1 user unknown"));
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_bounces_makes_no_further_notice() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    world.ses_says(Said::Bounced, &email(&world, "escalation_alert", "triage").await).await;
    world.until(30).await;
    let notice = email(&world, "email_undeliverable", "care-management").await;
    world.ses_says(Said::Bounced, &notice).await;
    assert_eq!(world.until(60).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_email_that_was_perhaps_sent_is_not_repeated_once_ses_tells_of_it() {
    for said in Said::ALL {
        let world = World::new(DEFAULT_POLICY);
        escalated(&world).await;
        for _ in 0..4 {
            world.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
        }
        let mut sent = world.until(1).await;
        assert_eq!(sent.len(), 4);
        for n in 0..4 {
            world.ses_says(said, &format!("INC-1-1-{n}")).await;
        }
        sent.extend(world.until(600).await);
        // Invariant 7: of those that were perhaps sent, none is sent again.
        assert!(times_sent(&sent).values().all(|times| *times == 1), "{said:?}");
        let story = story(&world).await;
        assert_invariants(&story);
        // Invariant 6: each ends sent, or parked and passed on.
        for email in &story["emails"].as_array().unwrap()[..4] {
            let delivery = &email["delivery"];
            assert!(delivery["status"] == "parked" || delivery["status"] == "sent", "{delivery}");
            assert_eq!(delivery["ses_message_id"], "the answer was lost");
        }
    }
}

/// SES, whose event overtakes its answer.
#[derive(Clone)]
struct Hasty {
    world: std::sync::Arc<World>,
    said: Said,
    answer: Result<String, SendError>,
    sent: MemoryMailer,
}

impl Mailer for Hasty {
    async fn send(&self, email: &Rendered) -> Result<String, SendError> {
        let (desk, now) = (&self.world.desk, self.world.desk.clock.now());
        let sent = SentEmail {
            id: email.id.clone(),
            message_id: "ses-1".to_owned(),
            to: email.to.to_string(),
            sent_at: now,
        };
        record_delivery::handle(desk, sent.event(self.said, now)).await.unwrap();
        self.sent.send(email).await?;
        self.answer.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_overtakes_the_answer_of_ses_holds_whatever_the_answer_is() {
    let ambiguous = || SendError::Ambiguous { reason: "time-out".to_owned() };
    let parked = || SendError::Park { reason: "MessageRejected".to_owned() };
    for answer in [Ok("ses-1".to_owned()), Err(ambiguous()), Err(parked())] {
        for (said, status) in [(Said::Delivered, "sent"), (Said::Bounced, "parked")] {
            let world = std::sync::Arc::new(World::new(DEFAULT_POLICY));
            escalated(&world).await;
            let (answer, sent) = (answer.clone(), MemoryMailer::default());
            let mailer = Hasty { world: world.clone(), said, answer, sent };
            let batch = Batch { records: vec![record(1, &"INC-1-1-0".parse().unwrap())] };
            let (desk, links) = (&world.desk, &world.links);
            let response = dispatch_email::handle(desk, &mailer, links, batch).await;
            assert!(response.batch_item_failures.is_empty(), "it does not come again");
            assert_eq!(mailer.sent.take_sent().len(), 1);
            let after = world.until(300).await;
            assert_eq!(times_sent(&after).get("INC-1-1-0"), None, "not repeated");
            let story = story(&world).await;
            assert_invariants(&story);
            let delivery = &story["emails"][0]["delivery"];
            assert_eq!((&delivery["status"], &delivery["attempts"]), (&status.into(), &1.into()));
            let undeliverable = story["timeline"].as_array().unwrap().iter();
            let times = undeliverable.filter(|e| e["event"] == "undeliverable").count();
            assert_eq!(times, usize::from(said == Said::Bounced), "told once that it is dead");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_ses_says_many_times_is_heard_once() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    let alert = email(&world, "escalation_alert", "triage").await;
    world.ses_says(Said::Bounced, &alert).await;
    let once = story(&world).await;
    for _ in 0..5 {
        world.ses_says(Said::Bounced, &alert).await;
    }
    assert_eq!(story(&world).await, once);
}

#[tokio::test(start_paused = true)]
async fn an_email_of_which_nothing_is_heard_is_unconfirmed_after_a_quarter_of_an_hour() {
    let (world, _) = sent(DEFAULT_POLICY).await;
    let confirmation = async |to| {
        let id = email(&world, "escalation_alert", to).await;
        let story = story(&world).await;
        let emails = story["emails"].as_array().unwrap();
        emails.iter().find(|email| email["id"] == id).unwrap()["confirmation"].clone()
    };
    world.ses_says(Said::Delivered, &email(&world, "escalation_alert", "triage").await).await;
    world.until(14 * 60).await;
    assert_eq!(confirmation("triage").await, "delivered");
    assert_eq!(confirmation("support-engineering").await, "awaited");
    world.until(15 * 60 + 1).await;
    assert_eq!(confirmation("triage").await, "delivered");
    assert_eq!(confirmation("support-engineering").await, "unconfirmed");
    // Late word is word.
    let late = email(&world, "escalation_alert", "support-engineering").await;
    world.ses_says(Said::Delivered, &late).await;
    assert_eq!(confirmation("support-engineering").await, "delivered");
}

#[tokio::test(start_paused = true)]
async fn an_email_that_was_cancelled_and_reached_somebody_was_sent() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    world.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
    world.dispatch().await;
    world.post("/v1/incidents/INC-1/resolution", json!({ "by": "Grace" })).await;
    world.until(120).await;
    assert!(told(&world).await.contains("escalation_alert -> triage: cancelled, -"));
    world.ses_says(Said::Delivered, "INC-1-1-0").await;
    assert!(told(&world).await.contains("escalation_alert -> triage: sent, delivered"));
}

#[tokio::test(start_paused = true)]
async fn an_email_that_was_given_up_on_stays_so_when_it_turns_out_to_be_delivered() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    for _ in 0..4 + 5 * 4 {
        world.mailer.fail_next(SendError::Ambiguous { reason: "time-out".to_owned() });
    }
    world.until(1200).await;
    let before = story(&world).await;
    world.ses_says(Said::Delivered, "INC-1-1-0").await;
    world.ses_says(Said::Bounced, "INC-1-1-0").await;
    assert!(told(&world).await.contains("escalation_alert -> triage: parked, bounced"));
    assert_eq!(story(&world).await["version"], before["version"], "others were told before");
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_email_of_this_desk_is_let_go() {
    let world = World::new(DEFAULT_POLICY);
    escalated(&world).await;
    let now = world.desk.clock.now();
    let mine = |id: &str, message_id: &str, to: &str| SentEmail {
        id: id.parse().unwrap(),
        message_id: message_id.to_owned(),
        to: to.to_owned(),
        sent_at: now,
    };
    let triage = "triage@example.com";
    let hear = async |email: SentEmail| {
        record_delivery::handle(&world.desk, email.event(Said::Bounced, now)).await.unwrap();
    };
    // Nobody has tried to send it yet.
    hear(mine("INC-1-1-0", "ses-1", triage)).await;
    world.dispatch().await;
    assert_eq!(world.mailer.take_sent().len(), 4, "it is still to be sent");
    let before = story(&world).await;
    for unknown in [
        mine("INC-1-1-99", "ses-1", triage),
        mine("INC-2-1-0", "ses-1", triage),
        mine("_-1-0", "ses-1", triage),
        mine("_d6iitobk75ur-1-0", "ses-1", triage),
        // Another desk's, in the same account.
        mine("INC-1-1-0", "ses-of-another-desk", triage),
        mine("INC-1-1-0", "memory-1", "triage@other.example"),
    ] {
        hear(unknown).await;
    }
    for unreadable in [json!(null), json!({}), json!({ "detail": { "eventType": "Bounce" } })] {
        record_delivery::handle(&world.desk, unreadable).await.unwrap();
    }
    assert_eq!(story(&world).await, before);
}
