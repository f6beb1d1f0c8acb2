//! Parameters that many routes have.

use utoipa::IntoParams;

use crate::inbound::MailId;
use crate::incident::values::{AccountId, IncidentNumber};

/// The incident of the path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NumberOfPath {
    /// The incident's number.
    #[param(example = "INC-1")]
    pub number: IncidentNumber,
}

/// The account of the path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AccountOfPath {
    /// The account's id, as care's own systems name it.
    #[param(example = "ACME")]
    pub id: AccountId,
}

/// The mail of the path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MailOfPath {
    /// The id that SES gave the mail, as people are told it.
    #[param(example = "d6iitobk75ur44p8kdnnp7g2n800")]
    pub id: MailId,
}

/// What a change may carry beside its body.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct AskedHeaders {
    /// The same request under the same key is done once, and answered the same for 24 hours;
    /// another request under it is 422.
    #[param(nullable = false, rename = "Idempotency-Key", max_length = 255, pattern = "^[!-~]+$")]
    pub idempotency_key: Option<String>,
    /// The versions on which the change may be made: entity tags, or `*`. A weak one never matches.
    #[param(
        nullable = false,
        rename = "If-Match",
        pattern = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)?$"#
    )]
    pub if_match: Option<String>,
}

/// What a write of something whole may carry: done twice, it is the same.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct PutHeaders {
    /// The versions in place of which it may be written: entity tags, or `*`. A weak one never
    /// matches.
    #[param(
        nullable = false,
        rename = "If-Match",
        pattern = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)?$"#
    )]
    pub if_match: Option<String>,
}

/// What a read may carry.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct ReadingHeaders {
    /// The entity tags of answers that the caller has: answered 304 when one still is the answer.
    #[param(
        nullable = false,
        rename = "If-None-Match",
        pattern = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)?$"#
    )]
    pub if_none_match: Option<String>,
}
