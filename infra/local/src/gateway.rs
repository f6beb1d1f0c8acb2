//! API Gateway: which function answers which path, and who asks.
//!
//! In AWS a caller signs each request, and API Gateway tells the functions who it was. Here everybody
//! on the machine is the same caller; the functions cannot tell the difference.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use lambda_http::request::RequestContext;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::links::KeyRing;
use shared::store::Store;
use tower::ServiceExt;

const CALLER: &str = "arn:aws:iam::000000000000:user/local";

/// The HTTP API.
pub fn router<S: Store>(desk: Desk<S>, keys: KeyRing) -> Router {
    let clock = desk.clock.clone();
    let escalations = submit_escalation::router(desk.clone());
    let incidents = manage_incident::router(desk, keys);
    Router::new().fallback(move |request: Request| {
        // As in the template: what customers ask, and all the rest. A path that is nowhere is
        // refused by the function, in the words of its own 404.
        let is_for_customers = is_for_customers(request.uri().path());
        let function = if is_for_customers { escalations.clone() } else { incidents.clone() };
        let clock = clock.clone();
        async move { invoke(function, request, &clock).await }
    })
}

/// Whether a path is answered by `submit-escalation`.
#[must_use]
pub fn is_for_customers(path: &str) -> bool {
    let rest = path.strip_prefix("/v1/escalations");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn invoke(function: Router, mut request: Request, clock: &Clock) -> Response {
    let agent = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok());
    let context = context(request.method().as_str(), request.uri().path(), agent, clock);
    match serde_json::from_value(context) {
        Ok(context) => {
            request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
        }
        // Without a caller the function refuses it, as it does in AWS.
        Err(error) => tracing::error!(%error, "a request goes without its context"),
    }
    match function.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// What API Gateway tells a function of a request that was signed (payload format 2.0).
#[must_use]
pub fn context(method: &str, path: &str, agent: Option<&str>, clock: &Clock) -> Value {
    json!({
        "accountId": "000000000000",
        "apiId": "local",
        "authorizer": { "iam": {
            "accessKey": "local",
            "accountId": "000000000000",
            "callerId": "local",
            "userArn": CALLER,
            "userId": "local",
        }},
        "domainName": "localhost",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": agent,
        },
        "requestId": format!("{:016x}", fastrand::u64(..)),
        "stage": "$default",
        "timeEpoch": clock.now().as_millisecond(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::StatusCode;
    use shared::policy::Policy;
    use shared::store::memory::MemoryStore;

    use super::*;

    async fn get(path: &str) -> (StatusCode, String) {
        let policy = Arc::new(Policy::read(include_str!("../../policy.toml")).unwrap());
        let desk = Desk { store: MemoryStore::default(), policy, clock: Clock::system() };
        let keys = r#"{"key_id": "1", "key": "a key of the tests, and of nobody else"}"#;
        let keys = KeyRing::given(shared::links::LinkKeys::read(keys).unwrap());
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(desk, keys).oneshot(request).await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status(), kind)
    }

    #[tokio::test]
    async fn both_functions_are_reached_by_a_known_caller() {
        let problem = |status| (status, "application/problem+json".to_owned());
        assert_eq!(get("/v1/escalations/X-1").await, problem(StatusCode::NOT_FOUND));
        assert_eq!(get("/v1/incidents/X-1").await, problem(StatusCode::NOT_FOUND));
        assert_eq!(get("/v1/escalations").await, problem(StatusCode::METHOD_NOT_ALLOWED));
        let json = (StatusCode::OK, "application/json".to_owned());
        assert_eq!(get("/v1/incidents").await, json);
        assert_eq!(get("/openapi.json").await, json);
    }

    #[tokio::test]
    async fn links_are_reached_and_answer_with_a_page() {
        let page = (StatusCode::NOT_FOUND, "text/html; charset=utf-8".to_owned());
        assert_eq!(get("/links/x").await, page);
    }

    #[tokio::test]
    async fn everything_else_is_a_problem_404() {
        for path in ["/", "/v1", "/v1/", "/v2/incidents", "/v1/incidentsx", "/v1/escalationsx"] {
            let expected = (StatusCode::NOT_FOUND, "application/problem+json".to_owned());
            assert_eq!(get(path).await, expected, "{path}");
        }
    }
}
