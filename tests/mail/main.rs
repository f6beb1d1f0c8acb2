//! Mail that comes in: each of the corpus, and what no file should hold.

#![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

mod corpus;
mod function;
mod giants;

use desk_tests::met;
