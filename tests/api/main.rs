//! The HTTP API: whole answers, good and bad.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod answers;
mod bad_input;
mod care;
mod conditions;
mod deadlines;
mod document;
mod figures;
mod idempotency;
mod limits;
mod link_keys;
mod links;
mod quarantine;
mod scopes;
mod simulations;
mod unavailable;

use desk_tests::DEFAULT_POLICY;
use desk_tests::world::World;
use serde_json::{Value, json};

fn world() -> World {
    World::new(DEFAULT_POLICY)
}

fn escalation() -> Value {
    json!({
        "incident_number": "INC-1",
        "business_justification": "We lose 40,000 EUR an hour.",
        "requester": { "name": "Ada", "email": "ada@customer.example", "language": "fr" },
    })
}

fn incident(number: &str) -> Value {
    json!({
        "number": number, "priority": "P1", "channel": "email", "summary": "Checkout is down",
        "customer": { "name": "Ada", "email": "ada@customer.example", "account": "ACME" },
    })
}
