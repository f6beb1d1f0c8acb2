//! What functions measure: the lines that CloudWatch would read, and who wrote each.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use shared::telemetry::{Metric, metrics_to};

tokio::task_local! {
    /// On whose behalf code runs. Tests of one process run at once, and each hears its own alone.
    static RUNNING: (&'static str, Metrics);
}

/// A metric as it was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// By which function.
    pub function: &'static str,
    line: Value,
}

impl Told {
    /// The description of the metric in the line, as CloudWatch reads it.
    #[must_use]
    pub fn directive(&self) -> &Value {
        &self.line["_aws"]["CloudWatchMetrics"][0]
    }

    /// The metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.directive()["Metrics"][0]["Name"].as_str().unwrap_or_default()
    }

    /// The metric's unit.
    #[must_use]
    pub fn unit(&self) -> &str {
        self.directive()["Metrics"][0]["Unit"].as_str().unwrap_or_default()
    }

    /// Its sets of dimensions; the total is an empty one.
    #[must_use]
    pub fn dimensions(&self) -> BTreeSet<Vec<&str>> {
        let sets = self.directive()["Dimensions"].as_array().into_iter().flatten();
        let names = |set| Value::as_array(set).into_iter().flatten().filter_map(Value::as_str);
        sets.map(|set| names(set).collect()).collect()
    }

    /// When it was told, and its value.
    ///
    /// # Panics
    ///
    /// When the line has none, which CloudWatch would throw away.
    #[must_use]
    pub fn value(&self) -> (Timestamp, i64) {
        let at = self.line["_aws"]["Timestamp"].as_i64().expect("an instant");
        let value = self.line[self.name()].as_i64().expect("a value");
        (Timestamp::from_millisecond(at).expect("an instant"), value)
    }
}

/// What functions have measured. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<Vec<Told>>>);

impl Metrics {
    /// Runs a function, and hears what it measures.
    pub fn of<F: Future>(
        &self,
        function: &'static str,
        run: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        // Whoever comes second finds it set already, to the same.
        metrics_to("Desk".to_owned(), hear);
        RUNNING.scope((function, self.clone()), run)
    }

    /// All that was told.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The values of a metric, in order, each with its instant.
    #[must_use]
    pub fn values(&self, metric: Metric) -> Vec<(Timestamp, i64)> {
        let told = self.told();
        told.iter().filter(|told| told.name() == metric.name()).map(Told::value).collect()
    }
}

fn hear(line: &str) {
    // Outside of any function there is nobody to tell.
    let heard = RUNNING.try_with(|(function, Metrics(told))| {
        let line = serde_json::from_str(line).expect("a line of JSON");
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(Told { function, line });
    });
    heard.unwrap_or_default();
}
