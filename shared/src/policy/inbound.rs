//! `[inbound]`: the addresses at which the desk takes mail in, and how it reads it.

use deserr::Deserr;

use super::{Allowance, TeamId};
use crate::inbound::number::{DEFAULT, NumberPattern};
use crate::incident::values::EmailAddress;
use crate::wrong_fields::WrongFields;

/// Mail that comes in. Without it, the desk takes none, and invites nobody to write back.
#[derive(Debug, Clone, PartialEq, Eq, Deserr)]
#[deserr(error = WrongFields, deny_unknown_fields)]
pub struct Inbound {
    /// Where customers escalate.
    pub escalation_address: EmailAddress,
    /// Where customers open a P1.
    pub p1_address: EmailAddress,
    /// Where readers write back: each thread has an address of its own, which is this one with a `+`
    /// and more behind its local part.
    pub reply_address: EmailAddress,
    /// What incident numbers look like.
    #[deserr(default = default_pattern())]
    pub incident_number: NumberPattern,
    /// Told of mail that waits in quarantine.
    pub quarantine_teams: Vec<TeamId>,
    /// How many mails of one sender are acted on; what is beyond it is held.
    #[deserr(default)]
    pub mails_per_sender: Option<Allowance>,
}

fn default_pattern() -> NumberPattern {
    // The default is right: a test of the pattern reads it.
    DEFAULT.parse().unwrap_or_else(|_| unreachable!())
}

/// For what a mail is, by the address that it was sent to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Alias {
    /// It opens a P1.
    P1,
    /// It escalates.
    Escalation,
    /// It is written back to what the desk said.
    Reply,
}

impl Inbound {
    /// The three addresses, each with its place in the policy.
    #[must_use]
    pub fn addresses(&self) -> [(&'static str, &EmailAddress); 3] {
        [
            ("escalation_address", &self.escalation_address),
            ("p1_address", &self.p1_address),
            ("reply_address", &self.reply_address),
        ]
    }

    /// For what a mail to these recipients is: what asks most of the desk, if it is for several.
    /// `None` when none of them is the desk's.
    #[must_use]
    pub fn alias_of<'a>(&self, recipients: impl IntoIterator<Item = &'a str>) -> Option<Alias> {
        let aliases = recipients.into_iter().filter_map(|recipient| {
            let is = |address: &EmailAddress| recipient.eq_ignore_ascii_case(address.as_str());
            if is(&self.p1_address) {
                Some(Alias::P1)
            } else if is(&self.escalation_address) {
                Some(Alias::Escalation)
            } else if is(&self.reply_address) || self.tag_of(recipient).is_some() {
                Some(Alias::Reply)
            } else {
                None
            }
        });
        aliases.min_by_key(|alias| *alias as u8)
    }

    /// What stands behind the `+` of an address that is one of the reply address.
    #[must_use]
    pub fn tag_of<'a>(&self, recipient: &'a str) -> Option<&'a str> {
        let (local, domain) = recipient.rsplit_once('@')?;
        let (own, own_domain) = self.reply_address.as_str().rsplit_once('@')?;
        let (base, tag) = local.split_once('+')?;
        (base.eq_ignore_ascii_case(own) && domain.eq_ignore_ascii_case(own_domain)).then_some(tag)
    }

    /// Whether an address is one at which the desk takes mail in.
    #[must_use]
    pub fn is_own(&self, address: &str) -> bool {
        self.alias_of([address]).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound() -> Inbound {
        Inbound {
            escalation_address: "escalations@example.com".parse().unwrap(),
            p1_address: "p1@example.com".parse().unwrap(),
            reply_address: "care@example.com".parse().unwrap(),
            incident_number: default_pattern(),
            quarantine_teams: Vec::new(),
            mails_per_sender: None,
        }
    }

    #[test]
    fn what_a_mail_is_for_is_told_by_its_recipients_whatever_their_case() {
        for (recipients, alias) in [
            (&["Escalations@Example.com"][..], Some(Alias::Escalation)),
            (&["care@example.com"], Some(Alias::Reply)),
            (&["care+uinc-1-0123@example.com"], Some(Alias::Reply)),
            (&["care+x@example.com", "escalations@example.com"], Some(Alias::Escalation)),
            (&["escalations@example.com", "p1@example.com"], Some(Alias::P1)),
            (&["p1+x@example.com"], None),
            (&["care@other.example", "care", "", "@", "care+x@"], None),
        ] {
            assert_eq!(inbound().alias_of(recipients.iter().copied()), alias, "{recipients:?}");
        }
    }
}
