//! What is known of an e-mail beyond that it was handed to SES: delivered, bounced, and so on.
//!
//! Pure. Facts come in any order and any number of times; what is known is their join, so that it is
//! the same whatever came first: of each kind the earliest instant, and of two at one instant the
//! smaller detail. A fact is never taken back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// What can be known of an e-mail, in the words of the API and of the store.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    strum::IntoStaticStr,
    strum::VariantArray,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FactKind {
    /// SES took it. Every event of SES says so, and the detail is SES's id of it: of an e-mail that
    /// was sent twice, that of the first.
    Sent,
    /// SES cannot deliver it yet, and goes on trying.
    Delayed,
    /// The recipient's mail server took it.
    Delivered,
    /// It came back, for a reason that may pass (a full mailbox), and SES has given up; or it was
    /// answered by a machine.
    BouncedTransient,
    /// It came back, and SES does not know why.
    BouncedUndetermined,
    /// It came back for good: there is no such mailbox.
    Bounced,
    /// SES did not try: the address is on its suppression list.
    Suppressed,
    /// The recipient marked it as spam.
    Complained,
    /// SES took it and refuses to send it: it found a virus.
    Rejected,
    /// SES could not put it together.
    RenderingFailed,
}

impl FactKind {
    /// Whether the recipient counts as not told, however it was before.
    #[must_use]
    pub fn is_not_told(self) -> bool {
        match self {
            Self::Bounced
            | Self::Suppressed
            | Self::Complained
            | Self::Rejected
            | Self::RenderingFailed => true,
            Self::Sent
            | Self::Delayed
            | Self::Delivered
            | Self::BouncedTransient
            | Self::BouncedUndetermined => false,
        }
    }

    /// Its name, as in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Why others were told, as people read it.
    fn reason(self) -> &'static str {
        match self {
            Self::Complained => "marked as spam",
            Self::Suppressed => "on the suppression list of SES",
            Self::Rejected | Self::RenderingFailed => "refused by SES",
            _ => "bounced",
        }
    }
}

/// When something was so, and what the mail system says of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailFact {
    /// When, by the mail system's clock, in whole milliseconds.
    pub at: Timestamp,
    /// In the mail system's words, on one line; may be empty.
    pub detail: String,
}

/// The longest detail that is kept, in characters.
const LONGEST_DETAIL: usize = 300;

impl EmailFact {
    /// A fact as it is kept: details are cut, and have no control characters.
    #[must_use]
    pub fn new(at: Timestamp, detail: &str) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let detail: String = detail.trim().chars().map(plain).take(LONGEST_DETAIL).collect();
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Self { at, detail: detail.trim_end().to_owned() }
    }
}

/// All that is known of an e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EmailFacts(BTreeMap<FactKind, EmailFact>);

impl EmailFacts {
    /// Knows one thing more: what was earlier counts.
    pub fn add(&mut self, kind: FactKind, fact: EmailFact) {
        let known = self.0.entry(kind).or_insert_with(|| fact.clone());
        if fact < *known {
            *known = fact;
        }
    }

    /// Both together.
    #[must_use]
    pub fn joined(mut self, other: &Self) -> Self {
        for (kind, fact) in other.iter() {
            self.add(kind, fact.clone());
        }
        self
    }

    /// What is known of a kind.
    #[must_use]
    pub fn get(&self, kind: FactKind) -> Option<&EmailFact> {
        self.0.get(&kind)
    }

    /// Whether a kind of thing is known.
    #[must_use]
    pub fn has(&self, kind: FactKind) -> bool {
        self.0.contains_key(&kind)
    }

    /// All of them, by kind.
    pub fn iter(&self) -> impl Iterator<Item = (FactKind, &EmailFact)> {
        self.0.iter().map(|(kind, fact)| (*kind, fact))
    }

    /// Whether the recipient counts as not told.
    #[must_use]
    pub fn is_not_told(&self) -> bool {
        self.not_told().is_some()
    }

    /// Why the recipient counts as not told: of several reasons always the same.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let (kind, EmailFact { detail, .. }) = self.not_told()?;
        let said = kind.reason();
        Some(if detail.is_empty() { said.to_owned() } else { format!("{said}: {detail}") })
    }

    fn not_told(&self) -> Option<(FactKind, &EmailFact)> {
        self.iter().find(|(kind, _)| kind.is_not_told())
    }
}

impl FromIterator<(FactKind, EmailFact)> for EmailFacts {
    fn from_iter<I: IntoIterator<Item = (FactKind, EmailFact)>>(facts: I) -> Self {
        let mut all = Self::default();
        facts.into_iter().for_each(|(kind, fact)| all.add(kind, fact));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::VariantArray;

    use super::*;

    fn some_facts() -> impl Strategy<Value = EmailFacts> {
        let kind = prop::sample::select(FactKind::VARIANTS);
        let fact = (0..4_i64, "[ab]{0,2}").prop_map(|(ms, detail)| {
            EmailFact::new(Timestamp::from_millisecond(ms).unwrap(), &detail)
        });
        prop::collection::vec((kind, fact), 0..8).prop_map(EmailFacts::from_iter)
    }

    proptest! {
        #[test]
        fn what_is_known_is_a_join(a in some_facts(), b in some_facts(), c in some_facts()) {
            let join = |a: &EmailFacts, b: &EmailFacts| a.clone().joined(b);
            prop_assert_eq!(join(&a, &b), join(&b, &a));
            prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            prop_assert_eq!(join(&a, &a), a.clone());
            prop_assert_eq!(join(&a, &EmailFacts::default()), a.clone());
            prop_assert!(!a.is_not_told() || join(&a, &b).is_not_told(), "never taken back");
        }
    }

    #[test]
    fn a_detail_is_one_short_line() {
        let at = Timestamp::UNIX_EPOCH;
        let fact = EmailFact::new(at, " smtp; 550-5.1.1\r\n550 5.1.1 no such user\n");
        assert_eq!(fact.detail, "smtp; 550-5.1.1  550 5.1.1 no such user");
        assert_eq!(EmailFact::new(at, &"é".repeat(999)).detail, "é".repeat(300));
    }

    #[test]
    fn the_reason_is_the_same_whatever_came_first() {
        let fact = |kind, detail| (kind, EmailFact::new(Timestamp::UNIX_EPOCH, detail));
        let bounced = fact(FactKind::Bounced, "General: smtp; 550 5.1.1 user unknown");
        let complained = fact(FactKind::Complained, "");
        let said = "bounced: General: smtp; 550 5.1.1 user unknown";
        for facts in [[bounced.clone(), complained.clone()], [complained.clone(), bounced]] {
            assert_eq!(EmailFacts::from_iter(facts).reason().as_deref(), Some(said));
        }
        assert_eq!(EmailFacts::from_iter([complained]).reason().as_deref(), Some("marked as spam"));
        let delivered = fact(FactKind::Delivered, "250 ok");
        assert_eq!(EmailFacts::from_iter([delivered]).reason(), None);
    }
}
