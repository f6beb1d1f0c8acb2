//! A queue as SQS has them: at least once, and nothing that was taken is lost.
//!
//! ```text
//! queue   messages; one that was received is not seen until it is deleted, or its time is up
//! worker  hands batches to a function, and what failed to it again
//! sqs     the event source mapping: batches as Lambda is handed them by SQS
//! ```
//!
//! In memory, and with `--data` in a file: what [`Queue::send`] has returned from outlives
//! `kill -9`. What has been received too often is set aside as a dead letter: it is no longer
//! handed out, and is told in the log. Dead letters are tried again when the desk starts again.

pub mod sqs;
#[cfg(test)]
mod tests;
pub mod worker;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::journal::{Journal, JournalError};

/// How many lines the file of a queue has, beyond those of what waits, before it is cut down to these.
const LONGEST_FILE: usize = 1_000;

/// How a queue is set up.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// For how long a message that was sent is not seen by anybody.
    pub delay: Duration,
    /// For how long a message that was received is not seen by others.
    pub visibility: Duration,
    /// How often a message is received at most.
    pub most_receives: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let (delay, visibility) = (Duration::ZERO, Duration::from_secs(60));
        Self { delay, visibility, most_receives: 5 }
    }
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// What it says.
    pub body: String,
    /// How often it was received, with this time.
    pub receives: u32,
    /// When it was sent.
    pub sent_at: Timestamp,
    place: u64,
}

/// The queue. Clones share it.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    settings: Settings,
    kept: Mutex<Kept>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// By the place in the order of sending.
    messages: BTreeMap<u64, Waiting>,
    sent: u64,
    journal: Option<Journal>,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    receives: u32,
    /// None: a dead letter.
    seen_from: Option<Instant>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Message {
    id: String,
    body: String,
    sent_at: Timestamp,
}

/// What the file has lines of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Sent(Message),
    Deleted(String),
}

impl Queue {
    /// A queue that goes away with the desk. `name` is for people.
    #[must_use]
    pub fn passing(name: &str, settings: Settings) -> Self {
        Self::of(name, settings, Kept::default())
    }

    /// A queue that is kept in a file of the folder `data`, with what was in it before.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn open(name: &str, settings: Settings, data: &Path) -> Result<Self, JournalError> {
        let (journal, lines) = Journal::open(&data.join(format!("{name}.jsonl")))?;
        let mut open = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (place, line) in (0..).zip(lines) {
            match line {
                Line::Sent(message) => {
                    places.insert(message.id.clone(), place);
                    open.insert(place, Waiting::new(message));
                }
                Line::Deleted(id) => {
                    places.remove(&id).map(|place: u64| open.remove(&place));
                }
            }
        }
        let sent = open.last_key_value().map_or(0, |(place, _)| place + 1);
        Ok(Self::of(name, settings, Kept { messages: open, sent, journal: Some(journal) }))
    }

    fn of(name: &str, settings: Settings, kept: Kept) -> Self {
        let (kept, news) = (Mutex::new(kept), Notify::new());
        Self(Arc::new(Shared { name: name.to_owned(), settings, kept, news }))
    }

    /// Takes a message, and says by which id.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. The message is then not in the queue.
    pub fn send(&self, body: String, now: Timestamp) -> io::Result<String> {
        let id = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let message = Message { id: id.clone(), body, sent_at: now };
        let mut kept = self.lock();
        if let Some(journal) = &mut kept.journal {
            journal.append(&Line::Sent(message.clone()))?;
        }
        let place = kept.sent;
        kept.sent += 1;
        let seen_from = Some(Instant::now() + self.0.settings.delay);
        kept.messages.insert(place, Waiting { seen_from, ..Waiting::new(message) });
        drop(kept);
        self.0.news.notify_one();
        Ok(id)
    }

    /// Up to `most` messages, oldest first, which nobody else sees until their time is up.
    #[must_use]
    pub fn receive(&self, most: usize) -> Vec<Received> {
        let now = Instant::now();
        let Settings { visibility, most_receives, .. } = self.0.settings;
        let mut received = Vec::new();
        for (place, waiting) in &mut self.lock().messages {
            if received.len() == most {
                break;
            }
            if waiting.seen_from.is_none_or(|from| from > now) {
                continue;
            }
            if waiting.receives >= most_receives {
                waiting.seen_from = None;
                tracing::error!(
                    queue = self.0.name,
                    message.id = waiting.message.id,
                    receives = waiting.receives,
                    "a dead letter: the function keeps failing on it, and it is set aside until \
                     the desk starts again"
                );
                continue;
            }
            waiting.receives += 1;
            waiting.seen_from = Some(now + visibility);
            let Message { id, body, sent_at } = waiting.message.clone();
            received.push(Received {
                id,
                body,
                receives: waiting.receives,
                sent_at,
                place: *place,
            });
        }
        received
    }

    /// Deletes a message that was received: it needs nothing more.
    pub fn delete(&self, received: &Received) {
        let mut kept = self.lock();
        if kept.messages.remove(&received.place).is_none() {
            return;
        }
        let Kept { messages, journal: Some(journal), .. } = &mut *kept else { return };
        // Deleted in the file too late or never, it is handed out once more: at least once.
        let written = if messages.is_empty() {
            journal.clear()
        } else if journal.lines() >= LONGEST_FILE + 2 * messages.len() {
            // A queue that is never empty would else grow for ever.
            journal.replace(messages.values().map(|waiting| Line::Sent(waiting.message.clone())))
        } else {
            journal.append(&Line::Deleted(received.id.clone()))
        };
        if let Err(error) = written {
            tracing::warn!(%error, queue = self.0.name, "what is done may be done again");
        }
    }

    /// Lets a message that was received be seen again after `pause`, if nobody else has received it
    /// since.
    pub fn release(&self, received: &Received, pause: Duration) {
        let mut kept = self.lock();
        if let Some(waiting) = kept.messages.get_mut(&received.place)
            && waiting.receives == received.receives
            && waiting.seen_from.is_some()
        {
            waiting.seen_from = Some(Instant::now() + pause);
        }
    }

    /// Whether so many messages wait or are worked on; dead letters do not count.
    #[must_use]
    pub fn has(&self, many: usize) -> bool {
        let kept = self.lock();
        let alive = kept.messages.values().filter(|waiting| waiting.seen_from.is_some());
        kept.messages.len() >= many && alive.take(many).count() == many
    }

    /// Resolves when a message can be received; at once, if one can.
    pub async fn has_some(&self) {
        loop {
            let next = self.lock().messages.values().filter_map(|waiting| waiting.seen_from).min();
            match next {
                None => self.0.news.notified().await,
                Some(next) if next <= Instant::now() => return,
                Some(next) => tokio::select! {
                    () = self.0.news.notified() => {}
                    () = tokio::time::sleep_until(next) => {}
                },
            }
        }
    }

    /// Each change of what is kept is whole, so a panic elsewhere breaks nothing.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn new(message: Message) -> Self {
        Self { message, receives: 0, seen_from: Some(Instant::now()) }
    }
}

#[cfg(test)]
impl Queue {
    /// How many messages wait, are being worked on, or are dead letters.
    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
