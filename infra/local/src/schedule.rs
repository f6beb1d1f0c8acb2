//! EventBridge Scheduler: fires `check-deadlines` as `infra/template.yaml` schedules it.

use std::time::Duration;

use lambda_runtime::{Context, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::clock::Clock;
use shared::policy::Policy;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// The function's time-out in the template.
pub const TIMEOUT: Duration = Duration::from_secs(150);

/// How often sweeps are fired, and how far each looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// From one firing to the next.
    pub every: Duration,
    /// What each is told.
    pub look_ahead: &'static str,
}

/// As deployed. Firings promise their minute, not their second, hence twice the time ahead.
pub const DEPLOYED: Schedule = Schedule { every: Duration::from_secs(60), look_ahead: "120s" };
/// For a policy in seconds: what it promises begins and ends between two firings of the deployed
/// schedule, which is made for promises of hours.
const IN_SECONDS: Schedule = Schedule { every: Duration::from_secs(1), look_ahead: "2s" };

impl Schedule {
    /// The deployed schedule, unless the policy promises something within less than two minutes.
    #[must_use]
    pub fn for_policy(policy: &Policy) -> Self {
        let is_seen_ahead =
            policy.shortest_period().duration() >= jiff::SignedDuration::from_mins(2);
        if is_seen_ahead { DEPLOYED } else { IN_SECONDS }
    }

    /// Whether it is the deployed one.
    #[must_use]
    pub fn is_deployed(self) -> bool {
        self == DEPLOYED
    }

    /// Fires `sweep` now and then on schedule, for ever. Sweeps overlap as they do in AWS; those
    /// that still run end with this future.
    pub async fn run<P, F, O>(self, clock: Clock, sweep: impl Fn(LambdaEvent<P>) -> F)
    where
        P: DeserializeOwned,
        F: Future<Output = Result<O, lambda_runtime::Error>> + Send + 'static,
        O: Send + 'static,
    {
        let mut firings = tokio::time::interval(self.every);
        // After the machine slept, one sweep finds everything that is overdue.
        firings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sweeps = JoinSet::new();
        loop {
            tokio::select! {
                _ = firings.tick() => match self.event(&clock) {
                    Ok(event) => drop(sweeps.spawn(sweep(event))),
                    Err(error) => tracing::error!(%error, "check-deadlines was not fired"),
                },
                Some(ended) = sweeps.join_next() => match ended {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => tracing::error!(error, "check-deadlines failed"),
                    Err(error) => tracing::error!(%error, "check-deadlines panicked"),
                },
            }
        }
    }

    /// What Lambda hands the function at a firing.
    ///
    /// # Errors
    ///
    /// When that is none of what `P` is read from.
    pub fn event<P: DeserializeOwned>(
        self,
        clock: &Clock,
    ) -> Result<LambdaEvent<P>, serde_json::Error> {
        let payload = serde_json::from_value(json!({ "look_ahead": self.look_ahead }))?;
        let deadline =
            clock.now().as_millisecond().saturating_add_unsigned(TIMEOUT.as_millis() as u64);
        let mut context = Context::default();
        context.request_id = format!("{:016x}", fastrand::u64(..));
        context.deadline = u64::try_from(deadline).unwrap_or_default();
        Ok(LambdaEvent::new(payload, context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = include_str!("../../policy.toml");

    #[test]
    fn the_default_policy_is_watched_as_deployed() {
        let policy = Policy::read(DEFAULT).unwrap();
        assert!(Schedule::for_policy(&policy).is_deployed());
    }

    #[test]
    fn a_policy_in_seconds_is_watched_each_second() {
        let policy =
            Policy::read(&DEFAULT.replace("within = \"20m\"", "within = \"119s\"")).unwrap();
        assert!(!Schedule::for_policy(&policy).is_deployed());
    }

    #[test]
    fn a_sweep_is_told_how_far_to_look_and_when_its_time_is_up() {
        let clock = Clock::of(|| jiff::Timestamp::UNIX_EPOCH);
        let event: LambdaEvent<serde_json::Value> = DEPLOYED.event(&clock).unwrap();
        assert_eq!(event.payload, json!({"look_ahead": "120s"}));
        assert_eq!(event.context.deadline, 150_000);
    }
}
