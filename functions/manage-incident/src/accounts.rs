//! Accounts and their managers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::account::{Account, recurrence};
use shared::desk::Desk;
use shared::http::openapi::{
    AccountOfPath, AskedHeaders, NumberOfPath, OverLimit, PutHeaders, ReadingHeaders, StateRefused,
};
use shared::http::{
    AccountInPath, AccountsWrite, Answer, Asked, EscalationsWrite, IncidentsRead, IncidentsWrite,
    Number, Problem, Reading, answer, answer_within,
};
use shared::incident::clock::after;
use shared::incident::values::{AccountId, Customer, Name};
use shared::incident::{Change, Command, Refusal};
use shared::policy::Recurrence;
use shared::store::{Limit, Store, StoreError};

use crate::request::{AccountGiven, Domains, ManagerAsked, RecurrenceReport};
use crate::say;
use crate::view::IncidentView;

/// How often an account is written anew when somebody else was faster.
const ATTEMPTS: usize = 5;
/// The period of a report when the policy has no rule of recurrence.
const DEFAULT_PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many incidents of the period are looked at; the e-mail lists the latest fifty.
const MOST_LOOKED_AT: usize = Recurrence::MOST as usize;

/// A customer that has not chosen a language gets its account's.
pub(super) async fn speak_its_language<S: Store>(
    desk: &Desk<S>,
    customer: &mut Customer,
) -> Result<(), StoreError> {
    if let (None, Some(id)) = (customer.language, &customer.account) {
        let account = desk.store.load_account(id).await?;
        customer.language = account.and_then(|account| account.language);
    }
    Ok(())
}

/// Loops the account manager in: the manager gets the incident's story so far, the customer is told.
#[utoipa::path(
    post,
    path = "/v1/incidents/{number}/account-manager",
    operation_id = "engage_account_manager",
    tag = "incidents",
    params(NumberOfPath, AskedHeaders),
    request_body = ManagerAsked,
    responses(
        (status = 200, description = "The manager is told.", body = IncidentView),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["incidents:write"])),
)]
pub(super) async fn engage_manager<S: Store>(
    State(desk): State<Desk<S>>,
    Number(number): Number,
    asked: Asked<IncidentsWrite, ManagerAsked>,
) -> Result<Response, Problem> {
    let story = desk.store.story(&number).await?.ok_or(Refusal::UnknownIncident)?;
    let ManagerAsked { by, reason, account: named } = asked.body.clone();
    let account = match (&story.incident.customer.account, named) {
        (Some(of), Some(named)) if *of != named => {
            return Err(Refusal::AnotherAccount { account: of.clone() }.into());
        }
        (Some(id), _) => desk.store.load_account(id).await?,
        (None, Some(id)) => desk.store.load_account(&id).await?,
        (None, None) => None,
    };
    let account = account.ok_or(Refusal::NoAccount)?;
    let command = Command::EngageAccountManager { by, reason, account, story: story.timeline };
    answer(&desk, &asked, &number, &command, |change| say(StatusCode::OK, change)).await
}

/// Writes an account.
#[utoipa::path(
    put,
    path = "/v1/accounts/{id}",
    operation_id = "write_account",
    tag = "accounts",
    params(AccountOfPath, PutHeaders),
    request_body = AccountGiven,
    responses(
        (status = 200, description = "Written in place of what was there.", body = Account),
        (status = 201, description = "A new account.", body = Account),
        StateRefused,
    ),
    security(("iam" = []), ("jwt" = ["accounts:write"])),
)]
pub(super) async fn put<S: Store>(
    State(desk): State<Desk<S>>,
    AccountInPath(id): AccountInPath,
    asked: Asked<AccountsWrite, AccountGiven>,
) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        let before = desk.store.load_account(&id).await?;
        let version = before.as_ref().map(|account| account.version);
        asked.expects(version)?;
        let AccountGiven { name, account_manager, domains: Domains(domains), language } =
            asked.body.clone();
        for domain in &domains {
            let taken_by = desk.store.account_of(domain).await?;
            if let Some(account) = taken_by.filter(|account| *account != id) {
                let domain = domain.clone();
                return Err(Refusal::DomainTaken { domain, account }.into());
            }
        }
        let account = Account {
            id: id.clone(),
            version: version.unwrap_or(0) + 1,
            name,
            account_manager,
            domains,
            language,
            recurrence_noticed_at: before.as_ref().and_then(|a| a.recurrence_noticed_at),
        };
        match desk.store.put_account(&account, before.as_ref()).await {
            Ok(()) => {
                let is_new = before.is_none();
                let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
                let answer = Answer::json(status, &account).at_version(account.version);
                let answer = if is_new { answer.at(format!("/v1/accounts/{id}")) } else { answer };
                return Ok(answer.into_response());
            }
            // Somebody else was faster: what the caller expects may hold no more.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// Reads an account.
#[utoipa::path(
    get,
    path = "/v1/accounts/{id}",
    operation_id = "read_account",
    tag = "accounts",
    params(AccountOfPath, ReadingHeaders),
    responses((status = 200, description = "The account.", body = Account)),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    AccountInPath(id): AccountInPath,
) -> Result<Response, Problem> {
    let account = desk.store.load_account(&id).await?.ok_or(Refusal::UnknownAccount)?;
    let answer = Answer::json(StatusCode::OK, &account).at_version(account.version);
    Ok(reading.answer(answer))
}

/// That the account manager has a customer's report.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(super) struct ReportTaken {
    /// The account.
    account: AccountId,
    /// Who has the report.
    account_manager: Name,
    /// The start of the period that the report covers.
    since: Timestamp,
    /// How many incidents of the period it lists.
    incidents: usize,
}

/// Reports recurring incidents to the account manager, with the list of the period's incidents.
#[utoipa::path(
    post,
    path = "/v1/accounts/{id}/recurrences",
    operation_id = "report_recurrence",
    tag = "accounts",
    params(AccountOfPath, AskedHeaders),
    request_body = RecurrenceReport,
    responses(
        (status = 202, description = "The manager is told.", body = ReportTaken),
        StateRefused,
        OverLimit,
    ),
    security(("iam" = []), ("jwt" = ["escalations:write"])),
)]
pub(super) async fn report_recurrence<S: Store>(
    State(desk): State<Desk<S>>,
    AccountInPath(id): AccountInPath,
    asked: Asked<EscalationsWrite, RecurrenceReport>,
) -> Result<Response, Problem> {
    let account = desk.store.load_account(&id).await?.ok_or(Refusal::UnknownAccount)?;
    let now = desk.clock.now();
    let rule = desk.policy.recurrence.as_ref();
    let since = rule.map_or(after(now, -DEFAULT_PERIOD), |rule| recurrence::since(rule, now));
    let incidents = desk.store.account_incidents(&id, since, MOST_LOOKED_AT).await?;
    let latest = incidents.first().ok_or(Refusal::NoIncidents { since })?;
    let number = latest.number.clone();
    let taken = ReportTaken {
        account: id,
        account_manager: account.account_manager.name.clone(),
        since,
        incidents: incidents.len().min(recurrence::MOST_LISTED),
    };
    let RecurrenceReport { mut reporter, message } = asked.body.clone();
    reporter.language = reporter.language.or(account.language);
    // As often as the same customer may escalate, and counted by itself: who reports too much is not
    // to be kept from escalating.
    let customer = reporter.email.clone();
    let limit = |now| {
        let allowance = desk.policy.limits.escalations_per_customer?;
        Some(Limit::of("recurrences", &customer, allowance, now))
    };
    let command = Command::ReportRecurrence { reporter, message, account, incidents, since };
    let say = |_: &Change| Answer::json(StatusCode::ACCEPTED, &taken);
    answer_within(&desk, &asked, &number, &command, limit, say).await
}
