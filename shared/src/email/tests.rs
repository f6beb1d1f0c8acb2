//! Every e-mail as a whole, and what holds for all of them.
//!
//! `fixtures` has one sample of everything that can be said. When words change on purpose:
//! `INSTA_UPDATE=always cargo test -p shared`, and read the difference of the snapshots.

mod by_mail;
mod course;
mod fixtures;
mod hostile;
mod inbound;
mod recurrence;
mod same_words;
mod story;
mod whole;
