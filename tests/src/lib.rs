//! What the tests over all functions share: a world in virtual time, DynamoDB behind the real SDK,
//! a scripted server, and a count of the requests that go out.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what is wrong")]

pub mod arrivals;
pub mod asked;
pub mod bodies;
pub mod call;
pub mod capacity;
pub mod counted;
pub mod document;
pub mod dynamodb;
pub mod hostile;
pub mod load;
pub mod met;
pub mod metrics;
pub mod processes;
pub mod receiver;
pub mod scripted;
pub mod ses_events;
pub mod simulation;
pub mod world;

use shared::links::{KeyRing, LinkKeys, LinkWriter};
use shared::policy::Policy;

/// The default policy, as it ships.
pub const DEFAULT_POLICY: &str = include_str!("../../infra/policy.toml");

/// The keys of links in tests.
pub const LINK_KEYS: &str = r#"{"key_id": "1", "key": "a key of the tests, and of nobody else"}"#;

/// [`LINK_KEYS`], read.
///
/// # Panics
///
/// Never: nothing is wrong with them.
#[must_use]
pub fn link_keys() -> KeyRing {
    KeyRing::given(LinkKeys::read(LINK_KEYS).expect("keys"))
}

/// A writer of links to `https://desk.example.com`.
///
/// # Panics
///
/// Never: that is an origin.
#[must_use]
pub fn link_writer(keys: KeyRing) -> LinkWriter {
    LinkWriter::new(keys, "https://desk.example.com".parse().expect("an origin"))
}

/// The default policy, read.
///
/// # Panics
///
/// When it is wrong.
#[must_use]
pub fn default_policy() -> Policy {
    Policy::read(DEFAULT_POLICY).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}
