//! `manage-incident`: what customer care does.

use desk_tests::call::{get, post, post_once, put};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::functions::{Ended, Functions};
use super::{Job, PLAIN, ada, asked, asked_once, asks, by, escalates, has_account, opens, p1};

const FUNCTION: &str = "manage-incident";

fn response() -> Value {
    json!({ "author": "Grace Hall", "message": "A certificate had expired. We are renewing it." })
}

fn account() -> Value {
    json!({
        "name": "Acme & Co", "domains": ["acme.example", "acme.test"],
        "account_manager": { "name": "Mary Moss", "email": "mary@desk.example" },
    })
}

macro_rules! keyed {
    ($name:literal, $set_up:expr, $action:literal, $body:expr) => {
        Job {
            function: FUNCTION,
            name: $name,
            set_up: |functions| Box::pin($set_up(functions)),
            trigger: |functions| {
                Box::pin(async { asked_once(functions, concat!("/v1/", $action), &$body).await })
            },
            ..PLAIN
        }
    };
}

pub fn jobs() -> Vec<Job> {
    vec![
        keyed!("opens", has_account, "incidents", p1("INC-1", "phone")),
        keyed!("responds", escalates, "incidents/INC-1/responses", response()),
        // Without a key, a response that is sent twice is two responses.
        Job {
            function: FUNCTION,
            name: "responds, without a key",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| {
                Box::pin(async {
                    asked(functions, post("/v1/incidents/INC-1/responses", &response())).await
                })
            },
            at_most: 4,
            ..PLAIN
        },
        keyed!("acknowledges", escalates, "incidents/INC-1/acknowledgement", by()),
        Job {
            function: FUNCTION,
            name: "waits on the customer",
            set_up: |functions| Box::pin(opens(functions)),
            trigger: |functions| Box::pin(waits(functions)),
            ..PLAIN
        },
        keyed!(
            "the customer replied, which ends a pause",
            is_paused,
            "incidents/INC-1/customer-replies",
            json!({ "from": "Ada Martin", "message": "Here it is." })
        ),
        keyed!("resolves", escalates, "incidents/INC-1/resolution", by()),
        keyed!("opens again", is_resolved, "incidents/INC-1/reopening", by()),
        keyed!(
            "changes the priority",
            opens,
            "incidents/INC-1/priority",
            json!({ "by": "Grace Hall", "priority": "P2", "reason": "There is a way around it." })
        ),
        keyed!(
            "loops the account manager in",
            escalates_of_account,
            "incidents/INC-1/account-manager",
            json!({ "by": "Grace Hall", "reason": "Ada asks for you." })
        ),
        keyed!(
            "reports that incidents recur",
            escalates_of_account,
            "accounts/ACME/recurrences",
            json!({ "reporter": ada(), "message": "It fails each Monday." })
        ),
        // PUT knows no key: written again, the account is the same and a version further.
        Job {
            function: FUNCTION,
            name: "writes an account",
            set_up: |functions| Box::pin(has_account(functions)),
            trigger: |functions| {
                Box::pin(async { asked(functions, put("/v1/accounts/ACME", &account())).await })
            },
            at_most: 4,
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "reads an incident",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| {
                Box::pin(async { asked(functions, get("/v1/incidents/INC-1")).await })
            },
            only_reads: true,
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "lists open incidents",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| Box::pin(async { asked(functions, get("/v1/incidents")).await }),
            only_reads: true,
            ..PLAIN
        },
    ]
}

async fn waits(functions: &Functions) -> Ended {
    let until = desk_tests::world::start() + SignedDuration::from_hours(5);
    let pause = json!({
        "by": "Grace Hall", "reason": "Please send us the log.", "until": until.to_string(),
    });
    asked_once(functions, "/v1/incidents/INC-1/pause", &pause).await
}

async fn is_paused(functions: &Functions) {
    opens(functions).await;
    let until = desk_tests::world::start() + SignedDuration::from_hours(5);
    let pause = json!({ "by": "Grace Hall", "reason": "Please.", "until": until.to_string() });
    asks(functions, post("/v1/incidents/INC-1/pause", &pause)).await;
}

async fn is_resolved(functions: &Functions) {
    opens(functions).await;
    asks(functions, post_once("/v1/incidents/INC-1/resolution", "resolved", &by())).await;
}

async fn escalates_of_account(functions: &Functions) {
    has_account(functions).await;
    escalates(functions).await;
}
