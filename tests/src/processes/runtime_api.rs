//! The Lambda Runtime API, version 2018-06-01: where a process gets its events and leaves its answers.
//! Each process has it under a path of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::lambda::Failed;
use super::region::Region;

/// The Runtime API of all processes.
pub fn router(region: Arc<Region>) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request}/response", post(response))
        .route("/invocation/{request}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new().nest("/{execution}/2018-06-01/runtime", runtime).with_state(region)
}

async fn next(State(region): State<Arc<Region>>, Path(execution): Path<u64>) -> Response {
    let Some(execution) = region.execution(execution) else {
        return unknown(&region, execution).into_response();
    };
    let Some(job) = execution.next().await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("lambda-runtime-aws-request-id", job.request_id.clone()),
        ("lambda-runtime-deadline-ms", job.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", job.arn),
        ("lambda-runtime-trace-id", "Root=1-0-0;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, job.payload).into_response()
}

async fn response(
    State(region): State<Arc<Region>>,
    Path((execution, request)): Path<(u64, String)>,
    body: Bytes,
) -> StatusCode {
    answered(&region, execution, &request, Ok(body.to_vec()))
}

async fn error(
    State(region): State<Arc<Region>>,
    Path((execution, request)): Path<(u64, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let kind = headers.get("lambda-runtime-function-error-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let said = format!("{kind} {}", String::from_utf8_lossy(&body));
    answered(&region, execution, &request, Err(Failed::Said(said)))
}

async fn init_error(
    State(region): State<Arc<Region>>,
    Path(execution): Path<u64>,
    body: Bytes,
) -> StatusCode {
    let said = format!("{execution} does not start: {}", String::from_utf8_lossy(&body));
    region.tally().misdeeds.push(said);
    StatusCode::ACCEPTED
}

fn answered(
    region: &Region,
    execution: u64,
    request: &str,
    answer: Result<Vec<u8>, Failed>,
) -> StatusCode {
    match region.execution(execution) {
        Some(execution) => {
            execution.answers(request, answer);
            StatusCode::ACCEPTED
        }
        None => unknown(region, execution),
    }
}

fn unknown(region: &Region, execution: u64) -> StatusCode {
    region.tally().misdeeds.push(format!("{execution} is no process of this run"));
    StatusCode::NOT_FOUND
}
