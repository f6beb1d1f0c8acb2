//! The pages behind signed links: what they say, what they do, and what they never do by themselves.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use desk_tests::call::{Reply, get};
use desk_tests::world::World;
use desk_tests::{DEFAULT_POLICY, LINK_KEYS};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::email::render::Rendered;
use shared::incident::values::Language::{self, En, Fr};
use shared::links::{Action, Link, LinkKeys};

use crate::{escalation, incident, world};

const FIRST: Action = Action::Acknowledge { escalation: 1 };
const RESUME: Action = Action::Resume { escalation: 1 };

/// The path of a link to INC-1 that this desk signed.
fn signed(action: Action, language: Language) -> String {
    let customer = matches!(action, Action::View | Action::Escalate);
    let recipient = if customer { "ada@customer.example" } else { "triage@example.com" };
    signed_for(recipient, action, language)
}

fn signed_for(recipient: &str, action: Action, language: Language) -> String {
    let link = Link {
        incident: "INC-1".parse().unwrap(),
        recipient: recipient.parse().unwrap(),
        language,
        action,
        expires_at: desk_tests::world::start() + SignedDuration::from_hours(24),
    };
    format!("/links/{}", LinkKeys::read(LINK_KEYS).unwrap().sign(&link))
}

#[tokio::test(start_paused = true)]
async fn a_customers_page_says_what_care_waits_for_and_promises_nothing_overdue() {
    let world = world();
    let mut opened = incident("INC-1");
    opened["channel"] = "chat".into();
    assert_eq!(world.post("/v1/incidents", opened).await.status, 201);
    let pause = json!({
        "by": "Grace", "reason": "Please send us the log of 08:00.", "until": "2026-11-25T08:00:00Z",
    });
    assert_eq!(world.post("/v1/incidents/INC-1/pause", pause).await.status, 200);
    for (language, name) in [(En, "view_paused.en"), (Fr, "view_paused.fr")] {
        assert_snapshot!(name, shown(&world.ask(get(&signed(Action::View, language))).await));
    }
}

fn form(path: &str, typed: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(typed.to_owned()))
        .unwrap()
}

/// An answer for a snapshot. The style, and what depends on it, is the same on every page; one
/// snapshot has it.
fn shown(reply: &Reply) -> String {
    let whole = reply.whole();
    let whole = cut(&whole, "<style>", "</style>");
    let whole = cut(&whole, "'sha256-", "'");
    cut(&whole, "content-length: ", "\n")
}

fn cut(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}{from}…{to}{after}")
}

async fn escalated() -> World {
    let world = world();
    let mut opened = incident("INC-1");
    opened["channel"] = "phone".into();
    assert_eq!(world.post("/v1/incidents", opened).await.status, 201);
    world.until(300).await;
    assert_eq!(world.post("/v1/escalations", escalation()).await.status, 201);
    world
}

async fn acknowledged() -> World {
    let world = escalated().await;
    let path = "/v1/incidents/INC-1/acknowledgement";
    assert_eq!(world.post(path, json!({ "by": "Grace Hopper" })).await.status, 200);
    world
}

async fn story(world: &World) -> Value {
    world.get("/v1/incidents/INC-1").await
}

/// The path of the link in the text of an e-mail.
fn link_in(email: &Rendered) -> Option<String> {
    let url = email.text.lines().map(str::trim).find(|line| line.contains("/links/"))?;
    Some(url.strip_prefix("https://desk.example.com").unwrap().to_owned())
}

/// Snapshots of what a link answers in both languages.
macro_rules! in_both_languages {
    ($name:literal, $world:expr, $action:expr, $typed:expr) => {
        for (language, lang) in [(En, "en"), (Fr, "fr")] {
            let path = signed($action, language);
            let typed: Option<&str> = $typed;
            let request = typed.map_or_else(|| get(&path), |typed| form(&path, typed));
            let world = $world.await;
            assert_snapshot!(format!("{}.{lang}", $name), shown(&world.ask(request).await));
        }
    };
}

#[tokio::test(start_paused = true)]
async fn a_page_comes_whole_with_its_style_and_headers_that_keep_it_to_its_reader() {
    let reply = world().ask(get(&signed(Action::View, En))).await;
    assert_snapshot!(reply.whole());
}

#[tokio::test(start_paused = true)]
async fn the_page_of_an_alert_shows_what_is_escalated_until_when_and_to_whom() {
    in_both_languages!("acknowledge", escalated(), FIRST, None);
}

#[tokio::test(start_paused = true)]
async fn a_form_without_a_name_comes_again_and_says_what_is_missing() {
    in_both_languages!("acknowledge.wrong", escalated(), FIRST, Some("name=+"));
}

#[tokio::test(start_paused = true)]
async fn a_person_who_types_a_name_takes_the_escalation() {
    in_both_languages!("acknowledged", escalated(), FIRST, Some("name=+Zo%C3%AB+Roy+"));
}

#[tokio::test(start_paused = true)]
async fn what_is_acknowledged_already_says_by_whom() {
    in_both_languages!("acknowledged.already", acknowledged(), FIRST, None);
    let world = acknowledged().await;
    for typed in ["name=Linus", "name="] {
        let reply = world.ask(form(&signed(FIRST, En), typed)).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains("Grace Hopper has INC-1"), "{}", reply.body);
    }
    assert_eq!(story(&world).await["escalation"]["ladder"]["by"], "Grace Hopper");
}

#[tokio::test(start_paused = true)]
async fn the_page_of_an_acknowledgement_says_who_has_it_and_asks_who_withdraws_it() {
    in_both_languages!("resume", acknowledged(), RESUME, None);
    in_both_languages!("resume.wrong", acknowledged(), RESUME, Some("name=x"));
}

#[tokio::test(start_paused = true)]
async fn a_person_who_types_a_name_withdraws_the_acknowledgement_and_everybody_told_hears_it() {
    in_both_languages!("resumed", acknowledged(), RESUME, Some("name=Linus"));
    in_both_languages!("resumed.already", escalated(), RESUME, None);
    let world = acknowledged().await;
    world.ask(form(&signed(RESUME, En), "name=Linus")).await;
    let told = story(&world).await;
    assert_eq!(told["escalation"]["ladder"]["state"], "climbing");
    let emails = told["emails"].as_array().unwrap().iter();
    let heard = emails.filter(|email| email["kind"]["name"] == "acknowledgement_withdrawn");
    assert_eq!(heard.count(), 3, "the three teams that were alerted");
    let again = world.ask(form(&signed(RESUME, En), "name=Linus")).await;
    assert_eq!(again.status, 200);
    assert_eq!(story(&world).await, told, "there is nothing left to withdraw");
}

#[tokio::test(start_paused = true)]
async fn a_customer_sees_the_incident_the_promise_and_what_was_done_and_no_more() {
    let done = || async {
        let world = acknowledged().await;
        world.until(3 * 3600).await;
        let answer =
            json!({ "author": "Grace Hopper", "message": "Found it.\n<b>Soon</b> fixed." });
        world.post("/v1/incidents/INC-1/responses", answer).await;
        world
    };
    in_both_languages!("view", done(), Action::View, None);
    let page = done().await.ask(get(&signed(Action::View, En))).await.body;
    for inside in ["triage", "Support", "@", "level", "<b>"] {
        assert!(!page.split_once("<body>").unwrap().1.contains(inside), "{inside:?} in {page}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_sees_a_resolved_incident_and_how_to_open_it_again() {
    let resolved = || async {
        let world = escalated().await;
        world
            .post("/v1/incidents/INC-1/resolution", json!({ "by": "Grace", "note": "Fixed." }))
            .await;
        world
    };
    in_both_languages!("view.resolved", resolved(), Action::View, None);
}

#[tokio::test(start_paused = true)]
async fn a_customer_escalates_from_the_page() {
    let opened = || async {
        let world = world();
        world.post("/v1/incidents", incident("INC-1")).await;
        world
    };
    in_both_languages!("escalate", opened(), Action::Escalate, None);
    let wrong = "name=&business_justification=short";
    in_both_languages!("escalate.wrong", opened(), Action::Escalate, Some(wrong));
    let typed = "name=Ada+Lovelace&business_justification=All+shops+are+closed.%0D%0AHelp.";
    in_both_languages!("escalated", opened(), Action::Escalate, Some(typed));

    let world = opened().await;
    let view = world.ask(get(&signed(Action::View, En))).await.body;
    let (_, href) = view.split_once("class=\"button\" href=\"").unwrap();
    let path = format!("/links/{}", href.split('"').next().unwrap());
    assert_eq!(world.ask(form(&path, typed)).await.status, 200);
    let once = story(&world).await;
    let cause = &once["escalation"]["cause"];
    assert_eq!(cause["requester"], "Ada Lovelace");
    assert_eq!(cause["business_justification"], "All shops are closed.\r\nHelp.");
    // Loaded again, the same form escalates once; another one is added.
    assert_eq!(world.ask(form(&path, typed)).await.status, 200);
    assert_eq!(story(&world).await, once);
    let more = format!("{typed}+Now.");
    assert_eq!(world.ask(form(&path, &more)).await.status, 200);
    assert_ne!(story(&world).await, once);
}

#[tokio::test(start_paused = true)]
async fn one_form_too_many_says_until_when_and_changes_nothing() {
    let world = World::new(&DEFAULT_POLICY.replace("count = 60", "count = 1"));
    world.post("/v1/incidents", incident("INC-1")).await;
    world.until(600).await;
    let path = signed(Action::Escalate, En);
    let ask = async |why| {
        let typed = format!("name=Ada+Lovelace&business_justification={why}");
        world.ask(form(&path, &typed)).await
    };
    assert_eq!(ask("All+shops+are+closed.").await.status, 200);
    let before = story(&world).await;
    let reply = ask("All+shops+are+closed+now.").await;
    assert_eq!(reply.status, 429);
    assert!(reply.body.contains("You have escalated very often"), "{}", reply.body);
    let retry_after = reply.headers.iter().find(|(name, _)| name == "retry-after");
    let seconds: i64 = retry_after.unwrap().1.parse().unwrap();
    assert!((2990..=3000).contains(&seconds), "the rest of the hour, not {seconds}");
    assert_eq!(story(&world).await, before);
}

#[tokio::test(start_paused = true)]
async fn the_same_words_after_the_answer_escalate_anew() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let path = signed(Action::Escalate, En);
    let typed = "name=Ada+Lovelace&business_justification=All+shops+are+closed.";
    for sequence in 1..=3 {
        for _ in 0..2 {
            assert_eq!(world.ask(form(&path, typed)).await.status, 200);
        }
        let told = story(&world).await;
        assert_eq!(told["escalation"]["sequence"], sequence);
        assert_eq!(told["escalation"]["ladder"]["state"], "climbing");
        world.post("/v1/incidents/INC-1/responses", json!({ "author": "Grace" })).await;
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_who_is_not_the_incidents_customer_does_not_read_what_was_said_to_the_customer() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let answer = json!({ "author": "Grace Hopper", "message": "Your order 4711 is lost." });
    world.post("/v1/incidents/INC-1/responses", answer).await;
    let sees = async |recipient: &str| {
        let path = signed_for(recipient, Action::View, En);
        world.ask(get(&path)).await.body.contains("order 4711")
    };
    assert!(sees("Ada@customer.example").await, "its own customer");
    // Whoever knows the number can escalate it, and gets a link.
    let mut foreign = escalation();
    foreign["requester"]["email"] = "eve@elsewhere.example".into();
    assert_eq!(world.post("/v1/escalations", foreign).await.status, 201);
    assert!(!sees("eve@elsewhere.example").await);
}

#[tokio::test(start_paused = true)]
async fn a_link_of_an_escalation_that_is_over_is_gone() {
    let world = escalated().await;
    let ask = async |action, typed| world.ask(form(&signed(action, En), typed)).await;
    world.post("/v1/incidents/INC-1/responses", json!({ "author": "Grace" })).await;
    assert_snapshot!("over.answered", shown(&ask(FIRST, "name=Linus").await));
    world.post("/v1/escalations", escalation()).await;
    let anew = story(&world).await;
    assert_snapshot!("over.anew", shown(&ask(FIRST, "name=Linus").await));
    assert_eq!(ask(RESUME, "name=Linus").await.status, 410);
    assert_eq!(story(&world).await, anew, "an old link takes no new escalation");
    world.post("/v1/incidents/INC-1/resolution", json!({ "by": "Grace" })).await;
    let path = signed(Action::Acknowledge { escalation: 2 }, Fr);
    assert_snapshot!("over.resolved.fr", shown(&world.ask(get(&path)).await));
    assert_eq!(world.ask(form(&path, "name=Linus")).await.status, 410);
}

#[tokio::test(start_paused = true)]
async fn expired_forged_and_foreign_links_get_a_clear_page() {
    let world = world();
    let good = signed(FIRST, Fr);
    assert_snapshot!("no_incident.fr", shown(&world.ask(get(&good)).await));
    assert_eq!(world.ask(form(&good, "name=Linus")).await.status, 404);
    world.post("/v1/escalations", escalation()).await;
    let before = story(&world).await;
    let foreign = LINK_KEYS.replace("nobody else", "somebody");
    let link = Link {
        incident: "INC-1".parse().unwrap(),
        recipient: "triage@example.com".parse().unwrap(),
        language: En,
        action: FIRST,
        expires_at: jiff::Timestamp::MAX,
    };
    let foreign = format!("/links/{}", LinkKeys::read(&foreign).unwrap().sign(&link));
    assert_snapshot!("no_link.en", shown(&world.ask(get(&foreign)).await));
    for forged in [&foreign, &good[..good.len() - 1], "/links/x", "/links/%FF", "/links/%00"] {
        for request in [get(forged), form(forged, "name=Linus")] {
            let reply = world.ask(request).await;
            assert_eq!(reply.status, 404, "{forged}");
            assert!(reply.body.contains("This link is not valid"), "{}", reply.body);
        }
    }
    world.until(24 * 3600).await;
    let before_it_expired = story(&world).await;
    assert_eq!(before_it_expired["escalation"]["sequence"], before["escalation"]["sequence"]);
    assert_snapshot!("expired.fr", shown(&world.ask(get(&good)).await));
    assert_eq!(world.ask(form(&good, "name=Linus")).await.status, 410);
    assert_eq!(story(&world).await, before_it_expired);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_form_of_the_page_gets_a_clear_page_and_changes_nothing() {
    let world = escalated().await;
    let before = story(&world).await;
    let path = signed(FIRST, En);
    let with = |content_type: &str, body: String| {
        let request = Request::post(&path).header(header::CONTENT_TYPE, content_type);
        request.body(Body::from(body)).unwrap()
    };
    let form_type = "application/x-www-form-urlencoded";
    for (request, status, says) in [
        (
            with("application/json", r#"{"name":"Linus"}"#.to_owned()),
            415,
            "not the form of this page",
        ),
        (Request::post(&path).body(Body::from("name=Linus")).unwrap(), 415, "not the form"),
        (with(form_type, format!("name={}", "x".repeat(8 * 1024))), 413, "That is too long"),
        (with(form_type, "name=Linus&name=Grace".to_owned()), 400, "did not arrive whole"),
        (with(form_type, "name=a%0Ab".to_owned()), 422, "Write your name"),
        (with(form_type, format!("name={}", "x".repeat(201))), 422, "Write your name"),
        (Request::put(&path).body(Body::empty()).unwrap(), 405, "cannot be done with this link"),
        (form(&signed(Action::View, En), ""), 405, "cannot be done with this link"),
    ] {
        let reply = world.ask(request).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.body);
        assert!(reply.body.contains(says), "{says} in {}", reply.body);
        let html = ("content-type".to_owned(), "text/html; charset=utf-8".to_owned());
        assert!(reply.headers.contains(&html));
    }
    assert_eq!(story(&world).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_justification_of_4000_letters_of_any_script_fits() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let why = "%F0%9F%94%A5".repeat(4000);
    let typed = format!("name=Ada&business_justification={why}");
    assert_eq!(world.ask(form(&signed(Action::Escalate, En), &typed)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_people_wrote_stays_text() {
    let world = world();
    let mut hostile = escalation();
    hostile["business_justification"] = "<script>alert(1)</script> \"><img src=x>".into();
    world.post("/v1/escalations", hostile).await;
    for request in [
        get(&signed(FIRST, En)),
        form(&signed(Action::Escalate, En), "name=%22%3E%3Cimg+src%3Dx%3E&business_justification="),
        form(&signed(FIRST, En), "name=%3Cimg+src%3Dx%3E"),
    ] {
        let page = world.ask(request).await.body;
        assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
        assert!(page.contains("img src=x"), "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_not_to_be_had_are_503_with_a_page() {
    let aws = desk_tests::dynamodb::aws_at("http://127.0.0.1:1");
    let source = shared::links::KeySource::Missing;
    let world = World::with_keys(
        DEFAULT_POLICY,
        shared::links::KeyRing::new(source, move || aws.secrets()),
    );
    assert_snapshot!("unavailable", shown(&world.ask(get(&signed(FIRST, En))).await));
}

/// A scanner: it looks at every link (HEAD, then GET), follows every link of a page, and presses every
/// button, typing nothing.
async fn scan(world: &World, paths: Vec<String>) -> usize {
    let (mut waiting, mut seen, mut pressed) = (paths, Vec::new(), 0);
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path.clone());
        let head = Request::builder().method(Method::HEAD).uri(&path);
        let head = world.ask(head.body(Body::empty()).unwrap()).await;
        let page = world.ask(get(&path)).await;
        assert_eq!((head.status, head.body.as_str()), (page.status, ""));
        for form_in_page in page.body.split("<form").skip(1) {
            let names =
                form_in_page.split(" name=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let nothing_typed: Vec<_> = names.map(|name| format!("{name}=")).collect();
            let reply = world.ask(form(&path, &nothing_typed.join("&"))).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            pressed += 1;
        }
        world.ask(form(&path, "")).await;
        let hrefs = page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        waiting.extend(hrefs.map(|href| format!("/links/{href}")));
    }
    pressed
}

#[tokio::test(start_paused = true)]
async fn ten_visits_of_a_scanner_that_presses_every_button_leave_the_incident_unchanged() {
    let world = acknowledged().await;
    let mut sent = world.until(302).await;
    let path = signed(RESUME, En);
    assert_eq!(world.ask(form(&path, "name=Linus")).await.status, 200);
    sent.extend(world.until(304).await);
    let paths: Vec<_> = sent.iter().filter_map(|(_, email)| link_in(email)).collect();
    let kinds = |kind: &str| sent.iter().filter(|(_, email)| email.subject.contains(kind)).count();
    assert!(kinds("ESCALATED") > 0 && kinds("acknowledged by") > 0 && kinds("NOBODY HAS IT") > 0);
    let before = story(&world).await;
    for _ in 0..10 {
        assert!(scan(&world, paths.clone()).await >= 3, "alerts and the customer's form");
    }
    assert_eq!(story(&world).await, before);
    // What presses no button here is no proof: a person's name does change it.
    let alert = sent.iter().find(|(_, email)| email.subject.contains("ESCALATED")).unwrap();
    world.ask(form(&link_in(&alert.1).unwrap(), "name=Grace")).await;
    assert_ne!(story(&world).await, before);
}

#[tokio::test(start_paused = true)]
async fn the_incident_is_acknowledged_by_the_link_in_the_mailbox() {
    let world = world();
    world.post("/v1/escalations", escalation()).await;
    let sent = world.until(60).await;
    let to_triage =
        sent.iter().find(|(_, email)| email.to.as_str() == "triage@example.com").unwrap();
    let path = link_in(&to_triage.1).unwrap();
    assert!(to_triage.1.html.contains(&path), "the button leads to the same page");
    let page = world.ask(get(&path)).await;
    assert!(page.body.contains("<form method=\"post\">"), "{}", page.body);
    assert_eq!(story(&world).await["escalation"]["ladder"]["state"], "climbing");
    assert_eq!(world.ask(form(&path, "name=Sam+Roy")).await.status, 200);
    assert_eq!(story(&world).await["escalation"]["ladder"]["by"], "Sam Roy");
    let sent = world.until(120).await;
    let told = sent.iter().filter(|(_, email)| email.text.starts_with("Sam Roy acknowledged"));
    assert_eq!(told.clone().count(), 3, "everybody told hears it");
    for (_, email) in told {
        let reopen = link_in(email).unwrap();
        let page = world.ask(get(&reopen)).await.body;
        assert!(page.contains("Sam Roy has INC-1: withdraw the acknowledgement?"), "{page}");
    }
}
