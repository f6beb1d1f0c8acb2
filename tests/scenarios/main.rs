//! Scenarios: all functions together, in virtual time.

mod deadlines;
mod deliveries;
