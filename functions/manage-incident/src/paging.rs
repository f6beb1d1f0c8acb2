//! Lists that come a page at a time.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use jiff::Timestamp;
use shared::http::{Problem, ProblemField};

const DEFAULT_LIMIT: usize = 25;
/// What one `BatchGetItem` can load.
const MAX_LIMIT: usize = 100;

/// A query that has the fields it may have.
///
/// # Errors
///
/// A 422 in serde's words, such as "unknown field `x`" or "duplicate field `limit`".
pub(super) fn known<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let Query(query) = query.map_err(|rejection| {
        Problem::wrong_fields(vec![ProblemField::parameter("query", rejection.body_text())])
    })?;
    Ok(query)
}

/// How many make a page, and behind which `position` it begins.
///
/// # Errors
///
/// A 400 for a cursor that is not one of this desk, a 422 for another limit.
pub(super) fn read<T>(
    limit: Option<&str>,
    cursor: Option<&str>,
    position: impl FnOnce(&str) -> Option<T>,
) -> Result<(usize, Option<T>), Problem> {
    let mut wrong = Vec::new();
    let limit = match limit.map(str::parse) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => {
            wrong.push(ProblemField::parameter("limit", "must be a number from 1 to 100"));
            DEFAULT_LIMIT
        }
    };
    let after = cursor.and_then(position);
    if cursor.is_some() && after.is_none() {
        let detail = "must be the `next_cursor` of an earlier page";
        wrong.push(ProblemField::parameter("cursor", detail));
        // Not a mistake in a field but no request of ours at all: no client makes cursors up.
        return Err(Problem::foreign_cursor(wrong));
    }
    if wrong.is_empty() { Ok((limit, after)) } else { Err(Problem::wrong_fields(wrong)) }
}

/// `<epoch milliseconds>.<id>`.
pub(super) fn cursor(instant: Timestamp, id: impl std::fmt::Display) -> String {
    format!("{}.{id}", instant.as_millisecond())
}

/// What a cursor was made of: the id may hold dots itself, the milliseconds cannot.
pub(super) fn parts<T: std::str::FromStr>(cursor: &str) -> Option<(Timestamp, T)> {
    let (millis, id) = cursor.split_once('.')?;
    let instant = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    Some((instant, id.parse().ok()?))
}
