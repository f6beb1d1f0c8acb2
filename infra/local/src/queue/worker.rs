//! Hands the messages of a queue to a function, in batches, until each is done or a dead letter.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Queue, Received};

/// What became of a batch: the ids of those messages that failed.
pub type Failed = Result<Vec<String>, lambda_runtime::Error>;

/// Calls a function with a batch.
pub type Deliver = Arc<dyn Fn(Vec<Received>) -> BoxFuture<'static, Failed> + Send + Sync>;

/// How batches are made and retried.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many messages a batch has at most.
    pub batch: usize,
    /// How many batches run at once.
    pub at_once: usize,
    /// How long a function may take; less than the queue's visibility time-out.
    pub timeout: Duration,
    /// The pause before what failed is handed out again; twice as long each time. SQS would wait
    /// for its visibility time-out, which is long for somebody who is playing.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let (timeout, pause) = (Duration::from_secs(50), Duration::from_millis(500));
        Self { batch: 10, at_once: 2, timeout, pause }
    }
}

/// Works until `stop` says true or its sender is gone, then lets running batches end.
pub async fn run(
    queue: Queue,
    settings: Settings,
    deliver: Deliver,
    mut stop: watch::Receiver<bool>,
) {
    let mut running = JoinSet::new();
    while !*stop.borrow() {
        let is_free = running.len() < settings.at_once.max(1);
        let batch = if is_free { queue.receive(settings.batch) } else { Vec::new() };
        if !batch.is_empty() {
            running.spawn(work(queue.clone(), settings, Arc::clone(&deliver), batch));
            continue;
        }
        tokio::select! {
            () = queue.has_some(), if is_free => {}
            Some(_) = running.join_next() => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
    while running.join_next().await.is_some() {}
}

async fn work(queue: Queue, settings: Settings, deliver: Deliver, batch: Vec<Received>) {
    let given = batch.clone();
    let failed = outcome(&batch, settings, async move { deliver(given).await }).await;
    for message in &batch {
        if failed.contains(&message.id) {
            queue.release(message, pause(settings, message.receives));
        } else {
            queue.delete(message);
        }
    }
}

/// The ids of what failed. As in Lambda, a function that answers with an error, panics or takes too
/// long has failed on the whole batch, and the next batch finds it alive again.
async fn outcome(
    batch: &[Received],
    settings: Settings,
    answer: impl Future<Output = Failed>,
) -> Vec<String> {
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let why = match tokio::time::timeout(settings.timeout, answer).await {
        Ok(Ok(Ok(failed))) => return failed,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) => "it panicked".to_owned(),
        Err(_) => "it took too long".to_owned(),
    };
    tracing::warn!(why, messages = batch.len(), "a function of a queue failed");
    batch.iter().map(|message| message.id.clone()).collect()
}

fn pause(settings: Settings, receives: u32) -> Duration {
    settings.pause.saturating_mul(2_u32.saturating_pow(receives.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn queue(bodies: &[&str]) -> Queue {
        let queue = Queue::passing("tests", super::super::Settings::default());
        for body in bodies {
            queue.send((*body).to_owned(), NOW).unwrap();
        }
        queue
    }

    /// Works through `queue` until nobody can receive anything more, on tokio's paused clock.
    /// `answer` is told the attempt and the bodies. Returns the batches it saw.
    async fn batches<A>(queue: &Queue, answer: A) -> Vec<String>
    where
        A: Fn(usize, &[Received]) -> Failed + Send + Sync + 'static,
    {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let deliver: Deliver = {
            let seen = Arc::clone(&seen);
            Arc::new(move |batch| {
                let bodies = batch.iter().map(|message| message.body.as_str()).collect::<String>();
                let call = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(bodies);
                    seen.len()
                };
                std::future::ready(answer(call, &batch)).boxed()
            })
        };
        let (stop, stopped) = watch::channel(false);
        let settings = Settings { at_once: 1, ..Settings::default() };
        let worker = tokio::spawn(run(queue.clone(), settings, deliver, stopped));
        // An hour of the paused clock: it only goes on when everybody waits.
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stop.send_replace(true);
        worker.await.unwrap();
        let seen = seen.lock().unwrap();
        seen.clone()
    }

    fn failing_on(batch: &[Received], body: &str) -> Vec<String> {
        batch
            .iter()
            .filter(|message| message.body == body)
            .map(|message| message.id.clone())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_succeeds_is_handed_out_once_ten_at_a_time() {
        let queue = queue(&["a"; 12]);
        assert_eq!(batches(&queue, |_, _| Ok(vec![])).await, ["aaaaaaaaaa", "aa"]);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_failed_is_handed_out_again() {
        let queue = queue(&["a", "b", "c"]);
        let answer =
            |call, batch: &[Received]| Ok(if call < 3 { failing_on(batch, "b") } else { vec![] });
        assert_eq!(batches(&queue, answer).await, ["abc", "b", "b"]);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_keeps_failing_becomes_a_dead_letter_and_the_rest_is_done() {
        let queue = queue(&["a", "b"]);
        let answer = |_, batch: &[Received]| Ok(failing_on(batch, "a"));
        assert_eq!(batches(&queue, answer).await, ["ab", "a", "a", "a", "a"]);
        assert_eq!(queue.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_and_a_panic_fail_the_whole_batch() {
        let queue = queue(&["a", "b"]);
        let answer = |call, _: &[Received]| match call {
            1 => Err("down".into()),
            2 => panic!("poison"),
            _ => Ok(vec![]),
        };
        assert_eq!(batches(&queue, answer).await, ["ab", "ab", "ab"]);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_that_hangs_is_ended_and_its_batch_handed_out_again() {
        let queue = queue(&["a"]);
        let calls = Arc::new(Mutex::new(0));
        let deliver: Deliver = {
            let calls = Arc::clone(&calls);
            Arc::new(move |_| {
                let mut calls = calls.lock().unwrap();
                *calls += 1;
                if *calls == 1 {
                    std::future::pending().boxed()
                } else {
                    std::future::ready(Ok(vec![])).boxed()
                }
            })
        };
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(run(queue.clone(), Settings::default(), deliver, stopped));
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stop.send_replace(true);
        worker.await.unwrap();
        assert_eq!(*calls.lock().unwrap(), 2);
        assert!(queue.is_empty());
    }
}
