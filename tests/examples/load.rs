//! The desk under load, in virtual time and at its full length: a report of each, in counts.
//!
//! `cargo run --profile campaign -p shared -p desk-tests --example load -- deadlines`

#![allow(clippy::print_stdout, reason = "it reports to whoever started it")]

use clap::Parser;
use desk_tests::DEFAULT_POLICY;
use desk_tests::load::deadlines::{policy, same_second};
use desk_tests::load::flood::{Flood, flooded};
use desk_tests::load::outage::a_day;
use desk_tests::load::{SES_RATE, played};

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Story {
    /// Many deadlines in one second.
    Deadlines,
    /// The same, and each ladder goes a step further while the first backlog lasts.
    Steps,
    /// A day without the stream.
    Outage,
    /// One customer escalates without end.
    Flood,
}

/// Plays what is asked for; without anything, all of it.
#[derive(Debug, Parser)]
struct Asked {
    /// Which.
    stories: Vec<Story>,
    /// How many deadlines.
    #[arg(long, default_value_t = 10_000)]
    deadlines: usize,
    /// How many incidents on the day without the stream.
    #[arg(long, default_value_t = 100)]
    incidents: usize,
    /// How many escalations of the flood.
    #[arg(long, default_value_t = 5_000)]
    escalations: u64,
}

fn main() {
    let asked = Asked::parse();
    let is_asked = |story| asked.stories.is_empty() || asked.stories.contains(&story);
    if is_asked(Story::Deadlines) {
        let policy = policy("20m", "20h");
        println!("{}", played(same_second(asked.deadlines, &policy, 1_200, 1, SES_RATE)));
    }
    if is_asked(Story::Steps) {
        let policy = policy("20m", "5m");
        println!("{}", played(same_second(asked.deadlines, &policy, 1_200, 2, SES_RATE)));
    }
    if is_asked(Story::Outage) {
        println!("{}", played(a_day(asked.incidents, DEFAULT_POLICY)));
    }
    if is_asked(Story::Flood) {
        let flood = Flood { escalations: asked.escalations, seconds: 300, addresses: 1 };
        for flood in [Flood { escalations: 0, ..flood }, flood, Flood { addresses: 100, ..flood }] {
            println!("{}", played(flooded(flood)));
        }
    }
}
