//! What the HTTP functions have in common: strict requests, idempotent answers, RFC 9457 problems.
//!
//! Nothing here knows a route. A request that comes this far was authenticated by API Gateway, and
//! its scope checked; one that was not is refused all the same.

mod answer;
mod caller;
mod condition;
mod json;
pub mod openapi;
mod problem;
mod refused;
mod request;
mod scope;

pub use answer::{Answer, REMEMBERED_FOR, answer, answer_within};
pub use problem::{Problem, ProblemField};
pub use refused::{no_such_method, no_such_route};
pub use request::{AccountInPath, Asked, MailInPath, Number, Reading, answer_anybody};
pub use scope::{AccountsWrite, EscalationsWrite, IncidentsRead, IncidentsWrite, Scope};
