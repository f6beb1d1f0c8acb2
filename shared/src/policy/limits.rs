//! How often customers may ask.

use deserr::{Deserr, ValuePointerRef};

use super::Period;
use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;

/// The limits of the API; what is not limited here, API Gateway alone limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Limits {
    /// How often one customer, known by the address, may escalate.
    #[deserr(default)]
    pub escalations_per_customer: Option<Allowance>,
}

/// How often in how long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = something_is_allowed -> Invalid)]
pub struct Allowance {
    /// How often; at least once.
    pub count: u32,
    /// The length of a window; at most 31 days.
    pub per: Period,
}

/// What is counted is kept until its window ends.
const LONGEST_DAYS: i64 = 31;

fn something_is_allowed(
    allowance: Allowance,
    _: ValuePointerRef<'_>,
) -> Result<Allowance, Invalid> {
    let mut wrong = Vec::new();
    if allowance.count == 0 {
        wrong.push("`count` is 0; write at least 1, or leave the limit out".to_owned());
    }
    if allowance.per.duration().as_hours() > LONGEST_DAYS * 24 {
        wrong.push(format!("`per` is {}; write at most {LONGEST_DAYS}d", allowance.per));
    }
    if wrong.is_empty() { Ok(allowance) } else { Err(Invalid(wrong.join("; "))) }
}
