//! A client of production, one of whose conditions is weakened on its way out.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef, Input,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use shared::store::dynamodb::keys;

use super::expression::{Weakening, common};

/// What is true of every item, for a check that has to say something.
const ANYTHING: &str = "attribute_exists(pk) OR attribute_not_exists(pk)";

/// A condition that is asked somewhere: on what, in which words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    /// The operation, and the kind of item or the index.
    pub place: String,
    /// As it is whatever [facts](common) are told.
    pub expression: String,
}

/// Clones share what they saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Weakened {
    /// Of which condition, and how. None is, while conditions are looked for.
    what: Option<Arc<(Condition, Weakening)>>,
    seen: Arc<Mutex<Seen>>,
}

/// What went out.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub requests: usize,
    pub conditions: BTreeSet<Condition>,
    /// Why DynamoDB did not understand a request.
    pub not_understood: Option<String>,
}

impl Weakened {
    pub(super) fn by(condition: &Condition, weakening: &Weakening) -> Self {
        let what = Some(Arc::new((condition.clone(), weakening.clone())));
        Self { what, seen: Arc::default() }
    }

    pub(super) fn dynamodb(&self, client: &Client) -> Client {
        let config = client.config().to_builder().interceptor(self.clone());
        Client::from_conf(config.build())
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Weakens it, if it is that one.
    fn meets(&self, mut asked: Asked<'_>) {
        let expression = asked.expression();
        let condition = Condition { place: asked.place.clone(), expression: common(&expression) };
        if let Some((weakened, how)) = self.what.as_deref()
            && *weakened == condition
        {
            asked.becomes(how.of(&expression));
        }
        self.seen().conditions.insert(condition);
    }
}

impl Intercept for Weakened {
    fn name(&self) -> &'static str {
        "Weakened"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.seen().requests += 1;
        asked(context.input_mut()).into_iter().for_each(|asked| self.meets(asked));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failed = context.output_or_error().and_then(Result::err);
        let told = failed.map(|error| format!("{error:?}")).unwrap_or_default();
        // An exception of the whole, or an error of one item of a transaction.
        if told.contains("ValidationE") {
            self.seen().not_understood = Some(told);
        }
        Ok(())
    }
}

/// An expression of a request, and what it is made of.
struct Asked<'a> {
    place: String,
    expression: Expression<'a>,
    /// The update, whose placeholders are the same.
    update: Option<&'a str>,
    names: &'a mut Option<HashMap<String, String>>,
    values: &'a mut Option<HashMap<String, AttributeValue>>,
}

enum Expression<'a> {
    Optional(&'a mut Option<String>),
    Required(&'a mut String),
}

impl Asked<'_> {
    fn expression(&self) -> String {
        match &self.expression {
            Expression::Optional(expression) => (*expression).clone().unwrap_or_default(),
            Expression::Required(expression) => (*expression).clone(),
        }
    }

    /// DynamoDB refuses a placeholder that nothing uses any more.
    fn becomes(&mut self, expression: Option<String>) {
        let used = format!(
            "{} {}",
            expression.as_deref().unwrap_or_default(),
            self.update.unwrap_or_default()
        );
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_#:".contains(c);
        let used: BTreeSet<_> = used.split(|c| !is_of_name(c)).collect();
        retain(self.names, &used);
        retain(self.values, &used);
        match &mut self.expression {
            Expression::Optional(asked) => **asked = expression,
            Expression::Required(asked) => {
                **asked = expression.unwrap_or_else(|| ANYTHING.to_owned());
            }
        }
    }
}

fn retain<T>(placeholders: &mut Option<HashMap<String, T>>, used: &BTreeSet<&str>) {
    if let Some(all) = placeholders {
        all.retain(|name, _| used.contains(name.as_str()));
    }
    // An empty map is a mistake, too.
    *placeholders = placeholders.take().filter(|all| !all.is_empty());
}

/// The kind of an item, by its keys: what is of the same kind has the same conditions.
fn kind(item: &HashMap<String, AttributeValue>) -> String {
    let first = |name: &str| {
        let key = item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
        key.split('#').next().unwrap_or_default().to_owned()
    };
    match (first(keys::PK).as_str(), first(keys::SK)) {
        (keys::ACCOUNT, sk) if sk == keys::INCIDENT => keys::REMEMBERED.to_owned(),
        (_, sk) => sk,
    }
}

/// All that a request asks under a condition, and what a query asks for.
fn asked(input: &mut Input) -> Vec<Asked<'_>> {
    let is_read = input.downcast_ref::<GetItemInput>().is_some()
        || input.downcast_ref::<BatchGetItemInput>().is_some();
    if is_read {
        return Vec::new();
    }
    if input.downcast_ref::<QueryInput>().is_some() {
        let query = input.downcast_mut::<QueryInput>().unwrap();
        return vec![Asked {
            place: format!("Query {}", query.index_name.as_deref().unwrap_or("the table")),
            expression: Expression::Optional(&mut query.key_condition_expression),
            update: query.filter_expression.as_deref(),
            names: &mut query.expression_attribute_names,
            values: &mut query.expression_attribute_values,
        }];
    }
    if input.downcast_ref::<UpdateItemInput>().is_some() {
        let update = input.downcast_mut::<UpdateItemInput>().unwrap();
        return vec![Asked {
            place: format!("UpdateItem {}", update.key.as_ref().map(kind).unwrap_or_default()),
            expression: Expression::Optional(&mut update.condition_expression),
            update: update.update_expression.as_deref(),
            names: &mut update.expression_attribute_names,
            values: &mut update.expression_attribute_values,
        }];
    }
    let Some(transaction) = input.downcast_mut::<TransactWriteItemsInput>() else {
        panic!("asked of the table and not known here");
    };
    let writes = transaction.transact_items.iter_mut().flatten();
    let asked = writes.flat_map(|write| {
        let put = write.put.as_mut().map(|put| Asked {
            place: format!("Put {}", kind(&put.item)),
            expression: Expression::Optional(&mut put.condition_expression),
            update: None,
            names: &mut put.expression_attribute_names,
            values: &mut put.expression_attribute_values,
        });
        let update = write.update.as_mut().map(|update| Asked {
            place: format!("Update {}", kind(&update.key)),
            expression: Expression::Optional(&mut update.condition_expression),
            update: Some(&update.update_expression),
            names: &mut update.expression_attribute_names,
            values: &mut update.expression_attribute_values,
        });
        let delete = write.delete.as_mut().map(|delete| Asked {
            place: format!("Delete {}", kind(&delete.key)),
            expression: Expression::Optional(&mut delete.condition_expression),
            update: None,
            names: &mut delete.expression_attribute_names,
            values: &mut delete.expression_attribute_values,
        });
        let check = write.condition_check.as_mut().map(|check| Asked {
            place: format!("ConditionCheck {}", kind(&check.key)),
            expression: Expression::Required(&mut check.condition_expression),
            update: None,
            names: &mut check.expression_attribute_names,
            values: &mut check.expression_attribute_values,
        });
        [put, update, delete, check].into_iter().flatten()
    });
    // What is written whatever is there has nothing to weaken.
    asked.filter(|asked| !asked.expression().is_empty()).collect()
}
