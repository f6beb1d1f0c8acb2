//! The Big List of Naughty Strings (Max Woolf, MIT: `naughty/LICENSE`), and what it leaves out, written
//! into every field and header. Each is refused by a problem that names the place, or comes back as it
//! was written; and whatever e-mail it gets into stays one e-mail.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use desk_tests::call::{Reply, get, post};
use desk_tests::hostile::{answers, letters};
use desk_tests::world::World;
use desk_tests::{DEFAULT_POLICY, LINK_KEYS};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::email::render::{Rendered, render};
use shared::incident::values::Language;
use shared::links::{Action, Link, LinkKeys};
use shared::store::Store;

use super::fields::{FIELDS, Field, numbered};

const LIST: &str = include_str!("naughty/blns.json");
/// What breaks out of a header, a line, an item, a template or a text's direction.
const MORE: [&str; 16] = [
    "a\r\nBcc: eve@evil.example\r\n\r\nBuy now",
    "a\nX-Escalation-Desk-Email-Id: INC-1-1-0",
    "a\u{85}b\u{2028}c\u{2029}d",
    "nothing \0 behind it",
    "\u{7f}\u{1b}[31mred\u{1b}[0m in a terminal",
    "\u{feff}with a byte order mark",
    "\u{202e}txt.exe\u{2066} turned round",
    "{{ frame.foot }} {% raw %} {# a template #}",
    "</blockquote></td></tr></table><h1>Pay here</h1>",
    "\"><img src=x onerror=alert(1)> \" onload=\"alert(1)",
    "INCIDENT#INC-1 ENTRY#0000000001#000",
    "=cmd|' /C calc'!A0 in a table",
    "\n-- \nAnother signature, and what it says",
    "\u{fdfa}\u{fdfa}\u{fdfa} is eighteen letters each, once folded",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} is one person, or three",
    "e\u{301} and \u{e9} are not the same letters",
];

/// A field that is written into late takes each so-manieth string.
const PART: usize = 5;

fn strings() -> Vec<String> {
    let list: Vec<String> = serde_json::from_str(LIST).unwrap();
    assert_eq!(list.len(), 515);
    list.into_iter().chain(MORE.map(str::to_owned)).collect()
}

/// The same, long enough for every field.
fn lengthened(text: &str) -> String {
    format!("{text} and so on.")
}

async fn asked(world: &World, request: Request<Body>) -> Reply {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let reply = world.ask(request).await;
    answers::hold(&method, &path, &reply);
    reply
}

/// The e-mails of a case, in words.
async fn letters_of(world: &World, case: usize) -> Vec<Rendered> {
    let number = format!("INC-{case}").parse().unwrap();
    let story = world.desk.store.story(&number).await.unwrap();
    let (policy, mut letters) = (&world.desk.policy, Vec::new());
    for item in story.map(|story| story.emails).unwrap_or_default() {
        let now = world.desk.clock.now();
        let ways = world.links.ways_back(&item.email, policy.inbound.as_ref(), now).await;
        letters.push(render(&item.email, &policy.desk, 0, &ways).unwrap());
    }
    letters
}

/// The names of the tags of each e-mail.
fn tags(letters: &[Rendered]) -> Vec<Vec<String>> {
    let name = |tag: &str| tag.split([' ', '\n']).next().unwrap_or_default().to_owned();
    letters
        .iter()
        .map(|letter| letters::tags(&letter.html).into_iter().map(name).collect())
        .collect()
}

/// Whether a value of this name somewhere in JSON is this text.
fn has(json: &Value, name: &str, text: &str) -> bool {
    match json {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            (key == name && value.as_str() == Some(text)) || has(value, name, text)
        }),
        Value::Array(items) => items.iter().any(|item| has(item, name, text)),
        _ => false,
    }
}

/// Writes a text into a field. `None` when it is refused, which has to name the field; else the e-mails
/// of the case, once it came back as it was written.
async fn written(world: &World, field: &Field, case: usize, text: &str) -> Option<Vec<Rendered>> {
    field.prepare(world, case).await;
    let reply = asked(world, field.ask(case, text)).await;
    if !reply.status.is_success() {
        assert_eq!(reply.status, 422, "{} {text:?}: {}", field.pointer, reply.body);
        let errors = reply.json()["errors"].as_array().unwrap().clone();
        let named: Vec<_> = errors.iter().map(|error| error["pointer"].as_str()).collect();
        assert_eq!(named, [Some(field.pointer)], "{text:?}");
        return None;
    }
    let read = asked(world, get(&numbered(field.read, case))).await;
    assert!(
        has(&read.json(), field.name, text.trim()),
        "{} {text:?} does not come back: {}",
        field.pointer,
        read.body
    );
    Some(letters_of(world, case).await)
}

/// How many of the strings each field takes, so that one that refuses all is seen.
#[tokio::test(start_paused = true)]
async fn whatever_is_written_into_a_field_comes_back_or_is_refused_by_its_name() {
    let mut case = 0;
    let mut table = String::new();
    for (n, field) in FIELDS.iter().enumerate() {
        let world = World::new(DEFAULT_POLICY);
        let harmless = written(&world, field, case, field.harmless).await.unwrap();
        let harmless = tags(&harmless);
        let (mut taken, mut refused) = (0, 0);
        // Short texts are refused where a reason is asked for; alone, each is written elsewhere.
        let long = field.name == "business_justification";
        // What takes several requests to come to is written a part of them, each another one.
        let part = if field.is_first_of_all() { 1 } else { PART };
        for text in strings().into_iter().skip(n % part).step_by(part) {
            let text = if long { lengthened(&text) } else { text };
            case += 1;
            let Some(letters) = written(&world, field, case, &text).await else {
                refused += 1;
                continue;
            };
            taken += 1;
            letters.iter().for_each(letters::hold);
            assert_eq!(tags(&letters), harmless, "{} {text:?}", field.pointer);
        }
        case += 1;
        table.push_str(&format!(
            "{} {}: {taken} taken, {refused} refused\n",
            field.path(),
            field.pointer
        ));
    }
    insta::assert_snapshot!(table);
}

/// What an e-mail quotes is what was written: a reader of the page sees the words, and nothing else.
#[tokio::test(start_paused = true)]
async fn what_a_customer_writes_is_read_in_the_alert_word_for_word() {
    let world = World::new(DEFAULT_POLICY);
    let field = &FIELDS[0];
    let mut read = 0;
    for (case, text) in strings().iter().map(|text| lengthened(text)).enumerate() {
        let Some(letters) = written(&world, field, case, &text).await else { continue };
        let alert = letters.iter().find(|letter| letters::words(&letter.html).contains("so on."));
        let alert = alert.unwrap_or_else(|| panic!("nobody is told {text:?}"));
        let shown = letters::words(&alert.html);
        assert!(shown.contains(&letters::flat(&text)), "{text:?} is shown so: {shown}");
        read += 1;
    }
    assert!(read > 400, "only {read} are taken");
}

#[tokio::test(start_paused = true)]
async fn whatever_stands_in_a_header_is_taken_or_the_header_is_named() {
    let world = World::new(DEFAULT_POLICY);
    for (case, text) in strings().iter().enumerate() {
        let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) else { continue };
        for name in ["Idempotency-Key", "If-Match"] {
            let number = format!("H{case}-{name}");
            let customer = json!({ "name": "Ada", "email": "ada@customer.example" });
            let body = desk_tests::bodies::p1(&number, "phone", &customer);
            let mut request = post("/v1/incidents", &body);
            request.headers_mut().insert(name, value.clone());
            let reply = asked(&world, request).await;
            match reply.status.as_u16() {
                // A condition on what is not there yet.
                201 | 412 => {}
                422 => assert_eq!(reply.json()["errors"][0]["header"], name, "{text:?}"),
                status => panic!("{name}: {text:?} is answered by {status}"),
            }
        }
    }
}

/// A text as it stands in a path or a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(start_paused = true)]
async fn whatever_stands_in_a_path_or_a_query_is_unknown_or_named() {
    let world = World::new(DEFAULT_POLICY);
    for text in strings() {
        let coded = encoded(&text);
        for path in ["/v1/incidents", "/v1/escalations", "/v1/accounts", "/v1/quarantine"] {
            let reply = asked(&world, get(&format!("{path}/{coded}"))).await;
            let status = reply.status;
            assert!([404, 422].contains(&status.as_u16()), "{path}/{text:?}: {status}");
        }
        for query in ["limit", "cursor"] {
            let reply = asked(&world, get(&format!("/v1/incidents?{query}={coded}"))).await;
            let status = reply.status.as_u16();
            let named = reply.status.is_success()
                || status == 400
                || reply.json()["errors"][0]["parameter"] == query;
            assert!(named, "{query}={text:?}: {}", reply.body);
        }
        asked(&world, get(&format!("/links/{coded}"))).await;
    }
}

/// The form behind a link: what was typed is shown again as it was typed, and as nothing else.
#[tokio::test(start_paused = true)]
async fn whatever_is_typed_into_a_form_is_taken_or_shown_again() {
    let world = World::new(DEFAULT_POLICY);
    for (case, text) in strings().iter().enumerate() {
        let customer = json!({ "name": "Ada", "email": format!("ada{case}@customer.example") });
        let number = format!("F-{case}");
        let opened = desk_tests::bodies::p1(&number, "phone", &customer);
        assert_eq!(world.post("/v1/incidents", opened).await.status, 201);
        let link = Link {
            incident: number.parse().unwrap(),
            recipient: format!("ada{case}@customer.example").parse().unwrap(),
            language: [Language::En, Language::Fr][case % 2],
            action: Action::Escalate,
            expires_at: world.desk.clock.now() + SignedDuration::from_hours(24),
        };
        let path = format!("/links/{}", LinkKeys::read(LINK_KEYS).unwrap().sign(&link));
        // Without a name the form is shown again.
        for name in ["Ada", ""] {
            let form = format!("name={name}&business_justification={}", encoded(text));
            let request = Request::post(&path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form))
                .unwrap();
            let reply = world.ask(request).await;
            answers::hold(&Method::POST, &path, &reply);
            if reply.status == StatusCode::OK {
                continue;
            }
            let typed = reply.body.split_once("<textarea").unwrap().1;
            let typed = typed.split_once('>').unwrap().1.split_once("</textarea").unwrap().0;
            let shown = letters::words(&format!("<p>{typed}"));
            assert_eq!(shown, letters::flat(text), "{text:?}");
        }
    }
}
