//! The whole desk on one machine.
pub mod arguments;
pub mod dynamodb;
pub mod stream;
pub mod table;
