//! Hostile input, each kind played through the edge of the desk that others write to.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod changed;
mod corpora;
mod fields;
mod json;
mod naughty;
