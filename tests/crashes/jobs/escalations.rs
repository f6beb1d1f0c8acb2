//! `submit-escalation`.

use desk_tests::call::{get, post};

use super::super::functions::Functions;
use super::{Job, PLAIN, asked, asked_once, escalates, escalation, opens};

const FUNCTION: &str = "submit-escalation";
const PATH: &str = "/v1/escalations";

pub fn jobs() -> Vec<Job> {
    vec![
        Job {
            function: FUNCTION,
            name: "an unknown incident, with a key",
            trigger: |functions| Box::pin(keyed(functions)),
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "a known incident, with a key",
            set_up: |functions| Box::pin(opens(functions)),
            trigger: |functions| Box::pin(keyed(functions)),
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "one that is escalated, with a key",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| Box::pin(keyed(functions)),
            ..PLAIN
        },
        // Without a key each request counts: the first escalates, the others append their reason to
        // the escalation that runs.
        Job {
            function: FUNCTION,
            name: "an unknown incident, without a key",
            trigger: |functions| {
                Box::pin(async { asked(functions, post(PATH, &escalation("INC-1"))).await })
            },
            at_most: 4,
            ..PLAIN
        },
        Job {
            function: FUNCTION,
            name: "its customer reads it",
            set_up: |functions| Box::pin(escalates(functions)),
            trigger: |functions| {
                Box::pin(async { asked(functions, get("/v1/escalations/INC-1")).await })
            },
            only_reads: true,
            ..PLAIN
        },
    ]
}

async fn keyed(functions: &Functions) -> super::Ended {
    asked_once(functions, PATH, &escalation("INC-1")).await
}
