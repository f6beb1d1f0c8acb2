//! The event source mapping: what Lambda does between the table's stream and the functions that
//! empty the outbox.
//!
//! ```text
//! source  reads the stream's records in order, and trims what is consumed
//! filter  which records a function is called for
//! record  what of a record the mapping itself looks at
//! pump    deals records out to lanes by incident, and keeps account of what is consumed
//! lane    batches of at most ten, in order; retries what failed, halves a batch that fails whole
//! ```
//!
//! At least once, as in AWS: what was not consumed is still in the stream when the desk starts
//! again. The filters are read out of `infra/template.yaml`. The other settings are those of it but for
//! the number of lanes, which is small there because SES limits a new account; and but for webhooks,
//! which do not keep the stream here: what one reader has too many of, or is lost with the process, the
//! sweep hands out again.

use serde_json::Value;

/// A stream record as Lambda hands it to a function: JSON, read by nobody on the way who need not.
pub type Record = Value;

mod consumed;
pub mod filter;
mod lane;
pub mod pump;
mod record;
pub mod source;
