//! The rules, as given/when/then: every row of the table of clocks in DESIGN.md section 4, and the
//! invariants that hold whatever happens.

mod clocks;
mod invariants;
mod ladder;
mod policy;
mod story;
mod undeliverable;
