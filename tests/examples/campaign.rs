//! Simulated worlds, as many as are asked for, on all cores: progress each few seconds, and a report.
//! A seed that breaks an invariant tells its history, shrunk.
//!
//! `cargo run --profile campaign -p shared -p desk-tests --example campaign -- --seeds 10000 --from 1`

#![allow(clippy::print_stdout, reason = "it reports to whoever started it")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use desk_tests::simulation::{Counts, Mask, Scale, run, shrink};

/// Runs simulated worlds.
#[derive(Debug, Parser)]
struct Asked {
    /// How many.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many days each lasts.
    #[arg(long, default_value_t = Scale::MONTH.days)]
    days: u64,
    /// How many incidents each has.
    #[arg(long, default_value_t = Scale::MONTH.incidents)]
    incidents: u64,
    /// On so many threads; without it, one a core.
    #[arg(long)]
    threads: Option<usize>,
    /// Tells the whole history of the first seed, and runs no other.
    #[arg(long)]
    tell: bool,
    /// Does not shrink what fails.
    #[arg(long)]
    no_shrink: bool,
}

/// How many histories of failures are told.
const TOLD: u64 = 5;

fn main() -> ExitCode {
    let asked = Asked::parse();
    let scale = Scale { days: asked.days, incidents: asked.incidents };
    // Panics of handlers are told as what they break.
    std::panic::set_hook(Box::new(|_| {}));
    if asked.tell {
        let ended = run(asked.from, scale, &Mask::default(), true);
        println!("{}\n{}", ended.history.join("\n"), ended.counts);
        return ExitCode::SUCCESS;
    }
    let all = Mutex::new(Counts::default());
    let (next, began) = (AtomicU64::new(asked.from), Instant::now());
    let until = asked.from + asked.seeds;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|threads| {
        for _ in 0..asked.threads.unwrap_or(cores) {
            threads.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= until {
                        return;
                    }
                    one(&asked, scale, seed, &all);
                }
            });
        }
        threads.spawn(|| {
            let mut told = Instant::now();
            while next.load(Ordering::Relaxed) < until {
                std::thread::sleep(Duration::from_millis(200));
                if told.elapsed() > Duration::from_secs(10) {
                    told = Instant::now();
                    progress(&all, began);
                }
            }
        });
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{all}");
    if all.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(asked: &Asked, scale: Scale, seed: u64, all: &Mutex<Counts>) {
    let ended = run(seed, scale, &Mask::default(), false);
    let failed_before = {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.violations;
        all.add(&ended.counts);
        before
    };
    let Some(violation) = ended.violations.first() else { return };
    println!("seed {seed} breaks invariant {}: {}", violation.invariant, violation.why);
    if !asked.no_shrink && failed_before < TOLD {
        let shrunk = shrink(seed, scale, violation.invariant);
        println!(
            "seed {seed}, shrunk in {} runs:\n{}",
            shrunk.runs,
            shrunk.ended.history.join("\n")
        );
    }
}

fn progress(all: &Mutex<Counts>, began: Instant) {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let faults: u64 = all.faults.values().sum();
    println!(
        "{:>6} s  {} seeds, {} incidents, {} e-mails, {} calls, {faults} faults, {} violations",
        began.elapsed().as_secs(),
        all.seeds,
        all.incidents,
        all.emails,
        all.calls,
        all.violations
    );
}
