//! Scopes: whoever holds a token may do what it says, and nothing else.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk_tests::call::{Reply, get, post, post_once, send, with_token};
use desk_tests::document::{document, operations};
use desk_tests::world::World;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{escalation, incident, world};

const SCOPES: [&str; 4] =
    ["escalations:write", "incidents:read", "incidents:write", "accounts:write"];

fn function(world: &World, path: &str) -> Router {
    match path.strip_prefix("/v1/escalations") {
        Some(_) => submit_escalation::router(world.desk.clone()),
        None => manage_incident::router(world.desk.clone(), desk_tests::link_keys()),
    }
}

fn request(method: &str, path: &str) -> Request<Body> {
    let path = path.replace("{number}", "INC-1").replace("{id}", "ACME").replace("{token}", "x");
    let mut request = if method == "get" { get(&path) } else { post(&path, &json!({})) };
    *request.method_mut() = method.to_uppercase().parse().unwrap();
    request
}

fn scope_of(operation: &Value) -> Option<String> {
    let schemes = operation["security"].as_array()?;
    let of_token = schemes.iter().find_map(|scheme| scheme["jwt"].as_array());
    // A route for signed requests is one for tokens, with one scope.
    let [scope] = of_token.map(Vec::as_slice).unwrap_or_default() else {
        panic!("one scope, not {of_token:?}");
    };
    assert!(schemes.iter().any(|scheme| scheme["iam"] == json!([])), "{operation}");
    Some(scope.as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_route_wants_the_scope_that_the_document_says_and_no_other() {
    let world = world();
    let document = serde_json::to_value(document()).unwrap();
    let mut open = Vec::new();
    for (path, method, operation) in operations(&document) {
        let function = function(&world, path);
        let ask = async |request| send(&function, request).await;
        let nobody = ask(request(method, path)).await;
        let Some(scope) = scope_of(operation) else {
            assert_ne!(nobody.status, 401, "{method} {path}");
            open.push(path);
            continue;
        };
        assert_eq!(nobody.status, 401, "{method} {path}");
        assert!(SCOPES.contains(&scope.as_str()), "{method} {path}: {scope}");
        let others = SCOPES.iter().filter(|other| **other != scope).copied();
        for scopes in ["", &others.collect::<Vec<_>>().join(" ")] {
            let refused = ask(with_token(request(method, path), "ada", scopes)).await;
            assert_eq!(refused.status, 403, "{method} {path} with {scopes:?}");
            assert_eq!(refused.json()["scope"], json!(scope), "{method} {path}");
        }
        let allowed = ask(with_token(request(method, path), "ada", &scope)).await;
        assert!(![401, 403].contains(&allowed.status.as_u16()), "{method} {path}");
    }
    open.retain(|path| !path.starts_with("/links/"));
    assert_eq!(open, ["/openapi.json"], "all that is open to anybody");
}

#[tokio::test(start_paused = true)]
async fn a_missing_scope_is_403_and_names_it() {
    let world = world();
    let function = function(&world, "/v1/incidents");
    let request = post("/v1/incidents", &incident("INC-1"));
    let reply = send(&function, with_token(request, "ada", "incidents:read openid")).await;
    assert_snapshot!(reply.whole());
    assert_eq!(world.ask(get("/v1/incidents/INC-1")).await.status, 404, "nothing was written");
}

#[tokio::test(start_paused = true)]
async fn two_holders_of_tokens_do_not_share_idempotency_keys() {
    let world = world();
    let function = function(&world, "/v1/escalations");
    let ask = async |subject: &str, body: &Value| -> Reply {
        let request = post_once("/v1/escalations", "key-1", body);
        send(&function, with_token(request, subject, "escalations:write")).await
    };
    assert_eq!(ask("ada", &escalation()).await.status, 201);
    let mut other = escalation();
    other["incident_number"] = json!("INC-2");
    assert_eq!(ask("eve", &other).await.status, 201);
    assert_eq!(ask("ada", &other).await.status, 422, "her key, another request");
}
