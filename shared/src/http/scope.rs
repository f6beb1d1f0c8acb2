//! What a caller may do: one type for each scope, which every extractor of a request names.
//!
//! A route cannot forget its scope, because it cannot read a request without writing one down:
//! `Reading<IncidentsRead>`, `Asked<IncidentsWrite, …>`. API Gateway checks the same scopes before.

/// A scope of the API, as a JWT carries it.
pub trait Scope: Send + Sync + 'static {
    /// Its name, such as `incidents:read`.
    const NAME: &'static str;
}

/// What customers do: escalate, and follow what they escalated.
#[derive(Debug, Clone, Copy)]
pub struct EscalationsWrite;

/// What care reads.
#[derive(Debug, Clone, Copy)]
pub struct IncidentsRead;

/// What care does to incidents.
#[derive(Debug, Clone, Copy)]
pub struct IncidentsWrite;

/// Who keeps accounts and names account managers.
#[derive(Debug, Clone, Copy)]
pub struct AccountsWrite;

impl Scope for EscalationsWrite {
    const NAME: &'static str = "escalations:write";
}

impl Scope for IncidentsRead {
    const NAME: &'static str = "incidents:read";
}

impl Scope for IncidentsWrite {
    const NAME: &'static str = "incidents:write";
}

impl Scope for AccountsWrite {
    const NAME: &'static str = "accounts:write";
}
