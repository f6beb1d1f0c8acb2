//! The fields of the API in which people write: how each is asked, and where it is read again.

use axum::body::Body;
use axum::http::Request;
use desk_tests::call::{post, put};
use desk_tests::world::World;
use serde_json::{Value, json};

/// What is written where nothing else is.
const TEXT: &str = "Nothing special in it.";

/// A field in which people write.
pub struct Field {
    /// JSON pointer into the body.
    pub pointer: &'static str,
    /// The request: method, path, in which `N` is the number of a case, and body.
    put: bool,
    path: &'static str,
    body: fn(usize) -> Value,
    /// Whether the incident is open and escalated before.
    known: bool,
    /// What anybody may write there.
    pub harmless: &'static str,
    /// Where it is read again, and under which name.
    pub read: &'static str,
    /// The name of the value there.
    pub name: &'static str,
}

impl Field {
    /// The request with a text in this field, in a case of its own.
    pub fn ask(&self, case: usize, text: &str) -> Request<Body> {
        let mut body = (self.body)(case);
        *body.pointer_mut(self.pointer).unwrap() = text.into();
        let path = numbered(self.path, case);
        if self.put { put(&path, &body) } else { post(&path, &body) }
    }

    /// The path, for people.
    pub fn path(&self) -> &str {
        self.path
    }

    /// What is there before.
    pub async fn prepare(&self, world: &World, case: usize) {
        let manager = json!({ "name": "Mary", "email": "mary@desk.example" });
        let account = json!({ "name": "Acme", "account_manager": manager });
        if self.known {
            let account = world.ask(put(&numbered("/v1/accounts/A-N", case), &account)).await;
            assert_eq!(account.status, 201);
            assert_eq!(world.post("/v1/incidents", incident(case)).await.status, 201);
            assert_eq!(world.post("/v1/escalations", escalation(case)).await.status, 201);
        }
    }

    /// Whether that incident is resolved before.
    pub fn is_of_resolved(&self) -> bool {
        self.path.ends_with("/reopening")
    }
}

/// A path of a case.
pub fn numbered(path: &str, case: usize) -> String {
    path.replace("-N", &format!("-{case}"))
}

fn customer(case: usize) -> Value {
    let (email, account) = (format!("ada{case}@customer.example"), format!("A-{case}"));
    json!({ "name": "Ada", "email": email, "account": account })
}

fn escalation(case: usize) -> Value {
    json!({
        "incident_number": format!("INC-{case}"), "business_justification": TEXT,
        "requester": customer(case),
    })
}

fn incident(case: usize) -> Value {
    json!({
        "number": format!("INC-{case}"), "priority": "P2", "channel": "phone",
        "summary": "Checkout is down", "customer": customer(case),
    })
}

fn account(_: usize) -> Value {
    json!({ "name": "Acme", "account_manager": { "name": "Mary", "email": "mary@desk.example" } })
}

const STORY: &str = "/v1/incidents/INC-N";

const fn opening(pointer: &'static str, name: &'static str) -> Field {
    Field {
        pointer,
        put: false,
        path: "/v1/incidents",
        body: incident,
        known: false,
        harmless: TEXT,
        read: STORY,
        name,
    }
}

const fn escalating(pointer: &'static str, name: &'static str) -> Field {
    Field {
        pointer,
        put: false,
        path: "/v1/escalations",
        body: escalation,
        known: false,
        harmless: TEXT,
        read: STORY,
        name,
    }
}

const fn on_known(
    path: &'static str,
    pointer: &'static str,
    name: &'static str,
    body: fn(usize) -> Value,
) -> Field {
    Field { pointer, put: false, path, body, known: true, harmless: TEXT, read: STORY, name }
}

const fn of_account(pointer: &'static str) -> Field {
    Field {
        pointer,
        put: true,
        path: "/v1/accounts/A-N",
        body: account,
        known: false,
        harmless: TEXT,
        read: "/v1/accounts/A-N",
        name: "name",
    }
}

/// All of them.
pub const FIELDS: [Field; 19] = [
    escalating("/business_justification", "business_justification"),
    escalating("/requester/name", "name"),
    Field { harmless: "eve@other.example", ..escalating("/requester/email", "email") },
    Field { harmless: "another", ..escalating("/requester/account", "account") },
    opening("/summary", "summary"),
    opening("/customer/name", "name"),
    on_known("/v1/incidents/INC-N/responses", "/author", "author", response),
    on_known("/v1/incidents/INC-N/responses", "/message", "message", response),
    on_known("/v1/incidents/INC-N/acknowledgement", "/by", "by", |_| json!({ "by": "Grace" })),
    on_known("/v1/incidents/INC-N/pause", "/reason", "reason", pause),
    on_known("/v1/incidents/INC-N/resolution", "/note", "note", noted),
    on_known("/v1/incidents/INC-N/resolution", "/by", "by", noted),
    on_known("/v1/incidents/INC-N/reopening", "/note", "note", noted),
    on_known(
        "/v1/incidents/INC-N/priority",
        "/reason",
        "reason",
        |_| json!({ "by": "Grace", "priority": "P1", "reason": TEXT }),
    ),
    on_known(
        "/v1/incidents/INC-N/customer-replies",
        "/message",
        "message",
        |_| json!({ "from": "Ada", "message": TEXT }),
    ),
    on_known(
        "/v1/incidents/INC-N/account-manager",
        "/reason",
        "reason",
        |_| json!({ "by": "Grace", "reason": TEXT }),
    ),
    on_known(
        "/v1/accounts/A-N/recurrences",
        "/message",
        "message",
        |case| json!({ "reporter": customer(case), "message": TEXT }),
    ),
    of_account("/name"),
    of_account("/account_manager/name"),
];

fn response(_: usize) -> Value {
    json!({ "author": "Grace", "message": TEXT })
}

fn pause(_: usize) -> Value {
    json!({ "by": "Grace", "reason": TEXT, "until": "2026-11-25T08:00:00Z" })
}

fn noted(_: usize) -> Value {
    json!({ "by": "Grace", "note": TEXT })
}
