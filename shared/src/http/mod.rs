//! What the HTTP functions have in common: strict requests, idempotent answers, RFC 9457 problems.
//!
//! Nothing here knows a route. A request that comes this far was authenticated by API Gateway; one
//! that was not is refused all the same.

mod answer;
mod json;
mod problem;
mod request;

pub use answer::{Answer, answer};
pub use problem::{Problem, ProblemField, no_such_method, no_such_route};
pub use request::{Asked, Authenticated, Number};
