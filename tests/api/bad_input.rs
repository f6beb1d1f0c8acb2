//! Bad input: each gets a clear error that names every wrong field, and nothing is written.

use axum::body::Body;
use axum::http::Request;
use desk_tests::call::{self, get, post, raw};
use insta::assert_snapshot;
use serde_json::{Value, json};
use shared::store::Store;

use crate::{escalation, incident, world};

#[tokio::test(start_paused = true)]
async fn what_is_no_json_is_400() {
    let world = world();
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let twice = r#"{"incident_number":"INC-1","incident_number":"INC-2"}"#;
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"{\"a\":NaN}",
        twice.as_bytes(),
        deep.as_bytes(),
        b"{\"a\":\"\xff\"}",
        b"{} {}",
        b"{\"a\":\"\\ud800\"}",
    ];
    for body in bodies {
        let reply = world.ask(raw("/v1/escalations", body.to_vec())).await;
        assert_eq!(reply.status, 400, "{}", String::from_utf8_lossy(body));
        assert!(reply.headers.contains(&problem_json()), "{:?}", reply.headers);
    }
    assert_snapshot!(world.ask(raw("/v1/escalations", twice)).await.whole());
}

fn problem_json() -> (String, String) {
    ("content-type".to_owned(), "application/problem+json".to_owned())
}

#[tokio::test(start_paused = true)]
async fn another_content_type_is_415_and_a_long_body_413() {
    let world = world();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
    {
        let request = Request::post("/v1/escalations")
            .header("content-type", content_type)
            .body(Body::from(escalation().to_string()))
            .unwrap();
        assert_eq!(world.ask(request).await.status, 415, "{content_type}");
    }
    let with_charset = Request::post("/v1/escalations")
        .header("content-type", "Application/JSON; charset=utf-8")
        .body(Body::from(escalation().to_string()))
        .unwrap();
    assert_eq!(world.ask(with_charset).await.status, 201);
    let long = format!("{}{}", escalation(), " ".repeat(256 * 1024));
    assert_snapshot!(world.ask(raw("/v1/escalations", long)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_of_an_escalation_is_named() {
    let world = world();
    let body = json!({
        "incident_numbr": "INC-1",
        "business_justification": "too short",
        "requester": { "name": "Ada\r\nBcc: x@y.example", "email": "ada", "language": "de", "phone": 1 },
    });
    assert_snapshot!(world.ask(post("/v1/escalations", &body)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_of_an_incident_is_named() {
    let world = world();
    let body = json!({
        "number": "INC 1", "priority": "P0", "channel": "fax", "summary": "a\u{2028}b",
        "customer": [], "received_at": "yesterday",
    });
    assert_snapshot!("wrong", world.ask(post("/v1/incidents", &body)).await.whole());
    assert_snapshot!("missing", world.ask(post("/v1/incidents", &json!({}))).await.whole());
    assert_snapshot!("no_object", world.ask(post("/v1/incidents", &json!([]))).await.whole());
    let mut early = incident("INC-1");
    early["received_at"] = json!("2099-01-01T00:00:00Z");
    assert_snapshot!("future", world.ask(post("/v1/incidents", &early)).await.whole());
}

#[tokio::test(start_paused = true)]
async fn incident_numbers_outside_the_grammar_are_422_and_open_nothing() {
    let world = world();
    let long = "9".repeat(65);
    for number in ["", "-1", "INC 1", "INC#1", "INC/1", "İNC-1", "INC-1\n", "١٢٣", long.as_str()]
    {
        let mut body = escalation();
        body["incident_number"] = json!(number);
        let reply = world.ask(post("/v1/escalations", &body)).await;
        assert_eq!(reply.status, 422, "{number:?}");
        assert_eq!(reply.json()["errors"][0]["pointer"], "/incident_number");
    }
    let board = world.desk.store.open_incidents(None, 10).await.unwrap();
    assert!(board.incidents.is_empty());
}

#[tokio::test(start_paused = true)]
async fn control_characters_in_what_reaches_a_header_are_422() {
    let world = world();
    for bad in ["a\r\nBcc: b@c.example", "a\nb", "a\0b", "a\u{85}b", "a\u{7f}b"] {
        let mut body = incident("INC-1");
        body["summary"] = json!(bad);
        assert_eq!(world.ask(post("/v1/incidents", &body)).await.status, 422, "{bad:?}");
        let mut body = escalation();
        body["requester"]["email"] = json!(format!("ada@customer.example{bad}"));
        assert_eq!(world.ask(post("/v1/escalations", &body)).await.status, 422, "{bad:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_or_query_that_is_wrong_is_422() {
    let world = world();
    assert_snapshot!("path", world.ask(get("/v1/incidents/INC%201")).await.whole());
    let query = "/v1/incidents?limit=0&cursor=nonsense";
    assert_snapshot!("query", world.ask(get(query)).await.whole());
    assert_eq!(world.ask(get("/v1/escalations/%ff")).await.status, 422);
    for query in ["limit=1&limit=2", "offset=3"] {
        let reply = world.ask(get(&format!("/v1/incidents?{query}"))).await;
        assert_eq!(reply.status, 422, "{query}");
        assert!(reply.headers.contains(&problem_json()), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_incident_is_404() {
    let world = world();
    let requests = [
        get("/v1/escalations/INC-9"),
        get("/v1/incidents/INC-9"),
        post("/v1/incidents/INC-9/responses", &json!({ "author": "Grace" })),
        post("/v1/incidents/INC-9/acknowledgement", &json!({ "by": "Grace" })),
        post("/v1/incidents/INC-9/resolution", &json!({ "by": "Grace" })),
    ];
    for request in requests {
        let path = request.uri().to_string();
        assert_eq!(world.ask(request).await.status, 404, "{path}");
    }
    assert_snapshot!(world.ask(get("/v1/incidents/INC-9")).await.whole());
}

#[tokio::test(start_paused = true)]
async fn what_the_state_refuses_is_409() {
    let world = world();
    world.ask(post("/v1/incidents", &incident("INC-1"))).await;
    let ask = async |path: &str, body: Value| {
        let reply = world.ask(post(&format!("/v1/incidents/INC-1/{path}"), &body)).await;
        assert_eq!(reply.status, 409, "{path}");
        reply.json()["detail"].as_str().unwrap().to_owned()
    };
    let no_escalation = ask("acknowledgement", json!({ "by": "Grace" })).await;
    assert_eq!(world.ask(post("/v1/incidents", &incident("INC-1"))).await.status, 409);
    world.ask(post("/v1/incidents/INC-1/resolution", &json!({ "by": "Grace" }))).await;
    let resolved = [
        ask("resolution", json!({ "by": "Grace" })).await,
        ask("responses", json!({ "author": "Grace" })).await,
        ask("acknowledgement", json!({ "by": "Grace" })).await,
    ];
    assert_snapshot!(format!("{no_escalation}\n{}", resolved.join("\n")));
}

#[tokio::test(start_paused = true)]
async fn a_route_or_method_that_is_not_there_is_told_so() {
    let world = world();
    assert_snapshot!("route", world.ask(get("/v1/tickets")).await.whole());
    assert_snapshot!("method", world.ask(get("/v1/escalations")).await.whole());
}

#[tokio::test(start_paused = true)]
async fn who_was_not_authenticated_gets_401_and_nothing_else() {
    let world = world();
    for (function, request) in [
        (submit_escalation::router(world.desk.clone()), post("/v1/escalations", &escalation())),
        (submit_escalation::router(world.desk.clone()), get("/v1/escalations/INC-1")),
        (
            manage_incident::router(world.desk.clone(), desk_tests::link_keys()),
            post("/v1/incidents", &incident("INC-1")),
        ),
        (
            manage_incident::router(world.desk.clone(), desk_tests::link_keys()),
            get("/v1/incidents"),
        ),
        (
            manage_incident::router(world.desk.clone(), desk_tests::link_keys()),
            get("/v1/incidents/INC-1"),
        ),
    ] {
        // Not through the gateway, which is what authenticates.
        assert_eq!(call::send(&function, request).await.status, 401);
    }
    let function = submit_escalation::router(world.desk.clone());
    let reply = call::send(&function, post("/v1/escalations", &escalation())).await;
    assert_snapshot!(reply.whole());
}
