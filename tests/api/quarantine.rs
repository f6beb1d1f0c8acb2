//! Mail that waits: what people read of it, release and refuse. Whole answers, and bad input.

use desk_tests::arrivals::{Arriving, written_back};
use desk_tests::call::{Reply, get, post, post_once, with};
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::{Value, json};
use shared::email::render::Rendered;

use crate::{incident, world};

const ESCALATIONS: &str = "escalations@example.com";
const ADA: &str = "Ada Lovelace <ada@customer.example>";
const WHY: &str = "Hello,\n\nOur checkout is down and we lose 40,000 EUR an hour.\n\nAda";

fn escalating() -> Arriving {
    Arriving::plain(ADA, ESCALATIONS, "Please escalate INC-1", WHY)
}

/// Nothing proves that its author wrote it.
fn forged(mail: Arriving) -> Arriving {
    let fails = || "FAIL".to_owned();
    Arriving { dmarc: fails(), dkim: fails(), ..mail }
}

/// A world in which a forged escalation waits.
async fn held() -> World {
    let world = world();
    let outcome = world.receives("m1", &forged(escalating())).await;
    assert_eq!(outcome, "quarantined unauthenticated");
    world
}

fn by(name: &str) -> Value {
    json!({ "by": name })
}

async fn release(world: &World, id: &str, body: Value) -> Reply {
    world.post(&format!("/v1/quarantine/{id}/release"), body).await
}

async fn refuse(world: &World, id: &str, body: Value) -> Reply {
    world.post(&format!("/v1/quarantine/{id}/refusal"), body).await
}

async fn waiting(world: &World) -> Vec<Value> {
    world.get("/v1/quarantine").await["mails"].as_array().unwrap().clone()
}

fn has(reply: &Reply, name: &str, value: &str) -> bool {
    reply.headers.contains(&(name.to_owned(), value.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn mails_that_wait_are_listed_in_the_order_in_which_people_are_told_of_them() {
    let world = world();
    let empty = world.ask(get("/v1/quarantine")).await.whole();
    assert_snapshot!("empty", empty);
    let asks =
        Arriving::plain(ADA, ESCALATIONS, "Help", "Our checkout is down since this morning.");
    assert_eq!(world.receives("m1", &asks).await, "incomplete number");
    world.until(1).await;
    world.receives("m2", &forged(escalating())).await;
    world.until(2).await;
    let nobody = "To: escalations@example.com\r\nSubject: INC-1\r\n\r\nIt is down.\r\n";
    world.receives("m3", &Arriving::from("x@y.example", ESCALATIONS, nobody)).await;
    assert_snapshot!("list", world.ask(get("/v1/quarantine")).await.whole());
}

#[tokio::test(start_paused = true)]
async fn pages_go_on_where_the_one_before_ended_and_a_foreign_cursor_is_400() {
    let world = world();
    // A whole page in one instant, and ids with dots.
    let ids = ["a.1", "b", "b.2-x", "c_3", "d"];
    for id in ids {
        world.receives(id, &forged(escalating())).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/quarantine?limit=2".to_owned());
    loop {
        let page = world.get(&path).await;
        let mails = page["mails"].as_array().unwrap().clone();
        seen.extend(mails.iter().map(|mail| mail["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert_eq!(mails.len(), 2);
        path = format!("/v1/quarantine?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids);
    assert_snapshot!("foreign", world.ask(get("/v1/quarantine?cursor=x&limit=0")).await.whole());
    for query in ["cursor=1.", "cursor=x.m1", "cursor=1", "cursor=99999999999999999.m1"] {
        let reply = world.ask(get(&format!("/v1/quarantine?{query}"))).await;
        assert_eq!(reply.status, 400, "{query}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "offset=3"] {
        let reply = world.ask(get(&format!("/v1/quarantine?{query}"))).await;
        assert_eq!(reply.status, 422, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_waits_is_read_with_all_that_it_says() {
    let world = held().await;
    let reply = world.ask(get("/v1/quarantine/m1")).await;
    assert_snapshot!("waits", reply.whole());
    let again = world.ask(with(get("/v1/quarantine/m1"), "if-none-match", "\"1\"")).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
}

#[tokio::test(start_paused = true)]
async fn what_a_sender_said_before_is_told_with_what_it_says_now() {
    let world = world();
    let asks = Arriving::plain(ADA, ESCALATIONS, "INC-1", "Please escalate.");
    assert_eq!(world.receives("m1", &asks).await, "incomplete justification");
    let says = world.get("/v1/quarantine/m1").await["says"].clone();
    assert_eq!(says["said_before"]["incident_number"], "INC-1");
    assert_eq!(says["said_before"]["business_justification"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_forged_mail_that_is_released_escalates() {
    let world = held().await;
    assert_snapshot!("released", release(&world, "m1", by("Grace")).await.whole());
    assert_eq!(waiting(&world).await, Vec::<Value>::new());
    let escalation = world.get("/v1/escalations/INC-1").await;
    assert_eq!(escalation["escalation"]["state"], "alerted", "{escalation:#}");
    let after = world.get("/v1/quarantine/m1").await;
    assert_eq!((&after["decided_by"], &after["says"]), (&json!("Grace"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_released_mail_of_a_stranger_counts_as_the_customers() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let eve = "Eve <eve@other.example>";
    let stranger = Arriving::plain(eve, ESCALATIONS, "Please escalate INC-1", WHY);
    assert_eq!(world.receives("m1", &stranger).await, "quarantined stranger");
    let released = release(&world, "m1", by("Grace")).await.json();
    assert_eq!(released["outcome"], "escalated INC-1");
    let reply = Arriving::plain(eve, "care@example.com", "Re: INC-1", "It happened at noon.");
    assert_eq!(world.receives("m2", &reply).await, "replied INC-1", "she is known by now");
}

#[tokio::test(start_paused = true)]
async fn whoever_releases_a_mail_knows_better_than_its_thread_which_incident_it_is_about() {
    let world = world();
    for number in ["INC-1", "INC-2"] {
        world.post("/v1/incidents", incident(number)).await;
    }
    let sent = world.until(5).await;
    let to_ada = |(_, email): &&(u64, Rendered)| {
        email.to.as_str() == "ada@customer.example" && email.subject.contains("INC-1")
    };
    let receipt = &sent.iter().find(to_ada).unwrap().1;
    let reply = forged(written_back(receipt, ADA, "It is the other one that fails."));
    assert_eq!(world.receives("m1", &reply).await, "quarantined unauthenticated");
    let about = json!({ "by": "Grace", "incident_number": "INC-2" });
    assert_eq!(release(&world, "m1", about).await.json()["outcome"], "replied INC-2");
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_mail_is_released_with_the_number_that_it_lacks() {
    let world = world();
    let asks =
        Arriving::plain(ADA, ESCALATIONS, "Help", "Our checkout is down since this morning.");
    assert_eq!(world.receives("m1", &asks).await, "incomplete number");
    assert_snapshot!("still_held", release(&world, "m1", by("Grace")).await.whole());
    assert_eq!(world.get("/v1/quarantine/m1").await["version"], 1, "nothing was written");
    let numbered = json!({ "by": "Grace", "incident_number": "INC-7" });
    let released = release(&world, "m1", numbered.clone()).await.json();
    assert_eq!(
        (&released["did"], &released["incident_number"]),
        (&json!("escalated"), &json!("INC-7"))
    );
    assert_eq!(release(&world, "m1", numbered).await.status, 200, "once more is no mistake");
    let other = json!({ "by": "Grace", "incident_number": "INC-8" });
    assert_eq!(release(&world, "m1", other).await.status, 409, "but not about another incident");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_acted_on_even_so_waits_on_and_the_answer_says_what_would_help() {
    let world = world();
    let no_why = Arriving::plain(ADA, ESCALATIONS, "INC-1", "Please escalate.");
    let says_nothing = Arriving::plain(ADA, ESCALATIONS, "Hello", "Please escalate.");
    let nobody = "To: escalations@example.com\r\nSubject: INC-1\r\n\r\nIt is down.\r\n";
    let lost = Arriving::plain(ADA, "care@example.com", "Re: your mail", "It still fails.");
    let winmail = "From: ada@customer.example\r\nSubject: INC-1\r\nMIME-Version: 1.0\r\n\
                   Content-Type: application/ms-tnef; name=winmail.dat\r\n\
                   Content-Disposition: attachment; filename=winmail.dat\r\n\
                   Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n";
    let mut said = String::new();
    for (id, mail, number) in [
        ("no-why", no_why, None),
        ("says-nothing", forged(says_nothing), None),
        ("no-from", Arriving::from("x@y.example", ESCALATIONS, nobody), Some("INC-1")),
        ("lost", lost.clone(), None),
        ("lost-again", lost, Some("INC-9")),
        ("winmail", Arriving::from("ada@customer.example", ESCALATIONS, winmail), None),
    ] {
        world.receives(id, &mail).await;
        let body = json!({ "by": "Grace", "incident_number": number });
        let reply = release(&world, id, body).await;
        assert_eq!(reply.json()["type"], "urn:escalation-desk:problem:mail-still-held");
        said.push_str(&format!("{id}: {} {}\n", reply.status, reply.json()["detail"]));
    }
    assert_snapshot!(said);
    assert_eq!(waiting(&world).await.len(), 6);
    assert_eq!(refuse(&world, "no-from", by("Grace")).await.status, 200);
    assert_eq!(waiting(&world).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_refused_mail_changes_nothing_and_its_sender_hears_nothing() {
    let world = held().await;
    let refusal = json!({ "by": "Grace", "note": "Ada has not written this: I called her." });
    assert_snapshot!("refused", refuse(&world, "m1", refusal.clone()).await.whole());
    assert_eq!(refuse(&world, "m1", refusal).await.status, 200, "once more is no mistake");
    assert_snapshot!("release_after_refusal", release(&world, "m1", by("Grace")).await.whole());
    assert_eq!(world.ask(get("/v1/escalations/INC-1")).await.status, 404);
    assert_eq!(world.until(3600).await.len(), 0, "nobody is told of it any more");
    // SES hands the same mail on once more.
    assert_eq!(world.receives("m1", &escalating()).await, "refused");
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_was_decided_on_is_409_for_everybody_else_and_says_by_whom() {
    let world = held().await;
    assert_eq!(release(&world, "m1", by("Grace")).await.status, 200);
    assert_snapshot!("decided", release(&world, "m1", by("Linus")).await.whole());
    let version = world.get("/v1/incidents/INC-1").await["version"].clone();
    let again = release(&world, "m1", by("Grace")).await;
    assert_eq!(again.json()["outcome"], "escalated INC-1");
    assert_eq!(world.get("/v1/incidents/INC-1").await["version"], version, "nothing was done");
    assert_eq!(refuse(&world, "m1", by("Grace")).await.status, 409);
    // Nobody decided on these.
    world.receives("m2", &escalating()).await;
    let acted_on = release(&world, "m2", by("Grace")).await.json();
    assert_eq!(acted_on["detail"], "The mail does not wait: escalated INC-1.");
    let own = Arriving::plain("escalations@example.com", ESCALATIONS, "INC-1", WHY);
    assert_eq!(world.receives("m3", &own).await, "noted own");
    assert_eq!(refuse(&world, "m3", by("Grace")).await.status, 409);
    assert_eq!(world.get("/v1/quarantine/m3").await["outcome"], "noted own");
}

#[tokio::test]
async fn of_releases_that_come_at_once_one_wins() {
    let world = held().await;
    let people = ["Grace", "Linus", "Edsger", "Barbara"];
    let releases = people.map(|name| release(&world, "m1", by(name)));
    let refusals = people.map(|name| refuse(&world, "m1", by(name)));
    let (releases, refusals) = futures::future::join(
        futures::future::join_all(releases),
        futures::future::join_all(refusals),
    )
    .await;
    let replies: Vec<_> = releases.into_iter().chain(refusals).collect();
    let won = |reply: &&Reply| reply.status == 200;
    assert_eq!(replies.iter().filter(won).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_same_decision_under_the_same_key_is_done_once_and_answered_the_same() {
    for what in ["release", "refusal"] {
        let world = held().await;
        let path = format!("/v1/quarantine/m1/{what}");
        let ask = async |key: &str, name: &str| world.ask(post_once(&path, key, &by(name))).await;
        let first = ask("key-1", "Grace").await;
        assert!(first.status == 200 && !has(&first, "idempotency-replayed", "true"));
        world.until(60).await;
        let again = ask("key-1", "Grace").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert!(has(&again, "idempotency-replayed", "true") && has(&again, "etag", "\"2\""));
        assert_eq!(ask("key-1", "Linus").await.status, 422, "another request");
        let other = post_once(&format!("/v1/quarantine/m9/{what}"), "key-1", &by("Grace"));
        assert_eq!(world.ask(other).await.status, 422, "the same body on another path");
        // That there was nothing to do is remembered too.
        assert_eq!(ask("key-2", "Grace").await.status, 200);
        assert!(has(&ask("key-2", "Grace").await, "idempotency-replayed", "true"));
        assert_eq!(ask("key-2", "Linus").await.status, 422);
    }
}

#[tokio::test]
async fn fifty_releases_at_once_under_one_key_have_one_effect() {
    let world = held().await;
    let path = "/v1/quarantine/m1/release";
    let replies = (0..50).map(|_| world.ask(post_once(path, "key", &by("Grace"))));
    let mut replies = futures::future::join_all(replies).await;
    replies.dedup_by(|a, b| a.body == b.body && a.status == b.status);
    assert_eq!((replies.len(), replies[0].status.as_u16()), (1, 200));
    assert_eq!(world.get("/v1/incidents/INC-1").await["version"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_decision_on_another_version_is_412_and_writes_nothing() {
    let world = held().await;
    for what in ["release", "refusal"] {
        let request = post(&format!("/v1/quarantine/m1/{what}"), &by("Grace"));
        let reply = world.ask(with(request, "if-match", "\"2\"")).await;
        assert!(reply.status == 412 && has(&reply, "etag", "\"1\""), "{}", reply.whole());
    }
    assert_eq!(waiting(&world).await.len(), 1);
    let request = post("/v1/quarantine/m1/release", &by("Grace"));
    assert_eq!(world.ask(with(request, "if-match", "\"1\"")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_mail_is_404_and_what_is_no_id_422() {
    let world = held().await;
    assert_snapshot!("unknown", world.ask(get("/v1/quarantine/m9")).await.whole());
    assert_eq!(release(&world, "m9", by("Grace")).await.status, 404);
    assert_eq!(refuse(&world, "m9", by("Grace")).await.status, 404);
    let long = "m".repeat(129);
    for id in ["-m1", "m%201", "m%2F1", "%C3%A9", long.as_str()] {
        assert_eq!(world.ask(get(&format!("/v1/quarantine/{id}"))).await.status, 422, "{id}");
        assert_eq!(release(&world, id, by("Grace")).await.status, 422, "{id}");
    }
    assert_eq!(world.ask(get(&format!("/v1/quarantine/{}", "m".repeat(128)))).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_of_a_decision_is_named_and_writes_nothing() {
    let world = held().await;
    let long = "x".repeat(4001);
    let wrong = json!({ "by": "", "incident_number": "INC 1", "note": long, "number": "INC-1" });
    let mut answers = String::new();
    for what in ["release", "refusal"] {
        let reply = world.post(&format!("/v1/quarantine/m1/{what}"), wrong.clone()).await;
        answers.push_str(&format!("{what}: {}\n{:#}\n", reply.status, reply.json()["errors"]));
        let reply = world.post(&format!("/v1/quarantine/m1/{what}"), json!({})).await;
        assert_eq!(reply.json()["errors"][0]["pointer"], "/by");
    }
    assert_snapshot!(answers);
    assert_eq!(waiting(&world).await.len(), 1);
    let too_long = json!({ "by": "Grace", "note": "x".repeat(256 * 1024) });
    assert_eq!(refuse(&world, "m1", too_long).await.status, 413);
}
