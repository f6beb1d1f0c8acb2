//! A conversation by mail alone: the customer escalates, care writes back from a mail client, and when
//! nobody does, the desk escalates by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use desk_tests::DEFAULT_POLICY;
use desk_tests::arrivals::{Arriving, written_back};
use desk_tests::world::World;
use shared::email::render::Rendered;
use shared::store::Store;

const ADA: &str = "Ada Martin <ada@acme.example>";
const HOUR: u64 = 3600;

/// A world, and every e-mail that it has sent: its second after the start, and the e-mail.
struct Life {
    world: World,
    sent: Vec<(u64, Rendered)>,
    told: String,
}

impl Life {
    fn new() -> Self {
        Self { world: World::new(DEFAULT_POLICY), sent: Vec::new(), told: String::new() }
    }

    async fn until(&mut self, seconds: u64) {
        for (second, email) in self.world.until(seconds).await {
            let minute = second / 60;
            writeln!(self.told, "{minute:>4} min  {}: {}", email.to, email.subject).unwrap();
            self.sent.push((second, email));
        }
    }

    async fn receives(&mut self, id: &str, who: &str, arriving: &Arriving) -> String {
        let outcome = self.world.receives(id, arriving).await;
        writeln!(self.told, "          {who} writes: {outcome}").unwrap();
        outcome
    }

    /// The last e-mail to an address.
    fn last(&self, to: &str) -> &Rendered {
        let mut emails = self.sent.iter().rev().map(|(_, email)| email);
        emails.find(|email| email.to.as_str() == to).unwrap()
    }
}

fn header<'a>(email: &'a Rendered, name: &str) -> Option<&'a str> {
    email.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

#[tokio::test(start_paused = true)]
async fn the_whole_promise_is_kept_by_mail() {
    let mut life = Life::new();
    // The customer escalates by mail, and the receipt says until when a person will answer.
    let text = "Hello,\n\nNone of our shops can sell anything since 08:40.\n\nAda Martin\nAcme";
    let mail = Arriving::plain(ADA, "escalations@example.com", "Incident INC-1 is urgent", text);
    assert_eq!(life.receives("m1", "Ada", &mail).await, "escalated INC-1");
    life.until(60).await;
    let receipt = life.last("ada@acme.example");
    assert!(
        receipt.text.contains("Tuesday 24 November 2026, 10:00 (CET, UTC+1)"),
        "{}",
        receipt.text
    );

    // Care writes back to its alert: a response, which goes to the customer; the next is promised.
    let alert = life.last("triage@example.com").clone();
    let answer =
        "Hello Ada,\n\nA certificate had expired. We are renewing it.\n\n-- \nLinus Roy\nTriage";
    let mail = written_back(&alert, "Linus Roy <triage@example.com>", answer);
    assert_eq!(life.receives("m2", "Linus", &mail).await, "responded INC-1");
    life.until(120).await;
    let passed_on = life.last("ada@acme.example").clone();
    assert!(passed_on.text.contains("A certificate had expired."), "{}", passed_on.text);
    assert!(!passed_on.text.contains("We received your escalation"), "quotes are cut");
    assert!(!passed_on.text.contains("Triage"), "signatures are cut");

    // The customer writes back: care reads it.
    let mail = written_back(&passed_on, ADA, "Thank you. Shop 12 still cannot sell.");
    assert_eq!(life.receives("m3", "Ada", &mail).await, "replied INC-1");
    life.until(180).await;
    assert!(life.last("triage@example.com").text.contains("Shop 12 still cannot sell."));

    // For the teams alone.
    let note = written_back(
        &alert,
        "Linus Roy <triage@example.com>",
        "#internal\nShop 12 has no backup line.",
    );
    assert_eq!(life.receives("m4", "Linus", &note).await, "added INC-1");
    life.until(240).await;
    assert_eq!(life.last("ada@acme.example").id, passed_on.id, "she does not read it");

    // Six hours of silence: the desk escalates by itself.
    life.until(6 * HOUR + 300).await;
    let escalated = life.last("ada@acme.example");
    assert!(escalated.subject.contains("update late, escalated"), "{}", escalated.subject);

    insta::assert_snapshot!(life.told);
}

#[tokio::test(start_paused = true)]
async fn every_participant_has_one_thread_for_one_incident() {
    let mut life = Life::new();
    let text = "None of our shops can sell anything since 08:40.";
    let mail = Arriving::plain(ADA, "escalations@example.com", "INC-1", text);
    life.receives("m1", "Ada", &mail).await;
    life.until(60).await;
    let receipt = life.last("ada@acme.example").clone();
    life.receives("m2", "Ada", &written_back(&receipt, ADA, "And now the web shop, too.")).await;
    let alert = life.last("triage@example.com").clone();
    let response = written_back(&alert, "triage@example.com", "We are renewing a certificate.");
    life.receives("m3", "triage", &response).await;
    life.until(7 * HOUR).await;
    let mut threads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, email) in &life.sent {
        let references = header(email, "References").unwrap();
        let root = references.split(' ').next().unwrap();
        threads.entry(email.to.as_str()).or_default().insert(root);
        assert!(email.reply_to.as_ref().unwrap().as_str().starts_with("care+uinc-1-"));
    }
    assert!(threads.len() > 4, "{threads:?}");
    assert!(threads.values().all(|roots| roots.len() == 1), "{threads:?}");
    // Her own mail is in it: the receipt answers it.
    let own = std::str::from_utf8(&mail.raw).unwrap();
    let own = own.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    assert_eq!(header(&receipt, "In-Reply-To"), Some(own));
    assert!(header(&receipt, "References").unwrap().ends_with(own));
}

#[tokio::test(start_paused = true)]
async fn a_p1_by_mail_runs_from_when_it_arrived() {
    let mut life = Life::new();
    let mail = Arriving::plain(ADA, "p1@example.com", "Nothing works", "All shops are closed.");
    let outcome = life.receives("m1", "Ada", &mail).await;
    let number = outcome.strip_prefix("opened ").unwrap().to_owned();
    assert!(number.starts_with("P1-"), "{number}");
    life.until(60).await;
    let incident = life.world.get(&format!("/v1/incidents/{number}")).await;
    assert_eq!(incident["channel"], "email");
    assert_eq!(incident["summary"], "Nothing works");
    assert_eq!(incident["clocks"]["initial_response"]["due_at"], "2026-11-24T09:00:00Z");
    assert!(life.last("triage@example.com").text.contains("> All shops are closed."));
    // A mail that comes twice opens it once.
    assert_eq!(life.receives("m1", "Ada", &mail).await, outcome);
    assert_eq!(life.world.get(&format!("/v1/incidents/{number}")).await["version"], 1);
    // Nobody answers within the hour.
    life.until(HOUR + 60).await;
    let late = life.last("ada@acme.example");
    assert!(late.subject.contains("initial response late, escalated"), "{}", late.subject);
}

#[tokio::test(start_paused = true)]
async fn what_a_request_lacks_is_asked_for_once_and_completes_it() {
    let mut life = Life::new();
    let french = "Bonjour,\n\nAucun de nos magasins ne peut encaisser depuis ce matin, merci d'escalader.\n\nAda";
    let mail = Arriving::plain(ADA, "escalations@example.com", "Urgent", french);
    assert_eq!(life.receives("m1", "Ada", &mail).await, "incomplete number");
    life.until(60).await;
    let question = life.last("ada@acme.example").clone();
    insta::assert_snapshot!("the_question", question.text);
    assert!(header(&question, "In-Reply-To").is_some());
    // Another one within the hour is not asked about, but waits for a person.
    let again = Arriving::plain(ADA, "escalations@example.com", "Urgent!", french);
    assert_eq!(life.receives("m2", "Ada", &again).await, "quarantined unanswered");
    // Nor is what she writes back without the number, and the question still stands.
    let without = written_back(&question, ADA, "Je ne trouve pas le numéro.");
    assert_eq!(life.receives("m2b", "Ada", &without).await, "quarantined unanswered");
    // What she writes back has the number alone; the rest is known, and her language.
    let completed = written_back(&question, ADA, "incident INC-7");
    assert_eq!(life.receives("m3", "Ada", &completed).await, "escalated INC-7");
    life.until(180).await;
    let alert = &life.last("care-management@example.com");
    let receipt = life.last("ada@acme.example");
    assert!(receipt.text.contains("Aucun de nos magasins"), "{}", receipt.text);
    assert!(receipt.text.contains("Bonjour Ada Martin"), "{}", receipt.text);
    assert!(life.told.contains("INC-7"), "{}", alert.text);
    let first = life.world.desk.store.load_mail(&"m1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(first.outcome.to_string(), "escalated INC-7");
    assert_eq!(first.arrival, None, "nothing is kept of what is done");
}

#[tokio::test(start_paused = true)]
async fn one_sender_has_one_automatic_answer_an_hour_and_a_receipt_for_each_new_escalation() {
    let mut life = Life::new();
    let escalate =
        |number: &str, text: &str| Arriving::plain(ADA, "escalations@example.com", number, text);
    let to_ada = |life: &Life| {
        life.sent.iter().filter(|(_, email)| email.to.as_str() == "ada@acme.example").count()
    };
    let why = "None of our shops can sell anything.";
    assert_eq!(life.receives("m1", "Ada", &escalate("INC-1", why)).await, "escalated INC-1");
    life.until(60).await;
    assert_eq!(to_ada(&life), 1);
    // The same again is told to the teams, and to her not a second time.
    assert_eq!(
        life.receives("m2", "Ada", &escalate("INC-1", "It is worse now, really.")).await,
        "escalated INC-1"
    );
    life.until(120).await;
    assert_eq!(to_ada(&life), 1);
    assert!(life.last("triage@example.com").text.contains("It is worse now, really."));
    // Another incident is another promise.
    assert_eq!(life.receives("m3", "Ada", &escalate("INC-2", why)).await, "escalated INC-2");
    life.until(180).await;
    assert_eq!(to_ada(&life), 2);
    // An hour after the last of them.
    life.until(HOUR + 200).await;
    let before = to_ada(&life);
    assert_eq!(
        life.receives("m4", "Ada", &escalate("INC-1", "Still nothing sold, since 08:40.")).await,
        "escalated INC-1"
    );
    life.until(HOUR + 260).await;
    assert_eq!(to_ada(&life), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_stored_and_not_multiplied() {
    let mut life = Life::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for n in 0..200 {
        let text = format!("Line {n} of the plant stands still, please look.");
        let mail = Arriving::plain(ADA, "escalations@example.com", "INC-1", &text);
        let outcome = life.receives(&format!("flood{n}"), "Ada", &mail).await;
        *outcomes.entry(outcome).or_default() += 1;
    }
    let expected = [("escalated INC-1".to_owned(), 30), ("quarantined flood".to_owned(), 170)];
    assert_eq!(outcomes, BTreeMap::from(expected));
    life.until(120).await;
    let to = |address: &str| life.sent.iter().filter(|(_, e)| e.to.as_str() == address).count();
    assert_eq!(to("ada@acme.example"), 1, "one receipt");
    let digests = life.sent.iter().filter(|(_, email)| email.subject.contains("in quarantine"));
    let digests: Vec<_> = digests.map(|(_, email)| email.subject.as_str()).collect();
    assert_eq!(digests, ["[Customer Care] 170 e-mails in quarantine"]);
}
