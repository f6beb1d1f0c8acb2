//! One attempt to send one e-mail.

use std::time::Duration;

use jiff::SignedDuration;
use shared::carry_out::{Attendant, Failure, carry_out, pause};
use shared::desk::Desk;
use shared::dispatch::claim_id;
use shared::email::EmailId;
use shared::email::render::{Rendered, render};
use shared::incident::Command;
use shared::incident::clock::after;
use shared::links::LinkWriter;
use shared::mailer::{Mailer, SendError, code};
use shared::outbox::{Delivery, EmailItem, LEASE, MAX_AMBIGUOUS, Settlement};
use shared::store::{ParkedEmail, Store, StoreError};
use shared::telemetry::{Metric, emit};

/// Claims the e-mail, sends it and records what became of it. An e-mail that is not pending is not
/// touched.
pub(super) async fn attempt<S: Store, M: Mailer>(
    desk: &Desk<S>,
    mailer: &M,
    links: &LinkWriter,
    id: &EmailId,
) -> Result<(), StoreError> {
    let claim_id = claim_id();
    let lease_until = after(desk.clock.now(), LEASE);
    let item = match desk.store.claim_email(id, &claim_id, lease_until).await {
        Ok(Some(item)) => item,
        Ok(None) => return Ok(()),
        Err(StoreError::Corrupt(what)) => {
            emit(Metric::Unreadable, 1, desk.clock.now());
            let parked = ParkedEmail::Unreadable { id: id.clone(), error: what };
            return park(desk, None, parked, &claim_id).await;
        }
        Err(error) => return Err(error),
    };
    let parked = |error| {
        let (id, claim_id) = (id.clone(), claim_id.clone());
        ParkedEmail::Unsendable { id, claim_id, error }
    };
    if item.delivery.is_given_up() {
        let error = format!("given up after {MAX_AMBIGUOUS} attempts that may have sent it");
        return park(desk, Some(&item), parked(error), &claim_id).await;
    }
    let inbound = desk.policy.inbound.as_ref();
    let ways_back = links.ways_back(&item.email, inbound, desk.clock.now()).await;
    let (said_by, ambiguous) = (&desk.policy.desk, item.delivery.ambiguous);
    let rendered = match render(&item.email, said_by, ambiguous, &ways_back) {
        Ok(rendered) => rendered,
        Err(error) => return park(desk, Some(&item), parked(error.to_string()), &claim_id).await,
    };
    let settlement = match send(desk, mailer, &item.delivery, &rendered).await {
        Ok(id) => {
            let sent_at = desk.clock.now();
            emit(Metric::EmailsSent, 1, sent_at);
            Settlement::Sent { ses_message_id: Some(id), sent_at }
        }
        Err(error) => match item.delivery.failed(&error, desk.clock.now(), fastrand::f64()) {
            Some(again) => {
                tell(desk, &item, &error);
                again
            }
            None => {
                return park(desk, Some(&item), parked(error.reason().to_owned()), &claim_id).await;
            }
        },
    };
    settle(desk, id, &claim_id, &settlement).await
}

/// How often it is tried to mark what SES took.
const MARKS: u32 = 3;

/// Records what became of it. What SES took and nobody marks would be sent again once the lease is over,
/// so a store that is busy for a moment is asked again; a mark whose answer was lost is a claim that
/// holds no more.
async fn settle<S: Store>(
    desk: &Desk<S>,
    id: &EmailId,
    claim_id: &str,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    let is_sent = matches!(settlement, Settlement::Sent { .. });
    let mut tries = 1;
    loop {
        match desk.store.settle(&id.clone().into(), claim_id, settlement).await {
            Err(StoreError::Unavailable(_) | StoreError::Conflict) if is_sent && tries < MARKS => {
                pause(tries + AFTER_A_MOMENT).await;
                tries += 1;
            }
            settled => return settled,
        }
    }
}

/// The first pause is as long as that after so many conflicts: what is busy is not less so at once.
const AFTER_A_MOMENT: u32 = 4;

/// For how long an e-mail that SES was too busy for waits here for its turn. A lane of the stream that
/// waits keeps the order in which e-mails were written, and asks of SES no more than SES gives; what is
/// put back waits for a sweep, and then for all that was written since.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);
/// How long it waits between two tries, at most.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Has SES send it, while the claim leaves time for an answer: what is still asked of SES when the
/// lease is over, somebody else asks of it, too.
async fn send<S: Store, M: Mailer>(
    desk: &Desk<S>,
    mailer: &M,
    delivery: &Delivery,
    rendered: &Rendered,
) -> Result<String, SendError> {
    let mut tries = 0;
    let (reason, account_held) = ("Late: the lease is nearly over".to_owned(), false);
    let mut outcome = Err(SendError::Retry { reason, account_held });
    let patient_until = after(desk.clock.now(), PATIENCE);
    while delivery.leaves_time(desk.clock.now()) {
        outcome = mailer.send(rendered).await;
        tries += 1;
        let is_busy = matches!(outcome, Err(SendError::Retry { account_held: false, .. }));
        if !is_busy || desk.clock.now() >= patient_until {
            break;
        }
        // Between half and all of it, so that those who were refused together do not come together.
        let wait = Duration::from_millis(500).saturating_mul(1 << tries.min(6)).min(LONGEST_WAIT);
        tokio::time::sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
    }
    outcome
}

/// Logs and measures that it is tried again.
fn tell<S: Store>(desk: &Desk<S>, item: &EmailItem, error: &SendError) {
    let (id, attempts) = (&item.email.id, item.delivery.attempts);
    let why = error.code();
    if let SendError::Retry { account_held: true, .. } = error {
        emit(Metric::SendingHeld, 1, desk.clock.now());
        tracing::error!(email.id = %id, why, "SES does not send for this account");
    } else {
        tracing::warn!(email.id = %id, attempts, why, "an e-mail is tried again");
    }
}

/// Gives up on an e-mail and, in the same transaction, has somebody else told. Of what is no incident
/// nobody else would be told: the answer to a mail is for its sender alone.
async fn park<S: Store>(
    desk: &Desk<S>,
    item: Option<&EmailItem>,
    parked: ParkedEmail,
    claim_id: &str,
) -> Result<(), StoreError> {
    let (id, why) = (parked.id().clone(), parked.why().to_owned());
    emit(Metric::EmailsParked, 1, desk.clock.now());
    tracing::error!(email.id = %id, why = code(&why), "an e-mail is parked");
    let thread = id.thread.clone();
    let Some(number) = thread.number() else {
        let given_up = Settlement::Parked { error: why };
        return desk.store.settle(&id.into(), claim_id, &given_up).await;
    };
    let command = Command::Undeliverable {
        email: id,
        recipient: item.map(|item| item.email.recipient.clone()),
        kind: item.map(|item| item.email.kind.clone()),
        reason: why,
    };
    match carry_out(desk, number, &command, &Parking(parked)).await {
        Ok(_) => Ok(()),
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Refused(refusal)) => Err(StoreError::Corrupt(refusal.to_string())),
    }
}

struct Parking(ParkedEmail);

impl Attendant for Parking {
    fn parked(&self) -> Option<ParkedEmail> {
        Some(self.0.clone())
    }
}
