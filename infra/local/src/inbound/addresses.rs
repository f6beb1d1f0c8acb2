//! Which addresses are the desk's.

use shared::policy::{Inbound, Policy};

/// The addresses that the receipt rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses(Inbound);

impl Addresses {
    /// Those of a policy, if it has any.
    #[must_use]
    pub fn of(policy: &Policy) -> Option<Self> {
        policy.inbound.clone().map(Self)
    }

    /// Takes escalations.
    #[must_use]
    pub fn escalation(&self) -> &str {
        self.0.escalation_address.as_str()
    }

    /// Opens P1s.
    #[must_use]
    pub fn p1(&self) -> &str {
        self.0.p1_address.as_str()
    }

    /// Takes replies; with `+…` behind its local part those about one incident.
    #[must_use]
    pub fn reply(&self) -> &str {
        self.0.reply_address.as_str()
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn include(&self, address: &str) -> bool {
        self.0.is_own(address)
    }
}

#[cfg(test)]
impl Addresses {
    /// Those of the repository's policy.
    pub fn of_tests() -> Option<Self> {
        Self::of(&Policy::read(include_str!("../../../policy.toml")).unwrap())
    }
}
