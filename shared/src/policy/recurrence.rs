//! When an account's incidents recur.

use deserr::{Deserr, ValuePointerRef};

use super::Period;
use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;

/// When incidents of an account recur. Whichever number is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = recurrence_is_more_than_once -> Invalid)]
pub struct Recurrence {
    /// The period: how far back is looked, and how long the desk then keeps quiet.
    pub within: Period,
    /// So many incidents in the period, 2 or more.
    pub incidents: u32,
    /// So many escalations of incidents of the period, 2 or more.
    pub escalations: u32,
}

fn recurrence_is_more_than_once(
    rule: Recurrence,
    _: ValuePointerRef<'_>,
) -> Result<Recurrence, Invalid> {
    if rule.incidents < 2 || rule.escalations < 2 {
        return Err(Invalid("must count 2 or more: what happens once does not recur".to_owned()));
    }
    Ok(rule)
}
