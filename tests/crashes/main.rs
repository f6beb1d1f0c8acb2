//! The crash matrix: every call that a function makes, with everything that can go wrong with it, one
//! at a time and in ordered pairs.
//!
//! A [job](jobs::Job) is an event that a function handles. It is first done without faults, and its calls
//! are counted. Then, for each call and each [fault](fault::Fault), everything is put back as it was, the
//! fault strikes, and the event comes again as AWS or the client brings it, until it is handled. The table
//! then holds what it holds without the fault, the client has the same answer, and every e-mail and
//! webhook went out: once, or once more for each answer that was ambiguous, and then it says so.
//!
//! The SDK is the real one, its retries and time-outs included, and so is the table, in the embedded
//! DynamoDB behind HTTP. SES, S3, Secrets Manager and other systems are in memory, under the SDK.
//!
//! ```sh
//! cargo test -p desk-tests --test crashes -- --nocapture                      # each fault, some pairs
//! cargo test -p desk-tests --test crashes -- --ignored --nocapture every_pair
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what is wrong")]

mod cases;
mod fault;
mod functions;
mod jobs;
mod matrix;
mod others;
mod plan;
mod sent;
mod table;
mod wire;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use desk_tests::dynamodb::TestDynamoDb;
use functions::Functions;
use jobs::Job;
use matrix::{Found, Matrix};

/// In `cargo test`, each 97th pair of a job is played. A prime, so that no kind of fault is left out.
const STRIDE: usize = 97;
/// How many violations of a job are told.
const TOLD: usize = 3;

/// Plays a job on a DynamoDB of its own.
fn play(job: &Job, stride: usize) -> Found {
    // The functions live in virtual time, DynamoDB and the connections to it in real time.
    let elsewhere = tokio::runtime::Builder::new_multi_thread();
    let elsewhere = { elsewhere }.worker_threads(1).enable_all().build().expect("a runtime");
    let here = tokio::runtime::Builder::new_current_thread();
    let here = { here }.enable_all().start_paused(true).build().expect("a runtime");
    let dynamodb = elsewhere.block_on(async { TestDynamoDb::start().await });
    let handle = elsewhere.handle().clone();
    let found = here.block_on(async {
        let functions = Functions::start(handle, dynamodb).await;
        Matrix::of(&functions, job).await.play_all(stride).await
    });
    elsewhere.shutdown_background();
    found
}

/// Plays all jobs, as many at once as there are cores; prints a line for each.
fn play_all(stride: usize) -> Vec<String> {
    let only = only();
    let jobs: Vec<_> = jobs::all().into_iter().filter(|j| j.to_string().contains(&only)).collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let of_job = play(job, stride);
                    print(&line(&job.to_string(), &of_job));
                    found.lock().expect("no panic").push(of_job);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    let sum = |of: fn(&Found) -> usize| found.iter().map(of).sum();
    let total = Found {
        calls: sum(|f| f.calls),
        singles: sum(|f| f.singles),
        pairs: sum(|f| f.pairs),
        played: sum(|f| f.played),
        struck: sum(|f| f.struck),
        repeats: sum(|f| f.repeats),
        violations: found.iter().flat_map(|f| f.violations.clone()).collect(),
    };
    print(&line(&format!("{} jobs", found.len()), &total));
    found.into_iter().flat_map(|f| f.violations.into_iter().take(TOLD)).collect()
}

/// What the names of the jobs to be played have in them.
#[expect(clippy::disallowed_methods, reason = "it is for whoever looks at one job")]
fn only() -> String {
    std::env::var("JOB").unwrap_or_default()
}

fn line(what: &str, found: &Found) -> String {
    format!(
        "{what:<58} {:>4} calls {:>5} singles {:>6} of {:>6} pairs {:>6} faults {:>5} repeats {:>3} violations",
        found.calls,
        found.singles,
        found.played,
        found.pairs,
        found.struck,
        found.repeats,
        found.violations.len(),
    )
}

#[expect(clippy::print_stdout, reason = "it is the report")]
fn print(text: &str) {
    println!("{text}");
}

#[test]
fn every_fault_at_every_call_ends_as_if_there_had_been_none() {
    let violations = play_all(STRIDE);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
#[ignore = "takes many minutes"]
fn every_pair_of_faults_ends_as_if_there_had_been_none() {
    let violations = play_all(1);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
