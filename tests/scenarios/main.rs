//! Scenarios: all functions together, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod by_mail;
mod deadlines;
mod deliveries;
mod facts;
mod gauges;
mod load;
mod machines;
mod metrics;
mod orders;
mod quarantine;
mod webhooks;
mod what_care_writes;
mod whole_life;
