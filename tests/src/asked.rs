//! What functions ask of AWS, in the terms in which IAM allows it: an action, on a resource, in a
//! context.
//!
//! An interceptor on the clients of production reads each request before it goes out, as the function
//! wrote it. A function knows AWS by its variables alone, so a table, a bucket or a secret is noted as the
//! variable that named it, `${TABLE_NAME}`, and the template says what that is. A kind of request that
//! is not known here stops the test.

mod requests;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Value, json};

/// One thing that IAM is asked to allow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The resource's ARN, with the variables of the function in it.
    pub resource: String,
    /// The condition keys that are in the request, and their values.
    pub context: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Request {
    fn new(action: &str, resource: String) -> Self {
        Self { action: action.to_owned(), resource, context: BTreeMap::new() }
    }

    fn with(mut self, key: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        self.context.insert(key, values.into_iter().collect());
        self
    }

    /// Whether whoever allows the other one allows this one, too.
    fn is_part_of(&self, other: &Self) -> bool {
        let within = |key, values: &BTreeSet<String>| {
            other.context.get(key).is_some_and(|wider| values.is_subset(wider))
        };
        self != other
            && (&self.action, &self.resource) == (&other.action, &other.resource)
            && !self.context.is_empty()
            && self.context.iter().all(|(key, values)| within(key, values))
    }

    /// As `infra/checks` reads it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "action": self.action, "resource": self.resource, "context": self.context })
    }
}

/// What one function asks. Clones share it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The values of its variables, and their names.
    variables: Arc<BTreeMap<String, String>>,
    noted: Arc<Mutex<BTreeSet<Request>>>,
}

/// A client of production whose requests are noted.
macro_rules! noted {
    ($($(#[$doc:meta])* $name:ident: $sdk:ident),+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self, client: &$sdk::Client) -> $sdk::Client {
            let config = client.config().to_builder().interceptor(self.clone());
            $sdk::Client::from_conf(config.build())
        })+
    };
}

impl Asked {
    /// Nothing yet, by a function with these variables, each with a value of its own.
    #[must_use]
    pub fn by(variables: &[(&str, &str)]) -> Self {
        let names = variables.iter().map(|(name, value)| ((*value).to_owned(), (*name).to_owned()));
        Self { variables: Arc::new(names.collect()), noted: Arc::default() }
    }

    /// All that was asked so far, each once, and nothing that is a part of another.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_part = |request: &&Request| noted.iter().any(|other| request.is_part_of(other));
        noted.iter().filter(|request| !is_part(request)).cloned().collect()
    }

    noted! {
        /// DynamoDB.
        dynamodb: aws_sdk_dynamodb,
        /// S3.
        s3: aws_sdk_s3,
        /// Secrets Manager.
        secrets: aws_sdk_secretsmanager,
        /// SES.
        ses: aws_sdk_sesv2
    }

    fn note(&self, request: Request) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(request);
    }

    /// The variable that has this value, as [`Request::resource`] writes it.
    fn variable(&self, value: Option<&str>) -> String {
        let name = value.and_then(|value| self.variables.get(value));
        format!("${{{}}}", name.unwrap_or_else(|| panic!("no variable says {value:?}")))
    }
}

/// An ARN in the account and region of the stack.
fn arn(service: &str, rest: &str) -> String {
    format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}")
}

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "Asked"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        if let Some(bucket) = requests::bucket_of(self, input) {
            config.interceptor_state().store_put(bucket);
        }
        let requests = table::requests(self, input).or_else(|| requests::requests(self, input));
        let requests = requests.unwrap_or_else(|| panic!("asked and not known here: {input:?}"));
        requests.into_iter().for_each(|request| self.note(request));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(bucket), Some(Err(error))) =
            (config.load::<requests::Bucket>(), context.output_or_error())
        {
            let request = error.as_operation_error().and_then(|e| requests::told_by(bucket, e));
            request.into_iter().for_each(|request| self.note(request));
        }
        Ok(())
    }
}
