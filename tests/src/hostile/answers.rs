//! What an answer of the HTTP API may be: a success in JSON, a page, or a problem that says which.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::letters::hold_html;
use crate::call::Reply;

/// What the desk refuses with; anything else is a mistake of the desk's own.
const REFUSALS: [u16; 11] = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 429];
const WRONG_FIELDS: u16 = 422;

/// Holds that an answer to a request of this method and path is one of those.
///
/// # Panics
///
/// When it is not.
pub fn hold(method: &Method, path: &str, reply: &Reply) {
    let Reply { status, headers, body } = reply;
    for (name, value) in headers {
        assert!(!value.chars().any(char::is_control), "{name} is no header: {value:?}");
    }
    let kind = headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map_or("", |(_, value)| value.as_str());
    if is_page(path) {
        assert_eq!(kind, "text/html; charset=utf-8", "{status}");
        assert!(!status.is_server_error(), "{status}: {body}");
        hold_html(body);
    } else if *method == Method::HEAD || *status == StatusCode::NOT_MODIFIED {
        assert!(!status.is_server_error(), "{status}");
    } else if status.is_success() {
        assert_eq!(kind, "application/json", "{status}");
        // The document is long, and always the same.
        assert!(path == "/openapi.json" || read(body).is_some(), "no JSON: {body}");
    } else {
        assert_eq!(kind, "application/problem+json", "{status}: {body}");
        let problem = read(body).unwrap_or_else(|| panic!("no JSON: {body}"));
        hold_problem(status.as_u16(), &problem);
    }
}

/// Holds that a problem says what it is and, where fields are wrong, names each.
fn hold_problem(status: u16, problem: &Value) {
    let says = |name: &str| problem[name].as_str().is_some_and(|text| !text.trim().is_empty());
    assert_eq!(problem["status"], status, "{problem}");
    assert!(says("type") && says("title") && says("detail"), "{problem}");
    if status != WRONG_FIELDS {
        assert!(REFUSALS.contains(&status), "{problem}");
        return;
    }
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(!errors.is_empty(), "no field is named: {problem}");
    for error in errors {
        let places = ["pointer", "header", "parameter"].map(|place| error[place].as_str());
        assert_eq!(places.iter().flatten().count(), 1, "one place each: {problem}");
        let pointer =
            places[0].is_none_or(|pointer| pointer.is_empty() || pointer.starts_with('/'));
        assert!(pointer, "no JSON pointer: {problem}");
        assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    }
}

/// Whether it is a page's: `/links/` and a token.
#[must_use]
pub fn is_page(path: &str) -> bool {
    let token = path.strip_prefix("/links/");
    token.is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

fn read(body: &str) -> Option<Value> {
    serde_json::from_str(body).ok()
}
