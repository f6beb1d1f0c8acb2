//! The rules, as given/when/then: every row of the table of clocks in DESIGN.md section 4, and the
//! invariants that hold whatever happens.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod clocks;
mod figures;
mod invariants;
mod ladder;
mod policy;
mod story;
mod undeliverable;
