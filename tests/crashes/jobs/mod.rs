//! Each function and each kind of work that it does, as a job: what is there before, and the event.

mod deliveries;
mod escalations;
mod incidents;
mod links;
mod mails;
mod outbox;
mod sweeps;

use std::fmt;

use axum::body::Body;
use axum::http::Request;
use desk_tests::bodies;
use desk_tests::call::{self, post, post_once};
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::functions::{Ended, Functions};
use super::plan::Case;

/// One job.
pub struct Job {
    pub function: &'static str,
    pub name: &'static str,
    /// What happened before.
    pub set_up: for<'f> fn(&'f Functions) -> LocalBoxFuture<'f, ()>,
    /// The event, which comes again until it is handled.
    pub trigger: for<'f> fn(&'f Functions) -> LocalBoxFuture<'f, Ended>,
    /// Whether what is in the outbox then goes out, by the schedule and the stream.
    pub empties_outbox: bool,
    /// How often it may be done: what comes without an `Idempotency-Key` may be done as often as it is
    /// asked, as the API documents.
    pub at_most: usize,
    /// Whether a repeated request may be answered in other words: by how things stand.
    pub answers_may_differ: bool,
    /// Whether nothing is written.
    pub only_reads: bool,
    /// Pairs that are played by `cargo test`, too: those that have found something once.
    pub found: fn() -> Vec<Case>,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.function, self.name)
    }
}

/// A job of which nothing is special.
const PLAIN: Job = Job {
    function: "",
    name: "",
    set_up: |_| Box::pin(async {}),
    trigger: |_| Box::pin(async { Ended::Again }),
    empties_outbox: false,
    at_most: 1,
    answers_may_differ: false,
    only_reads: false,
    found: Vec::new,
};

/// All of them.
pub fn all() -> Vec<Job> {
    let mut all = escalations::jobs();
    all.extend(incidents::jobs());
    all.extend(links::jobs());
    all.extend(sweeps::jobs());
    all.extend(outbox::jobs());
    all.extend(mails::jobs());
    all.extend(deliveries::jobs());
    all
}

fn ada() -> Value {
    json!({ "name": "Ada Martin", "email": "ada@acme.example", "account": "ACME" })
}

fn escalation(number: &str) -> Value {
    bodies::escalation(number, &ada())
}

fn p1(number: &str, channel: &str) -> Value {
    bodies::p1(number, channel, &ada())
}

fn by() -> Value {
    json!({ "by": "Grace Hall" })
}

/// A request that is no part of the job.
async fn asks(functions: &Functions, request: Request<Body>) {
    let reply = functions.ask(request).await;
    assert!(reply.status.is_success(), "{}", reply.whole());
}

async fn escalates(functions: &Functions) {
    asks(functions, post("/v1/escalations", &escalation("INC-1"))).await;
}

/// An incident is open; its customer was told, and whoever else had to be.
async fn opens(functions: &Functions) {
    asks(functions, post("/v1/incidents", &p1("INC-1", "chat"))).await;
    functions.all_goes_out_but(&[]).await;
}

async fn has_account(functions: &Functions) {
    let acme = json!({
        "name": "Acme", "domains": ["acme.example"],
        "account_manager": { "name": "Mary Moss", "email": "mary@desk.example" },
    });
    asks(functions, call::put("/v1/accounts/ACME", &acme)).await;
}

/// The client asks again while the answer is that the desk is unavailable.
async fn asked(functions: &Functions, request: Request<Body>) -> Ended {
    let mut reply = functions.ask(request).await;
    // An instant of whole seconds is written in fewer characters.
    let may_differ = ["idempotency-replayed", "content-length"];
    reply.headers.retain(|(name, _)| !may_differ.contains(&name.as_str()));
    if reply.status == 503 { Ended::Again } else { Ended::Done(reply.whole()) }
}

async fn asked_once(functions: &Functions, path: &str, body: &Value) -> Ended {
    asked(functions, post_once(path, "a-key-of-the-client", body)).await
}
