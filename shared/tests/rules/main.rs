//! The rules, as given/when/then: every row of the table of clocks in DESIGN.md section 4, and the
//! invariants that hold whatever happens.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod accounts;
mod any_calendar;
mod attempts;
mod by_the_customer;
mod calendars;
mod clocks;
mod deadlines;
mod escalated;
mod figures;
mod holds;
mod invariants;
mod ladder;
mod older_versions;
mod one_clock;
mod paused_clocks;
mod pauses;
mod policy;
mod priorities;
mod reopening;
mod simulation;
mod story;
mod told;
mod told_deadlines;
mod undeliverable;
