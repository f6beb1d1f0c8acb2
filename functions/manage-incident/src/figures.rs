//! `GET /v1/figures`: how promises were kept over a period of days.

use std::collections::BTreeMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shared::desk::Desk;
use shared::figures::{Bucket, Counter, Figures, Measured, RaisedBy, Times};
use shared::http::openapi::ReadingHeaders;
use shared::http::{Answer, IncidentsRead, Problem, ProblemField, Reading};
use shared::incident::clock::ClockName;
use shared::incident::values::Priority;
use shared::store::Store;

/// The most days that one answer covers, both ends included.
const MOST_DAYS: i32 = 366;

/// The query as it comes; days are text here, so that each mistake is named.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// The first day, in the desk's time zone; without it, the first of the month of `to`.
    #[param(value_type = Option<String>, format = Date, nullable = false, example = "2026-11-01")]
    from: Option<String>,
    /// The last day, itself included, at most 366 days with the first; without it, today.
    #[param(value_type = Option<String>, format = Date, nullable = false, example = "2026-11-30")]
    to: Option<String>,
}

/// The figures of a period: of what the desk recorded on its days.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FiguresView {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last day, itself included.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Where these are days.
    time_zone: String,
    /// By how many percent, at most, medians and p90s are off. What took up to a second is told as
    /// half a second.
    precision_percent: f64,
    incidents: IncidentFigures,
    escalations: EscalationFigures,
    clocks: ByClock<PromiseFigures>,
    /// From when an escalation was raised to when a person took it, each time that one did; `null`
    /// when none did.
    acknowledgement_times: Option<TimesView>,
    /// From when an incident reached care to its resolution; `null` when none was resolved.
    resolution_times: Option<TimesView>,
}

/// What became of incidents.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct IncidentFigures {
    /// How many were opened.
    opened: u64,
    /// The same by the priority with which they were opened.
    #[schema(value_type = BTreeMap<String, u64>, example = json!({ "P1": 3, "P2": 1, "P3": 0, "P4": 0 }))]
    by_priority: BTreeMap<String, u64>,
    /// How often a resolved one was opened again.
    reopened: u64,
    /// How often one was resolved.
    resolved: u64,
}

/// What was escalated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EscalationFigures {
    /// How many were raised.
    raised: u64,
    /// Because a customer asked for it.
    by_customer: u64,
    /// Because a promise was broken.
    by_deadline: u64,
    /// Because an incident was reopened once too often.
    by_reopening: u64,
}

/// The same for each clock.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ByClock<T> {
    /// The promise of a first response. One opened by phone or chat never needed it.
    initial_response: T,
    /// The promise of a further response.
    update: T,
    /// The promise of a response to an escalation.
    escalation_response: T,
}

/// How the promises of a clock ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PromiseFigures {
    /// Kept: a response came in time. A promise that the resolution ended is neither kept nor broken.
    kept: u64,
    /// Broken.
    breached: u64,
    /// The share kept of all that were kept or broken, rounded down to four decimals, so that 1 says
    /// all; `null` when there was none.
    #[schema(minimum = 0, maximum = 1)]
    share_kept: Option<f64>,
    /// From the start of the clock to the response that stopped it, pauses included; `null` when
    /// none did.
    response_times: Option<TimesView>,
}

/// How long something took.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TimesView {
    /// How often.
    count: u64,
    /// Half of them took at most this.
    median_seconds: f64,
    /// Nine of ten took at most this.
    p90_seconds: f64,
}

/// Reads how promises were kept over a period. Counted with each change, so the answer costs the same
/// however many incidents there are; it may be a moment behind.
#[utoipa::path(
    get,
    path = "/v1/figures",
    tag = "figures",
    params(Period, ReadingHeaders),
    responses((status = 200, description = "The figures of the period.", body = FiguresView)),
    security(("iam" = []), ("jwt" = ["incidents:read"])),
)]
pub(super) async fn read<S: Store>(
    State(desk): State<Desk<S>>,
    reading: Reading<IncidentsRead>,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(period) = period.map_err(|rejection| {
        Problem::wrong_fields(vec![ProblemField::parameter("query", rejection.body_text())])
    })?;
    let zone = &desk.policy.desk.time_zone;
    let today = zone.to_datetime(desk.clock.now()).date();
    let (from, to) = days(&period, today)?;
    let figures = desk.store.figures(from, to).await?;
    let time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    let view = FiguresView::of(&figures, from, to, time_zone);
    Ok(reading.answer(Answer::json(StatusCode::OK, &view).tagged()))
}

/// The first and the last day that are asked for.
fn days(period: &Period, today: Date) -> Result<(Date, Date), Problem> {
    let mut wrong = Vec::new();
    let mut day = |name: &'static str, text: &Option<String>| {
        let day = text.as_deref().map(day);
        if day == Some(None) {
            let detail = "must be a day such as 2026-11-30";
            wrong.push(ProblemField::parameter(name, detail));
        }
        day.flatten()
    };
    let (from, to) = (day("from", &period.from), day("to", &period.to));
    if !wrong.is_empty() {
        return Err(Problem::wrong_fields(wrong));
    }
    let to = to.unwrap_or(today);
    let from = from.unwrap_or(to.first_of_month());
    let detail = match (to - from).get_days() + 1 {
        ..1 => format!("must not be after `to`, which is {to}"),
        1..=MOST_DAYS => return Ok((from, to)),
        days => format!("must be at most {MOST_DAYS} days up to {to}, not {days}"),
    };
    Err(Problem::wrong_fields(vec![ProblemField::parameter("from", detail)]))
}

/// A day as it is shown, and nothing that merely can be read as one.
fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| day.to_string() == text)
}

impl FiguresView {
    fn of(figures: &Figures, from: Date, to: Date, time_zone: String) -> Self {
        let raised = |by| figures.count(Counter::Escalated(by));
        let opened =
            |priority: Priority| (priority.to_string(), figures.count(Counter::Opened(priority)));
        Self {
            from,
            to,
            time_zone,
            precision_percent: Bucket::PRECISION_PERCENT,
            incidents: IncidentFigures {
                opened: figures.incidents(),
                by_priority: Priority::ALL.map(opened).into(),
                reopened: figures.count(Counter::Reopened),
                resolved: figures.count(Counter::Resolved),
            },
            escalations: EscalationFigures {
                raised: figures.escalations(),
                by_customer: raised(RaisedBy::Customer),
                by_deadline: raised(RaisedBy::Deadline),
                by_reopening: raised(RaisedBy::Reopening),
            },
            clocks: ByClock {
                initial_response: PromiseFigures::of(figures, ClockName::InitialResponse),
                update: PromiseFigures::of(figures, ClockName::Update),
                escalation_response: PromiseFigures::of(figures, ClockName::EscalationResponse),
            },
            acknowledgement_times: TimesView::of(figures, Measured::Acknowledgement),
            resolution_times: TimesView::of(figures, Measured::Resolution),
        }
    }
}

impl PromiseFigures {
    fn of(figures: &Figures, clock: ClockName) -> Self {
        let promises = figures.promises(clock);
        Self {
            kept: promises.kept,
            breached: promises.breached,
            share_kept: promises.share_kept().map(|share| f64::from(share) / 10_000.0),
            response_times: TimesView::of(figures, Measured::Response(clock)),
        }
    }
}

impl TimesView {
    fn of(figures: &Figures, measured: Measured) -> Option<Self> {
        let Times { count, median_ms, p90_ms } = figures.times(measured)?;
        Some(Self { count, median_seconds: seconds(median_ms), p90_seconds: seconds(p90_ms) })
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
