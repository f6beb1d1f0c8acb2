//! When an account's incidents recur.

use deserr::{Deserr, ValuePointerRef};

use super::Period;
use crate::incident::values::Invalid;
use crate::wrong_fields::WrongFields;

/// When incidents of an account recur. Whichever number is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields, validate = recurrence_can_be_noticed -> Invalid)]
pub struct Recurrence {
    /// The period: how far back is looked, and how long the desk then keeps quiet.
    pub within: Period,
    /// So many incidents in the period, 2 to 200.
    pub incidents: u32,
    /// So many escalations of incidents of the period, 2 to 200.
    pub escalations: u32,
}

impl Recurrence {
    /// So many incidents are looked at, the latest: enough for every rule.
    pub const MOST: u32 = 200;
}

fn recurrence_can_be_noticed(
    rule: Recurrence,
    _: ValuePointerRef<'_>,
) -> Result<Recurrence, Invalid> {
    if rule.incidents < 2 || rule.escalations < 2 {
        return Err(Invalid("must count 2 or more: what happens once does not recur".to_owned()));
    }
    let most = Recurrence::MOST;
    if rule.incidents > most || rule.escalations > most {
        let said = format!("must count {most} or fewer: the desk looks at so many incidents");
        return Err(Invalid(said));
    }
    Ok(rule)
}
