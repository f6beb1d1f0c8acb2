//! The command line.
//!
//! Only says what was asked for; reading the policy and taking the ports is [`crate::desk`]'s.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use shared::incident::values::Invalid;
use shared::policy::Period;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "escalation-desk", version, about = ABOUT, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// Something else than to start the desk
    #[command(subcommand)]
    pub task: Option<Task>,

    /// The promises to keep and the teams to tell [default: the repository's infra/policy.toml]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Keep incidents and e-mails in this folder across restarts [default: forget them]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Port of the HTTP API; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    pub port: u16,

    /// Port of DynamoDB; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    pub dynamodb_port: u16,

    /// Port of the mailbox and the SES endpoint; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    pub mailbox_port: u16,
}

/// Something else than to start the desk.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Say what would follow of a scenario: every instant and every e-mail, without sending one
    Simulate(Simulate),
}

/// A scenario to be simulated.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = PHRASES)]
pub struct Simulate {
    /// What is imagined, in phrases between commas
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,

    /// The policy to try out [default: the repository's infra/policy.toml]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// When it is imagined, such as 2026-11-24T09:15:00+01:00 [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub now: Option<Timestamp>,

    /// How long after the opening is watched, at most 31d [default: 3d]
    #[arg(long, value_name = "DURATION", value_parser = period)]
    pub watch_for: Option<Period>,
}

fn period(text: &str) -> Result<Period, Invalid> {
    Period::try_from(text.to_owned())
}

const PHRASES: &str = "\
Phrases:
  P1 by e-mail                               P1 to P4; e-mail, phone, chat, API
  Saturday 23:10                             or 2026-11-28 23:10, an instant, or now
  nobody answers
  acknowledged after 10m                     or: at once
  answered after 2h                          also: resolved, reopened, escalated
  waits on the customer after 1h until 1d    both counted from the opening
  the customer replies after 5h
  raised to P1 after 1h                      also: lowered to P3
  watched for 3d

Example:
  escalation-desk simulate 'P1 by e-mail, Saturday 23:10, acknowledged after 70m, answered after 2h'";

const ABOUT: &str = "\
The whole Escalation Desk on this machine: the HTTP API, an embedded DynamoDB, the stream that
sends e-mails, the schedule that watches deadlines, and a mailbox that shows every e-mail sent.
Every part listens on 127.0.0.1 only, and nothing leaves the machine but the webhooks of a policy
that has some.";

const AFTER_HELP: &str = "\
Examples:
  escalation-desk                          the default promises, nothing kept
  escalation-desk --data ./desk            the same, kept across restarts
  escalation-desk --policy seconds.toml    promises in seconds, to watch a ladder climb
  escalation-desk simulate 'P1 by e-mail, Saturday 23:10, nobody answers'

RUST_LOG sets what is logged, for example RUST_LOG=debug. Ctrl-C stops everything.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn without_arguments_the_ports_are_the_documented_ones_and_nothing_is_kept() {
        let arguments = Arguments::parse_from(["escalation-desk"]);
        let expected = Arguments {
            task: None,
            policy: None,
            data: None,
            port: 3000,
            dynamodb_port: 8000,
            mailbox_port: 8025,
        };
        assert_eq!(arguments, expected);
    }

    #[test]
    fn every_flag_is_taken() {
        let arguments = Arguments::parse_from([
            "escalation-desk",
            "--policy=p.toml",
            "--data",
            "d",
            "--port=0",
            "--dynamodb-port=1",
            "--mailbox-port=2",
        ]);
        let expected = Arguments {
            task: None,
            policy: Some("p.toml".into()),
            data: Some("d".into()),
            port: 0,
            dynamodb_port: 1,
            mailbox_port: 2,
        };
        assert_eq!(arguments, expected);
    }

    #[test]
    fn a_simulation_is_asked_for_with_a_scenario() {
        let command = ["escalation-desk", "simulate", "P1 by chat", "--watch-for=2d"];
        let Some(Task::Simulate(asked)) = Arguments::parse_from(command).task else {
            panic!("no simulation")
        };
        assert_eq!(asked.scenario, "P1 by chat");
        assert_eq!(asked.watch_for, Period::try_from("2d".to_owned()).ok());
        for wrong in ["--now=soon", "--watch-for=long", "--port=1"] {
            let command = ["escalation-desk", "simulate", "P1 by chat", wrong];
            assert!(Arguments::try_parse_from(command).is_err(), "{wrong}");
        }
        assert!(Arguments::try_parse_from(["escalation-desk", "simulate"]).is_err());
    }

    #[test]
    fn what_is_no_port_or_no_flag_is_refused() {
        for wrong in ["--port=65536", "--port=http", "--prot=1", "policy.toml"] {
            assert!(Arguments::try_parse_from(["escalation-desk", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
