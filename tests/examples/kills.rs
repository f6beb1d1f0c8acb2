//! Kills processes of the functions, as many as are asked for, at random: progress each ten seconds, and a
//! report of what came of it.
//!
//! `cargo run -p shared -p desk-tests --example kills -- --bins target/release --kills 10000`

#![allow(clippy::print_stdout, reason = "it reports to whoever started it")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use desk_tests::processes::{IN_SECONDS, Processes, Settings, binaries};

/// Kills processes of the functions.
#[derive(Debug, Parser)]
struct Asked {
    /// How many.
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// Where all chance comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the programs are.
    #[arg(long, default_value = "target/release")]
    bins: PathBuf,
    /// How many incidents go on at the same time.
    #[arg(long, default_value_t = 60)]
    at_once: u64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let Asked { kills, seed, bins, at_once } = Asked::parse();
    let programs = match binaries::in_folder(&bins) {
        Ok(programs) => programs,
        Err(missing) => {
            println!("{missing}");
            return ExitCode::FAILURE;
        }
    };
    let settings = Settings {
        seed,
        kills,
        at_once,
        programs,
        policy: IN_SECONDS.to_owned(),
        beat: Duration::from_secs(10),
        hastens: false,
        rests_within: Duration::from_secs(20 * 60),
    };
    let processes = Processes::start(settings).await;
    let (told, began) = (processes.clone(), Instant::now());
    let telling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            println!("{:>6} s  {}", began.elapsed().as_secs(), told.progress());
        }
    });
    let report = processes.run().await;
    telling.abort();
    println!("{report}");
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
