//! One job with each fault at each of its calls, and with each pair of them.

use std::collections::BTreeSet;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use jiff::SignedDuration;

use super::cases::{pairs_with, singles};
use super::fault::{Service, Struck};
use super::functions::{Ended, Functions};
use super::jobs::Job;
use super::others::Taken;
use super::plan::{Call, Case};
use super::sent::{repeats, times};
use super::table::{Items, waiting};

/// How often an event comes again before it counts as lost.
const ROUNDS: usize = 8;
/// After how many seconds an event comes again: the next firing of the schedule, and more than any
/// queue, stream or client waits.
const BETWEEN: u64 = 61;
/// How many sweeps may go by until the outbox is empty.
const SWEEPS: usize = 12;

/// What a job with some faults came to.
struct Played {
    calls: Vec<Call>,
    struck: Vec<Struck>,
    answer: String,
    state: String,
    items: Items,
    emails: Vec<Taken>,
    webhooks: Vec<Taken>,
}

/// What a run of the whole matrix of a job found.
#[derive(Debug, Default)]
pub struct Found {
    /// Calls of the job without a fault.
    pub calls: usize,
    pub singles: usize,
    /// How many pairs there are, and how many of them were played.
    pub pairs: usize,
    pub played: usize,
    /// How many faults struck.
    pub struck: usize,
    /// How many e-mails were sent once more.
    pub repeats: usize,
    pub violations: Vec<String>,
}

/// A job on a table of its own.
pub struct Matrix<'a> {
    functions: &'a Functions,
    job: &'a Job,
    was: Items,
    elapsed: SignedDuration,
    /// What is in the table at the moment.
    is: Items,
    /// What runs without faults come to, each with its answer: done once, and as often more as the API
    /// says that it may be.
    right: Vec<(String, String)>,
    /// The ids of what then goes out.
    sent: BTreeSet<String>,
    found: Found,
}

impl<'a> Matrix<'a> {
    /// Sets the job up, and does it without faults.
    pub async fn of(functions: &'a Functions, job: &'a Job) -> Self {
        (job.set_up)(functions).await;
        let (was, elapsed) = (functions.table.read().await, functions.elapsed());
        let is = was.clone();
        let (right, sent, found) = (Vec::new(), BTreeSet::new(), Found::default());
        let mut matrix = Self { functions, job, was, elapsed, is, right, sent, found };
        let before = functions.table.comparable(&matrix.was, job.empties_outbox);
        for times in 1..=job.at_most {
            let case = Case::default();
            let played = matrix.play(case, times).await.unwrap_or_else(|why| panic!("{why}"));
            assert!(job.only_reads || played.state != before, "{job}: does nothing");
            if times == 1 {
                matrix.found.calls = played.calls.len();
                matrix.sent = ids(&played);
                assert_eq!(matrix.sent.is_empty(), !job.empties_outbox, "{job}: what went out");
            }
            matrix.right.push((played.state, played.answer));
        }
        matrix
    }

    /// Plays all of it; of the pairs each `stride`th.
    pub async fn play_all(mut self, stride: usize) -> Found {
        let calls = self.calls_of(Case::default()).await;
        let found = (self.job.found)();
        let mut pairs = 0;
        for single in singles(&calls) {
            self.found.singles += 1;
            let Some(on_the_way) = self.check(single.clone()).await else { continue };
            for pair in pairs_with(&single, &calls, &on_the_way) {
                pairs += 1;
                if pairs % stride == 0 || found.contains(&pair) {
                    self.found.played += 1;
                    self.check(pair).await;
                }
            }
        }
        self.found.pairs = pairs;
        self.found
    }

    async fn calls_of(&mut self, case: Case) -> Vec<Call> {
        self.play(case, 1).await.map(|played| played.calls).unwrap_or_default()
    }

    /// Plays a case and holds it to what runs without faults came to. Returns the calls that it made;
    /// `None` when it is never done.
    async fn check(&mut self, case: Case) -> Option<Vec<Call>> {
        let played = match self.play(case.clone(), 1).await {
            Ok(played) => played,
            Err(why) => {
                self.violated(&case, why);
                return None;
            }
        };
        self.found.struck += played.struck.len();
        if played.struck.len() != case.faults.len() {
            self.violated(
                &case,
                "a fault did not strike: not the same course each time".to_owned(),
            );
        }
        let is_right = |(state, answer): &(String, String)| {
            *state == played.state && (self.job.answers_may_differ || *answer == played.answer)
        };
        if !self.right.iter().any(is_right) {
            let what = difference(&self.right[0], &played);
            self.violated(&case, what);
        }
        for (sent, service) in
            [(&played.emails, Service::Ses), (&played.webhooks, Service::Receiver)]
        {
            if let Err(why) = repeats(sent, service, &played.struck) {
                self.violated(&case, why);
            }
        }
        let sent = ids(&played);
        if sent != self.sent {
            self.violated(&case, format!("{sent:?} went out, and not {:?}", self.sent));
        }
        self.found.repeats += times(&played.emails).values().map(|n| n.len() - 1).sum::<usize>();
        Some(played.calls)
    }

    fn violated(&mut self, case: &Case, why: String) {
        self.found.violations.push(format!("{}: {case:?}: {why}", self.job));
    }

    /// Does the job, `times` times, until AWS would not have it come again, and the outbox is empty.
    async fn play(&mut self, case: Case, times: usize) -> Result<Played, String> {
        let again = usize::from(case.is_duplicated);
        let functions = self.functions;
        functions.begin(case, &self.was, &self.is, self.elapsed).await;
        let mut answer = Err("never done".to_owned());
        for time in 0..times + again {
            if time > 0 {
                functions.pass(BETWEEN).await;
            }
            answer = self.until_done(self.job.trigger).await;
        }
        let emptied = self.empty_the_outbox().await;
        functions.plan.late_arrives();
        let (calls, struck) = functions.plan.end();
        let (emails, webhooks) = functions.others.take();
        self.is = functions.table.read().await;
        emptied?;
        let state = functions.table.comparable(&self.is, self.job.empties_outbox);
        let (answer, items) = (functions.table.hidden(&answer?), self.is.clone());
        Ok(Played { calls, struck, answer, state, items, emails, webhooks })
    }

    async fn empty_the_outbox(&self) -> Result<(), String> {
        if !self.job.empties_outbox {
            return Ok(());
        }
        for _ in 0..SWEEPS {
            let items = self.functions.table.read().await;
            if waiting(&items, &["pending", "sending", "retrying"]).next().is_none() {
                return Ok(());
            }
            self.functions.pass(BETWEEN).await;
            self.until_done(sweeps).await?;
            self.until_done(hands_out).await?;
        }
        Err("the outbox is never empty".to_owned())
    }

    /// The event comes again, as AWS and whoever asks over HTTP bring it, until it is handled.
    async fn until_done(
        &self,
        trigger: for<'f> fn(&'f Functions) -> LocalBoxFuture<'f, Ended>,
    ) -> Result<String, String> {
        let functions = self.functions;
        for _ in 0..ROUNDS {
            let ended = tokio::select! {
                biased;
                () = functions.plan.death() => None,
                ended = trigger(functions) => Some(ended),
            };
            match ended {
                Some(Ended::Done(answer)) => return Ok(answer),
                Some(Ended::Again) => {}
                None => functions.restart(),
            }
            functions.pass(BETWEEN).await;
        }
        Err(format!("not done after {ROUNDS} times"))
    }
}

/// The schedule fires.
fn sweeps(functions: &Functions) -> LocalBoxFuture<'_, Ended> {
    functions.sweep().boxed_local()
}

/// The stream hands out what is pending; one by one, so that it is known what each fault was of.
fn hands_out(functions: &Functions) -> LocalBoxFuture<'_, Ended> {
    async {
        let mut ended = Ended::Done(String::new());
        for id in functions.pending().await {
            if let Ended::Again = functions.hand_out(&[id]).await {
                ended = Ended::Again;
            }
        }
        ended
    }
    .boxed_local()
}

fn ids(played: &Played) -> BTreeSet<String> {
    played.emails.iter().chain(&played.webhooks).map(|taken| taken.id.clone()).collect()
}

/// Where it differs from what is right.
fn difference((state, answer): &(String, String), played: &Played) -> String {
    let lines = |state: &str, answer: &str| {
        state.lines().chain(answer.lines()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (right, is) = (lines(state, answer), lines(&played.state, &played.answer));
    let missing = right.iter().filter(|line| !is.contains(line)).map(|line| format!("  - {line}"));
    let more = is.iter().filter(|line| !right.contains(line)).map(|line| format!("  + {line}"));
    let text: Vec<_> = missing.chain(more).collect();
    let calls: Vec<_> = played.calls.iter().map(|call| call.operation.as_str()).collect();
    format!(
        "another end, after {}, {} items:\n{}",
        calls.join(" "),
        played.items.len(),
        text.join("\n")
    )
}
