//! API Gateway, and who asks it: each request until it is answered, under one idempotency key.

use std::sync::Arc;
use std::time::Duration;

use escalation_desk::gateway::{context, is_for_customers};
use serde_json::{Value, json};

use super::lambda::Function;
use super::region::Region;
use crate::simulation::dice::Dice;

/// How often a request is repeated at most. So many failures in a row are no chance.
const MOST: u32 = 60;

/// The HTTP API.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// What else there is.
    pub region: Arc<Region>,
    /// Who answers customers.
    pub customers: Arc<Function>,
    /// Who answers care.
    pub care: Arc<Function>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: String,
    /// Its idempotency key, if it is of a kind that has one.
    pub key: Option<String>,
    /// Which kind of body it has.
    pub content_type: &'static str,
    /// Its body.
    pub body: String,
}

/// What it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What came of asking until there was an answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The first answer that arrived; `None` when none ever did.
    pub reply: Option<Reply>,
    /// How often it was asked.
    pub times: u32,
    /// Another answer to the same request, if one arrived that is not the same.
    pub differs: Option<Reply>,
}

impl Gateway {
    /// Asks once.
    pub async fn ask(&self, ask: &Ask) -> Reply {
        let (path, query) = ask.path.split_once('?').unwrap_or((&ask.path, ""));
        let mut headers = json!({ "host": "desk.example.com", "content-type": ask.content_type });
        if let Some(key) = &ask.key {
            headers["idempotency-key"] = json!(key);
        }
        let event = json!({
            "version": "2.0",
            "routeKey": format!("{} {path}", ask.method),
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": context(ask.method, path, None, &self.region.clock),
            "body": ask.body,
            "isBase64Encoded": false,
        });
        let function = if is_for_customers(path) { &self.customers } else { &self.care };
        let answer = function.invoke(event.to_string().into_bytes()).await;
        let answer = answer.ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        match answer {
            Some(answer) => Reply {
                status: answer["statusCode"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(0),
                body: answer["body"].as_str().unwrap_or_default().to_owned(),
            },
            None => Reply { status: 500, body: r#"{"message":"Internal Server Error"}"#.into() },
        }
    }

    /// Asks until there is an answer that arrives. Now and then one does not, or whoever asks does not
    /// trust it and asks once more.
    pub async fn ask_until_answered(&self, ask: &Ask, dice: &mut Dice) -> Answered {
        let mut answered = Answered { reply: None, times: 0, differs: None };
        while answered.times < MOST {
            let reply = self.ask(ask).await;
            answered.times += 1;
            if reply.status < 500 {
                let is_lost = ask.key.is_some() && dice.happens(0.05) && !self.region.is_calm();
                match &answered.reply {
                    None => answered.reply = Some(reply),
                    // A refusal is not kept under a key: what was refused may have become possible.
                    Some(first) if (400..500).contains(&first.status) => {
                        answered.reply = Some(reply);
                    }
                    Some(first) if *first != reply => answered.differs = Some(reply),
                    Some(_) => {}
                }
                if !is_lost {
                    return answered;
                }
                self.region.tally().answers_lost += 1;
            }
            tokio::time::sleep(Duration::from_millis(dice.spread(20, 1_000))).await;
        }
        answered
    }
}
