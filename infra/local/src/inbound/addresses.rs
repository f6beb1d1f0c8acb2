//! Which addresses are the desk's.

use serde::Serialize;
use shared::policy::Policy;

/// The addresses that the receipt rule is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Takes escalations.
    pub escalation: String,
    /// Opens P1s.
    pub p1: String,
    /// Takes replies; with `+…` behind its local part those about one incident.
    pub reply: String,
}

impl Addresses {
    /// Those of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Option<Self> {
        let sender = &policy.desk.sender.address;
        let domain = sender.domain();
        Some(Self {
            escalation: format!("escalations@{domain}"),
            p1: format!("p1@{domain}"),
            reply: sender.to_string(),
        })
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn include(&self, address: &str) -> bool {
        [&self.escalation, &self.p1, &self.reply]
            .into_iter()
            .any(|ours| ours.eq_ignore_ascii_case(address))
            || without_tag(address).is_some_and(|plain| plain.eq_ignore_ascii_case(&self.reply))
    }
}

/// `care@example.com` of `care+tag@example.com`.
fn without_tag(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (local, _) = local.split_once('+')?;
    Some(format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aliases_are_the_desks_and_so_is_each_plus_address_of_the_reply_address() {
        let addresses = Addresses {
            escalation: "escalations@example.com".to_owned(),
            p1: "p1@example.com".to_owned(),
            reply: "Care@example.com".to_owned(),
        };
        for address in ["escalations@example.com", "P1@Example.com", "care+a.b+c@example.com"] {
            assert!(addresses.include(address), "{address}");
        }
        for address in
            ["care@example.org", "p1+x@example.com", "carex@example.com", "care+x", "", "@", "+@"]
        {
            assert!(!addresses.include(address), "{address}");
        }
    }
}
