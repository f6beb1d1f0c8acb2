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
    /// The request: method, path (below the incident's, or whole), and body. `N` is the number of a case.
    put: bool,
    path: &'static str,
    body: fn(usize) -> Value,
    /// What is there before, in this order.
    before: &'static [Before],
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
        let path = numbered(&self.path(), case);
        if self.put { put(&path, &body) } else { post(&path, &body) }
    }

    /// The path of what is asked.
    pub fn path(&self) -> String {
        if self.path.starts_with('/') {
            self.path.to_owned()
        } else {
            format!("{STORY}/{}", self.path)
        }
    }

    /// Whether nothing has to be there before.
    pub fn is_first_of_all(&self) -> bool {
        self.before.is_empty()
    }

    /// What is there before.
    pub async fn prepare(&self, world: &World, case: usize) {
        for before in self.before {
            let request = match before {
                Before::Account => put(&numbered("/v1/accounts/A-N", case), &account(case)),
                Before::Incident => post("/v1/incidents", &incident(case)),
                Before::Escalation => post("/v1/escalations", &escalation(case)),
                Before::Resolution => {
                    let path = numbered("/v1/incidents/INC-N/resolution", case);
                    post(&path, &json!({ "by": "Grace" }))
                }
            };
            let reply = world.ask(request).await;
            assert!(reply.status.is_success(), "{}: {}", self.path, reply.body);
        }
    }
}

/// What may be there before a field is written.
#[derive(Clone, Copy)]
enum Before {
    Account,
    Incident,
    Escalation,
    Resolution,
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

const OPEN: &[Before] = &[Before::Incident];
const ESCALATED: &[Before] = &[Before::Incident, Before::Escalation];
const RESOLVED: &[Before] = &[Before::Incident, Before::Resolution];
const OF_ACCOUNT: &[Before] = &[Before::Account, Before::Incident];
const STORY: &str = "/v1/incidents/INC-N";

const fn opening(pointer: &'static str, name: &'static str) -> Field {
    Field {
        pointer,
        put: false,
        path: "/v1/incidents",
        body: incident,
        before: &[],
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
        before: &[],
        harmless: TEXT,
        read: STORY,
        name,
    }
}

/// A field of what is done on an incident.
const fn on_known(
    path: &'static str,
    pointer: &'static str,
    name: &'static str,
    body: fn(usize) -> Value,
) -> Field {
    Field { pointer, put: false, path, body, before: OPEN, harmless: TEXT, read: STORY, name }
}

const fn of_account(pointer: &'static str) -> Field {
    Field {
        pointer,
        put: true,
        path: "/v1/accounts/A-N",
        body: account,
        before: &[],
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
    on_known("responses", "/author", "author", response),
    on_known("responses", "/message", "message", response),
    Field { before: ESCALATED, ..on_known("acknowledgement", "/by", "by", taken) },
    on_known("pause", "/reason", "reason", pause),
    on_known("resolution", "/note", "note", noted),
    on_known("resolution", "/by", "by", noted),
    Field { before: RESOLVED, ..on_known("reopening", "/note", "note", noted) },
    on_known("priority", "/reason", "reason", priority),
    on_known("customer-replies", "/message", "message", reply),
    Field { before: OF_ACCOUNT, ..on_known("account-manager", "/reason", "reason", reason) },
    Field {
        before: OF_ACCOUNT,
        path: "/v1/accounts/A-N/recurrences",
        ..on_known("", "/message", "message", report)
    },
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

fn priority(_: usize) -> Value {
    json!({ "by": "Grace", "priority": "P1", "reason": TEXT })
}

fn reply(_: usize) -> Value {
    json!({ "from": "Ada", "message": TEXT })
}

fn reason(_: usize) -> Value {
    json!({ "by": "Grace", "reason": TEXT })
}

fn report(case: usize) -> Value {
    json!({ "reporter": customer(case), "message": TEXT })
}

fn taken(_: usize) -> Value {
    json!({ "by": "Grace" })
}
