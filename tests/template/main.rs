//! The template of the stack against the code: what each can only say of itself, held side by side.
//!
//! That the template's table is the store's is shown by the store's contract, which runs on it.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod kinds;
mod story;
mod stream;
mod table;
mod variables;
