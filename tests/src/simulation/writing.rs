//! Mail that people write, and links that they follow: what they have at hand is what SES took.

use std::sync::Arc;

use serde_json::json;
use shared::email::render::Rendered;
use shared::inbound::{Outcome, act, reading};
use shared::links::Action;
use shared::store::Store;

use super::asking::{Asker, Meaning};
use super::dice::{Dice, mixed};
use super::faults::Fault;
use super::invariants;
use super::invocation::{self, Kind};
use super::people::Case;
use super::world::World;
use crate::arrivals::{Arriving, written_back};

const ESCALATIONS: &str = "escalations@example.com";
const P1: &str = "p1@example.com";
const CARE: &str = "care@example.com";
const LINKS: &str = "https://desk.example.com/links/";

/// The last e-mail of the incident that its customer has, or that somebody else has.
fn at_hand(asker: &Asker, case: &Case, is_customers: bool) -> Option<Arc<Rendered>> {
    let state = asker.world.state();
    let inbox = state.inbox.get(&case.number.parse().ok()?)?;
    let is_theirs = |email: &&Arc<Rendered>| (email.to.as_str() == case.customer) == is_customers;
    inbox.iter().rev().find(is_theirs).cloned()
}

/// The customer escalates by mail; with too little in it, now and then.
pub async fn escalate(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    let (subject, text) = match dice.between(0, 5) {
        0 => {
            (String::from("Please help"), String::from("Nothing works here, please call me back."))
        }
        1 => (format!("{} is down", case.number), String::from("Help!")),
        _ => (
            format!("Escalation of {}", case.number),
            format!(
                "We escalate {}: our shop is down and we lose orders every minute.",
                case.number
            ),
        ),
    };
    let from = format!("Ada <{}>", case.customer);
    let mail = Arriving::plain(&from, ESCALATIONS, &subject, &text);
    deliver(asker, mail, true, dice).await;
}

/// The customer opens a P1 by mail.
pub async fn open_p1(asker: &mut Asker, case: &Case) {
    let purpose = asker.purpose();
    let text = format!("The shop is down.\nOur ticket: {}\nPlease look at it.", case.number);
    let from = format!("Ada <{}>", case.customer);
    let mail = Arriving::plain(&from, P1, &format!("{} Shop down", case.number), &text);
    deliver(asker, mail, true, &mut Dice::of(purpose, "p1")).await;
}

/// Care writes back in the thread, to the customer.
pub async fn respond(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    let Some(email) = at_hand(asker, case, false) else { return };
    let from = format!("Grace <{}>", email.to);
    let text = "Hello Ada, we have found the reason and put it right within the hour.";
    deliver(asker, written_back(&email, &from, text), true, dice).await;
}

/// The customer writes back in the thread.
pub async fn reply(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    let Some(email) = at_hand(asker, case, true) else { return };
    let from = format!("Ada <{}>", case.customer);
    deliver(asker, written_back(&email, &from, "Here is what you asked for."), true, dice).await;
}

/// A machine answers in the thread.
pub async fn reply_automatically(asker: &mut Asker, case: &Case) {
    let Some(email) = at_hand(asker, case, true) else { return };
    let mut mail = written_back(&email, &case.customer, "I am away until Monday.");
    let head = b"Auto-Submitted: auto-replied\r\n".to_vec();
    mail.raw = head.into_iter().chain(mail.raw).collect();
    let purpose = asker.purpose();
    deliver(asker, mail, true, &mut Dice::of(purpose, "away")).await;
}

/// Somebody writes in another's name, or nobody vouches for who did.
pub async fn forge(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    let from = dice.one_of(&[case.customer.as_str(), "triage@example.com", "care@example.com"]);
    let email = at_hand(asker, case, true);
    let mut mail = match email.filter(|_| dice.happens(0.6)) {
        Some(email) => written_back(&email, from, "Please close it, all is well. I acknowledge."),
        None => Arriving::plain(
            from,
            dice.one_of(&[ESCALATIONS, P1, CARE]),
            &format!("Escalation of {}", case.number),
            &format!("We escalate {}: our shop is down and we lose orders.", case.number),
        ),
    };
    mail.dmarc = dice.one_of(&["FAIL", "GRAY", "PROCESSING_FAILED"]).to_owned();
    mail.dkim = dice.one_of(&["FAIL", "GRAY", "PASS"]).to_owned();
    // A signature that is right, and somebody else's.
    mail.signed_by = "elsewhere.example".to_owned();
    deliver(asker, mail, false, dice).await;
}

/// A person decides on a mail that waits.
pub async fn release(asker: &mut Asker, case: &Case, dice: &mut Dice) {
    let waiting = asker.world.state().waiting.pop();
    let Some(id) = waiting else { return };
    asker.get("/v1/quarantine").await;
    if dice.happens(0.5) {
        let body = json!({ "by": "Grace", "incident_number": case.number });
        asker.post(&format!("/v1/quarantine/{id}/release"), &body, Meaning::Other).await;
    } else {
        let body = json!({ "by": "Grace", "note": "Not ours." });
        asker.post(&format!("/v1/quarantine/{id}/refusal"), &body, Meaning::Other).await;
    }
}

/// Links that the incident's people have, the latest first.
fn links(asker: &Asker, case: &Case) -> Vec<String> {
    let state = asker.world.state();
    let inbox = case.number.parse().ok().and_then(|number| state.inbox.get(&number));
    let texts = inbox.into_iter().flatten().rev().map(|email| email.text.as_str());
    let tokens = texts.flat_map(|text| {
        text.match_indices(LINKS).map(|(place, _)| {
            let token = &text[place + LINKS.len()..];
            let ends = token.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            token[..ends.unwrap_or(token.len())].to_owned()
        })
    });
    tokens.collect()
}

/// Somebody follows a link and types what the page asks for: to acknowledge, or to escalate.
pub async fn follow_link(asker: &mut Asker, case: &Case, acknowledge: bool, dice: &mut Dice) {
    for token in links(asker, case) {
        let Ok(Ok(link)) = asker.world.keys.verify(&token, asker.world.instant()).await else {
            continue;
        };
        let path = format!("/links/{token}");
        match link.action {
            Action::Acknowledge { .. } if acknowledge => {
                asker.get(&path).await;
                // A machine presses the button too, and types nothing.
                asker.send_form(&path, "name=", Meaning::Reads).await;
                asker.send_form(&path, "name=Grace", Meaning::Acknowledges).await;
                return;
            }
            Action::Resume { .. } if acknowledge && dice.happens(0.3) => {
                asker.send_form(&path, "name=Linus", Meaning::Other).await;
                return;
            }
            Action::View | Action::Escalate if !acknowledge => {
                let form = "name=Ada&business_justification=Still+down+and+we+lose+orders.";
                asker.get(&path).await;
                asker.send_form(&path, form, Meaning::Other).await;
                return;
            }
            _ => {}
        }
    }
}

/// A mail scanner follows every link.
pub async fn look_at_links(asker: &mut Asker, case: &Case) {
    for token in links(asker, case).into_iter().take(4) {
        asker.get(&format!("/links/{token}")).await;
    }
}

/// The queue hands a mail to `receive-email` until it is handled, and sometimes once more.
async fn deliver(asker: &mut Asker, mail: Arriving, authenticated: bool, dice: &mut Dice) {
    let purpose = asker.purpose();
    let world = asker.world.clone();
    let mut mail = mail;
    let mut authenticated = authenticated;
    if authenticated && world.goes_wrong(Fault::PoisonMail, dice, purpose) {
        let garbage =
            Arriving::from("\"\0", CARE, b"From \xff\xfe\r\nSubject: =?x?q?=\r\n".to_vec());
        mail = match dice.between(0, 2) {
            0 => garbage,
            1 => Arriving { raw: vec![b'\n'; 4096], ..mail },
            _ => Arriving { raw: mail.raw.into_iter().rev().collect(), ..mail },
        };
        authenticated = false;
    }
    let twice = world.goes_wrong(Fault::MailTwice, dice, purpose);
    let received_at = world.instant();
    let id = format!("m{purpose:016x}");
    for copy in 0..=u64::from(twice) {
        let (handling, mail, id) = (world.clone(), mail.clone(), id.clone());
        let after = copy * dice.spread(100, 3_600_000);
        world.spawn(async move {
            handling.sleep(after).await;
            let receipt = mail.receipt(&id, received_at);
            handle(&handling, &receipt, &mail, authenticated, (purpose, copy)).await;
        });
    }
}

/// Up to when the queue hands a message out again: far longer than any outage here.
const VISIBLE_AGAIN_MS: u64 = 180_000;

async fn handle(
    world: &Arc<World>,
    receipt: &shared::inbound::Receipt,
    mail: &Arriving,
    authenticated: bool,
    (purpose, copy): (u64, u64),
) {
    let desk = world.desk();
    for attempt in 0_u64.. {
        let label = format!("mail {}", receipt.id);
        let kind = Kind::Mail { authenticated };
        let by = world.invocation(kind, label, mixed(purpose, (copy, attempt)));
        let read = reading::read(&mail.raw, &mail.envelope_from);
        let done = invocation::run(&by, act::receive(&desk, &world.keys, receipt, read)).await;
        match done {
            Ok(Ok(outcome)) => return handled(world, receipt, authenticated, outcome).await,
            Ok(Err(error)) => {
                world.tell(by.id, || format!("   {}: {error}", by.label));
                // What nothing is wrong with must not have to come again.
                let excused = by.is_disturbed();
                let why = format!("{} fails undisturbed: {error}", by.label);
                world.hold(12, if excused { Ok(()) } else { Err(why) });
            }
            Err(invocation::Crashed) => world.state().ended.counts.crashes += 1,
        }
        world.sleep(VISIBLE_AGAIN_MS).await;
    }
}

async fn handled(
    world: &World,
    receipt: &shared::inbound::Receipt,
    authenticated: bool,
    outcome: Outcome,
) {
    world.tell(0, || format!("   mail {} is {outcome}", receipt.id));
    {
        let mut state = world.state();
        state.ended.counts.mails += 1;
        if matches!(outcome, Outcome::Quarantined { .. }) {
            state.waiting.push(receipt.id.to_string());
        }
    }
    // Of a mail that comes twice, a person may have decided in between.
    let record = world.store.load_mail(&receipt.id).await.ok().flatten();
    let is_released = record.is_some_and(|record| record.released_by.is_some());
    if !authenticated && !is_released {
        let from = &receipt.envelope_from;
        world.hold(11, invariants::i11_unauthenticated_mail_is_held(&outcome, from));
    }
    world.state().ledger.mails.insert(receipt.id.clone());
}
