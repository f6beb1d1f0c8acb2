//! `GET /openapi.json`: what the API takes and answers, for programs and people, open to anybody.
//!
//! The file is written by a test from the code (`tests/openapi`) and only handed out here.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use shared::http::openapi::ReadingHeaders;
use shared::http::{Answer, Problem, answer_anybody};

const DOCUMENT: &str = include_str!("../openapi.json");

/// Reads this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "read_document",
    tag = "desk",
    params(ReadingHeaders),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)),
)]
pub(super) async fn read(headers: HeaderMap) -> Result<Response, Problem> {
    let document =
        Answer { status: StatusCode::OK, location: None, etag: None, body: DOCUMENT.to_owned() };
    answer_anybody(&headers, document.tagged())
}
