//! What a desk is started with.

use std::path::{Path, PathBuf};

use shared::policy::{Policy, PolicyMistakes};

use crate::arguments::Arguments;

/// The repository's policy, compiled in so that the desk starts from any folder.
const DEFAULT_POLICY: &str = include_str!("../../policy.toml");

/// What a desk is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The promises and the teams.
    pub policy: Policy,
    /// Where the policy comes from, for people.
    pub policy_from: String,
    /// The folder in which state is kept; without one, it goes away with the desk.
    pub data: Option<PathBuf>,
    /// The ports.
    pub ports: Ports,
}

/// The ports to listen on; 0 is a free one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// The HTTP API.
    pub api: u16,
    /// DynamoDB.
    pub dynamodb: u16,
    /// The mailbox and the SES endpoint.
    pub mailbox: u16,
}

/// Why the policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Its file cannot be read.
    #[error("the policy {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is wrong.
    #[error("{from}: {mistakes}")]
    Wrong {
        /// Where it comes from.
        from: String,
        /// Every mistake; part of the message, because it is many lines.
        mistakes: PolicyMistakes,
    },
}

impl Options {
    /// A desk on free ports that keeps nothing, with this policy.
    #[must_use]
    pub fn passing(policy: Policy) -> Self {
        Self { policy, policy_from: "given".to_owned(), data: None, ports: Ports::default() }
    }

    /// What the command line asks for.
    ///
    /// # Errors
    ///
    /// [`PolicyError`].
    pub fn from_arguments(arguments: Arguments) -> Result<Self, PolicyError> {
        let Arguments { policy, data, port, dynamodb_port, mailbox_port, task: _ } = arguments;
        let (policy_from, policy) = policy_of(policy.as_deref())?;
        let ports = Ports { api: port, dynamodb: dynamodb_port, mailbox: mailbox_port };
        Ok(Self { policy, policy_from, data, ports })
    }
}

/// The policy of a file, or the default one, and where it comes from.
///
/// # Errors
///
/// [`PolicyError`].
pub fn policy_of(file: Option<&Path>) -> Result<(String, Policy), PolicyError> {
    let (from, text) = match file {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the default, infra/policy.toml".to_owned(), DEFAULT_POLICY.to_owned()),
    };
    match Policy::read(&text) {
        Ok(policy) => Ok((from, policy)),
        Err(mistakes) => Err(PolicyError::Wrong { from, mistakes }),
    }
}

fn read(path: &Path) -> Result<String, PolicyError> {
    std::fs::read_to_string(path)
        .map_err(|source| PolicyError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn the_compiled_in_policy_is_right() {
        let options = Options::from_arguments(Arguments::parse_from(["escalation-desk"])).unwrap();
        assert_eq!(options.ports, Ports { api: 3000, dynamodb: 8000, mailbox: 8025 });
    }

    #[test]
    fn a_wrong_policy_says_every_mistake_and_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.toml");
        let wrong = DEFAULT_POLICY.replace("ladder = \"management\"", "ladder = \"nobody\"");
        std::fs::write(&path, wrong.replace("\"15m\"", "\"soon\"")).unwrap();
        let arguments = ["escalation-desk".as_ref(), "--policy".as_ref(), path.as_os_str()];
        let error = Options::from_arguments(Arguments::parse_from(arguments)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("wrong.toml: the policy has"), "{text}");
        assert!(text.lines().count() > 4, "{text}");
    }

    #[test]
    fn a_missing_policy_names_the_file() {
        let arguments = ["escalation-desk", "--policy", "/nowhere/p.toml"];
        let error = Options::from_arguments(Arguments::parse_from(arguments)).unwrap_err();
        assert_eq!(error.to_string(), "the policy /nowhere/p.toml cannot be read");
    }
}
