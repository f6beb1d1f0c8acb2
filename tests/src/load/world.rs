//! Everything together: the API, the stream, the schedule, SES, and time.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use escalation_desk::gateway;
use escalation_desk::schedule::{DEPLOYED, TIMEOUT};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::desk::Desk;
use shared::outbox::{DeliveryStatus, EmailItem};
use shared::policy::Policy;
use shared::store::Store;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::ses::BusySes;
use super::store::TimedStore;
use super::stream::Stream;
use crate::bodies::escalation;
use crate::call::{self, Reply};
use crate::world::{schedule, start};

/// `ReservedConcurrentExecutions` of `check-deadlines`.
const SWEEPS_AT_ONCE: usize = 5;

/// A desk under load.
pub struct World {
    /// The desk.
    pub desk: Desk<TimedStore>,
    /// SES.
    pub ses: BusySes,
    /// The stream.
    pub stream: Arc<Stream>,
    api: Router,
    began: Instant,
    /// The schedule and the stream, which never end.
    running: Vec<JoinHandle<()>>,
}

impl World {
    /// A world with this policy, in which nothing has happened and SES takes everything; its functions
    /// run.
    ///
    /// # Panics
    ///
    /// When the policy is wrong.
    #[must_use]
    pub fn new(policy: &str) -> Self {
        let policy = Policy::read(policy).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let (began, keys) = (Instant::now(), crate::link_keys());
        let clock = Clock::of(move || instant(began));
        let stream = Stream::new();
        let store = TimedStore::new(stream.clone());
        let desk = Desk { store, policy: Arc::new(policy), clock };
        let (api, ses) = (gateway::router(desk.clone(), keys.clone()), BusySes::idle());
        let mut running = stream.run(&desk, &ses, &crate::link_writer(keys));
        let (sweeping, at_once) = (desk.clone(), Arc::new(Semaphore::new(SWEEPS_AT_ONCE)));
        let sweep = move || sweep(sweeping.clone(), at_once.clone());
        running.push(tokio::spawn(schedule(sweep)));
        Self { desk, ses, stream, api, began, running }
    }

    /// Milliseconds since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds from the beginning to an instant.
    #[must_use]
    pub fn at(&self, instant: Timestamp) -> u64 {
        u64::try_from(instant.duration_since(start()).as_millis()).unwrap_or(0)
    }

    /// Lets time pass up to a second after the beginning.
    ///
    /// # Panics
    ///
    /// When a function has panicked.
    pub async fn until(&self, second: u64) {
        tokio::time::sleep_until(self.began + Duration::from_secs(second)).await;
        self.all_run();
    }

    /// Lets time pass until SES has taken so many e-mails, or for so many seconds.
    ///
    /// # Panics
    ///
    /// When a function has panicked.
    pub async fn until_taken(&self, emails: usize, seconds: u64) {
        for _ in 0..seconds {
            if self.ses.seen().taken.len() >= emails {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.all_run();
    }

    fn all_run(&self) {
        assert!(!self.running.iter().any(JoinHandle::is_finished), "a function panicked");
    }

    /// A customer escalates an incident.
    pub fn escalates(&self, number: &str, email: &str) -> impl Future<Output = Reply> + use<> {
        let requester = json!({ "name": "Ada Martin", "email": email });
        self.posts("/v1/escalations", &escalation(number, &requester))
    }

    /// Somebody asks the API.
    pub fn posts(&self, path: &str, body: &Value) -> impl Future<Output = Reply> + use<> {
        let (api, request) = (self.api.clone(), call::post(path, body));
        async move { call::send(&api, request).await }
    }

    /// All e-mails of an incident.
    ///
    /// # Panics
    ///
    /// When there is no such incident.
    pub async fn emails(&self, number: &str) -> Vec<EmailItem> {
        let number = number.parse().expect("a number");
        let story = self.desk.store.table.story(&number).await;
        story.ok().flatten().expect("an incident").emails
    }

    /// How many of these e-mails are sent, and how many are parked.
    #[must_use]
    pub fn ended(emails: &[EmailItem]) -> (usize, usize) {
        let count = |status| emails.iter().filter(|it| it.delivery.status == status).count();
        (count(DeliveryStatus::Sent), count(DeliveryStatus::Parked))
    }
}

fn instant(began: Instant) -> Timestamp {
    start() + SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX)
}

async fn sweep(desk: Desk<TimedStore>, at_once: Arc<Semaphore>) {
    let execution = at_once.acquire().await;
    let event = DEPLOYED.event(&desk.clock).expect("a firing");
    let swept = tokio::time::timeout(TIMEOUT, check_deadlines::handle(&desk, event)).await;
    drop(execution);
    let report = swept.expect("a sweep leaves in time").expect("the table answers");
    assert_eq!(report.failed, 0, "a sweep could not act");
}
