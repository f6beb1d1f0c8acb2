//! Wires `escalation-desk`: arguments, terminal, desk, signals.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use escalation_desk::arguments::{Arguments, Task};
use escalation_desk::desk;
use escalation_desk::options::Options;
use escalation_desk::simulate;
use escalation_desk::welcome::Welcome;
use shared::clock::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What people want to see: the handlers' own lines. DynamoDB's conditions that fail are the desk's
/// normal work.
const LOGGED: &str = "info,dynoxide=error,aws_smithy_runtime=error,hyper=warn";

// A desk runs for months on many threads. The allocator of glibc has an arena for each of them, and did not
// give back what a backlog of e-mails had taken (tests/README.md). The functions, on one thread and for as
// long as Lambda lets them live, keep the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// Some threads to spare: the embedded DynamoDB does its blocking work on them.
#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let log = tracing_subscriber::fmt().compact().with_target(false).with_env_filter(filter);
    // A line that nobody reads is no reason to complain where nobody may read either.
    log.log_internal_errors(false).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says it to the terminal, if anybody still listens: that nobody does must not keep the desk from
/// stopping in order.
fn say(text: impl Display) {
    writeln!(std::io::stdout(), "{text}").ok();
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(Task::Simulate(asked)) = &arguments.task {
        let table = simulate::table(asked, Clock::system().now())?;
        return match writeln!(std::io::stdout(), "{table}") {
            // Whoever read it has seen enough, as `head` has.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.context("the table cannot be written"),
        };
    }
    let options = Options::from_arguments(arguments)?;
    let welcome = Welcome::of(&options);
    let mut terminated = signal(SignalKind::terminate()).context("no signals")?;
    let running = desk::start(options).await?;
    say(welcome.text(&running));
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("no signals")?,
        _ = terminated.recv() => {}
    }
    say("Stopping.");
    running.stop().await;
    Ok(())
}
