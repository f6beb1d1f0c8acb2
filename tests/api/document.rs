//! The OpenAPI document: what is served is what the code says, with answers of the code as its
//! examples.
//!
//! `UPDATE_EXPECT=1 cargo test -p desk-tests --test api document` writes the file.

use axum::http::Method;
use desk_tests::arrivals::Arriving;
use desk_tests::call::{Reply, get, post, with};
use desk_tests::document::{document, operations};
use desk_tests::ses_events::Said;
use desk_tests::world::World;
use expect_test::expect_file;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{escalation, incident, world};

/// A request that is an example of its route, in the order in which they make a story.
struct Example {
    route: &'static str,
    path: &'static str,
    method: &'static str,
    body: Option<Value>,
}

fn story() -> Vec<Example> {
    let of = |method, route, path, body| Example { route, path, method, body };
    let asks = |route, path, body| of("post", route, path, Some(body));
    let reads = |route, path| of("get", route, path, None);
    let by = json!({ "by": "Grace Kim" });
    let account = json!({
        "name": "Acme", "domains": ["acme.example"], "language": "en",
        "account_manager": { "name": "Mary Moss", "email": "mary.moss@example.com" },
    });
    let response = json!({ "author": "Grace Kim", "message": "We have found it: a certificate." });
    let pause = json!({
        "by": "Grace Kim", "reason": "Please send us the certificate's serial number.",
        "until": "2026-11-26T09:00:00+01:00",
    });
    let reply = json!({ "from": "Ada", "message": "It is 4711." });
    let priority =
        json!({ "by": "Grace Kim", "priority": "P2", "reason": "There is a way round." });
    let manager = json!({ "by": "Grace Kim", "reason": "Ada asks for a word with you." });
    let report = json!({
        "reporter": { "name": "Ada", "email": "ada@customer.example" },
        "message": "Every quarter a certificate runs out.",
    });
    let resolution = json!({ "by": "Grace Kim", "note": "The certificate is renewed." });
    let reopening = json!({ "by": "Grace Kim", "note": "One host still has the old one." });
    let scenario = "P1 by e-mail, Saturday 23:10, answered after 90m, watched for 2h";
    let simulation = json!({ "scenario": scenario, "now": "2026-11-24T09:00:00+01:00" });
    vec![
        of("put", "/v1/accounts/{id}", "/v1/accounts/ACME", Some(account.clone())),
        of("put", "/v1/accounts/{id}", "/v1/accounts/ACME", Some(account)),
        reads("/v1/accounts/{id}", "/v1/accounts/ACME"),
        asks("/v1/escalations", "/v1/escalations", escalation()),
        asks("/v1/escalations", "/v1/escalations", escalation()),
        reads("/v1/escalations/{number}", "/v1/escalations/INC-1"),
        asks("/v1/incidents", "/v1/incidents", incident("INC-1")),
        asks("/v1/incidents", "/v1/incidents", incident("INC-2")),
        asks("/v1/incidents/{number}/acknowledgement", "/v1/incidents/INC-1/acknowledgement", by),
        reads("/v1/incidents", "/v1/incidents?limit=1"),
        asks("/v1/incidents/{number}/responses", "/v1/incidents/INC-1/responses", response),
        asks("/v1/incidents/{number}/pause", "/v1/incidents/INC-1/pause", pause),
        asks(
            "/v1/incidents/{number}/customer-replies",
            "/v1/incidents/INC-1/customer-replies",
            reply,
        ),
        asks("/v1/incidents/{number}/priority", "/v1/incidents/INC-1/priority", priority),
        asks(
            "/v1/incidents/{number}/account-manager",
            "/v1/incidents/INC-2/account-manager",
            manager,
        ),
        asks("/v1/accounts/{id}/recurrences", "/v1/accounts/ACME/recurrences", report),
        asks("/v1/incidents/{number}/resolution", "/v1/incidents/INC-1/resolution", resolution),
        asks("/v1/incidents/{number}/reopening", "/v1/incidents/INC-1/reopening", reopening),
        reads("/v1/incidents/{number}", "/v1/incidents/INC-1"),
        reads("/v1/incidents/{number}/deadlines", "/v1/incidents/INC-1/deadlines"),
        asks("/v1/policy/simulations", "/v1/policy/simulations", simulation),
        reads("/v1/quarantine", "/v1/quarantine?limit=1"),
        reads("/v1/quarantine/{id}", "/v1/quarantine/d6iitobk75ur44p8kdnnp7g2n800"),
        asks(
            "/v1/quarantine/{id}/release",
            "/v1/quarantine/d6iitobk75ur44p8kdnnp7g2n800/release",
            json!({ "by": "Grace Kim", "incident_number": "INC-2" }),
        ),
        asks(
            "/v1/quarantine/{id}/refusal",
            "/v1/quarantine/9h3qd0n4sbsu8c1p7g2n8006iito/refusal",
            json!({ "by": "Grace Kim", "note": "Ada says that she has not written it." }),
        ),
        reads("/v1/figures", "/v1/figures"),
    ]
}

/// Two mails of which nothing proves who wrote them.
async fn mails_wait(world: &World) {
    for id in ["d6iitobk75ur44p8kdnnp7g2n800", "9h3qd0n4sbsu8c1p7g2n8006iito"] {
        world.receives(id, &forged("Help")).await;
    }
}

fn forged(subject: &str) -> Arriving {
    let text = "Hello,\n\nNobody can pay since this morning: the checkout is down.\n\nAda";
    let mail =
        Arriving::plain("Ada <ada@customer.example>", "escalations@example.com", subject, text);
    let fails = || "FAIL".to_owned();
    Arriving { dmarc: fails(), dkim: fails(), ..mail }
}

/// The document with the story's requests and answers as examples.
async fn with_examples() -> Value {
    let mut document = serde_json::to_value(document()).unwrap();
    let world = world();
    for Example { route, path, method, body } in story() {
        if (route, method) == ("/v1/incidents/{number}", "get") {
            // What SES says of e-mails is in its example too.
            world.dispatch().await;
            world.ses_says(Said::Delivered, "INC-1-1-0").await;
            world.ses_says(Said::Bounced, "INC-1-1-1").await;
        }
        if route == "/v1/quarantine" {
            mails_wait(&world).await;
        }
        let reply = asked(&world, method, path, body.as_ref()).await;
        let operation = &mut document["paths"][route][method];
        assert!(!operation.is_null(), "{method} {route} is in no document");
        if let Some(body) = body {
            operation["requestBody"]["content"]["application/json"]["example"] = body;
        }
        let response = &mut operation["responses"][reply.status.as_str()];
        assert!(!response.is_null(), "{method} {route}: {} is not documented", reply.whole());
        response["content"]["application/json"]["example"] = reply.json();
    }
    document
}

async fn asked(world: &World, method: &str, path: &str, body: Option<&Value>) -> Reply {
    let mut request = body.map_or_else(|| get(path), |body| post(path, body));
    *request.method_mut() = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let reply = world.ask(request).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.whole());
    reply
}

#[tokio::test(start_paused = true)]
async fn the_document_that_is_served_is_what_the_code_says() {
    let document = with_examples().await;
    expect_file!["../../functions/manage-incident/openapi.json"]
        .assert_eq(&format!("{document:#}\n"));
    let served = world().ask(get("/openapi.json")).await;
    // Not `assert_eq!`: nobody reads two whole documents.
    assert!(served.json() == document, "built before the file was written: run the test again");
    assert!(served.headers.contains(&("content-type".to_owned(), "application/json".to_owned())));
    assert!(served.headers.iter().any(|(name, _)| name == "etag"));
}

/// A schema in the document, with everything that it may refer to.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn conforms(document: &Value, schema: &Value, example: &Value, place: &str) {
    let wrong: Vec<String> = validator(document, schema)
        .iter_errors(example)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{place}: {}", wrong.join("; "));
}

#[tokio::test(start_paused = true)]
async fn every_request_and_answer_has_an_example_that_its_schema_allows() {
    let document = with_examples().await;
    for (path, method, operation) in operations(&document) {
        if let Some(body) = operation.get("requestBody") {
            let content = &body["content"]["application/json"];
            let place = format!("{method} {path}: the body");
            assert!(content.get("example").is_some(), "{place} has no example");
            conforms(&document, &content["schema"], &content["example"], &place);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let place = format!("{method} {path}: {status}");
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(&reference[1..]).unwrap(),
                None => response,
            };
            assert!(!response["description"].as_str().unwrap().is_empty(), "{place}");
            for content in response["content"].as_object().into_iter().flat_map(|c| c.values()) {
                let one = content.get("example").into_iter();
                let many = content["examples"].as_object().into_iter().flat_map(|e| e.values());
                let examples: Vec<_> = one.chain(many.map(|named| &named["value"])).collect();
                // The document itself is its own example.
                assert!(!examples.is_empty() || path == "/openapi.json", "{place} has no example");
                for example in examples {
                    conforms(&document, &content["schema"], example, &place);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_route_of_the_document_is_there_and_no_method_beside_it() {
    let document = serde_json::to_value(document()).unwrap();
    let world = world();
    for path in document["paths"].as_object().unwrap().keys() {
        let request = |method: &str| {
            let mut request = get(&path.replace("{number}", "INC-9").replace("{id}", "ACME"));
            *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
            request
        };
        let mut allowed = Vec::new();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let reply = world.ask(request(method)).await;
            let is_no_route = reply.body.contains("problem:no-such-route");
            assert!(!is_no_route, "{path}");
            if reply.status != 405 {
                allowed.push(method.to_lowercase());
            }
        }
        let mut documented: Vec<_> = document["paths"][path].as_object().unwrap().keys().collect();
        documented.sort();
        allowed.sort();
        assert_eq!(documented, allowed.iter().collect::<Vec<_>>(), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_have_an_entity_tag_has_one_and_is_not_sent_again_to_who_has_it() {
    let world = world();
    world.post("/v1/incidents", incident("INC-1")).await;
    let manager = json!({ "name": "Mary", "email": "mary@desk.example" });
    let account = json!({ "name": "Acme", "account_manager": manager });
    asked(&world, "put", "/v1/accounts/ACME", Some(&account)).await;
    world.receives("ACME", &forged("Help")).await;
    let document = serde_json::to_value(document()).unwrap();
    let mut with_tags = Vec::new();
    for (route, method, operation) in operations(&document) {
        if operation["responses"].get("304").is_none() {
            continue;
        }
        let path = route.replace("{number}", "INC-1").replace("{id}", "ACME");
        let reply = asked(&world, method, &path, None).await;
        let etag = reply.headers.iter().find(|(name, _)| name == "etag");
        let (_, etag) = etag.unwrap_or_else(|| panic!("{route} has no entity tag"));
        let again = world.ask(with(get(&path), "if-none-match", etag)).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{route}");
        with_tags.push(route);
    }
    assert!(with_tags.len() >= 5, "{with_tags:?}");
}
