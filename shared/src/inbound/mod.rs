//! Mail that comes in.
//!
//! Pure. [`reading`] says what stands in a mail, [`number`] which incident it names, and
//! [`justification`] why it asks. Nothing here fetches a mail or knows who may do what.

mod courtesy;
pub mod justification;
pub mod number;
pub mod reading;
mod words;
