//! Callers of the HTTP API: each sends the same request under the same key until it has an answer, as
//! the README asks of them; and some send it once more, or another under the same key.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use shared::store::RequestKey;

use super::dice::{Dice, mixed};
use super::invariants;
use super::invocation::{self, Kind};
use super::world::World;
use crate::call::{self, Reply};

/// What a request is, as far as invariants ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It escalates.
    Escalates,
    /// It opens an incident.
    Opens,
    /// A person acknowledges.
    Acknowledges,
    /// Anything else that may change something.
    Other,
    /// It reads.
    Reads,
}

/// Somebody who asks.
#[derive(Debug)]
pub struct Asker {
    /// The world.
    pub world: Arc<World>,
    /// Whose requests these are.
    pub who: u64,
    /// Which of what they do.
    pub act: u64,
    asked: u64,
    api: Router,
}

/// How often somebody asks without a key before giving up.
const PATIENCE: u64 = 6;

impl Asker {
    /// Somebody who has asked nothing yet.
    #[must_use]
    pub fn new(world: &Arc<World>, api: &Router, who: u64) -> Self {
        Self { world: world.clone(), who, act: 0, asked: 0, api: api.clone() }
    }

    /// The number of the next thing that this person does, the same whatever else is left out.
    pub fn purpose(&mut self) -> u64 {
        self.asked += 1;
        mixed(self.world.seed, ("asked", self.who, self.act, self.asked))
    }

    /// Posts JSON under a key until it is answered.
    pub async fn post(&mut self, path: &str, body: &Value, meaning: Meaning) {
        let purpose = self.purpose();
        let mut dice = Dice::of(purpose, "post");
        let key = format!("{purpose:016x}");
        let request = || call::post_once(path, &key, body);
        let first = self.until_answered(path, &request, meaning, purpose, u64::MAX).await;
        let Some(first) = first.filter(|reply| reply.status.is_success()) else { return };
        let known = RequestKey { caller: CALLER.to_owned(), key: key.clone() };
        let happened =
            invariants::i1_what_was_answered_happened(&self.world.state().ledger, &known, meaning);
        self.world.hold(1, happened);
        if dice.happens(0.25) {
            self.world.sleep(dice.spread(10, 3_600_000)).await;
            let again = mixed(purpose, "again");
            let second = self.until_answered(path, &request, meaning, again, u64::MAX).await;
            let is_same =
                second.is_some_and(|it| it.status == first.status && it.body == first.body);
            self.world
                .hold(2, is_same.then_some(()).ok_or_else(|| format!("{path} is answered anew")));
        }
        if dice.happens(0.1) {
            let mut other = body.clone();
            other["note"] = json!("another request");
            for name in ["business_justification", "message", "reason", "summary", "by", "author"] {
                if let Some(text) = body[name].as_str() {
                    other = body.clone();
                    other[name] = json!(format!("{text} And more."));
                }
            }
            let request = || call::post_once(path, &key, &other);
            let purpose = mixed(purpose, "other");
            let third = self.until_answered(path, &request, meaning, purpose, u64::MAX).await;
            let is_refused = third.is_some_and(|reply| reply.status.as_u16() == 422);
            self.world.hold(
                2,
                is_refused.then_some(()).ok_or_else(|| format!("{path} has two meanings")),
            );
        }
    }

    /// Puts JSON until it is answered.
    pub async fn put(&mut self, path: &str, body: &Value) {
        let purpose = self.purpose();
        let request = || call::put(path, body);
        self.until_answered(path, &request, Meaning::Other, purpose, PATIENCE).await;
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> Option<Reply> {
        let purpose = self.purpose();
        self.until_answered(path, &|| call::get(path), Meaning::Reads, purpose, PATIENCE).await
    }

    /// Sends a form, as a page does.
    pub async fn send_form(&mut self, path: &str, form: &str, meaning: Meaning) {
        let purpose = self.purpose();
        let request = || {
            let mut request = call::raw(path, form.to_owned());
            *request.method_mut() = Method::POST;
            let form = axum::http::HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(axum::http::header::CONTENT_TYPE, form);
            request
        };
        self.until_answered("/links/…", &request, meaning, purpose, PATIENCE).await;
    }

    /// The first answer that is none of "try again"; `None` when whoever asks gives up.
    async fn until_answered(
        &self,
        path: &str,
        request: &(dyn Fn() -> Request<Body> + Sync),
        meaning: Meaning,
        purpose: u64,
        patience: u64,
    ) -> Option<Reply> {
        let world = &self.world;
        for attempt in 0..patience {
            let kind = Kind::Api {
                acknowledges: meaning == Meaning::Acknowledges,
                writes: meaning != Meaning::Reads,
            };
            let label = format!("{meaning:?} {path}");
            let by = world.invocation(kind, label, (purpose, attempt));
            let answer = invocation::run(&by, call::send(&self.api, request())).await;
            match answer {
                Ok(reply) if reply.status.as_u16() < 500 => {
                    world.tell(by.id, || {
                        format!(
                            "   {} is answered {}: {}",
                            by.label,
                            reply.status,
                            reply.body.chars().take(120).collect::<String>()
                        )
                    });
                    world.state().ended.counts.requests += 1;
                    return Some(reply);
                }
                Ok(reply) => {
                    world.tell(by.id, || format!("   {} fails: {}", by.label, reply.status))
                }
                Err(invocation::Crashed) => world.state().ended.counts.crashes += 1,
            }
            let mut dice = Dice::of(purpose, ("wait", attempt));
            world.sleep(dice.between(500, 1_000) << attempt.min(8)).await;
        }
        None
    }
}

/// Who everybody is, behind the gateway of one machine.
const CALLER: &str = "arn:aws:iam::000000000000:user/local";
