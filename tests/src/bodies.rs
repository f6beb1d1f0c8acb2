//! Bodies of requests, as customers' systems and care send them.

use serde_json::{Value, json};

/// An escalation by a customer.
#[must_use]
pub fn escalation(number: &str, requester: &Value) -> Value {
    json!({
        "incident_number": number,
        "business_justification": "None of our shops can sell anything since this morning.",
        "requester": requester,
    })
}

/// A P1 that care opens.
#[must_use]
pub fn p1(number: &str, channel: &str, customer: &Value) -> Value {
    json!({
        "number": number, "priority": "P1", "channel": channel, "summary": "Checkout is down",
        "customer": customer,
    })
}
