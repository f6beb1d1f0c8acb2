//! What the tests over all functions share: a world in virtual time, DynamoDB behind the real SDK,
//! a scripted server, and a count of the requests that go out.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what is wrong")]

pub mod call;
pub mod counted;
pub mod document;
pub mod dynamodb;
pub mod scripted;
pub mod world;

use shared::policy::Policy;

/// The default policy, as it ships.
pub const DEFAULT_POLICY: &str = include_str!("../../infra/policy.toml");

/// The default policy, read.
///
/// # Panics
///
/// When it is wrong.
#[must_use]
pub fn default_policy() -> Policy {
    Policy::read(DEFAULT_POLICY).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}
