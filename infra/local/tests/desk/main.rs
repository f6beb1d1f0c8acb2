//! The whole desk on one machine, asked over real connections.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod ask;
mod inbound;
mod killed;
mod load;
mod memory;
mod restart;
mod soak;
mod stopped;
