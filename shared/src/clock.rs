//! Where time comes from: the only place that may ask the system for it.
//!
//! Handlers hold a [`Clock`]; the core never does, it is told the instant.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells the current instant, in whole milliseconds: what is stored is what was decided on.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one edge at which time comes in")]
        Self::of(Timestamp::now)
    }

    /// A clock that tells what `now` says.
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = (self.0)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
