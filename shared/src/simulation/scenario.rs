//! A scenario: an incident that is imagined, and what people do about it.

use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind,
    ValuePointerRef,
};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{DAYS, MOST_ACTIONS, MOST_DAYS, OpenedAt, phrases};
use crate::incident::values::{Channel, Invalid, Language, Priority};
use crate::policy::Period;
use crate::wrong_fields::WrongFields;

/// An incident that is imagined, and what people do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// How much it hurts.
    pub priority: Priority,
    /// How it reaches care.
    pub channel: Channel,
    /// When.
    pub opened_at: OpenedAt,
    /// The customer's language; without it, the policy's default.
    pub language: Option<Language>,
    /// What people do, in order.
    pub actions: Vec<Action>,
    /// How long after the opening is watched.
    pub watch_for: Period,
}

/// What somebody does at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// How long after the opening; at once without it.
    pub after: Option<Period>,
    /// What.
    pub what: Doing,
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Doing {
    /// Care responds to the customer.
    Respond,
    /// Somebody takes the escalation.
    Acknowledge,
    /// Care waits on the customer.
    WaitOnCustomer {
        /// How long after the opening at most.
        until: Period,
    },
    /// The customer writes or calls.
    CustomerReplied,
    /// The customer escalates.
    Escalate,
    /// Care resolves the incident.
    Resolve,
    /// Care opens it again.
    Reopen,
    /// The incident turns out to hurt more, or less.
    ChangePriority {
        /// How much it hurts from then on.
        to: Priority,
    },
}

/// A scenario as JSON says it field by field.
#[derive(Debug, Deserr, utoipa::ToSchema)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
struct Fields {
    priority: Priority,
    channel: Channel,
    /// When it reaches care; without it, now.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "Saturday 23:10")]
    opened_at: Option<OpenedAt>,
    /// The customer's language; without it, the policy's default.
    #[deserr(default)]
    language: Option<Language>,
    /// What people do; at most 20.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<ActionFields>>, max_items = 20)]
    actions: Option<Vec<Action>>,
    /// How long after the opening is watched, at most 31 days; without it three days, or a day
    /// longer than anybody acts.
    #[deserr(default)]
    watch_for: Option<Period>,
}

/// What somebody does at some time.
#[derive(Debug, Deserr, utoipa::ToSchema)]
#[schema(as = Action)]
#[deserr(error = WrongFields, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
struct ActionFields {
    /// How long after the opening; at once without it.
    #[deserr(default)]
    after: Option<Period>,
    /// What.
    #[deserr(rename = "do")]
    #[serde(rename = "do")]
    what: Verb,
    /// How long after the opening `wait_on_customer` waits at most; for nothing else.
    #[deserr(default)]
    until: Option<Period>,
    /// The priority of `change_priority`; for nothing else.
    #[deserr(default)]
    to: Option<Priority>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Verb {
    #[deserr(rename = "respond")]
    Respond,
    #[deserr(rename = "acknowledge")]
    Acknowledge,
    #[deserr(rename = "wait_on_customer")]
    WaitOnCustomer,
    #[deserr(rename = "customer_replied")]
    CustomerReplied,
    #[deserr(rename = "escalate")]
    Escalate,
    #[deserr(rename = "resolve")]
    Resolve,
    #[deserr(rename = "reopen")]
    Reopen,
    #[deserr(rename = "change_priority")]
    ChangePriority,
}

impl TryFrom<ActionFields> for Action {
    type Error = Invalid;

    fn try_from(fields: ActionFields) -> Result<Self, Invalid> {
        let ActionFields { after, what, until, to } = fields;
        let said = |text: &str| Err(Invalid(text.to_owned()));
        let what = match (what, until, to) {
            (Verb::WaitOnCustomer, Some(until), None) => Doing::WaitOnCustomer { until },
            (Verb::WaitOnCustomer, ..) => return said("must have `until` and no `to`"),
            (Verb::ChangePriority, None, Some(to)) => Doing::ChangePriority { to },
            (Verb::ChangePriority, ..) => return said("must have `to` and no `until`"),
            (_, Some(_), _) | (_, _, Some(_)) => {
                return said("must have neither `until` nor `to`");
            }
            (Verb::Respond, ..) => Doing::Respond,
            (Verb::Acknowledge, ..) => Doing::Acknowledge,
            (Verb::CustomerReplied, ..) => Doing::CustomerReplied,
            (Verb::Escalate, ..) => Doing::Escalate,
            (Verb::Resolve, ..) => Doing::Resolve,
            (Verb::Reopen, ..) => Doing::Reopen,
        };
        Ok(Self { after, what })
    }
}

impl Deserr<WrongFields> for Action {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, WrongFields> {
        let fields = ActionFields::deserialize_from_value(value, location)?;
        Self::try_from(fields).map_err(|invalid| named(vec![invalid], location))
    }
}

impl Deserr<WrongFields> for Scenario {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, WrongFields> {
        let scenario = match value {
            Value::String(text) => Self::read(&text),
            Value::Map(_) => {
                let fields = Fields::deserialize_from_value(value, location)?;
                let Fields { priority, channel, opened_at, language, actions, watch_for } = fields;
                let opened_at = opened_at.unwrap_or(OpenedAt::Now);
                let actions = actions.unwrap_or_default();
                Self::of(priority, channel, opened_at, actions, watch_for)
                    .map(|scenario| Self { language, ..scenario })
            }
            actual => {
                let accepted = &[ValueKind::String, ValueKind::Map];
                let error = ErrorKind::IncorrectValueKind { actual, accepted };
                let (ControlFlow::Continue(wrong) | ControlFlow::Break(wrong)) =
                    WrongFields::error(None, error, location);
                return Err(wrong);
            }
        };
        scenario.map_err(|mistakes| named(mistakes, location))
    }
}

impl PartialSchema for Scenario {
    fn schema() -> RefOr<Schema> {
        let said = "As people say it, in phrases between commas: `P1 by e-mail, Saturday 23:10, \
                    acknowledged after 10m, answered after 2h`. What is not understood is a 422 \
                    that names every phrase there is.";
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some(said));
        OneOfBuilder::new().item(text).item(Fields::schema()).into()
    }
}

impl ToSchema for Scenario {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Fields::schemas(schemas);
    }
}

/// Mistakes of one place.
fn named(mistakes: Vec<Invalid>, location: ValuePointerRef<'_>) -> WrongFields {
    let mut wrong = WrongFields::default();
    for mistake in mistakes {
        let (ControlFlow::Continue(all) | ControlFlow::Break(all)) =
            WrongFields::merge(Some(wrong), mistake, location);
        wrong = all;
    }
    wrong
}

impl Scenario {
    /// Reads a scenario as people say it: `P1 by e-mail, Saturday 23:10, nobody answers`.
    ///
    /// # Errors
    ///
    /// Every mistake, with what is accepted.
    pub fn read(text: &str) -> Result<Self, Vec<Invalid>> {
        phrases::read(text)
    }

    /// The same, watched for another time.
    ///
    /// # Errors
    ///
    /// Every bound that it breaks.
    pub fn watched_for(self, watch_for: Period) -> Result<Self, Vec<Invalid>> {
        let Self { priority, channel, opened_at, language, actions, .. } = self;
        Self::of(priority, channel, opened_at, actions, Some(watch_for))
            .map(|scenario| Self { language, ..scenario })
    }

    /// A scenario that is bounded. Without `watch_for` it is watched for three days, or a day longer
    /// than anybody acts.
    ///
    /// # Errors
    ///
    /// Every bound that it breaks.
    pub fn of(
        priority: Priority,
        channel: Channel,
        opened_at: OpenedAt,
        mut actions: Vec<Action>,
        watch_for: Option<Period>,
    ) -> Result<Self, Vec<Invalid>> {
        actions.sort_by_key(|action| action.after);
        let last = actions.last().and_then(|action| action.after);
        let longest = Period::of_days(MOST_DAYS);
        let a_day_longer = last.and_then(|last| last.plus(Period::of_days(1)));
        let default = Period::of_days(DAYS);
        let watch_for = watch_for
            .unwrap_or_else(|| a_day_longer.map_or(default, |d| d.max(default)).min(longest));
        let mut wrong = Vec::new();
        if actions.len() > MOST_ACTIONS {
            let many = actions.len();
            wrong.push(Invalid(format!("must have at most {MOST_ACTIONS} actions, not {many}")));
        }
        if watch_for > longest {
            wrong.push(Invalid(format!("must be watched for at most {longest}")));
        } else if last.is_some_and(|last| last > watch_for) {
            let said = format!("has an action that comes after the {watch_for} that are watched");
            wrong.push(Invalid(said));
        }
        let ends_early = |action: &&Action| match action.what {
            Doing::WaitOnCustomer { until } => Some(until) <= action.after,
            _ => false,
        };
        if actions.iter().any(|action| ends_early(&action)) {
            let said = "must wait on the customer until after the waiting begins: both are counted \
                        from the opening";
            wrong.push(Invalid(said.to_owned()));
        }
        let scenario = Self { priority, channel, opened_at, language: None, actions, watch_for };
        if wrong.is_empty() { Ok(scenario) } else { Err(wrong) }
    }
}
