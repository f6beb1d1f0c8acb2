//! The OpenAPI document as the code says it, and whether an answer is as it says.

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

/// The document of all functions, without examples of answers.
#[must_use]
pub fn document() -> Document {
    let mut document = shared::http::openapi::document();
    document.merge(submit_escalation::Documented::openapi());
    document.merge(manage_incident::Documented::openapi());
    shared::http::openapi::complete(&mut document);
    document
}

/// The operations of a document: path, method, operation.
#[must_use]
pub fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}
