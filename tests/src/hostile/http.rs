//! HTTP: a request to `submit-escalation` or `manage-incident` as somebody whom API Gateway lets through
//! writes it.
//!
//! The input is a request as it is written on the wire: a line, headers, an empty line, the body. What is
//! no HTTP reaches no function.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use escalation_desk::gateway::is_for_customers;
use lambda_http::request::RequestContext;
use serde_json::json;

use super::answers;
use super::fresh::Fresh;
use crate::arrivals::Arriving;
use crate::call::{self, Reply};
use crate::met;

/// The desk behind its routes.
struct Api {
    fresh: Fresh,
    escalations: Router,
    incidents: Router,
    caller: RequestContext,
}

thread_local! {
    static API: Api = Api::made();
}

/// Plays a request.
///
/// # Panics
///
/// When something does not hold of its answer, or of what the desk did.
pub fn play(input: &[u8]) -> String {
    let played = Written::read(input)
        .and_then(|written| API.with(|api| api.fresh.played(|| api.play(&written))));
    played.unwrap_or_else(|| "no request".to_owned())
}

/// A request as it is written.
struct Written<'a> {
    method: Method,
    target: &'a str,
    headers: Vec<(&'a str, &'a [u8])>,
    body: &'a [u8],
}

impl<'a> Written<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let end = input.windows(2).position(|two| two == b"\n\n");
        let (head, body) = match end {
            Some(end) => (&input[..end], &input[end + 2..]),
            None => (input, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let line = std::str::from_utf8(lines.next()?).ok()?;
        let (method, target) = line.split_once(' ')?;
        let headers = lines.map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let value = line[colon + 1..].trim_ascii();
            Some((std::str::from_utf8(&line[..colon]).ok()?, value))
        });
        let headers = headers.collect::<Option<_>>()?;
        Some(Self { method: method.parse().ok()?, target, headers, body })
    }

    fn request(&self, caller: &RequestContext) -> Option<Request<Body>> {
        let mut request = Request::builder().method(self.method.clone()).uri(self.target);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.extension(caller.clone()).body(Body::from(self.body.to_vec())).ok()
    }
}

impl Api {
    fn made() -> Self {
        // One that waits, for who decides on mail.
        let fresh = Fresh::made(async |desk| {
            let stranger = "eve@evil.example";
            let arriving =
                Arriving::plain(stranger, "escalations@example.com", "INC-1001", "Help.");
            met::receive(desk, &arriving).await;
        });
        let escalations = submit_escalation::router(fresh.desk.clone());
        let incidents = manage_incident::router(fresh.desk.clone(), fresh.keys.clone());
        Self { fresh, escalations, incidents, caller: caller() }
    }

    fn play(&self, written: &Written<'_>) -> Option<String> {
        let (path, reply) = self.ask(written)?;
        answers::hold(&written.method, &path, &reply);
        let reads = [Method::GET, Method::HEAD].contains(&written.method);
        if reads || !reply.status.is_success() {
            assert!(self.fresh.is_untouched(), "{} {path}: {}", written.method, reply.status);
        } else if !self.fresh.is_untouched() {
            self.fresh.in_order();
            self.holds_once(written, &path, &reply);
        }
        Some(reply.status.as_str().to_owned())
    }

    /// Asked again under the same key, it gives the same answer and changes nothing.
    fn holds_once(&self, written: &Written<'_>, path: &str, first: &Reply) {
        let is_key = |name: &str| name.eq_ignore_ascii_case("idempotency-key");
        let keyed = written.headers.iter().any(|(name, _)| is_key(name));
        // A PUT is the same however often, and a page takes no key.
        if !keyed || written.method != Method::POST || answers::is_page(path) {
            return;
        }
        let before = self.fresh.desk.store.copied();
        let Some((_, again)) = self.ask(written) else { return };
        assert_eq!((again.status, &again.body), (first.status, &first.body), "asked again");
        let replayed = ("idempotency-replayed".to_owned(), "true".to_owned());
        assert!(again.headers.contains(&replayed), "{:?}", again.headers);
        assert!(self.fresh.desk.store.has_what(&before), "asked again, it did more");
    }

    /// The path that was asked, and the answer; none of what is no HTTP.
    fn ask(&self, written: &Written<'_>) -> Option<(String, Reply)> {
        let request = written.request(&self.caller)?;
        let path = request.uri().path().to_owned();
        let function = if is_for_customers(&path) { &self.escalations } else { &self.incidents };
        Some((path, self.fresh.run(call::send(function, request))))
    }
}

/// Who asks, as API Gateway says it.
fn caller() -> RequestContext {
    let context = json!({
        "accountId": "000000000000",
        "apiId": "test",
        "authorizer": { "iam": { "userArn": "arn:aws:iam::000000000000:user/portal" } },
        "domainName": "localhost",
        "http": { "method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
        "requestId": "1",
        "stage": "$default",
        "timeEpoch": 0,
    });
    RequestContext::ApiGatewayV2(serde_json::from_value(context).expect("a context"))
}
