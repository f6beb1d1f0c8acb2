//! What SES finds out about a mail, here as the sender of the request says.

use std::fmt;

use super::wrong::{Wrong, is_domain};

/// What a check came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Good.
    #[default]
    Pass,
    /// Bad.
    Fail,
    /// Neither: no signature, no record, or not sure.
    Gray,
    /// The check itself failed.
    ProcessingFailed,
    /// Not looked at: spam and viruses, where scanning is off.
    Disabled,
}

/// What a domain asks for where DMARC fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DmarcPolicy {
    /// Nothing.
    #[default]
    None,
    /// To be suspicious.
    Quarantine,
    /// Not to take it.
    Reject,
}

/// The verdicts of one mail; by default, it passes everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Whether the sending server may send for the domain of the envelope.
    pub spf: Verdict,
    /// Whether a signature is right.
    pub dkim: Verdict,
    /// Whose signature; `None` is the domain of `From`.
    pub dkim_domain: Option<String>,
    /// Whether either of them is of the domain of `From`.
    pub dmarc: Verdict,
    /// What that domain asks for if not.
    pub dmarc_policy: DmarcPolicy,
    /// Whether it is no spam.
    pub spam: Verdict,
    /// Whether it has no virus.
    pub virus: Verdict,
}

impl Verdicts {
    /// The names of the fields that [`Verdicts::set`] knows.
    pub const FIELDS: [&'static str; 7] =
        ["spf", "dkim", "dkim_domain", "dmarc", "dmarc_policy", "spam", "virus"];

    /// Sets the field with this name; what is wrong with the value goes to `wrong`.
    pub fn set(&mut self, field: &str, value: &str, wrong: &mut Wrong) {
        match field {
            "spf" => self.spf = Verdict::read(field, value, wrong),
            "dkim" => self.dkim = Verdict::read(field, value, wrong),
            "dmarc" => self.dmarc = Verdict::read(field, value, wrong),
            "spam" => self.spam = Verdict::read(field, value, wrong),
            "virus" => self.virus = Verdict::read(field, value, wrong),
            "dmarc_policy" => match value {
                "none" => self.dmarc_policy = DmarcPolicy::None,
                "quarantine" => self.dmarc_policy = DmarcPolicy::Quarantine,
                "reject" => self.dmarc_policy = DmarcPolicy::Reject,
                _ => wrong.field(field, "is none, quarantine or reject"),
            },
            _ if value.is_empty() => {}
            _ if is_domain(value) => self.dkim_domain = Some(value.to_ascii_lowercase()),
            _ => wrong.field(field, "is not a domain"),
        }
    }
}

impl Verdict {
    fn read(field: &str, value: &str, wrong: &mut Wrong) -> Self {
        let is_scan = matches!(field, "spam" | "virus");
        match value {
            "pass" => Self::Pass,
            "fail" => Self::Fail,
            "gray" => Self::Gray,
            "processing_failed" => Self::ProcessingFailed,
            "disabled" if is_scan => Self::Disabled,
            _ => {
                let or = if is_scan {
                    ", processing_failed or disabled"
                } else {
                    " or processing_failed"
                };
                wrong.field(field, format!("is pass, fail, gray{or}"));
                Self::Pass
            }
        }
    }

    /// As the notification has it.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Gray => "GRAY",
            Self::ProcessingFailed => "PROCESSING_FAILED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// As `Authentication-Results` has it (RFC 8601).
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Gray | Self::Disabled => "none",
            Self::ProcessingFailed => "temperror",
        })
    }
}

impl fmt::Display for DmarcPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        })
    }
}
