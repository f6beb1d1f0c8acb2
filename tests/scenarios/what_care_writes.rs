//! What care writes by mail: only what is meant for a customer reaches one, and care's machines fall
//! silent too.

use desk_tests::DEFAULT_POLICY;
use desk_tests::arrivals::{Arriving, written_back};
use desk_tests::world::World;
use serde_json::json;
use shared::email::render::Rendered;

const ADA: &str = "ada@acme.example";
const CARE: &str = "care@example.com";
const TRIAGE: &str = "triage@example.com";

/// A desk at which Ada has escalated INC-1, and what it has sent for that.
async fn escalated() -> (World, Vec<Rendered>) {
    let world = World::new(DEFAULT_POLICY);
    let why = "None of our shops can sell anything.";
    let mail = Arriving::plain(ADA, "escalations@example.com", "INC-1", why);
    assert_eq!(world.receives("m1", &mail).await, "escalated INC-1");
    let sent = sent(&world, 60).await;
    (world, sent)
}

async fn sent(world: &World, until: u64) -> Vec<Rendered> {
    world.until(until).await.into_iter().map(|(_, email)| email).collect()
}

fn to<'a>(sent: &'a [Rendered], address: &str) -> Vec<&'a Rendered> {
    sent.iter().filter(|email| email.to.as_str() == address).collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_mail_of_care_reaches_the_customer_of_the_incident_in_its_subject_alone() {
    let secret = "It is the same at Globex as in INC-1: their database was never backed up.";
    let file = "From: triage@example.com\r\nTo: care@example.com\r\nSubject: INC-1\r\n\
                MIME-Version: 1.0\r\nContent-Type: text/plain; name=\"globex.txt\"\r\n\
                Content-Disposition: attachment; filename=\"globex.txt\"\r\n\r\nnothing\r\n";
    for (mail, outcome, is_told) in [
        (Arriving::plain(TRIAGE, CARE, "INC-1", "We are on it."), "responded INC-1", true),
        (Arriving::plain(TRIAGE, CARE, "Globex", secret), "quarantined no_incident", false),
        (Arriving::plain(TRIAGE, CARE, "INC-2", secret), "quarantined no_incident", false),
        (Arriving::from(TRIAGE, CARE, file), "added INC-1", false),
    ] {
        let (world, _) = escalated().await;
        assert_eq!(world.receives("m2", &mail).await, outcome);
        let told = sent(&world, 120).await;
        assert_eq!(!to(&told, ADA).is_empty(), is_told, "{outcome}");
        if is_told {
            let subject = &to(&told, ADA)[0].subject;
            assert!(subject.contains("response from Triage"), "no name, so the team's: {subject}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_back_to_a_notice_of_the_quarantine_reaches_no_customer() {
    let (world, _) = escalated().await;
    let text = "Please look at INC-1.";
    let mail = Arriving::plain("eve@evil.example", "escalations@example.com", "INC-1", text);
    assert_eq!(world.receives("m2", &mail).await, "quarantined stranger");
    let told = sent(&world, 180).await;
    let [notice] = to(&told, "care-management@example.com")[..] else { panic!("{told:?}") };
    let mut back = written_back(notice, "care-management@example.com", "INC-1: who is this Eve?");
    back.to = CARE.to_owned();
    assert_eq!(world.receives("m3", &back).await, "quarantined no_incident");
    assert_eq!(to(&sent(&world, 240).await, ADA).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_what_it_wrote_itself() {
    let (world, before) = escalated().await;
    let alert = to(&before, TRIAGE)[0];
    let note = written_back(alert, TRIAGE, "#internal\nShop 12 has no backup line.");
    assert_eq!(world.receives("m2", &note).await, "added INC-1");
    let told = sent(&world, 120).await;
    assert_eq!(to(&told, TRIAGE).len(), 0);
    assert!(!told.is_empty(), "the other teams are");
}

#[tokio::test(start_paused = true)]
async fn a_desk_and_the_autoresponders_of_its_teams_fall_silent() {
    let (world, before) = escalated().await;
    let alert = to(&before, TRIAGE)[0].clone();
    let resolved = json!({ "by": "Grace" });
    assert_eq!(world.post("/v1/incidents/INC-1/resolution", resolved).await.status, 200);
    let mut rounds = vec![];
    let mut written = vec![written_back(&alert, TRIAGE, "We have your mail.")];
    for round in 0..20 {
        for (n, mail) in written.iter().enumerate() {
            world.receives(&format!("bot{round}-{n}"), mail).await;
        }
        let told = sent(&world, 90 + round * 30).await;
        let of_teams = told.iter().filter(|email| email.to.as_str().ends_with("@example.com"));
        let answer =
            |email: &Rendered| written_back(email, email.to.as_str(), "We have your mail.");
        written = of_teams.map(answer).collect();
        rounds.push(written.len());
    }
    assert_eq!(rounds.iter().skip(1).sum::<usize>(), 0, "{rounds:?}");
}

#[tokio::test(start_paused = true)]
async fn who_names_a_number_that_is_yet_to_come_hears_nothing_of_its_incident() {
    let world = World::new(DEFAULT_POLICY);
    let squat = Arriving::plain("eve@evil.example", "p1@example.com", "INC-77", "All is down.");
    assert_eq!(world.receives("m1", &squat).await, "opened INC-77");
    sent(&world, 60).await;
    // Care opens the incident that has this number.
    let opened = json!({
        "number": "INC-77", "priority": "P1", "channel": "phone", "summary": "Checkout is down",
        "customer": { "name": "Ada Martin", "email": ADA },
    });
    let reply = world.post("/v1/incidents", opened.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.whole());
    let incident = world.get("/v1/incidents/INC-77").await;
    assert_eq!(incident["customer"]["email"], ADA);
    assert_eq!(incident["summary"], "Checkout is down");
    let response = json!({ "author": "Grace", "message": "The database is back." });
    assert_eq!(world.post("/v1/incidents/INC-77/responses", response).await.status, 200);
    let told = sent(&world, 120).await;
    assert_eq!(to(&told, "eve@evil.example").len(), 0);
    assert_eq!(to(&told, ADA).len(), 1);
    // Once care has said whose it is, it stays so.
    assert_eq!(world.post("/v1/incidents", opened).await.status, 409);
}
