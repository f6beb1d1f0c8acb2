//! Configuration from the environment: read once at start, every mistake told at once.
//!
//! The environment is a function from name to value, so that the desk on one machine can hand the
//! same code another one, and a test can note what is asked of it.

use std::sync::Arc;

use crate::aws::Aws;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::policy::Policy;
use crate::store::dynamodb::DynamoDbStore;
use crate::telemetry;

/// Reads variables and remembers what was wrong with them.
pub struct Environment<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    mistakes: Vec<String>,
}

/// Every mistake in the environment.
#[derive(Debug, thiserror::Error)]
#[error("the environment is not right: {}", .0.join("; "))]
pub struct ConfigMistakes(pub Vec<String>);

/// What a function reads from its environment.
pub trait Config: Sized {
    /// Reads it; mistakes go into `environment`, and a value stands in for what is wrong.
    fn read(environment: &mut Environment<'_>) -> Self;
}

impl Environment<'_> {
    /// Reads a configuration with `lookup`.
    ///
    /// # Errors
    ///
    /// Every variable that is missing or wrong.
    pub fn read<C: Config>(lookup: &dyn Fn(&str) -> Option<String>) -> Result<C, ConfigMistakes> {
        let mut environment = Environment { lookup, mistakes: Vec::new() };
        let config = C::read(&mut environment);
        if environment.mistakes.is_empty() {
            Ok(config)
        } else {
            Err(ConfigMistakes(environment.mistakes))
        }
    }

    /// A variable that may be absent; an empty one is.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// A variable that must be there.
    pub fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.mistakes.push(format!("{name} is not set"));
            String::new()
        })
    }

    /// Something is wrong with a variable.
    pub fn wrong(&mut self, name: &str, what: impl std::fmt::Display) {
        self.mistakes.push(format!("{name}: {what}"));
    }
}

/// A function that reads nothing more.
impl Config for () {
    fn read(_: &mut Environment<'_>) -> Self {}
}

impl<A: Config, B: Config> Config for (A, B) {
    fn read(environment: &mut Environment<'_>) -> Self {
        (A::read(environment), B::read(environment))
    }
}

impl<A: Config, B: Config, C: Config> Config for (A, B, C) {
    fn read(environment: &mut Environment<'_>) -> Self {
        (A::read(environment), B::read(environment), C::read(environment))
    }
}

/// What every function starts with.
#[derive(Debug)]
pub struct Function {
    /// The store in DynamoDB, the policy and the system's clock.
    pub desk: Desk<DynamoDbStore>,
    /// For clients of other services.
    pub aws: Aws,
}

/// What every function reads.
struct FunctionConfig {
    /// `TABLE_NAME`: the DynamoDB table.
    table: String,
    /// `POLICY_FILE`: where the policy layer puts `policy.toml`; `None` after a mistake.
    policy: Option<Policy>,
    /// The SDK's own variables.
    aws: Aws,
}

impl Config for FunctionConfig {
    fn read(environment: &mut Environment<'_>) -> Self {
        let table = environment.required("TABLE_NAME");
        let file = environment.required("POLICY_FILE");
        let policy = match std::fs::read_to_string(&file) {
            _ if file.is_empty() => None,
            Err(error) => {
                environment.wrong("POLICY_FILE", format!("{file}: {error}"));
                None
            }
            Ok(text) => Policy::read(&text)
                .map_err(|mistakes| environment.wrong("POLICY_FILE", mistakes))
                .ok(),
        };
        Self { table, policy, aws: Aws::from_environment(environment) }
    }
}

impl Function {
    /// Reads the process's own environment, sets up logs and metrics, and makes the clients, once. `C`
    /// is what this function reads beside what all do.
    ///
    /// # Errors
    ///
    /// Every variable that is missing or wrong, every mistake of the policy.
    #[expect(clippy::disallowed_methods, reason = "the one place where it is read")]
    pub fn start<C: Config>() -> Result<(Self, C), ConfigMistakes> {
        let (telemetry, function, more) = Self::read(&|name| std::env::var(name).ok())?;
        telemetry::init(telemetry);
        Ok((function, more))
    }

    /// Reads all of it from an environment, and sets up nothing.
    ///
    /// # Errors
    ///
    /// As for [`Function::start`].
    pub fn read<C: Config>(
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(telemetry::Settings, Self, C), ConfigMistakes> {
        let (telemetry, FunctionConfig { table, policy, aws }, more) = Environment::read(lookup)?;
        let policy = policy.ok_or_else(|| ConfigMistakes(vec!["there is no policy".to_owned()]))?;
        let store = DynamoDbStore::new(aws.dynamodb(), table);
        let desk = Desk { store, policy: Arc::new(policy), clock: Clock::system() };
        Ok((telemetry, Self { desk, aws }, more))
    }
}
