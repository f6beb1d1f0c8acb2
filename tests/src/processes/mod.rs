//! The functions as they are deployed: their programs, each in a process of its own, that are killed, and
//! whose connections break, at random.
//!
//! ```text
//! people ── gateway ─┐                                      ┌── services: DynamoDB, SES, S3, secrets
//! the stream, ───────┼─> lambda ── runtime_api ── process ──┤
//! the schedule, SES ─┘             (execution)         │    └── by way of proxy, which notes (seen)
//!                                                      └── receiver: another system
//! ```
//!
//! When enough processes were killed nothing goes wrong any more, all comes to `rest`, and is `counted`.

mod acted;
pub mod binaries;
mod counted;
mod execution;
mod faults;
mod gateway;
mod hearing;
mod lambda;
mod people;
mod proxy;
mod receiver;
mod region;
mod report;
mod rest;
mod runtime_api;
mod seen;
mod sending;
mod services;
mod triggers;
mod variables;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use escalation_desk::template::Template;
use shared::policy::Policy;
use shared::store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use report::Report;

use counted::End;
use gateway::Gateway;
use lambda::Function;
use people::{Requests, Town};
use receiver::Receiver;
use region::Region;
use services::Services;

/// A policy whose deadlines are seconds.
pub const IN_SECONDS: &str = include_str!("../../../infra/local/seconds.toml");

/// How a run is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many processes are killed.
    pub kills: u64,
    /// How many incidents go on at the same time.
    pub at_once: u64,
    /// The programs.
    pub programs: Vec<(&'static str, PathBuf)>,
    /// The policy.
    pub policy: String,
    /// As long as a level of its ladder.
    pub beat: Duration,
    /// Whether there is no time for leases of dead processes to run out at the end, and for SES not to
    /// answer for as long as the SDK waits.
    pub hastens: bool,
    /// How long all may take to come to rest.
    pub rests_within: Duration,
}

impl Settings {
    /// [`IN_SECONDS`], a fifth of each.
    #[must_use]
    pub fn hurried_policy() -> String {
        let shorter = [("40s", "8s"), ("30s", "6s"), ("20s", "4s"), ("15s", "3s"), ("10s", "2s")];
        shorter.iter().fold(IN_SECONDS.to_owned(), |policy, (long, short)| {
            policy.replace(&format!("\"{long}\""), &format!("\"{short}\""))
        })
    }
}

/// A run.
pub struct Processes {
    settings: Settings,
    region: Arc<Region>,
    services: Services,
    receiver: Arc<Receiver>,
    town: Town,
    parts: Vec<JoinHandle<()>>,
    stories: AtomicU64,
    _policy: tempfile::TempDir,
}

/// How many processes of each function there are at most; of those the template bounds, as many.
fn places(function: &str) -> usize {
    match function {
        "check-deadlines" | "record-delivery" => 5,
        "dispatch-email" | "dispatch-webhook" => 10,
        "receive-email" => 4,
        _ => 20,
    }
}

impl Processes {
    /// Starts everything around the functions.
    ///
    /// # Panics
    ///
    /// When something does not start.
    pub async fn start(settings: Settings) -> Arc<Self> {
        let region =
            Region::new(settings.seed, Duration::from_secs(if settings.hastens { 4 } else { 60 }));
        let receiver = Receiver::start(&region).await;
        let written = receiver.told_by(&settings.policy);
        let policy = Policy::read(&written).unwrap_or_else(|wrong| panic!("{wrong}"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, &written).expect("a file");
        let services = Services::start(&region, &policy).await;
        let (runtime_api, proxy) = (listener().await, listener().await);
        let addresses = [&runtime_api, &proxy].map(|it| it.local_addr().expect("an address"));
        let template = Template::shipped().expect("a template");
        let given = template.functions().expect("functions");
        let functions: BTreeMap<_, _> = settings
            .programs
            .iter()
            .map(|(name, program)| {
                let given = &given[*name];
                let given = (given.timeout, variables::given(given, &file));
                let addresses = (addresses[0], addresses[1]);
                let function =
                    Function::new(&region, name, program.clone(), given, addresses, places(name));
                (*name, function)
            })
            .collect();
        let api = runtime_api::router(region.clone());
        let mut parts = vec![
            tokio::spawn(async move { drop(axum::serve(runtime_api, api).await) }),
            tokio::spawn(proxy::run(proxy, region.clone(), services.servers)),
        ];
        parts.extend(triggers::start(&region, &services, &functions, &policy, &template));
        let gateway = Gateway {
            region: region.clone(),
            customers: functions["submit-escalation"].clone(),
            care: functions["manage-incident"].clone(),
        };
        let town = Town {
            gateway,
            inbound: services.inbound.clone(),
            requests: Arc::new(Requests::default()),
            beat: settings.beat,
        };
        let stories = AtomicU64::new(1);
        Arc::new(Self {
            settings,
            region,
            services,
            receiver,
            town,
            parts,
            stories,
            _policy: folder,
        })
    }

    /// Lives through it and counts.
    pub async fn run(self: Arc<Self>) -> Report {
        let began = Instant::now();
        people::keep_account(&self.town).await;
        let living = (0..self.settings.at_once).map(|_| tokio::spawn(self.clone().live()));
        for living in living.collect::<Vec<_>>() {
            living.await.expect("people do not panic");
        }
        let calm_after = began.elapsed();
        let rested = self.come_to_rest(self.settings.rests_within).await;
        let took = (calm_after, began.elapsed().saturating_sub(calm_after));
        let mut report = self.count().await;
        report.took = took;
        if let Err(why) = rested {
            report.violations.push(("all comes to rest", why));
        }
        self.parts.iter().for_each(JoinHandle::abort);
        self.region.end().await;
        report
    }

    /// One incident after the other, until enough processes were killed.
    async fn live(self: Arc<Self>) {
        while self.region.tally().killed() < self.settings.kills {
            let n = self.stories.fetch_add(1, Ordering::SeqCst);
            people::live(&self.town, n).await;
        }
        self.region.calm_down();
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> String {
        let (killed, invocations, misdeeds) = {
            let tally = self.region.tally();
            let invocations: u64 = tally.functions.values().map(|counts| counts.begun).sum();
            (tally.killed(), invocations, tally.misdeeds.len())
        };
        let (requests, emails) = {
            let seen = self.region.seen();
            (seen.requests, seen.emails.len())
        };
        let stories = self.stories.load(Ordering::SeqCst) - 1;
        let state = if self.region.is_calm() { ", nothing goes wrong any more" } else { "" };
        format!(
            "{killed} kills, {stories} incidents, {emails} e-mails, {invocations} invocations, \
             {requests} requests, {misdeeds} misdeeds{state}"
        )
    }

    async fn count(&self) -> Report {
        let store = self.services.store();
        let requests = self.town.requests.all().clone();
        let mut stories = BTreeMap::new();
        for number in requests.iter().map(|request| &request.number) {
            if stories.contains_key(number) {
                continue;
            }
            let known = number.parse().expect("a number of ours");
            if let Some(story) = store.story(&known).await.expect("the run's own reading") {
                stories.insert(number.clone(), story);
            }
        }
        let mut mails = std::collections::HashMap::new();
        for id in requests.iter().filter_map(|request| request.mail.clone()) {
            let known = id.parse().expect("an id of SES's");
            let record = store.load_mail(&known).await.expect("the run's own reading");
            mails.insert(id, record.map(|record| record.outcome.to_string()));
        }
        let (seen, wire_requests, sweeps) = {
            let seen = self.region.seen();
            (seen.emails.clone(), seen.requests, seen.sweeps.clone())
        };
        let mut others = Vec::new();
        for email in seen.keys().filter(|email| email.thread.number().is_none()) {
            others.extend(store.load_email(email).await.expect("the run's own reading"));
        }
        let heard = self.receiver.heard();
        let mut end =
            End { stories, others, requests, mails, seen, heard, sweeps, ..End::default() };
        let mut report = Report { violations: end.check(), ..Report::default() };
        report.tally = self.region.tally().clone();
        for misdeed in &report.tally.misdeeds {
            report.violations.push(("no process panics, or ends by itself", misdeed.clone()));
        }
        if report.tally.unreachable > 0 {
            let what = format!("{} times", report.tally.unreachable);
            report.violations.push(("the services are there (the run itself is wrong)", what));
        }
        for request in &end.requests {
            let (accepted, refused) = report.asked.entry(request.wish).or_default();
            *if (200..300).contains(&request.status) { accepted } else { refused } += 1;
        }
        report.incidents = end.stories.len() as u64;
        report.requests = wire_requests;
        let emails = || end.stories.values().flat_map(|story| &story.emails);
        report.emails = counted::count(emails().map(|item| item.delivery.status));
        report.taken = end.seen.values().map(|seen| seen.taken().count() as u64).sum();
        end.seen.values().for_each(|seen| report.ambiguity.add(seen));
        end.heard.values().for_each(|heard| report.hearing.add(heard));
        report.deadlines = end.deadlines as u64;
        report.lateness_ms = std::mem::take(&mut end.lateness_ms);
        report.unrecovered = std::mem::take(&mut end.unrecovered);
        report
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}
