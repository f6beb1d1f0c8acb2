//! Mail that comes in: what it says, whether it is believed, and what it comes to.
//!
//! [`reading`] says what stands in a mail, [`number`] which incident it names, and [`justification`]
//! why it asks. `gate` says whether it is believed, `course` what it comes to. All of that is pure;
//! [`act`] looks up what they need and commits what they say. Nothing here fetches a mail, and nothing
//! may take from a mail itself that it is to be believed.

pub mod act;
mod course;
mod courtesy;
mod gate;
pub mod justification;
mod mail_id;
pub mod notice;
pub mod number;
mod outcome;
pub mod reading;
pub mod receipt;
mod record;
mod refusal;
mod words;
mod words_of;

pub use mail_id::{MailId, own_number};
pub use outcome::{Did, Missing, Noted, Outcome, Quarantined};
pub use receipt::{Receipt, Verdict};
pub use record::{Arrival, MailRecord, SaidBefore, waits_since};
pub use refusal::MailRefusal;
