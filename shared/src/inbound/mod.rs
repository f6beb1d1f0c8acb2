//! Mail that comes in: what it says, whether it is believed, and what it comes to.

mod mail_id;

pub use mail_id::MailId;
