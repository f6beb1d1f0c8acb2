//! Customers and care: each incident has a story, from the dice, that ends with its resolution.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use escalation_desk::inbound::{Envelope, Inbound, Verdicts};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::gateway::{Ask, Gateway};
use super::services::GONE;
use crate::simulation::dice::Dice;

/// What a request asks for: which event of the timeline tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// A customer escalates.
    Escalate,
    /// A customer escalates by mail.
    EscalateByMail,
    /// Care opens a P1, or another.
    Open,
    /// Care responds.
    Respond,
    /// A person takes the escalation.
    Acknowledge,
    /// A person takes it by the link in an alert.
    FollowLink,
    /// Care waits on the customer.
    Pause,
    /// The customer replies.
    Reply,
    /// Care finds that it hurts more, or less.
    ChangePriority,
    /// Care loops the account manager in.
    EngageManager,
    /// Care resolves it.
    Resolve,
    /// Care opens it again.
    Reopen,
}

/// A request that was answered, and what it said.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it asked for.
    pub wish: Wish,
    /// Of which incident.
    pub number: String,
    /// Words that nobody else says.
    pub words: String,
    /// The customer, where one asks.
    pub customer: String,
    /// The status of the answer; 0 when there never was one.
    pub status: u16,
    /// How often it was asked.
    pub times: u32,
    /// Two answers that are not the same.
    pub differs: Option<String>,
    /// The id of the mail, if it was one.
    pub mail: Option<String>,
}

/// What everybody asked.
#[derive(Debug, Default)]
pub struct Requests(Mutex<Vec<Request>>);

impl Requests {
    /// All of it so far.
    pub fn all(&self) -> MutexGuard<'_, Vec<Request>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where people find the desk.
#[derive(Debug, Clone)]
pub struct Town {
    /// Its API.
    pub gateway: Gateway,
    /// Its mail.
    pub inbound: Inbound,
    /// What was asked.
    pub requests: Arc<Requests>,
    /// As long as a level of a ladder.
    pub beat: Duration,
}

/// The account whose incidents have a manager.
pub const ACCOUNT: &str = "acme";

/// Care writes the account.
pub async fn keep_account(town: &Town) {
    let body = json!({
        "name": "Acme", "domains": ["acme.example"],
        "account_manager": { "name": "Mary Moss", "email": "mary@desk.example" },
    });
    let ask = Ask {
        method: "PUT",
        path: format!("/v1/accounts/{ACCOUNT}"),
        key: None,
        content_type: "application/json",
        body: body.to_string(),
    };
    town.gateway.ask_until_answered(&ask, &mut Dice::of(town.gateway.region.seed, "account")).await;
}

/// One incident.
struct Story<'a> {
    town: &'a Town,
    n: u64,
    number: String,
    customer: String,
    has_account: bool,
    dice: Dice,
    asked: u64,
}

const WISHES: [(u32, Wish); 10] = [
    (8, Wish::Respond),
    (6, Wish::Acknowledge),
    (4, Wish::FollowLink),
    (3, Wish::Pause),
    (3, Wish::Reply),
    (3, Wish::ChangePriority),
    (2, Wish::EngageManager),
    (2, Wish::Resolve),
    (2, Wish::Reopen),
    (6, Wish::Escalate),
];

/// Lives through an incident.
pub async fn live(town: &Town, n: u64) {
    let mut dice = Dice::of(town.gateway.region.seed, ("story", n));
    let has_account = dice.happens(0.4);
    let domain = if has_account { "acme.example" } else { "home.example" };
    let number = format!("INC-{n}");
    // In turn, so that some dozens of incidents have each of these among them.
    let (is_gone, by_mail) = (n % 14 == 5, n % 8 == 2);
    let customer = if is_gone { GONE.to_owned() } else { format!("ada{n}@{domain}") };
    let mut story = Story { town, n, number, customer, has_account, dice, asked: 0 };
    let begins = match by_mail {
        true => Wish::EscalateByMail,
        false => story.dice.one_of(&[Wish::Escalate, Wish::Open]),
    };
    story.asks(begins).await;
    // Some get nobody's attention, and their ladders are exhausted.
    let acts = story.dice.weighted(&[(2, 0), (3, 1), (4, 3), (3, 6)]);
    for _ in 0..acts {
        story.waits(1, 20).await;
        let wish = match story.dice.weighted(&WISHES) {
            Wish::EngageManager if !has_account => Wish::Respond,
            wish => wish,
        };
        story.asks(wish).await;
    }
    story.waits(2, if acts == 0 { 90 } else { 40 }).await;
    // A mail in which it was escalated may not have been read yet.
    for _ in 0..20 {
        if story.asks(Wish::Resolve).await != NOT_FOUND {
            return;
        }
        story.waits(5, 10).await;
    }
}

/// Care resolves what a mail has opened anew since its story ended.
pub async fn resolve(town: &Town, number: &str, time: u64) {
    let mut story = Story {
        town,
        n: time,
        number: number.to_owned(),
        customer: String::new(),
        has_account: false,
        dice: Dice::of(town.gateway.region.seed, ("resolve", number, time)),
        asked: 0,
    };
    let words = format!("Last call {time} of {number}");
    story.asks_so(Wish::Resolve, words).await;
}

const NOT_FOUND: u16 = 404;

impl Story<'_> {
    /// Waits for some tenths of a beat.
    async fn waits(&mut self, low: u64, high: u64) {
        let tenth = u64::try_from(self.town.beat.as_millis()).unwrap_or(0) / 10;
        tokio::time::sleep(Duration::from_millis(self.dice.spread(low * tenth, high * tenth)))
            .await;
    }

    async fn asks(&mut self, wish: Wish) -> u16 {
        self.asked += 1;
        let words = format!("Call {}-{}", self.n, self.asked);
        if wish == Wish::EscalateByMail {
            self.writes(words);
            return 202;
        }
        self.asks_so(wish, words).await
    }

    /// Returns the status of the answer.
    async fn asks_so(&mut self, wish: Wish, words: String) -> u16 {
        let Some(ask) = self.request(wish, &words) else { return NOT_FOUND };
        let answered = self.town.gateway.ask_until_answered(&ask, &mut self.dice).await;
        let first = answered.reply.as_ref();
        let request = Request {
            wish,
            number: self.number.clone(),
            words,
            customer: self.customer.clone(),
            status: first.map_or(0, |reply| reply.status),
            times: answered.times,
            differs: answered.differs.as_ref().map(|differs| format!("{first:?} and {differs:?}")),
            mail: None,
        };
        let status = request.status;
        self.town.requests.all().push(request);
        status
    }

    fn request(&mut self, wish: Wish, words: &str) -> Option<Ask> {
        let by = format!("Grace Hall {words}");
        let of = |what: &str| format!("/v1/incidents/{}/{what}", self.number);
        let (path, body) = match wish {
            Wish::Escalate => (
                "/v1/escalations".to_owned(),
                json!({
                    "incident_number": self.number,
                    "business_justification": format!("Our shop is down and we lose orders. {words}."),
                    "requester": self.customer_as_json(),
                }),
            ),
            Wish::Open => {
                let channel = self.dice.one_of(&["phone", "chat", "email", "email"]);
                let priority = self.dice.weighted(&[(4, "P1"), (1, "P2")]);
                (
                    "/v1/incidents".to_owned(),
                    json!({
                        "number": self.number, "priority": priority, "channel": channel,
                        "summary": "The shop is down", "customer": self.customer_as_json(),
                    }),
                )
            }
            Wish::Respond => (
                of("responses"),
                json!({
                    "author": "Linus Roy", "message": format!("We are on it. {words}."),
                }),
            ),
            Wish::Acknowledge => (of("acknowledgement"), json!({ "by": by })),
            Wish::Pause => {
                let beat = SignedDuration::try_from(2 * self.town.beat).unwrap_or_default();
                let until = self.town.gateway.region.clock.now() + beat;
                let reason = format!("Please send us the log. {words}.");
                (of("pause"), json!({ "by": "Linus Roy", "reason": reason, "until": until }))
            }
            Wish::Reply => (
                of("customer-replies"),
                json!({
                    "from": "Ada Martin", "message": format!("Here it is. {words}."),
                }),
            ),
            Wish::ChangePriority => {
                let priority = self.dice.one_of(&["P1", "P2", "P3"]);
                let reason = format!("As we see it now. {words}.");
                (
                    of("priority"),
                    json!({ "by": "Linus Roy", "priority": priority, "reason": reason }),
                )
            }
            Wish::EngageManager => (
                of("account-manager"),
                json!({
                    "by": "Linus Roy", "reason": format!("Ada asks for you. {words}."),
                }),
            ),
            Wish::Resolve => (
                of("resolution"),
                json!({
                    "by": "Linus Roy", "note": format!("It works again. {words}."),
                }),
            ),
            Wish::Reopen => (
                of("reopening"),
                json!({
                    "by": "Linus Roy", "note": format!("It does not. {words}."),
                }),
            ),
            Wish::FollowLink => return self.link(&by),
            Wish::EscalateByMail => return None,
        };
        Some(Ask {
            method: "POST",
            path,
            key: Some(words.replace(' ', "-")),
            content_type: "application/json",
            body: body.to_string(),
        })
    }

    /// The last link about the incident that anybody got. A form has no idempotency key.
    fn link(&self, by: &str) -> Option<Ask> {
        let path = self.town.gateway.region.seen().links.get(&self.number)?.clone();
        let body = format!("name={}", by.replace(' ', "+"));
        let content_type = "application/x-www-form-urlencoded";
        Some(Ask { method: "POST", path, key: None, content_type, body })
    }

    fn customer_as_json(&self) -> Value {
        let mut customer = json!({ "name": "Ada Martin", "email": self.customer });
        if self.has_account {
            customer["account"] = json!(ACCOUNT);
        }
        if self.n.is_multiple_of(3) {
            customer["language"] = json!("fr");
        }
        customer
    }

    /// The customer escalates by mail: SES has taken it, and from there on it may not be lost.
    fn writes(&mut self, words: String) {
        let (to, from, number) = ("escalations@example.com", &self.customer, &self.number);
        let raw = format!(
            "From: Ada Martin <{from}>\r\nTo: {to}\r\nSubject: Escalation of {number}\r\n\
             Message-ID: <{number}@home.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n\
             We escalate {number}: our shop is down and we lose orders every minute. {words}.\r\n",
        );
        let envelope = Envelope { from: from.clone(), to: vec![to.to_owned()] };
        let taken = self.town.inbound.receive(raw.as_bytes(), &envelope, &Verdicts::default());
        let taken = taken.expect("it is kept in memory");
        self.town.requests.all().push(Request {
            wish: Wish::EscalateByMail,
            number: self.number.clone(),
            words,
            customer: self.customer.clone(),
            status: 202,
            times: 1,
            differs: None,
            mail: Some(taken.id),
        });
    }
}
