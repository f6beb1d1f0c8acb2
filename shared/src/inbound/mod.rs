//! Mail that comes in: what it says, whether it is believed, and what it comes to.

mod mail_id;
mod outcome;

pub use mail_id::MailId;
pub use outcome::{Did, Missing, Noted, Outcome, Quarantined};
