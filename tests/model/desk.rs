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

use crate::actors::{Answer, Dispatcher, Outcome, Phase};
use crate::properties;
use crate::state::{History, NOW, State};

/// Each has a time-out in infra/template.yaml: how long `dispatch-email` runs, and how far a sweep
/// looks ahead.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(90);
const LOOK_AHEAD: SignedDuration = SignedDuration::from_secs(120);

/// How much of it is explored.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    pub dispatchers: usize,
    /// How often each of them claims the e-mail.
    pub attempts: u8,
    /// How often an attempt asks SES while it is busy.
    pub tries: u8,
    /// How many sweeps overlap.
    pub sweeps: usize,
    /// What SES can say of what it took.
    pub said: &'static [FactKind],
    /// How far clocks can be ahead.
    pub clocks: &'static [SignedDuration],
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
    /// A dispatcher is handed a record of the stream: the first, a late one, or one that was before.
    Receive(usize),
    /// The store is asked to claim.
    Claim(usize),
    /// SES is asked, if there is time.
    Ask(usize),
    /// SES takes it.
    Take(usize),
    /// SES answers, or does not.
    Answer(usize, Answer),
    /// What became of it is written.
    Mark(usize),
    /// The dispatcher dies, and what it was about to do is not done.
    Die(usize),
    /// The index nominates the e-mail to a sweep.
    Nominate(usize),
    /// The sweep acts on it.
    Act(usize),
    /// SES tells of the e-mail that it took as the nth, and the desk reads it.
    Hear(FactKind, u8),
    /// What was heard is written.
    Learn,
    /// Both, while another event is being written.
    HearAndLearn(FactKind, u8),
    /// The incident is resolved.
    Resolve,
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

    fn receive(&self, state: &mut State, n: usize) -> Option<()> {
        let dispatcher = &mut state.dispatchers[n];
        let is_free = dispatcher.phase == Phase::Idle && dispatcher.claims < self.bounds.attempts;
        let lease_until = after(after(NOW, dispatcher.clock), LEASE);
        dispatcher.phase = Phase::Claiming { lease_until, killed_at: NOW + TIMEOUT };
        is_free.then_some(())
    }

    fn claim(&self, state: &mut State, n: usize) -> Option<()> {
        let Phase::Claiming { lease_until, killed_at } = state.dispatchers[n].phase else {
            return None;
        };
        let claim_id = format!("claim-{}", state.delivery.attempts);
        let Some(delivery) = state.delivery.claim(&claim_id, lease_until) else {
            state.dispatchers[n].phase = Phase::Idle;
            return Some(());
        };
        state.history.claimed_though_proven |= state.facts.has(FactKind::Sent);
        write(state, delivery.clone());
        let done = |outcome| Phase::Done { claim_id, outcome, taken: false, killed_at };
        let dispatcher = &mut state.dispatchers[n];
        dispatcher.claims += 1;
        dispatcher.phase = if !state.is_readable {
            done(Outcome::ParkUnread("strange".to_owned()))
        } else if delivery.is_given_up() {
            done(Outcome::Park("given up".to_owned()))
        } else {
            Phase::Claimed { delivery, tries: 0, killed_at }
        };
        Some(())
    }

    fn ask(state: &mut State, n: usize) -> Option<()> {
        let Dispatcher { clock, phase, .. } = &mut state.dispatchers[n];
        let Phase::Claimed { delivery, tries, killed_at } = phase.clone() else { return None };
        if delivery.leaves_time(after(NOW, *clock)) {
            state.history.unlabelled |= state.history.taken > 0 && !delivery.is_repeat();
            let (answer_by, tries) = (after(NOW, ANSWER), tries + 1);
            *phase = Phase::Asking { delivery, tries, answer_by, taken: None, killed_at };
        } else {
            *phase = failed(&delivery, *clock, killed_at, &busy(), false);
        }
        Some(())
    }

    fn take(state: &mut State, n: usize) -> Option<()> {
        let Phase::Asking { taken, .. } = &mut state.dispatchers[n].phase else { return None };
        if taken.is_some() {
            return None;
        }
        state.history.taken += 1;
        *taken = Some(message_id(state.history.taken));
        Some(())
    }

    fn answer(&self, state: &mut State, n: usize, answer: Answer) -> Option<()> {
        let Dispatcher { clock, phase, .. } = &mut state.dispatchers[n];
        let Phase::Asking { delivery, tries, taken, killed_at, .. } = phase.clone() else {
            return None;
        };
        *phase = match (answer, taken) {
            (Answer::Taken, Some(id)) => {
                // Nothing depends on when it was.
                let sent_at = Timestamp::UNIX_EPOCH;
                let sent = Settlement::Sent { ses_message_id: Some(id), sent_at };
                let claim_id = delivery.claim_id?;
                Phase::Done { claim_id, outcome: Outcome::Settle(sent), taken: true, killed_at }
            }
            (Answer::Lost, taken) => {
                state.history.in_doubt += u8::from(taken.is_some());
                let lost = SendError::Ambiguous { reason: String::new() };
                failed(&delivery, *clock, killed_at, &lost, false)
            }
            (Answer::Busy, None) if tries < self.bounds.tries => {
                Phase::Claimed { delivery, tries, killed_at }
            }
            (Answer::Busy, None) => failed(&delivery, *clock, killed_at, &busy(), false),
            (Answer::Refused, None) => {
                let refused = SendError::Park { reason: String::new() };
                failed(&delivery, *clock, killed_at, &refused, false)
            }
            _ => return None,
        };
        Some(())
    }

    fn mark(&self, state: &mut State, n: usize) -> Option<()> {
        let phase = std::mem::replace(&mut state.dispatchers[n].phase, Phase::Idle);
        let Phase::Done { claim_id, outcome, taken, .. } = phase else { return None };
        let id = self.email.id.clone();
        let item = self.item(state);
        let parked = match outcome {
            Outcome::Settle(settlement) => {
                let settled = state.delivery.settle(&claim_id, &settlement);
                if let Some(delivery) = settled {
                    write(state, delivery);
                } else {
                    let is_proven = state.facts.has(FactKind::Sent);
                    state.history.in_doubt += u8::from(taken && !is_proven);
                    state.history.claim_lost = true;
                }
                return Some(());
            }
            Outcome::Park(error) => ParkedEmail::Unsendable { id, claim_id, error },
            Outcome::ParkUnread(error) => ParkedEmail::Unreadable { id, error },
        };
        match item.park(&parked) {
            Some(item) => {
                self.write(state, item);
                state.history.told += 1;
            }
            None => state.history.claim_lost = true,
        }
        Some(())
    }

    fn die(state: &mut State, n: usize) -> Option<()> {
        let phase = std::mem::replace(&mut state.dispatchers[n].phase, Phase::Idle);
        let took = matches!(
            phase,
            Phase::Asking { taken: Some(_), .. } | Phase::Done { taken: true, .. }
        );
        state.history.in_doubt += u8::from(took);
        (phase != Phase::Idle).then_some(())
    }

    fn nominate(state: &mut State, n: usize) -> Option<()> {
        let horizon = after(state.sweep_now(), LOOK_AHEAD);
        let due_at = state.delivery.due_at.filter(|due_at| *due_at <= horizon)?;
        (state.sweeps[n].replace(due_at) != Some(due_at)).then_some(())
    }

    /// As `check-deadlines` does: cancels what nobody needs any more, or hands it out again.
    fn act(&self, state: &mut State, n: usize) -> Option<()> {
        let now = state.sweep_now();
        let due_at = state.sweeps[n].take().filter(|due_at| *due_at <= now)?;
        let cancelled = self.item(state).cancel(due_at).filter(|_| state.is_resolved);
        if let Some(item) = cancelled {
            self.write(state, item);
        } else if let Some(delivery) = state.delivery.requeue(due_at, after(now, PENDING_FOR)) {
            write(state, delivery);
        }
        Some(())
    }

    /// What `record-delivery` makes of an event, of the e-mail as it is.
    fn heard(&self, state: &mut State, kind: FactKind, n: u8) -> Option<Learned> {
        if n > state.history.taken {
            return None;
        }
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
            Action::Receive(n) => self.receive(state, n),
            Action::Claim(n) => self.claim(state, n),
            Action::Ask(n) => Self::ask(state, n),
            Action::Take(n) => Self::take(state, n),
            Action::Answer(n, answer) => self.answer(state, n, answer),
            Action::Mark(n) => self.mark(state, n),
            Action::Die(n) => Self::die(state, n),
            Action::Nominate(n) => Self::nominate(state, n),
            Action::Act(n) => self.act(state, n),
            Action::Hear(kind, n) => {
                if state.learned.is_some() {
                    return None;
                }
                state.learned = self.heard(state, kind, n);
                (state.learned.is_some() || state.history.dismissed).then_some(())
            }
            Action::Learn => {
                let learned = state.learned.take()?;
                self.learn(state, learned);
                Some(())
            }
            Action::HearAndLearn(kind, n) => {
                state.learned.as_ref()?;
                let learned = self.heard(state, kind, n)?;
                self.learn(state, learned);
                Some(())
            }
            Action::Resolve => {
                let is_new = !state.is_resolved;
                state.is_resolved = true;
                is_new.then_some(())
            }
            Action::Pass => {
                *state = state.pass()?;
                Some(())
            }
        }
    }
}

fn busy() -> SendError {
    SendError::Retry { reason: String::new(), account_held: false }
}

fn failed(
    delivery: &Delivery,
    clock: SignedDuration,
    killed_at: Timestamp,
    error: &SendError,
    taken: bool,
) -> Phase {
    let claim_id = delivery.claim_id.clone().unwrap_or_default();
    let settlement = delivery.failed(error, after(NOW, clock), 1.0);
    let outcome = settlement.map_or(Outcome::Park(String::new()), Outcome::Settle);
    Phase::Done { claim_id, outcome, taken, killed_at }
}

fn write(state: &mut State, delivery: Delivery) {
    state.history.begun_anew |= has_ended(&state.delivery) && !has_ended(&delivery);
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
        let Bounds { dispatchers, sweeps, clocks, .. } = &self.bounds;
        let mut states = Vec::new();
        for (is_readable, clocks) in [(true, *clocks), (false, &clocks[..1])] {
            for clock in clocks {
                for sweep_clock in clocks {
                    let dispatcher = Dispatcher { clock: *clock, claims: 0, phase: Phase::Idle };
                    states.push(State {
                        delivery: Delivery::pending(NOW),
                        facts: EmailFacts::default(),
                        is_readable,
                        is_resolved: false,
                        dispatchers: vec![dispatcher; *dispatchers],
                        sweep_clock: *sweep_clock,
                        sweeps: vec![None; *sweeps],
                        learned: None,
                        history: History::default(),
                    });
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for n in 0..state.dispatchers.len() {
            actions.extend([Action::Receive(n), Action::Claim(n), Action::Ask(n), Action::Take(n)]);
            let answers = [Answer::Taken, Answer::Lost, Answer::Busy, Answer::Refused];
            actions.extend(answers.map(|answer| Action::Answer(n, answer)));
            actions.extend([Action::Mark(n), Action::Die(n)]);
        }
        for n in 0..state.sweeps.len() {
            actions.extend([Action::Nominate(n), Action::Act(n)]);
        }
        for kind in self.bounds.said {
            for n in 1..=state.history.taken {
                actions.extend([Action::Hear(*kind, n), Action::HearAndLearn(*kind, n)]);
            }
        }
        actions.extend([Action::Learn, Action::Resolve, Action::Pass]);
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
