//! `check-deadlines`.

use desk_tests::call::{post, post_once};
use futures::FutureExt;
use jiff::SignedDuration;
use shared::email::EmailId;
use shared::incident::clock::after;
use shared::outbox::LEASE;
use shared::store::Store;

use super::super::functions::{Ended, Functions};
use super::mails::{arrives, forged, is_handled};
use super::{Job, PLAIN, asks, by, escalates, has_account, p1};

const FUNCTION: &str = "check-deadlines";
const ONE_EMAIL: &str = "EMAIL#0000000001#001";
const ONE_WEBHOOK: &str = "WEBHOOK#0000000001#000";

/// A sweep, and what was there before.
macro_rules! sweep {
    ($name:literal, $set_up:expr) => {
        Job {
            function: FUNCTION,
            name: $name,
            set_up: |functions| $set_up(functions).boxed_local(),
            trigger: |functions| functions.sweep().boxed_local(),
            ..PLAIN
        }
    };
}

pub fn jobs() -> Vec<Job> {
    vec![
        // The next sweep looks whether the account's incidents recur, for it is escalated now.
        Job { at_most: 3, ..sweep!("a deadline, which escalates", runs_out) },
        sweep!("a warning", is_warned),
        sweep!("an e-mail that is stuck", email_is_stuck),
        sweep!("an e-mail under a lease that ran out", lease_ran_out),
        sweep!("an e-mail that nobody needs any more", is_not_needed),
        sweep!("a webhook that is stuck", webhook_is_stuck),
        sweep!("mails that wait for people", mails_wait),
        sweep!("incidents that recur", recurs),
    ]
}

async fn opens_by_email(functions: &Functions) {
    asks(functions, post("/v1/incidents", &p1("INC-1", "email"))).await;
    functions.all_goes_out_but(&[]).await;
}

async fn is_warned(functions: &Functions) {
    opens_by_email(functions).await;
    functions.at(SignedDuration::from_mins(45));
}

async fn runs_out(functions: &Functions) {
    is_warned(functions).await;
    sweeps(functions).await;
    functions.all_goes_out_but(&[]).await;
    functions.at(SignedDuration::from_mins(60));
}

pub async fn sweeps(functions: &Functions) {
    assert!(matches!(functions.sweep().await, Ended::Done(_)));
}

async fn email_is_stuck(functions: &Functions) {
    escalates(functions).await;
    functions.all_goes_out_but(&[ONE_EMAIL]).await;
    functions.pass(61).await;
}

async fn lease_ran_out(functions: &Functions) {
    escalates(functions).await;
    functions.all_goes_out_but(&[ONE_EMAIL]).await;
    let desk = functions.desk();
    let id: EmailId = "INC-1-1-1".parse().expect("an id");
    let lease_until = after(desk.clock.now(), LEASE);
    let claimed = desk.store.claim_email(&id, "somebody's", lease_until).await;
    assert!(claimed.expect("the store").is_some());
    functions.pass(91).await;
}

async fn is_not_needed(functions: &Functions) {
    escalates(functions).await;
    asks(functions, post_once("/v1/incidents/INC-1/resolution", "resolved", &by())).await;
    functions.all_goes_out_but(&[ONE_EMAIL]).await;
    functions.pass(61).await;
}

async fn webhook_is_stuck(functions: &Functions) {
    escalates(functions).await;
    functions.all_goes_out_but(&[ONE_WEBHOOK]).await;
    functions.pass(61).await;
}

async fn mails_wait(functions: &Functions) {
    let told = arrives(functions, "one", &forged());
    is_handled(functions, &told).await;
    sweeps(functions).await;
    functions.pass(60).await;
}

async fn recurs(functions: &Functions) {
    has_account(functions).await;
    for n in 1..=5 {
        // The desk has looked at all but the last.
        sweeps(functions).await;
        asks(functions, post("/v1/incidents", &p1(&format!("INC-{n}"), "chat"))).await;
    }
    functions.all_goes_out_but(&[]).await;
}
