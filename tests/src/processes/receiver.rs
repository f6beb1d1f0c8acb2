//! Another system, which hears of every change. It is busy at times, and at times says that it failed when it
//! has long understood.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use shared::webhook::keys::{WebhookKeys, written};
use shared::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use tokio::net::TcpListener;

use super::region::Region;
use crate::simulation::dice::Dice;

/// How often it is busy, and how often it understands and fails.
const BUSY: f64 = 0.04;
const FAILS: f64 = 0.04;

/// What it was told under one id.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The bodies that it took, in order.
    pub taken: Vec<String>,
    /// How often it was busy.
    pub refused: u64,
    /// Whether one was not signed with the desk's key.
    pub is_forged: bool,
}

/// The system.
#[derive(Debug)]
pub struct Receiver {
    /// Where it is.
    pub address: SocketAddr,
    region: Arc<Region>,
    keys: WebhookKeys,
    heard: Mutex<HashMap<String, Heard>>,
}

/// The key with which the desk signs.
#[must_use]
pub fn key() -> String {
    written(&[7; 32])
}

impl Receiver {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When there is no port.
    pub async fn start(region: &Arc<Region>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let receiver = Arc::new(Self {
            address: listener.local_addr().expect("an address"),
            region: region.clone(),
            keys: WebhookKeys::new(&key(), None).expect("a key"),
            heard: Mutex::default(),
        });
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// The policy, with this system in it.
    #[must_use]
    pub fn told_by(&self, policy: &str) -> String {
        format!("{policy}\n[webhooks.crm]\nurl = \"http://{}/hook\"\n", self.address)
    }

    /// What it was told, by the ids of the webhooks.
    #[must_use]
    pub fn heard(&self) -> HashMap<String, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_signed(&self, headers: &HeaderMap, body: &str) -> Option<bool> {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let at = Timestamp::from_second(header(TIMESTAMP_HEADER)?.parse().ok()?).ok()?;
        let expected = self.keys.sign(&header(ID_HEADER)?, at, body);
        Some(header(SIGNATURE_HEADER)? == expected)
    }
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let id = headers.get(ID_HEADER).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let is_signed = receiver.is_signed(&headers, &body) == Some(true);
    let mut heard = receiver.heard.lock().unwrap_or_else(PoisonError::into_inner);
    let heard = heard.entry(id.clone()).or_default();
    let is_calm = receiver.region.is_calm();
    let times = heard.refused + heard.taken.len() as u64;
    let mut dice = Dice::of(receiver.region.seed, ("receiver", id, times));
    if !is_calm && dice.happens(BUSY) {
        heard.refused += 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    heard.taken.push(body);
    heard.is_forged |= !is_signed;
    if !is_calm && dice.happens(FAILS) {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::NO_CONTENT
}
