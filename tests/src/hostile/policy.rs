//! Policy files: what stands in `infra/policy.toml`, or in a policy that somebody tries out over HTTP.

use jiff::Timestamp;
use shared::incident::clock::ClockName;
use shared::incident::values::{Channel, Customer, Priority};
use shared::incident::{Command, decide};
use shared::policy::{
    Level, MAX_RECIPIENTS, MAX_WARNINGS, MAX_WEBHOOKS, Period, Policy, PolicyMistakes, Target,
};

use crate::met;

/// How many deadlines of one incident pass.
const STEPS: usize = 6;

thread_local! {
    static ADA: (Customer, Timestamp) = (Customer {
        name: "Ada Martin".parse().expect("a name"),
        email: "ada@acme.example".parse().expect("an address"),
        language: None,
        account: None,
    }, met::now());
}

/// Plays a policy file.
///
/// # Panics
///
/// When it is read as one that cannot be kept, or refused without saying why.
pub fn play(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "no text".to_owned() };
    match Policy::read(text) {
        Ok(policy) => {
            hold(&policy);
            let priority = Priority::ALL[input.len() % Priority::ALL.len()];
            keeps_time(&policy, priority);
            "a policy".to_owned()
        }
        Err(mistakes) => {
            told(&mistakes, text);
            "refused".to_owned()
        }
    }
}

/// Every mistake has its line and says what to write.
fn told(PolicyMistakes(mistakes): &PolicyMistakes, text: &str) {
    assert!(!mistakes.is_empty(), "refused without a mistake");
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    for mistake in mistakes {
        assert!((1..=lines).contains(&mistake.line), "of {lines} lines: {mistake}");
        assert!(!mistake.detail.trim().is_empty(), "nothing is said: {mistake}");
    }
}

/// A policy that is read can be kept: no duration is nothing, all that it names is there, and each step
/// fits into a transaction.
fn hold(policy: &Policy) {
    for priority in Priority::ALL {
        let targets = policy.targets(priority);
        for clock in [ClockName::InitialResponse, ClockName::Update, ClockName::EscalationResponse]
        {
            target(policy, targets.target(clock));
        }
        assert!(targets.responsible.iter().all(|team| policy.team(team).is_some()));
        let ladder = policy.ladder(priority);
        assert!((1..=10).contains(&ladder.rounds) && (1..=10).contains(&ladder.levels.len()));
        [ladder.acknowledged_for, ladder.alarm_every].into_iter().for_each(period);
        ladder.levels.iter().for_each(|step| level(policy, step));
    }
    period(policy.desk.longest_pause);
    period(policy.desk.unconfirmed_after);
    period(policy.shortest_period());
    assert!(policy.webhooks.0.len() <= MAX_WEBHOOKS);
    assert!(policy.webhooks.0.values().all(|webhook| webhook.url.uri().host().is_some()));
    let limits = [policy.limits.escalations_per_customer];
    let mails = policy.inbound.iter().filter_map(|inbound| inbound.mails_per_sender);
    for allowance in limits.into_iter().flatten().chain(mails) {
        period(allowance.per);
        assert!(allowance.count > 0);
    }
    if let Some(recurrence) = &policy.recurrence {
        period(recurrence.within);
    }
}

/// It is at least a second, and is read as it is written.
fn period(period: Period) {
    assert!(period.duration().as_secs() >= 1 && period <= Period::LONGEST, "{period}");
    assert_eq!(Period::try_from(period.to_string()), Ok(period));
}

fn target(policy: &Policy, target: &Target) {
    period(target.within);
    assert!(target.warnings.len() <= MAX_WARNINGS);
    for warning in &target.warnings {
        let passed = warning.passed(target.within).expect("it comes before the deadline");
        assert!(passed.is_positive() && passed < target.within.duration(), "{warning}");
    }
    assert!(target.calendar.iter().all(|id| policy.calendar(id).is_some()));
}

fn level(policy: &Policy, level: &Level) {
    period(level.within);
    let teams = level.teams.iter().map(|id| policy.team(id).expect("a team"));
    let told: usize = teams.map(|team| team.addresses.len()).sum();
    // An address of two teams is told once, so that this is no bound of who is told.
    assert!(told <= MAX_RECIPIENTS * level.teams.len().max(1));
}

/// An incident under it has its deadlines, one after the other.
fn keeps_time(policy: &Policy, priority: Priority) {
    let (ada, mut now) = ADA.with(Clone::clone);
    let open = Command::Open {
        number: "INC-1".parse().expect("a number"),
        priority,
        channel: Channel::Email,
        summary: "Checkout is down".parse().expect("a summary"),
        customer: ada,
        received_at: None,
        by_mail: None,
    };
    let opened = decide(None, open, policy, now).expect("what is new can be opened");
    let mut incident = opened.incident;
    for _ in 0..STEPS {
        let due = incident.next_due().expect("what is open has something due");
        assert!(due >= now, "due at {due}, which is over at {now}");
        now = due;
        let passed = decide(Some(&incident), Command::DeadlinePassed, policy, now);
        let change = passed.expect("time passes");
        assert!(!change.is_empty(), "nothing was due at {due}");
        assert!(change.emails.len() <= MAX_RECIPIENTS + 20, "{} e-mails", change.emails.len());
        incident = change.incident;
    }
}
