//! What is wrong with a request: every field at once.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The longest address that mail servers carry (RFC 5321).
const LONGEST_ADDRESS: usize = 254;

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Wrong(Vec<Field>);

#[derive(Debug, Serialize)]
struct Field {
    field: String,
    message: String,
}

impl Wrong {
    /// Says what is wrong with a field: the end of a sentence that begins with its name.
    pub fn field(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Field { field: field.to_owned(), message: message.into() });
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let said = self.0.iter().map(|Field { field, message }| format!("{field} {message}"));
        let message = format!("Nothing was done: {}.", said.collect::<Vec<_>>().join("; "));
        let body = serde_json::json!({ "message": message, "errors": self.0 });
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

/// Whether it can stand in an envelope: one `@`, something on both sides, and nothing that a header
/// or a command would be broken by.
pub fn is_address(text: &str) -> bool {
    let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"');
    text.len() <= LONGEST_ADDRESS
        && text.chars().all(safe)
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain))
}

/// Whether it is a domain: at least two labels of letters, digits and hyphens.
pub fn is_domain(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    text.contains('.') && text.split('.').all(|label| !label.is_empty() && label.bytes().all(plain))
}
