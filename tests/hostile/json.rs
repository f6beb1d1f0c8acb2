//! JSON as parsers meet it at its edges: the cases of JSONTestSuite (Nicolas Seriot, MIT: `json/LICENSE`),
//! by its names. `y_` is JSON, `n_` is none, `i_` is left to the parser.
//!
//! `cases.txt` has a case on each line: its name, a tab, its bytes, of which those that are no letters of
//! ASCII are written `\xNN`.

use axum::http::Method;
use desk_tests::DEFAULT_POLICY;
use desk_tests::call::{Reply, raw};
use desk_tests::hostile::answers;
use desk_tests::world::World;
use serde_json::Value;

const CASES: &str = include_str!("json/cases.txt");
const PATH: &str = "/v1/escalations";

/// The desk is stricter: of a name that comes twice, it does not choose one.
const STRICTER: [&str; 2] = ["y_object_duplicated_key", "y_object_duplicated_key_and_value"];

fn bytes(written: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), written);
    while let Some(c) = rest.chars().next() {
        if let Some(code) = rest.strip_prefix("\\x") {
            bytes.push(u8::from_str_radix(&code[..2], 16).unwrap());
            rest = &code[2..];
        } else {
            let length = if rest.starts_with("\\\\") { 2 } else { 1 };
            bytes.push(u8::try_from(c).unwrap());
            rest = &rest[length..];
        }
    }
    bytes
}

fn cases() -> Vec<(String, Vec<u8>)> {
    let written = CASES.lines().map(|line| {
        let (name, written) = line.split_once('\t').unwrap();
        (name.to_owned(), bytes(written))
    });
    // Two cases are long, and of one piece each.
    let long = [
        ("n_structure_100000_opening_arrays", "[".repeat(100_000)),
        ("n_structure_open_array_object", "[{\"\":".repeat(50_000)),
    ];
    let long = long.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let cases: Vec<_> = written.chain(long).collect();
    assert_eq!(cases.len(), 318);
    cases
}

/// Asks, and holds that the answer is one that the desk gives.
async fn asked(world: &World, body: Vec<u8>) -> Reply {
    let reply = world.ask(raw(PATH, body)).await;
    answers::hold(&Method::POST, PATH, &reply);
    reply
}

/// What JSONTestSuite says of a case that the desk reads so.
fn is_right(name: &str, status: u16, as_json: impl Fn(u16) -> bool) -> bool {
    match name.split('_').next().unwrap() {
        "y" if STRICTER.contains(&name) => status == 400,
        "y" => as_json(status),
        "n" => status == 400,
        _ => status == 400 || as_json(status),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_json_is_read_as_json_and_what_is_none_is_refused_as_none() {
    let world = World::new(DEFAULT_POLICY);
    for (name, body) in cases() {
        let status = asked(&world, body).await.status.as_u16();
        assert!(is_right(&name, status, |status| status == 422), "{name}: {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn inside_a_request_each_is_what_it_is_and_only_its_field_is_wrong() {
    let world = World::new(DEFAULT_POLICY);
    for (name, value) in cases() {
        let mut body =
            br#"{"incident_number": "INC-1", "business_justification": "It is all down.",
            "requester": {"name": "Ada", "email": "ada@customer.example"}, "more": "#
                .to_vec();
        body.extend(value);
        body.push(b'}');
        let reply = asked(&world, body).await;
        let status = reply.status.as_u16();
        assert!(is_right(&name, status, |status| status == 422), "{name}: {status}");
        if status == 422 {
            assert_eq!(pointers(&reply), ["/more"], "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_place_of_a_text_each_is_that_text_or_its_field_is_named() {
    let world = World::new(DEFAULT_POLICY);
    for (n, (name, value)) in cases().into_iter().enumerate() {
        let mut body = format!(
            r#"{{"incident_number": "INC-{n}", "requester": {{"name": "Ada", "email": "ada{n}@customer.example"}}, "business_justification": "#
        )
        .into_bytes();
        body.extend(&value);
        body.push(b'}');
        let reply = asked(&world, body).await;
        let status = reply.status.as_u16();
        assert!(is_right(&name, status, |status| [201, 422].contains(&status)), "{name}: {status}");
        if status == 422 {
            assert_eq!(pointers(&reply), ["/business_justification"], "{name}");
        } else if status == 201 {
            let text: Value = serde_json::from_slice(&value).unwrap();
            let story = world.get(&format!("/v1/incidents/INC-{n}")).await;
            let said = &story["timeline"][1]["business_justification"];
            assert_eq!(said.as_str().unwrap(), text.as_str().unwrap().trim(), "{name}: {story:#}");
        }
    }
}

fn pointers(reply: &Reply) -> Vec<String> {
    let errors = reply.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["pointer"].as_str().unwrap_or("none").to_owned()).collect()
}
