//! What can happen, and what follows from it.

use jiff::{SignedDuration, Timestamp};
use shared::email::OutboxEmail;
use shared::incident::Command;
use shared::incident::clock::after;
use shared::incident::values::Customer;
use shared::mailer::SendError;
use shared::outbox::{
    ANSWER, Delivery, DeliveryStatus, EmailFact, EmailFacts, EmailItem, FactKind, LEASE, Learned,
    PENDING_FOR, ParkedEmail, Settlement,
};
use stateright::{Model, Property};

use crate::actors::{Answer, Dispatcher, Outcome};
use crate::properties;
use crate::state::{History, NOW, State};

/// How long a claim is on its way to the store at most, of which the lease is shorter.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(9);

/// How much of it is explored.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    pub dispatchers: usize,
    /// How often the e-mail is claimed.
    pub claims: u32,
    /// How often an attempt asks SES while it is busy.
    pub tries: u8,
    /// What SES can say of what it took.
    pub said: &'static [FactKind],
    /// Which of these may be written late, on what was read long ago.
    pub late: &'static [FactKind],
    /// How far the sweeps' clocks are ahead of the dispatchers'.
    pub ahead: &'static [SignedDuration],
}

/// The desk, as far as one e-mail goes.
#[derive(Debug)]
pub(crate) struct Desk {
    bounds: Bounds,
    email: OutboxEmail,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A dispatcher is handed a record of the stream (the first, a late one, or one that was before)
    /// and claims the e-mail; the claim was so long on its way.
    Claim(usize, SignedDuration),
    /// It asks SES, if there is time.
    Ask(usize),
    /// SES takes it.
    Take(usize),
    /// SES answers, or does not.
    Answer(usize, Answer),
    /// What became of it is written.
    Mark(usize),
    /// The dispatcher dies, and what it was about to do is not done.
    Die(usize),
    /// A sweep hands it out again, to which the index has said that it is due then, or long ago
    /// that it was.
    HandOut(Timestamp),
    /// The same, when its incident is resolved.
    Cancel(Timestamp),
    /// SES tells of the e-mail that it took as the nth, and the desk reads it.
    Hear(FactKind, u8),
    /// What was heard is written.
    Learn,
    /// Both at once.
    HearAndLearn(FactKind, u8),
    /// Time passes.
    Pass,
}

impl Desk {
    pub fn new(bounds: Bounds) -> Self {
        let requester = Customer {
            name: "Ada".parse().unwrap(),
            email: "ada@customer.example".parse().unwrap(),
            language: None,
            account: None,
        };
        let command = Command::Escalate {
            number: "INC-1".parse().unwrap(),
            requester,
            business_justification: "Nothing works".parse().unwrap(),
            by_mail: None,
        };
        let policy = desk_tests::default_policy();
        let change = shared::incident::decide(None, command, &policy, NOW).unwrap();
        let email = change.emails[0].clone();
        assert!(email.kind.calls_for_action(), "so that it can be cancelled");
        Self { bounds, email }
    }

    /// The e-mail, as it is stored.
    pub fn item(&self, state: &State) -> EmailItem {
        EmailItem::of(self.email.clone(), state.delivery.clone(), state.facts.clone())
    }

    pub fn write(&self, state: &mut State, item: EmailItem) {
        write(state, item.delivery);
        state.facts = item.facts;
    }

    fn claim(state: &mut State, n: usize, on_its_way: SignedDuration) -> Option<()> {
        let claim_id = format!("claim-{}", state.delivery.attempts);
        let delivery = state.delivery.claim(&claim_id, after(NOW - on_its_way, LEASE))?;
        state.history.claimed_though_proven |= state.facts.has(FactKind::Sent);
        write(state, delivery.clone());
        let done = |outcome| Dispatcher::Done { claim_id, outcome, taken: false };
        state.dispatchers[n] = if !state.is_readable {
            done(Outcome::ParkUnread(String::new()))
        } else if delivery.is_given_up() {
            done(Outcome::Park(String::new()))
        } else {
            Dispatcher::Claimed { delivery, tries: 0 }
        };
        Some(())
    }

    fn ask(state: &mut State, n: usize) -> Option<()> {
        let Dispatcher::Claimed { delivery, tries } = state.dispatchers[n].clone() else {
            return None;
        };
        state.dispatchers[n] = if delivery.leaves_time(NOW) {
            state.history.unlabelled |= state.history.taken > 0 && !delivery.is_repeat();
            let (answer_by, tries) = (after(NOW, ANSWER), tries + 1);
            Dispatcher::Asking { delivery, tries, answer_by, taken: None }
        } else {
            failed(&delivery, &busy())
        };
        Some(())
    }

    fn take(state: &mut State, n: usize) -> Option<()> {
        let Dispatcher::Asking { taken, .. } = &mut state.dispatchers[n] else { return None };
        state.history.taken += 1;
        *taken = Some(message_id(state.history.taken));
        Some(())
    }

    fn answer(&self, state: &mut State, n: usize, answer: Answer) -> Option<()> {
        let Dispatcher::Asking { delivery, tries, taken, .. } = state.dispatchers[n].clone() else {
            return None;
        };
        state.dispatchers[n] = match (answer, taken) {
            (Answer::Taken, Some(id)) => {
                // Nothing depends on when it was.
                let sent_at = Timestamp::UNIX_EPOCH;
                let sent = Settlement::Sent { ses_message_id: Some(id), sent_at };
                let claim_id = delivery.claim_id?;
                Dispatcher::Done { claim_id, outcome: Outcome::Settle(sent), taken: true }
            }
            (Answer::Lost, taken) => {
                doubt(state, taken.is_some().then_some(delivery.claim_id.as_deref()).flatten());
                failed(&delivery, &SendError::Ambiguous { reason: String::new() })
            }
            (Answer::Busy, None) if tries < self.bounds.tries => {
                Dispatcher::Claimed { delivery, tries }
            }
            (Answer::Busy, None) => failed(&delivery, &busy()),
            (Answer::Refused, None) => {
                failed(&delivery, &SendError::Park { reason: String::new() })
            }
            _ => return None,
        };
        Some(())
    }

    fn mark(&self, state: &mut State, n: usize) -> Option<()> {
        let dispatcher = std::mem::replace(&mut state.dispatchers[n], Dispatcher::Idle);
        let Dispatcher::Done { claim_id, outcome, .. } = dispatcher else { return None };
        let id = self.email.id.clone();
        let parked = match outcome {
            Outcome::Settle(settlement) => {
                let settled = state.delivery.settle(&claim_id, &settlement);
                if let Some(delivery) = settled {
                    write(state, delivery);
                } else {
                    state.history.claim_lost = true;
                }
                return Some(());
            }
            Outcome::Park(error) => ParkedEmail::Unsendable { id, claim_id, error },
            Outcome::ParkUnread(error) => ParkedEmail::Unreadable { id, error },
        };
        match self.item(state).park(&parked) {
            Some(item) => {
                self.write(state, item);
                state.history.told += 1;
            }
            None => state.history.claim_lost = true,
        }
        Some(())
    }

    fn die(state: &mut State, n: usize) {
        let dispatcher = std::mem::replace(&mut state.dispatchers[n], Dispatcher::Idle);
        doubt(state, dispatcher.taken_under());
    }

    /// What `record-delivery` makes of an event, of the e-mail as it is.
    fn heard(&self, state: &mut State, kind: FactKind, n: u8) -> Option<Learned> {
        if !state.delivery.may_be(&message_id(n)) {
            state.history.dismissed = true;
            return None;
        }
        let fact = |at: i64, detail: &str| {
            let at = Timestamp::from_second(at).unwrap_or_default();
            EmailFact::new(at, detail)
        };
        let sent = (FactKind::Sent, fact(n.into(), &message_id(n)));
        let said = (kind != FactKind::Sent).then(|| (kind, fact(99, "")));
        let facts: EmailFacts = [Some(sent), said].into_iter().flatten().collect();
        self.item(state).learn(&facts)
    }

    fn learn(&self, state: &mut State, learned: Learned) {
        let tells = learned.parked_because.is_some();
        let item = self.item(state);
        let next = if tells {
            item.park(&ParkedEmail::Undelivered(learned))
        } else {
            item.learned(&learned)
        };
        if let Some(item) = next {
            self.write(state, item);
            state.history.told += u8::from(tells);
        }
    }

    fn follow(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Claim(n, on_its_way) => Self::claim(state, n, on_its_way)?,
            Action::Ask(n) => Self::ask(state, n)?,
            Action::Take(n) => Self::take(state, n)?,
            Action::Answer(n, answer) => self.answer(state, n, answer)?,
            Action::Mark(n) => self.mark(state, n)?,
            Action::Die(n) => Self::die(state, n),
            Action::HandOut(due_at) => {
                let pending_until = after(state.sweep_now(), PENDING_FOR);
                doubt_all(state);
                write(state, state.delivery.requeue(due_at, pending_until)?);
            }
            Action::Cancel(due_at) => {
                let item = self.item(state).cancel(due_at)?;
                doubt_all(state);
                self.write(state, item);
            }
            Action::Hear(kind, n) => state.learned = Some(self.heard(state, kind, n)?),
            Action::Learn => {
                let learned = state.learned.take()?;
                self.learn(state, learned);
            }
            Action::HearAndLearn(kind, n) => match self.heard(state, kind, n) {
                Some(learned) => self.learn(state, learned),
                None if state.history.dismissed => {}
                None => return None,
            },
            Action::Pass => *state = state.pass()?,
        }
        Some(())
    }
}

fn busy() -> SendError {
    SendError::Retry { reason: String::new(), account_held: false }
}

fn failed(delivery: &Delivery, error: &SendError) -> Dispatcher {
    let claim_id = delivery.claim_id.clone().unwrap_or_default();
    let settlement = delivery.failed(error, NOW, 1.0);
    let outcome = settlement.map_or(Outcome::Park(String::new()), Outcome::Settle);
    Dispatcher::Done { claim_id, outcome, taken: false }
}

/// SES took it under this claim, and from now on nobody can write that down. Under a claim that does
/// not hold any more, that was so before.
fn doubt(state: &mut State, claim_id: Option<&str>) {
    let holds = claim_id.is_some() && claim_id == state.delivery.claim_id.as_deref();
    state.history.in_doubt += u8::from(holds);
}

/// A sweep takes the claim away.
fn doubt_all(state: &mut State) {
    for dispatcher in state.dispatchers.clone() {
        doubt(state, dispatcher.taken_under());
    }
}

fn write(state: &mut State, delivery: Delivery) {
    state.history.begun_anew |= has_ended(&state.delivery) && !has_ended(&delivery);
    if delivery.due_at != state.delivery.due_at {
        state.was_due = state.delivery.due_at;
    }
    state.delivery = delivery;
}

/// Whether nobody has to do anything about it any more.
pub(crate) fn has_ended(delivery: &Delivery) -> bool {
    use DeliveryStatus::{Cancelled, Parked, Sent};
    matches!(delivery.status, Sent | Parked | Cancelled)
}

fn message_id(n: u8) -> String {
    format!("ses-{n}")
}

impl Model for Desk {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let of = |is_readable, ahead| State {
            delivery: Delivery::pending(NOW),
            facts: EmailFacts::default(),
            was_due: None,
            is_readable,
            dispatchers: vec![Dispatcher::Idle; self.bounds.dispatchers],
            ahead,
            learned: None,
            history: History::default(),
        };
        let ahead = self.bounds.ahead.iter();
        ahead.flat_map(|ahead| [true, false].map(|is_readable| of(is_readable, *ahead))).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (n, dispatcher) in state.dispatchers.iter().enumerate() {
            match dispatcher {
                Dispatcher::Idle if state.delivery.attempts < self.bounds.claims => {
                    let on_its_way = [SignedDuration::ZERO, ON_ITS_WAY];
                    actions.extend(on_its_way.map(|on_its_way| Action::Claim(n, on_its_way)));
                }
                Dispatcher::Idle => continue,
                Dispatcher::Claimed { .. } => actions.push(Action::Ask(n)),
                Dispatcher::Asking { taken: None, .. } => {
                    let answers = [Answer::Lost, Answer::Busy, Answer::Refused];
                    actions.push(Action::Take(n));
                    actions.extend(answers.map(|answer| Action::Answer(n, answer)));
                }
                Dispatcher::Asking { .. } => {
                    let answers = [Answer::Taken, Answer::Lost];
                    actions.extend(answers.map(|answer| Action::Answer(n, answer)));
                }
                Dispatcher::Done { .. } => actions.push(Action::Mark(n)),
            }
            if *dispatcher != Dispatcher::Idle {
                actions.push(Action::Die(n));
            }
        }
        let now = state.sweep_now();
        for at in [state.was_due, state.delivery.due_at].into_iter().flatten() {
            if at <= now {
                actions.extend([Action::HandOut(at), Action::Cancel(at)]);
            }
        }
        for n in 1..=state.history.taken {
            for kind in self.bounds.said {
                actions.push(Action::HearAndLearn(*kind, n));
                if state.learned.is_none() && self.bounds.late.contains(kind) {
                    actions.push(Action::Hear(*kind, n));
                }
            }
        }
        if state.learned.is_some() {
            actions.push(Action::Learn);
        }
        actions.push(Action::Pass);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.follow(&mut next, action)?;
        next.forget();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
