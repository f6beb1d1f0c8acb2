//! Mail that came in and waits: what people look at, and the two things that they can do with it.

mod view;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::desk::Desk;
use shared::http::openapi::{
    AskedHeaders, ForeignCursor, MailOfPath, ReadingHeaders, StateRefused,
};
use shared::http::{Answer, Asked, IncidentsRead, IncidentsWrite, MailInPath, Problem, Reading};
use shared::inbound::act::{self, Refusing, Release};
use shared::inbound::{MailId, MailRecord, MailRefusal, Outcome};
use shared::links::KeyRing;
use shared::store::{Committed, Store, StoreError};

use crate::paging;
use crate::request::{MailRefused, MailReleased};
use view::{HeldView, MailView};

/// How often a mail is looked at anew when somebody else was faster.
const LOOKS: usize = 5;

/// The query as it comes; numbers are text here, so that each mistake is named.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// How many mails make a page.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 25)]
    limit: Option<String>,
    /// The `next_cursor` of an earlier page; one that is not of this desk is 400.
    #[param(
        min_length = 3,
        pattern = "^[0-9]{1,14}[.][A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
        example = "1795507200000.d6iitobk75ur44p8kdnnp7g2n800"
    )]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MailList {
    /// The mails.
    mails: Vec<HeldView>,
    /// Hand it back as `cursor` for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Lists the mails that wait, in the order in which people are told of them, a page at a time.
///
/// A mail that says too little waits for its sender first, who was asked; people are told of it when
/// no answer has come for a quarter of an hour. They may decide on it before.
#[utoipa::path(
    get,
    path = "/v1/quarantine",
    operation_id = "list_quarantine",
    tag = "quarantine",
    params(Page),
    responses(
        (status = 200, description = "A page of mails that wait.", body = MailList),
        ForeignCursor,
    ),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn list<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Page { limit, cursor } = paging::known(page)?;
    let (limit, after) =
        paging::read(limit.as_deref(), cursor.as_deref(), paging::parts::<MailId>)?;
    let page = desk.store.held_mails(after.as_ref(), limit).await?;
    let list = MailList {
        mails: page.mails.into_iter().map(|(at, held)| HeldView::of(at, held)).collect(),
        next_cursor: page.next.map(|(at, id)| paging::cursor(at, &id)),
    };
    Ok(reading.answer(Answer::json(StatusCode::OK, &list)))
}

/// Reads a mail that came in: what became of it, and what it says while it waits.
///
/// What became of a mail is known for 30 days after it was decided, and for as long as it waits.
#[utoipa::path(
    get,
    path = "/v1/quarantine/{id}",
    operation_id = "read_mail",
    tag = "quarantine",
    params(MailOfPath, ReadingHeaders),
    responses((status = 200, description = "The mail.", body = MailView)),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    MailInPath(id): MailInPath,
) -> Result<Response, Problem> {
    let record = load(&desk, &id).await?;
    Ok(reading.answer(say(&record)))
}

/// Acts on a mail that waits as if it had been believed: it escalates, opens a P1, or is the reply
/// that it says it is.
///
/// Whoever releases it vouches for its author. A mail that even so cannot be acted on is 409 and waits
/// on; the answer says what would help. Released again by the same person, nothing is done, and that is
/// no mistake.
#[utoipa::path(
    post,
    path = "/v1/quarantine/{id}/release",
    operation_id = "release_mail",
    tag = "quarantine",
    params(MailOfPath, AskedHeaders),
    request_body = MailReleased,
    responses(
        (status = 200, description = "It is acted on; the answer says what it did.", body = MailView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn release<S: Store>(
    State(desk): State<Desk<S>>,
    State(keys): State<KeyRing>,
    MailInPath(id): MailInPath,
    asked: Asked<IncidentsWrite, MailReleased>,
) -> Result<Response, Problem> {
    let MailReleased { by, incident_number: number } = &asked.body;
    for _ in 0..LOOKS {
        let is_released = |record: &MailRecord| record.is_released(by, number.as_ref());
        let record = match undecided(&desk, &id, &asked, is_released).await? {
            Found::Waits(record) => record,
            Found::Answered(response) => return Ok(response),
        };
        if desk.policy.inbound.is_none() {
            let advice = "the policy takes no mail in any more: it can only be refused";
            let outcome = record.outcome.clone();
            return Err(MailRefusal::MailStillHeld { outcome, advice }.into());
        }
        let answering = |record: &MailRecord, now| asked.remembered(say(record), now);
        let release = Release { by: by.clone(), number: number.clone() };
        match act::release(&desk, &keys, &record, release, &answering).await {
            Ok(Outcome::Acted { .. }) => {
                return Ok(say(&load(&desk, &id).await?).into_response());
            }
            Ok(outcome) => return Err(MailRefusal::still_held(outcome, number.as_ref()).into()),
            // Somebody else was faster.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Refuses a mail that waits: it changes nothing, and its sender hears nothing. Refused again by the
/// same person, nothing is done, and that is no mistake.
#[utoipa::path(
    post,
    path = "/v1/quarantine/{id}/refusal",
    operation_id = "refuse_mail",
    tag = "quarantine",
    params(MailOfPath, AskedHeaders),
    request_body = MailRefused,
    responses(
        (status = 200, description = "It waits no more.", body = MailView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn refuse<S: Store>(
    State(desk): State<Desk<S>>,
    MailInPath(id): MailInPath,
    asked: Asked<IncidentsWrite, MailRefused>,
) -> Result<Response, Problem> {
    let MailRefused { by, note } = &asked.body;
    for _ in 0..LOOKS {
        let record = match undecided(&desk, &id, &asked, |record| record.is_refused(by)).await? {
            Found::Waits(record) => record,
            Found::Answered(response) => return Ok(response),
        };
        let answering = |record: &MailRecord, now| asked.remembered(say(record), now);
        let refusing = Refusing { by: by.clone(), note: note.clone() };
        match act::refuse(&desk, &record, refusing, &answering).await {
            Ok(record) => return Ok(say(&record).into_response()),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// A mail that a person decides on.
enum Found {
    /// It waits.
    Waits(Box<MailRecord>),
    /// There is nothing to do any more but to answer.
    Answered(Response),
}

/// Finds a mail that waits; `is_done` says of one that does not whether it became what is asked.
async fn undecided<S: Store, T: Sync>(
    desk: &Desk<S>,
    id: &MailId,
    asked: &Asked<IncidentsWrite, T>,
    is_done: impl Fn(&MailRecord) -> bool,
) -> Result<Found, Problem> {
    if let Some(before) = asked.answered_before(desk).await? {
        return Ok(Found::Answered(before));
    }
    let record = load(desk, id).await?;
    let is_done = is_done(&record);
    if !is_done {
        record.waits()?;
    }
    asked.expects(Some(record.version))?;
    if !is_done {
        return Ok(Found::Waits(Box::new(record)));
    }
    let answer = say(&record);
    let Some(answered) = asked.remembered(answer.clone(), desk.clock.now()) else {
        return Ok(Found::Answered(answer.into_response()));
    };
    Ok(Found::Answered(match desk.store.keep_mail(&[], &[], &[], Some(&answered)).await? {
        Committed::AlreadyAnswered(before) => asked.again(before)?,
        _ => answer.into_response(),
    }))
}

async fn load<S: Store>(desk: &Desk<S>, id: &MailId) -> Result<MailRecord, Problem> {
    desk.store.load_mail(id).await?.ok_or_else(|| MailRefusal::UnknownMail.into())
}

fn say(record: &MailRecord) -> Answer {
    Answer::json(StatusCode::OK, &MailView::of(record)).at_version(record.version)
}
