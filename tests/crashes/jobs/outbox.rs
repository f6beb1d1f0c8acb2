//! `dispatch-email` and `dispatch-webhook`.

use futures::FutureExt;

use super::super::fault::Fault;
use super::super::functions::{Ended, Functions};
use super::super::plan::Case;
use super::sweeps::sweeps;
use super::{Job, PLAIN, escalates};

const TO_A_TEAM: &str = "EMAIL#0000000001#001";
const WEBHOOK: &str = "WEBHOOK#0000000001#000";

pub fn jobs() -> Vec<Job> {
    vec![
        Job {
            function: "dispatch-email",
            name: "an e-mail",
            set_up: |functions| all_but(functions, TO_A_TEAM).boxed_local(),
            trigger: |functions| hand_out(functions, TO_A_TEAM).boxed_local(),
            empties_outbox: true,
            // Somebody else has sent it when an attempt is settled whose answer was lost: this alone tells
            // a store that does not look whose claim it is.
            found: || {
                let faults = vec![(2, Fault::AnswerLost), (3, Fault::ArrivesLate)];
                vec![Case { faults, ..Case::default() }]
            },
            ..PLAIN
        },
        Job {
            function: "dispatch-email",
            name: "an e-mail that SES refuses",
            set_up: |functions| refused(functions).boxed_local(),
            trigger: |functions| hand_out(functions, TO_A_TEAM).boxed_local(),
            empties_outbox: true,
            ..PLAIN
        },
        Job {
            function: "dispatch-webhook",
            name: "a webhook",
            set_up: |functions| all_but(functions, WEBHOOK).boxed_local(),
            trigger: |functions| hand_out(functions, WEBHOOK).boxed_local(),
            empties_outbox: true,
            // The SDK asks three times for a claim whose answers are lost, and the post fails then. Counted as
            // four attempts that had failed, the webhook waited for hours.
            found: || {
                let lost = [Fault::AnswerLost, Fault::TimedOut].into_iter();
                lost.map(|lost| Case {
                    faults: vec![(0, lost), (10, Fault::Throttled)],
                    ..Case::default()
                })
                .collect()
            },
            ..PLAIN
        },
    ]
}

async fn all_but(functions: &Functions, kept: &str) {
    escalates(functions).await;
    // The desk has looked whether the account's incidents recur.
    sweeps(functions).await;
    functions.all_goes_out_but(&[kept]).await;
}

async fn refused(functions: &Functions) {
    all_but(functions, TO_A_TEAM).await;
    let items = functions.table.read().await;
    let item = &items[&("INCIDENT#INC-1".to_owned(), TO_A_TEAM.to_owned())];
    let email = item["email"].as_m().expect("an e-mail");
    functions.others.refuse(email["recipient"].as_s().expect("an address"));
}

async fn hand_out(functions: &Functions, sk: &str) -> Ended {
    functions.hand_out(&[("INCIDENT#INC-1".to_owned(), sk.to_owned())]).await
}
