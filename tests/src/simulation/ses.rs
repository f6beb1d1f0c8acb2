//! SES: takes e-mails, or not, or says neither; and tells later what became of each.

use std::sync::Arc;

use shared::email::EmailId;
use shared::email::render::Rendered;
use shared::mailer::{Mailer, SendError};
use shared::outbox::FactKind;

use super::dice::{Dice, mixed};
use super::faults::Fault;
use super::invariants;
use super::invocation::{self, Kind};
use super::time::at;
use super::world::World;
use crate::ses_events::{Said, SentEmail};

/// SES as `dispatch-email` has it.
#[derive(Debug, Clone)]
pub struct FaultySes(pub Arc<World>);

/// What can go wrong with an attempt.
const FATES: [Fault; 7] = [
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::SesBusy,
    Fault::SesAnswerLost,
    Fault::SesNoAnswer,
    Fault::SesHeld,
    Fault::SesRefuses,
];

impl Mailer for FaultySes {
    async fn send(&self, email: &Rendered) -> Result<String, SendError> {
        let world = &self.0;
        let Some(by) = invocation::current() else { return Ok("nobody".to_owned()) };
        let (id, mut dice) = by.next_call();
        world.state().ended.counts.calls += 1;
        let _sending = Sending::begin(world, &email.id);
        world.sleep(dice.between(20, 200)).await;
        if world.is_down(Fault::SesOutage) {
            by.disturb();
            let reason = "ServiceUnavailable: down".to_owned();
            return Err(if dice.happens(0.5) {
                SendError::Retry { reason, account_held: false }
            } else {
                SendError::Ambiguous { reason }
            });
        }
        let fate = FATES.iter().find(|fate| world.goes_wrong(**fate, &mut dice, id)).copied();
        if fate.is_some() {
            by.disturb();
        }
        let says = |text: &str| format!("{text}: said SES");
        match fate {
            Some(Fault::CrashBefore) => return by.crash().await,
            Some(Fault::SesBusy) => {
                let reason = says("TooManyRequests");
                return Err(SendError::Retry { reason, account_held: false });
            }
            Some(Fault::SesHeld) => {
                let reason = says("SendingPaused");
                return Err(SendError::Retry { reason, account_held: true });
            }
            Some(Fault::SesNoAnswer) => {
                world.sleep(dice.between(1_000, 29_000)).await;
                return Err(SendError::Ambiguous { reason: says("timeout") });
            }
            Some(Fault::SesRefuses) => {
                return Err(SendError::Park { reason: says("MessageRejected") });
            }
            _ => {}
        }
        let message_id = take(world, email);
        by.noted(|noted| noted.unmarked.push(email.id.clone()));
        world.sleep(dice.between(1, 50)).await;
        match fate {
            Some(Fault::CrashAfter) => by.crash().await,
            Some(Fault::SesAnswerLost) => {
                by.noted(|noted| noted.unmarked.retain(|id| *id != email.id));
                world.state().ended.counts.ambiguous += 1;
                world.sleep(dice.between(1_000, 29_000)).await;
                Err(SendError::Ambiguous { reason: says("timeout") })
            }
            _ => Ok(message_id),
        }
    }
}

/// An attempt on its way, up to its answer or to the death of the function.
struct Sending(Arc<World>, EmailId);

impl Sending {
    fn begin(world: &Arc<World>, id: &EmailId) -> Self {
        let mut state = world.state();
        let known = state.ledger.emails.entry(id.clone()).or_default();
        let alone = invariants::i8_one_attempt_at_a_time(id, known);
        known.sending += 1;
        drop(state);
        world.hold(8, alone);
        Self(world.clone(), id.clone())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let known = state.ledger.emails.entry(self.1.clone()).or_default();
        known.sending = known.sending.saturating_sub(1);
    }
}

/// SES takes an e-mail. Returns its id of it.
fn take(world: &Arc<World>, email: &Rendered) -> String {
    let mut state = world.state();
    let known = state.ledger.emails.entry(email.id.clone()).or_default();
    known.taken += 1;
    let times = known.taken;
    let repeated = invariants::i7_repeats_only_after_ambiguity(&email.id, known);
    let labelled = invariants::i7_repeats_are_labelled(email, known);
    known.unmarked += 1;
    state.ended.counts.taken += 1;
    state.ended.counts.repeats += u64::from(times > 1);
    if let Some(number) = email.id.thread.number() {
        let inbox = state.inbox.entry(number.clone()).or_default();
        inbox.push_back(Arc::new(email.clone()));
        if inbox.len() > KEPT {
            inbox.pop_front();
        }
    }
    drop(state);
    world.hold(7, repeated);
    world.hold(7, labelled);
    let message_id = format!("{:016x}-{times}", mixed(world.seed, &email.id));
    world.tell(0, || format!("      SES takes {} to {} ({message_id})", email.id, email.to));
    let sent = SentEmail {
        id: email.id.clone(),
        message_id: message_id.clone(),
        to: email.to.to_string(),
        sent_at: at(world.now()),
    };
    tells(world, &sent, times);
    message_id
}

/// How many e-mails of an incident its people still have at hand.
const KEPT: usize = 12;

/// SES tells what becomes of an e-mail, each thing in its own time.
fn tells(world: &Arc<World>, sent: &SentEmail, times: u32) {
    let mut dice = Dice::of(world.seed, ("events", &sent.id, times));
    let id = mixed(world.seed, (&sent.id, times));
    let say = |said, after| tell(world, sent, said, after, times);
    say(Said::Sent, dice.between(200, 4_000));
    let wrong = |fault, dice: &mut Dice| world.goes_wrong(fault, dice, id);
    if wrong(Fault::Bounce, &mut dice) {
        let said = [Said::Bounced, Said::Suppressed, Said::Rejected, Said::RenderingFailed];
        let said = dice.one_of(&said);
        say(said, dice.spread(1_000, 3_600_000));
        return;
    }
    if wrong(Fault::TransientBounce, &mut dice) {
        let said = [Said::BouncedTransient, Said::BouncedUndetermined, Said::Delayed];
        let said = dice.one_of(&said);
        say(said, dice.spread(1_000, 3_600_000));
    }
    say(Said::Delivered, dice.spread(500, 60_000));
    if wrong(Fault::Complaint, &mut dice) {
        say(Said::Complained, dice.spread(60_000, 8 * 3_600_000));
    }
}

/// One event: late, lost, or more than once.
fn tell(world: &Arc<World>, sent: &SentEmail, said: Said, after: u64, times: u32) {
    let id = mixed(world.seed, (&sent.id, said as u8, times));
    let mut dice = Dice::of(id, "event");
    if world.goes_wrong(Fault::EventLost, &mut dice, id) {
        return;
    }
    let happened = world.now() + after;
    let late = world.goes_wrong(Fault::EventLate, &mut dice, id);
    let after = after + if late { dice.spread(60_000, 12 * 3_600_000) } else { 0 };
    let twice = world.goes_wrong(Fault::EventTwice, &mut dice, id);
    for copy in 0..=u64::from(twice) {
        let after = after + copy * dice.spread(100, 3_600_000);
        let (world, sent) = (world.clone(), sent.clone());
        let handled = world.clone();
        world.spawn(async move {
            handled.sleep(after).await;
            record(&handled, &sent, said, happened, (id, copy)).await;
        });
    }
    if world.goes_wrong(Fault::PoisonEvent, &mut dice, id) {
        let world = world.clone();
        let poisoned = world.clone();
        world.spawn(async move {
            let poison = serde_json::json!({ "detail": { "eventType": "Bounce", "mail": [id] } });
            let by = poisoned.invocation(Kind::Event, "poison event".to_owned(), ("poison", id));
            let desk = poisoned.desk();
            let done = invocation::run(&by, record_delivery::handle(&desk, poison)).await;
            let let_go = matches!(done, Ok(Ok(())));
            poisoned.hold(12, if let_go { Ok(()) } else { Err("a poison event fails".to_owned()) });
        });
    }
}

/// EventBridge invokes `record-delivery`, three times within minutes; what is left then a person has
/// replayed some hours later.
async fn record(world: &Arc<World>, sent: &SentEmail, said: Said, happened: u64, id: (u64, u64)) {
    let event = sent.event(said, at(happened));
    let desk = world.desk();
    for attempt in 0_u64.. {
        let label = format!("{said:?} of {}", sent.id);
        let by = world.invocation(Kind::Event, label, ("event", id, attempt));
        let done = invocation::run(&by, record_delivery::handle(&desk, event.clone())).await;
        if matches!(done, Ok(Ok(()))) {
            let mut state = world.state();
            state.ended.counts.events += 1;
            let known = state.ledger.emails.entry(sent.id.clone()).or_default();
            for (kind, at) in facts(sent, said, at(happened)) {
                let earliest = known.facts.entry(kind).or_insert(at);
                *earliest = at.min(*earliest);
            }
            return;
        }
        world.state().ended.counts.crashes += u64::from(done.is_err());
        let wait = if attempt % 3 == 2 { 2 * 3_600_000 } else { 60_000 << (attempt % 3) };
        world.sleep(wait).await;
    }
}

/// What an event says.
fn facts(
    sent: &SentEmail,
    said: Said,
    happened: jiff::Timestamp,
) -> Vec<(FactKind, jiff::Timestamp)> {
    let kind = match said {
        Said::Sent => None,
        Said::Delivered => Some(FactKind::Delivered),
        Said::Delayed => Some(FactKind::Delayed),
        Said::Bounced => Some(FactKind::Bounced),
        Said::BouncedTransient => Some(FactKind::BouncedTransient),
        Said::BouncedUndetermined => Some(FactKind::BouncedUndetermined),
        Said::Suppressed => Some(FactKind::Suppressed),
        Said::Complained => Some(FactKind::Complained),
        Said::Rejected => Some(FactKind::Rejected),
        Said::RenderingFailed => Some(FactKind::RenderingFailed),
    };
    // Of these two SES gives no instant of their own.
    let own = matches!(said, Said::Rejected | Said::RenderingFailed);
    let happened = if own { sent.sent_at } else { happened };
    let facts = [Some((FactKind::Sent, sent.sent_at)), kind.map(|kind| (kind, happened))];
    facts.into_iter().flatten().collect()
}
