//! Which calls fail, and which were made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::sync::Notify;

use super::fault::{Fault, Service, Struck};
use super::wire::Server;

/// What goes wrong while a job is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// Faults, each at a call, counted from 0 on from the first run of the job to its end, retries of
    /// the job included. So the second of a pair strikes on the way on from the first.
    pub faults: Vec<(usize, Fault)>,
    /// Whether the event comes once more after it was handled.
    pub is_duplicated: bool,
    /// Before which call that arrives which [arrives late](Fault::ArrivesLate); without it, at the end.
    pub arrival: Option<usize>,
}

/// A request that is held up on its way.
#[derive(Debug)]
pub struct Late {
    pub server: Arc<dyn Server>,
    pub request: HttpRequest,
}

impl Late {
    /// It arrives. Nobody waits for the answer.
    pub fn arrive(self) {
        drop(self.server.answer(self.request));
    }
}

/// A call of the SDK, or a request to a receiver of webhooks.
#[derive(Debug, Clone)]
pub struct Call {
    pub service: Service,
    pub operation: String,
}

impl Call {
    /// Whether it leaves everything as it is.
    pub fn only_reads(&self) -> bool {
        matches!(self.service, Service::S3 | Service::Secrets)
            || matches!(self.operation.as_str(), "GetItem" | "Query")
    }
}

/// Counts calls and has some of them fail. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Plan(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// `None` while the test itself asks.
    case: Option<Case>,
    calls: Vec<Call>,
    /// The SDK names each call, by the same name at each attempt.
    by_name: HashMap<String, usize>,
    struck: Vec<Struck>,
    late: Vec<Late>,
}

impl Plan {
    /// From now on calls are counted, and fail as the case says.
    pub fn begin(&self, case: Case) {
        *self.state() = State { case: Some(case), ..State::default() };
    }

    /// From now on none fails. Returns the calls that were made, and the faults that struck.
    pub fn end(&self) -> (Vec<Call>, Vec<Struck>) {
        let State { calls, struck, .. } = std::mem::take(&mut *self.state());
        (calls, struck)
    }

    /// What goes wrong with this attempt.
    pub fn fault_of(&self, call: Call, name: Option<&str>) -> Option<Fault> {
        let (before, index, arrives) = {
            let state = self.state();
            let before = name.and_then(|name| state.by_name.get(name).copied());
            let index = before.unwrap_or(state.calls.len());
            let arrival = state.case.as_ref().and_then(|case| case.arrival);
            (before, index, before.is_none() && arrival == Some(index))
        };
        if arrives {
            self.late_arrives();
        }
        let mut state = self.state();
        let state = &mut *state;
        let case = state.case.as_ref()?;
        let fault = case.faults.iter().find(|(at, _)| *at == index).map(|(_, fault)| *fault);
        if before.is_some() {
            return fault.filter(|fault| !fault.is_of_one_attempt());
        }
        if let Some(fault) = fault {
            let after = state.calls.last().map(|call| call.service);
            state.struck.push(Struck { fault, service: call.service, after });
        }
        if let Some(name) = name {
            state.by_name.insert(name.to_owned(), index);
        }
        state.calls.push(call);
        fault
    }

    /// Holds a request up on its way.
    pub fn hold_up(&self, late: Late) {
        self.state().late.push(late);
    }

    /// What was held up arrives.
    pub fn late_arrives(&self) {
        let late = std::mem::take(&mut self.state().late);
        late.into_iter().for_each(Late::arrive);
    }

    /// The process dies: whoever runs it drops all that it does.
    pub fn die(&self) {
        self.0.died.notify_one();
    }

    /// Waits until the process dies.
    pub async fn death(&self) {
        self.0.died.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
