//! Campaign.
fn main() {}
