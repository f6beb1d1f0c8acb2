//! What every handler needs: the store, the policy and the time.

use std::sync::Arc;

use crate::clock::Clock;
use crate::policy::Policy;

/// The desk as a handler sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk<S> {
    /// Where state lives.
    pub store: S,
    /// What is promised, and who is told.
    pub policy: Arc<Policy>,
    /// What time it is.
    pub clock: Clock,
}
