//! People: each incident has a customer who opens it one way or another, and care who does something
//! about it, or nothing. What they do comes from the incident's own dice.

use std::sync::Arc;

use axum::Router;

use super::asking::{Asker, Meaning};
use super::dice::Dice;
use super::world::World;
use super::writing;
use crate::world::start;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The customers of an incident, and what it is called.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which incident of the world.
    pub n: u64,
    /// Its number.
    pub number: String,
    /// The customer's address.
    pub customer: String,
    /// The account, if care knows one.
    pub account: Option<String>,
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Respond,
    RespondByMail,
    Acknowledge,
    AcknowledgeByLink,
    FollowLinks,
    Pause,
    CustomerReplies,
    CustomerRepliesByMail,
    ChangePriority,
    Resolve,
    Reopen,
    EngageManager,
    EscalateAgain,
    EscalateByMail,
    EscalateByLink,
    ReportRecurrence,
    Read,
    ForgedMail,
    AutoReply,
    ReleaseMail,
}

const ACTS: [(u32, Act); 20] = [
    (14, Act::Respond),
    (5, Act::RespondByMail),
    (8, Act::Acknowledge),
    (8, Act::AcknowledgeByLink),
    (5, Act::FollowLinks),
    (4, Act::Pause),
    (4, Act::CustomerReplies),
    (5, Act::CustomerRepliesByMail),
    (5, Act::ChangePriority),
    (8, Act::Resolve),
    (4, Act::Reopen),
    (3, Act::EngageManager),
    (5, Act::EscalateAgain),
    (4, Act::EscalateByMail),
    (3, Act::EscalateByLink),
    (1, Act::ReportRecurrence),
    (3, Act::Read),
    (3, Act::ForgedMail),
    (2, Act::AutoReply),
    (2, Act::ReleaseMail),
];

/// The accounts that care keeps.
const ACCOUNTS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];

/// Care writes an account, now and then, anew.
pub async fn keep_accounts(world: Arc<World>, api: Router) {
    for round in 0.. {
        for (n, account) in ACCOUNTS.iter().enumerate() {
            let mut asker = Asker::new(&world, &api, (n as u64) << 32 | round);
            let body = json!({
                "name": account, "domains": [format!("{account}.example")],
                "account_manager": { "name": "Max Manager", "email": format!("manager@{account}-am.example") },
            });
            asker.put(&format!("/v1/accounts/{account}"), &body).await;
        }
        world.sleep(5 * 86_400_000).await;
    }
}

/// Lives through an incident.
pub async fn live(world: Arc<World>, api: Router, n: u64) {
    let mut dice = Dice::of(world.seed, ("incident", n));
    let begins = dice.between(60_000, world.scale.length_ms().saturating_sub(60_000));
    let with_account = dice.happens(0.6);
    let account = dice.one_of(&ACCOUNTS);
    let case = Case {
        n,
        number: format!("INC-{}", 1000 + n),
        customer: match with_account {
            true => format!("ada{n}@{account}.example"),
            false => format!("ada{n}@home.example"),
        },
        account: with_account.then(|| account.to_owned()),
    };
    world.sleep_until(begins).await;
    let mut asker = Asker::new(&world, &api, n);
    world.tell(n, || format!("-- incident {n} begins: {}", case.number));
    open(&mut asker, &case, &mut dice).await;
    // Some get nobody's attention, and their ladders are exhausted.
    let acts = dice.weighted(&[(2, 0), (3, 1), (5, 3), (6, 6), (3, 12)]);
    for act in 0..acts {
        let mut dice = Dice::of(world.seed, ("act", n, act));
        let after = dice.spread(20_000, 5 * 3_600_000);
        world.sleep(after).await;
        if world.now() >= world.scale.length_ms() {
            return;
        }
        let what = dice.weighted(&ACTS);
        if world.mask.has_action(n, act) {
            world.tell(act, || format!("-- {what:?} ({n}, {act})"));
            world.state().ended.acts.push((n, act));
            asker.act = act + 1;
            carry_out(&mut asker, &case, what, &mut dice).await;
        }
    }
    // Most incidents end soon; of the others the ladder is exhausted, and a few stand open for long.
    let longest = dice.weighted(&[(80, 2), (19, 12), (1, 30 * 24)]);
    world.sleep(dice.spread(60_000, longest * 3_600_000)).await;
    if world.now() < world.scale.length_ms() {
        asker.act = 1_000;
        resolve(&mut asker, &case).await;
    }
}

/// Care resolves it.
pub async fn resolve(asker: &mut Asker, case: &Case) {
    let path = format!("/v1/incidents/{}/resolution", case.number);
    asker.post(&path, &json!({ "by": "Grace", "note": "It works again." }), Meaning::Other).await;
}

fn customer(case: &Case) -> Value {
    let mut customer = json!({ "name": format!("Ada {}", case.n), "email": case.customer });
    if let Some(account) = &case.account {
        customer["account"] = json!(account);
    }
    if case.n.is_multiple_of(3) {
        customer["language"] = json!("fr");
    }
    customer
}

const WHY: &str = "Our shop has been down since this morning and we lose orders.";

async fn open(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    match dice.between(0, 9) {
        0..=1 => writing::escalate(asker, case, dice).await,
        2 => writing::open_p1(asker, case).await,
        3..=4 => escalate(asker, case, WHY).await,
        _ => {
            let priority = dice.weighted(&[(5, "P1"), (3, "P2"), (1, "P3"), (1, "P4")]);
            let channel = dice.one_of(&["phone", "chat", "email", "api"]);
            let mut body = json!({
                "number": case.number, "priority": priority, "channel": channel,
                "summary": "The shop is down", "customer": customer(case),
            });
            if dice.happens(0.3) {
                let before =
                    SignedDuration::from_mins(i64::try_from(dice.between(1, 90)).unwrap_or(1));
                let received_at = asker.world.instant().saturating_sub(before).unwrap_or(start());
                body["received_at"] = json!(received_at.to_string());
            }
            asker.post("/v1/incidents", &body, Meaning::Opens).await;
        }
    }
}

async fn escalate(asker: &mut Asker, case: &Case, why: &str) {
    let body = json!({
        "incident_number": case.number, "business_justification": why, "requester": customer(case),
    });
    asker.post("/v1/escalations", &body, Meaning::Escalates).await;
}

async fn carry_out(asker: &mut Asker, case: &Case, act: Act, dice: &mut Dice) {
    let of = |what: &str| format!("/v1/incidents/{}/{what}", case.number);
    let by = dice.one_of(&["Grace", "Linus", "Edsger"]);
    let in_minutes = |asker: &Asker, minutes: u64| {
        let later = SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(1));
        asker.world.instant().saturating_add(later).unwrap_or(start()).to_string()
    };
    match act {
        Act::Respond => {
            let mut body = json!({ "author": by });
            if dice.happens(0.7) {
                body["message"] = json!("We have found the reason and are on it.");
            }
            asker.post(&of("responses"), &body, Meaning::Other).await;
        }
        Act::Acknowledge => {
            asker.post(&of("acknowledgement"), &json!({ "by": by }), Meaning::Acknowledges).await;
        }
        Act::Pause => {
            let until = in_minutes(asker, dice.spread(10, 3 * 1440));
            let body = json!({ "by": by, "reason": "Please send us the log.", "until": until });
            asker.post(&of("pause"), &body, Meaning::Other).await;
        }
        Act::CustomerReplies => {
            let body = json!({ "from": "Ada", "message": "Here is the log." });
            asker.post(&of("customer-replies"), &body, Meaning::Other).await;
        }
        Act::ChangePriority => {
            let priority = dice.one_of(&["P1", "P2", "P3", "P4"]);
            let body = json!({ "by": by, "priority": priority, "reason": "As we see it now." });
            asker.post(&of("priority"), &body, Meaning::Other).await;
        }
        Act::Resolve => resolve(asker, case).await,
        Act::Reopen => {
            asker.post(&of("reopening"), &json!({ "by": by }), Meaning::Other).await;
        }
        Act::EngageManager => {
            let body = json!({ "by": by, "reason": "The customer asks for you." });
            asker.post(&of("account-manager"), &body, Meaning::Other).await;
        }
        Act::EscalateAgain => {
            escalate(asker, case, "It is still down, and the weekend is near.").await
        }
        Act::ReportRecurrence => {
            let Some(account) = &case.account else { return };
            let body =
                json!({ "reporter": customer(case), "message": "This happens every other day." });
            asker.post(&format!("/v1/accounts/{account}/recurrences"), &body, Meaning::Other).await;
        }
        Act::Read => {
            asker.get(&format!("/v1/incidents/{}", case.number)).await;
            asker.get(&format!("/v1/escalations/{}", case.number)).await;
        }
        Act::AcknowledgeByLink => writing::follow_link(asker, case, true, dice).await,
        Act::FollowLinks => writing::look_at_links(asker, case).await,
        Act::EscalateByLink => writing::follow_link(asker, case, false, dice).await,
        Act::EscalateByMail => writing::escalate(asker, case, dice).await,
        Act::RespondByMail => writing::respond(asker, case, dice).await,
        Act::CustomerRepliesByMail => writing::reply(asker, case, dice).await,
        Act::ForgedMail => writing::forge(asker, case, dice).await,
        Act::AutoReply => writing::reply_automatically(asker, case).await,
        Act::ReleaseMail => writing::release(asker, case, dice).await,
    }
}
