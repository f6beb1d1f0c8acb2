//! Mail that waits for a person: people are told at once, of a flood together, and again when nobody
//! looks.

use std::fmt::Write;
use std::time::Duration;

use desk_tests::DEFAULT_POLICY;
use desk_tests::arrivals::Arriving;
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::json;
use shared::email::render::Rendered;

const ESCALATIONS: &str = "escalations@example.com";
const MANAGEMENT: &str = "care-management@example.com";
const HOUR: u64 = 3600;

fn escalating(from: &str) -> Arriving {
    let why = "Hello,\n\nOur checkout is down and we lose 40,000 EUR an hour.";
    Arriving::plain(from, ESCALATIONS, "Please escalate INC-1", why)
}

fn forged(from: &str) -> Arriving {
    let fails = || "FAIL".to_owned();
    Arriving { dmarc: fails(), dkim: fails(), ..escalating(from) }
}

/// A world, and what it has told people of the quarantine: when, and the e-mail.
struct Life {
    world: World,
    told: Vec<(u64, Rendered)>,
    /// All else that it has sent.
    others: Vec<(u64, Rendered)>,
}

impl Life {
    fn new() -> Self {
        Self { world: World::new(DEFAULT_POLICY), told: Vec::new(), others: Vec::new() }
    }

    /// Lets time pass up to a second, and beside it this mail arrive, in order, each at its second.
    async fn until(&mut self, seconds: u64, mails: &[(u64, &str, Arriving)]) {
        let now = self.world.desk.clock.now();
        let into = now.duration_since(desk_tests::world::start()).as_secs().unsigned_abs();
        let world = &self.world;
        let arrive = async {
            let mut waited = into;
            for (at, id, mail) in mails {
                tokio::time::sleep(Duration::from_secs(at - waited)).await;
                waited = *at;
                world.receives(id, mail).await;
            }
        };
        let (sent, ()) = futures::future::join(world.until(seconds), arrive).await;
        let of_quarantine = |(_, email): &(u64, Rendered)| email.id.to_string().starts_with("_-");
        let (told, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(of_quarantine);
        self.told.extend(told);
        self.others.extend(others);
    }

    /// When people were told.
    fn seconds(&self) -> Vec<u64> {
        self.told.iter().map(|(second, _)| *second).collect()
    }

    async fn decide(&self, id: &str, what: &str) {
        let path = format!("/v1/quarantine/{id}/{what}");
        let reply = self.world.post(&path, json!({ "by": "Grace" })).await;
        assert_eq!(reply.status, 200, "{}", reply.whole());
    }

    fn subjects(&self) -> String {
        let mut told = String::new();
        for (second, email) in &self.told {
            writeln!(told, "{second:>6} s  {}: {}", email.to, email.subject).unwrap();
        }
        told
    }
}

#[tokio::test(start_paused = true)]
async fn one_forged_mail_is_one_notice_within_about_a_minute() {
    for second in (0..130).step_by(9) {
        let mut life = Life::new();
        life.until(3 * HOUR, &[(second, "m1", forged("ada@acme.example"))]).await;
        let [told] = life.seconds()[..] else { panic!("told at {:?}", life.seconds()) };
        assert!((second + 30..=second + 61).contains(&told), "of {second} told at {told}");
        assert_eq!(life.told[0].1.to.as_str(), MANAGEMENT);
        assert_eq!(life.others.len(), 0, "whoever forged it hears nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_300_in_five_minutes_is_two_emails_and_counts_them_all() {
    let mut life = Life::new();
    let mails: Vec<_> =
        (0..300).map(|n| (n, format!("m{n}"), forged(&format!("ada{n}@acme.example")))).collect();
    let mails: Vec<_> = mails.iter().map(|(n, id, mail)| (*n, id.as_str(), mail.clone())).collect();
    life.until(2 * HOUR, &mails).await;
    let [first, second] = life.seconds()[..] else { panic!("told at {:?}", life.seconds()) };
    assert!(first <= 61 && second <= first + 15 * 60 + 61, "{first} {second}");
    assert_snapshot!("flood", life.subjects());
    let listed = life.world.get("/v1/quarantine?limit=100").await;
    assert_eq!(listed["mails"].as_array().unwrap().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_look_is_reminded_every_four_hours() {
    let mut life = Life::new();
    life.until(13 * HOUR, &[(5, "m1", forged("ada@acme.example"))]).await;
    assert_snapshot!("reminders", life.subjects());
    let seconds = life.seconds();
    assert!(
        seconds.windows(2).all(|pair| (4 * HOUR..4 * HOUR + 61).contains(&(pair[1] - pair[0])))
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_on_is_quiet() {
    for what in ["refusal", "release"] {
        let mut life = Life::new();
        life.until(600, &[(5, "m1", forged("ada@acme.example"))]).await;
        assert_eq!(life.told.len(), 1);
        life.decide("m1", what).await;
        if what == "release" {
            let incident = life.world.get("/v1/incidents/INC-1").await;
            let vouched = json!({ "id": "m1", "released_by": "Grace" });
            assert_eq!(incident["timeline"][0]["mail"], vouched, "who vouched for it is known");
        }
        life.until(10 * HOUR, &[]).await;
        assert_eq!(life.told.len(), 1, "{what}: {}", life.subjects());
        let watch = life.world.get("/v1/quarantine").await;
        assert_eq!(watch["mails"], json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_on_before_people_were_told_is_not_told() {
    let mut life = Life::new();
    life.until(10, &[(1, "m1", forged("ada@acme.example"))]).await;
    life.decide("m1", "refusal").await;
    life.until(HOUR, &[]).await;
    assert_eq!(life.seconds(), Vec::<u64>::new());
}

#[tokio::test(start_paused = true)]
async fn who_was_asked_for_more_has_a_quarter_of_an_hour_before_people_are_told() {
    let asks = "Our checkout is down since this morning.";
    let asks = Arriving::plain("ada@acme.example", ESCALATIONS, "Help", asks);
    // Also when people were told of another mail not long before.
    for before in [None, Some((5, "m0", forged("eve@acme.example")))] {
        let mut life = Life::new();
        let mails: Vec<_> = before.into_iter().chain([(70, "m1", asks.clone())]).collect();
        life.until(2 * HOUR, &mails).await;
        let told = *life.seconds().last().unwrap();
        assert!((70 + 930..=70 + 991).contains(&told), "told at {told}");
        assert_eq!(life.told.len(), mails.len());
        assert_eq!(life.others.len(), 1, "she was asked");
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_the_rest_in_time_leaves_nothing_to_tell() {
    let mut life = Life::new();
    let asks = "Our checkout is down since this morning.";
    let asks = Arriving::plain("ada@acme.example", ESCALATIONS, "Help", asks);
    life.until(60, &[(1, "m1", asks)]).await;
    let question = life.others.last().unwrap().1.clone();
    let answer = desk_tests::arrivals::written_back(&question, "ada@acme.example", "It is INC-1.");
    life.until(8 * HOUR, &[(600, "m2", answer)]).await;
    assert_eq!(life.world.get("/v1/quarantine/m1").await["outcome"], "escalated INC-1");
    assert_eq!(life.seconds(), Vec::<u64>::new());
}

/// More wait than a look reads at once.
#[tokio::test(start_paused = true)]
async fn a_flood_at_which_nobody_looks_hides_nothing_that_comes_after_it() {
    let mut life = Life::new();
    for n in 0..2_100 {
        life.world.receives(&format!("m{n:04}"), &forged("eve@acme.example")).await;
    }
    life.until(HOUR, &[]).await;
    assert_eq!(life.told.len(), 1);
    let after = escalating("Ada <ada@acme.example>");
    let after = Arriving { dmarc: "FAIL".to_owned(), dkim: "FAIL".to_owned(), ..after };
    life.until(2 * HOUR, &[(HOUR + 5, "a-later-one", after)]).await;
    assert_eq!(life.told.len(), 2, "{}", life.subjects());
    assert!(life.told[1].1.text.contains("ada@acme.example"), "{}", life.told[1].1.text);
}
