//! Acting on what is due: the index nominated it, the item itself decides.

use jiff::{SignedDuration, Timestamp};
use shared::account::{RememberedId, recurrence};
use shared::carry_out::{Alone, Failure, Outcome, carry_out, pause};
use shared::desk::Desk;
use shared::email::{EmailId, HeldMail};
use shared::inbound::MailId;
use shared::inbound::notice::notice;
use shared::incident::clock::after;
use shared::incident::timeline::Event;
use shared::incident::values::IncidentNumber;
use shared::incident::{Change, Command};
use shared::outbox::{OutboxId, PENDING_FOR};
use shared::policy::Recurrence;
use shared::store::{DueItem, DueTarget, HeldPage, Store, StoreError, Watch};
use shared::telemetry::{Metric, emit};

/// What acting on an item came to.
pub(super) enum Done {
    Changed {
        changes: usize,
        next: Option<DueItem>,
    },
    /// For how long an e-mail had been waiting since it was written.
    Requeued {
        waited: Option<SignedDuration>,
    },
    Cancelled,
    Nothing,
    Failed,
}

/// Acts on one item. One that fails stays due for the next sweep.
pub(super) async fn on<S: Store>(desk: &Desk<S>, item: DueItem, until: Timestamp) -> Done {
    let outcome = match &item.target {
        DueTarget::Incident(number) => on_incident(desk, number, until).await,
        DueTarget::Email(id) => on_email(desk, id, item.due_at).await.map_err(Failure::from),
        DueTarget::Recurrence(id) => on_recurrence(desk, id, item.due_at).await,
        DueTarget::Webhook(id) => {
            hand_out(desk, &id.clone().into(), item.due_at).await.map_err(Failure::from)
        }
        DueTarget::Quarantine => on_quarantine(desk, until).await.map_err(Failure::from),
        DueTarget::Foreign { .. } => {
            Err(StoreError::Corrupt("the due index has an item of another version".into()).into())
        }
    };
    outcome.unwrap_or_else(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        tracing::error!(due = ?item.target, %error, source, "could not act on what is due");
        if let Failure::Store(error) = &error
            && error.is_unreadable()
        {
            emit(Metric::Unreadable, 1, desk.clock.now());
        }
        Done::Failed
    })
}

/// Lets time pass on an incident until nothing is due on it.
async fn on_incident<S: Store>(
    desk: &Desk<S>,
    number: &IncidentNumber,
    until: Timestamp,
) -> Result<Done, Failure> {
    let mut changes = 0;
    loop {
        let outcome = carry_out(desk, number, &Command::DeadlinePassed, &Alone).await?;
        let Outcome::Changed(change) = outcome else { return Ok(Done::Nothing) };
        tell(&change);
        changes += usize::from(!change.is_empty());
        let next_due = change.incident.next_due();
        let more = !change.is_empty() && next_due.is_some_and(|due_at| due_at <= desk.clock.now());
        if !more {
            let target = DueTarget::Incident(number.clone());
            let next = next_due.filter(|due_at| *due_at <= until);
            let next = next.map(|due_at| DueItem { due_at, target });
            return Ok(Done::Changed { changes, next });
        }
    }
}

/// How many incidents of a period are looked at; every rule is met by then.
const MOST_LOOKED_AT: usize = Recurrence::MOST as usize;
/// How often an account, or the quarantine, is looked at anew when it was changed in the meantime.
const LOOKS: u32 = 5;

/// Looks whether an account's incidents recur.
async fn on_recurrence<S: Store>(
    desk: &Desk<S>,
    id: &RememberedId,
    due_at: Timestamp,
) -> Result<Done, Failure> {
    let mut looks = 1_u32;
    let changes = loop {
        match look(desk, id).await {
            // Incidents of an account come together, and so do looks at it: another one told the
            // manager, or somebody else wrote the account.
            Err(Failure::Store(StoreError::Conflict)) if looks < LOOKS => looks += 1,
            looked => break looked?,
        }
    };
    // Last: if anything before it fails, the desk looks again.
    desk.store.settle_recurrence(id, due_at).await?;
    Ok(Done::Changed { changes, next: None })
}

/// Returns how many changes that made.
async fn look<S: Store>(desk: &Desk<S>, id: &RememberedId) -> Result<usize, Failure> {
    let Some(rule) = &desk.policy.recurrence else { return Ok(0) };
    let Some(account) = desk.store.load_account(&id.account).await? else { return Ok(0) };
    let since = recurrence::since(rule, desk.clock.now());
    let incidents = desk.store.account_incidents(&id.account, since, MOST_LOOKED_AT).await?;
    let command = Command::NoticeRecurrence { account, incidents };
    match carry_out(desk, &id.number, &command, &Alone).await? {
        Outcome::Changed(change) => Ok(usize::from(!change.is_empty())),
        _ => Ok(0),
    }
}

/// How many mails that wait are looked at: what an e-mail lists, and how many there are.
const MOST_WAITING: usize = 2_000;

/// Tells people of mails that wait.
async fn on_quarantine<S: Store>(desk: &Desk<S>, until: Timestamp) -> Result<Done, StoreError> {
    let mut looks = 1_u32;
    loop {
        match look_at_quarantine(desk, until).await {
            // A mail was held in the meantime, or another sweep was faster.
            Err(StoreError::Conflict) if looks < LOOKS => {
                pause(looks).await;
                looks += 1;
            }
            looked => return looked,
        }
    }
}

async fn look_at_quarantine<S: Store>(
    desk: &Desk<S>,
    until: Timestamp,
) -> Result<Done, StoreError> {
    let Some(inbound) = &desk.policy.inbound else { return Ok(Done::Nothing) };
    let watch = desk.store.load_watch().await?;
    let now = desk.clock.now();
    if watch.due_at.is_none_or(|due_at| due_at > now) {
        // Another sweep was faster.
        return Ok(Done::Nothing);
    }
    let waiting = waiting(desk, &watch).await?;
    let notice = notice(&watch, &waiting, &desk.policy, inbound, now);
    desk.store.put_watch(&notice.watch, &notice.emails).await?;
    if notice.is_forgotten {
        emit(Metric::QuarantineForgotten, 1, now);
    }
    tracing::info!(waiting = waiting.len(), emails = notice.emails.len(), "quarantine looked at");
    let next = notice.watch.due_at.filter(|due_at| *due_at <= until);
    let next = next.map(|due_at| DueItem { due_at, target: DueTarget::Quarantine });
    Ok(Done::Changed { changes: usize::from(!notice.emails.is_empty()), next })
}

/// All that waits; of more than anybody reads, the oldest and those that people have not been told of,
/// so that a flood at which nobody looks hides nothing that comes after it.
async fn waiting<S: Store>(
    desk: &Desk<S>,
    watch: &Watch,
) -> Result<Vec<(Timestamp, HeldMail)>, StoreError> {
    let HeldPage { mut mails, next } = desk.store.held_mails(None, MOST_WAITING).await?;
    if let Some((last, id)) = next {
        // Behind those that they have been told of: no id sorts before this one.
        let told = watch.told_until.filter(|told| *told > last);
        let first_id = told.and_then(|told| Some((told, "0".parse::<MailId>().ok()?)));
        let behind = first_id.unwrap_or((last, id));
        mails.extend(desk.store.held_mails(Some(&behind), MOST_WAITING).await?.mails);
    }
    Ok(mails)
}

/// Logs and measures what time did.
fn tell(change: &Change) {
    for entry in &change.entries {
        let (number, now) = (&entry.number, entry.at);
        match &entry.event {
            Event::DeadlineMissed { clock, lateness, .. } => {
                tracing::warn!(incident.number = %number, ?clock, late_ms = lateness.late_ms, "deadline missed");
            }
            Event::LadderExhausted { .. } => {
                emit(Metric::LadderExhausted, 1, now);
                tracing::error!(incident.number = %number, "ladder exhausted, nobody acts");
            }
            Event::AlarmRepeated { .. } => {
                emit(Metric::LadderExhausted, 1, now);
                tracing::error!(incident.number = %number, "ladder still exhausted, nobody acts");
            }
            _ => {}
        }
        if let Some(lateness) = entry.event.lateness() {
            emit(Metric::LatenessMilliseconds, lateness.late_ms, now);
        }
    }
}

/// Makes an e-mail that got stuck pending again, which the stream hands to `dispatch-email`; or
/// cancels it, when it calls for action that nobody needs any more.
async fn on_email<S: Store>(
    desk: &Desk<S>,
    id: &EmailId,
    due_at: Timestamp,
) -> Result<Done, StoreError> {
    let incident = match id.thread.number() {
        Some(number) => desk.store.load(number).await,
        None => Ok(None),
    };
    let resolved = match incident {
        Ok(incident) => incident.is_some_and(|incident| !incident.is_open()),
        // Whatever became of the incident, the e-mail was promised.
        Err(error) if error.is_unreadable() => false,
        Err(error) => return Err(error),
    };
    if resolved && desk.store.cancel_email(id, due_at).await? {
        return Ok(Done::Cancelled);
    }
    let done = hand_out(desk, &id.clone().into(), due_at).await?;
    if let Done::Requeued { .. } = done {
        emit(Metric::EmailsRequeued, 1, desk.clock.now());
        tracing::warn!(email.id = %id, "e-mail was stuck, handed out again");
    }
    Ok(done)
}

/// Makes what got stuck, or is to be tried again, pending. A webhook always is: whoever hears of
/// changes hears of all of them, and a receiver that is down is nothing unusual.
async fn hand_out<S: Store>(
    desk: &Desk<S>,
    id: &OutboxId,
    due_at: Timestamp,
) -> Result<Done, StoreError> {
    let now = desk.clock.now();
    let requeued = desk.store.requeue(id, due_at, after(now, PENDING_FOR)).await?;
    let Some(requeued) = requeued else { return Ok(Done::Nothing) };
    let since = requeued.created_at.filter(|_| matches!(id, OutboxId::Email(_)));
    Ok(Done::Requeued { waited: since.map(|since| now.duration_since(since)) })
}
