//! core only
pub mod email;
pub mod incident;
pub mod policy;
pub mod wrong_fields;
