//! Calling the HTTP API as API Gateway would.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use lambda_http::request::RequestContext;
use serde_json::{Value, json};
use tower::ServiceExt;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers that the function set, in the order of their names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The whole answer, for a snapshot.
    #[must_use]
    pub fn whole(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        let body = serde_json::from_str::<Value>(&self.body)
            .map(|json| format!("{json:#}"))
            .unwrap_or_else(|_| self.body.clone());
        format!("{text}\n{body}")
    }
}

/// Sends a request.
pub async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("the body is in memory").to_bytes();
    let mut headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()))
        .collect();
    headers.sort();
    let body = String::from_utf8(bytes.to_vec()).expect("the body is text");
    Reply { status: parts.status, headers, body }
}

/// Posts JSON to a server over a real connection; the whole answer, head and body.
///
/// # Panics
///
/// When there is none.
pub async fn over_http(address: std::net::SocketAddr, path: &str, body: &Value) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut connection = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let (body, mut answer) = (body.to_string(), String::new());
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.expect("to ask");
    connection.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// A POST of JSON.
#[must_use]
pub fn post(path: &str, body: &Value) -> Request<Body> {
    raw(path, body.to_string())
}

/// A PUT of JSON.
#[must_use]
pub fn put(path: &str, body: &Value) -> Request<Body> {
    let mut request = post(path, body);
    *request.method_mut() = Method::PUT;
    request
}

/// A POST of JSON under an idempotency key.
#[must_use]
pub fn post_once(path: &str, key: &str, body: &Value) -> Request<Body> {
    let mut request = post(path, body);
    request.headers_mut().insert("idempotency-key", key.parse().expect("a key of the test's own"));
    request
}

/// A POST of bytes that claim to be JSON.
#[must_use]
pub fn raw(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .expect("a path of the test's own")
}

/// The same request by the holder of a token, as API Gateway hands it on, to be sent to a function
/// itself.
///
/// # Panics
///
/// Never: the context is one of API Gateway's.
#[must_use]
pub fn with_token(mut request: Request<Body>, subject: &str, scopes: &str) -> Request<Body> {
    let context = json!({
        "accountId": "000000000000",
        "apiId": "test",
        "authorizer": { "jwt": {
            "claims": { "iss": "https://issuer.example", "sub": subject, "scope": scopes },
            "scopes": null,
        }},
        "domainName": "localhost",
        "http": {
            "method": request.method().as_str(),
            "path": request.uri().path(),
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
        },
        "requestId": "1",
        "stage": "$default",
        "timeEpoch": 0,
    });
    let context = serde_json::from_value(context).expect("a context");
    request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
    request
}

/// With a header.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    let value = HeaderValue::try_from(value).expect("a header of the test's own");
    request.headers_mut().append(name, value);
    request
}

/// A GET.
#[must_use]
pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a path of the test's own")
}
