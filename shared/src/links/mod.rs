//! Signed links in e-mails: what each allows, for whom and until when.
//!
//! [`token`], [`keys`] and [`for_email`] are pure: a link is made from an e-mail alone, so the same
//! e-mail has the same link however often it is rendered. [`writer`] makes URLs of links with the
//! keys that [`crate::signing_keys`] fetches. A key must never get into a log, an error or debug
//! output, and a token never into a log: whoever reads it could act in its recipient's name.

pub mod for_email;
pub mod keys;
mod reply_address;
pub mod ring;
pub mod token;
pub mod writer;

pub use crate::signing_keys::KeysUnavailable;
pub use for_email::link_of;
pub use keys::LinkKeys;
pub use ring::{KeyRing, KeySource};
pub use token::{Action, Link, LinkRefused};
pub use writer::{LinkWriter, PublicUrl};
