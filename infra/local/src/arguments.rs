//! The command line.
//!
//! Only says what was asked for; reading the policy and taking the ports is [`crate::desk`]'s.

use std::path::PathBuf;

use clap::Parser;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "escalation-desk", version, about = ABOUT, after_help = AFTER_HELP)]
pub struct Arguments {
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

RUST_LOG sets what is logged, for example RUST_LOG=debug. Ctrl-C stops everything.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn without_arguments_the_ports_are_the_documented_ones_and_nothing_is_kept() {
        let arguments = Arguments::parse_from(["escalation-desk"]);
        let expected = Arguments {
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
            policy: Some("p.toml".into()),
            data: Some("d".into()),
            port: 0,
            dynamodb_port: 1,
            mailbox_port: 2,
        };
        assert_eq!(arguments, expected);
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
