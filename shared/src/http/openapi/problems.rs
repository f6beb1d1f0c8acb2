//! Every problem, with the very words of the code as its examples.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::super::problem::{Problem, ProblemField};
use crate::inbound::{MailRefusal, Missing, Outcome};
use crate::incident::Refusal;
use crate::incident::values::{AccountId, Domain, Name};
use crate::store::Limit;

/// A refusal by the state of the incident (409), for `responses(…)` of a route.
#[derive(Debug)]
pub struct StateRefused;

/// A cursor that is not of this desk (400), for `responses(…)` of a list.
#[derive(Debug)]
pub struct ForeignCursor;

/// Over a customer's limit (429), for `responses(…)` of a route.
#[derive(Debug)]
pub struct OverLimit;

impl IntoResponses for StateRefused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        referenced("409")
    }
}

impl IntoResponses for ForeignCursor {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        referenced("400")
    }
}

impl IntoResponses for OverLimit {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        referenced("429")
    }
}

fn referenced(status: &str) -> BTreeMap<String, RefOr<Response>> {
    let reference = Ref::from_response_name(component(status));
    [(status.to_owned(), RefOr::Ref(reference))].into()
}

/// The name of the component that describes a status.
pub(super) fn component(status: &str) -> &'static str {
    match status {
        "400" => "Malformed",
        "401" => "Unauthenticated",
        "403" => "MissingScope",
        "404" => "Unknown",
        "409" => "StateRefused",
        "412" => "PreconditionFailed",
        "413" => "TooLarge",
        "415" => "NotJson",
        "422" => "WrongFields",
        "429" => "TooManyRequests",
        "503" => "Unavailable",
        _ => "Internal",
    }
}

/// The schemas of problems, which no route refers to by itself.
pub(super) fn schemas(components: &mut Components) {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// A response for each status.
pub(super) fn components() -> Vec<(String, RefOr<Response>)> {
    let known = [
        ("400", "No JSON, or a cursor that is not of this desk.", bad_requests()),
        ("401", "The request carries no authenticated caller.", vec![Problem::unauthenticated()]),
        ("403", "The token lacks a scope.", vec![Problem::missing_scope("incidents:read")]),
        (
            "404",
            "No incident has this number, or no account or mail this id.",
            vec![
                Refusal::UnknownIncident.into(),
                Refusal::UnknownAccount.into(),
                MailRefusal::UnknownMail.into(),
            ],
        ),
        ("409", "The state of the incident, the account or the mail refuses it.", conflicts()),
        ("412", "`If-Match` names another version.", vec![Problem::stale(Some(4))]),
        ("413", "The body is longer than 256 KB.", vec![Problem::too_large()]),
        ("415", "The body is not said to be JSON.", vec![Problem::not_json()]),
        ("422", "Fields that are missing, unknown or wrong; all of them are named.", wrong()),
        ("429", "Too many requests of the same customer.", vec![over_limit()]),
        ("500", "The desk cannot read its own state.", vec![Problem::internal()]),
        ("503", "The store is unavailable; nothing is half-written.", vec![Problem::unavailable()]),
    ];
    let response = |(status, description, problems)| {
        (component(status).to_owned(), RefOr::T(response(description, problems)))
    };
    known.into_iter().map(response).collect()
}

fn response(description: &str, problems: Vec<Problem>) -> Response {
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    let mut response = ResponseBuilder::new().description(description);
    for problem in problems {
        let name = problem.kind.rsplit(':').next().unwrap_or_default().to_owned();
        for (header, description) in problem.headers() {
            let text = Object::with_type(SchemaType::Type(Type::String));
            let header_of = HeaderBuilder::new().schema(Some(text)).description(Some(description));
            response = response.header(header, header_of.build());
        }
        let summary = problem.title;
        let value = serde_json::to_value(&problem).unwrap_or(Value::Null);
        let example = ExampleBuilder::new().summary(summary).value(Some(value)).build();
        content = content.examples_from_iter([(name, example)]);
    }
    response.content("application/problem+json", content.build()).build()
}

fn bad_requests() -> Vec<Problem> {
    let detail = "must be the `next_cursor` of an earlier page";
    vec![
        Problem::malformed("The body is not JSON: EOF while parsing an object at line 1 column 1."),
        Problem::foreign_cursor(vec![ProblemField::parameter("cursor", detail)]),
    ]
}

fn conflicts() -> Vec<Problem> {
    let by = || "Grace".parse::<Name>();
    let mut conflicts: Vec<Problem> = [
        Refusal::AlreadyOpen,
        Refusal::NoRunningEscalation,
        Refusal::NothingToPause,
        Refusal::NoAccount,
        Refusal::NoIncidents { since: Timestamp::UNIX_EPOCH },
    ]
    .map(Problem::from)
    .into();
    conflicts.extend(by().map(|by| Refusal::AlreadyResolved { by }.into()));
    let account = "ACME".parse::<AccountId>();
    if let Ok(account) = account {
        let taken = "acme.example".parse::<Domain>().map(|domain| {
            let account = account.clone();
            Refusal::DomainTaken { domain, account }.into()
        });
        conflicts.push(Refusal::AnotherAccount { account }.into());
        conflicts.extend(taken);
    }
    let decided = MailRefusal::MailDecided { outcome: "refused by Grace".to_owned() };
    let incomplete = Outcome::Incomplete { missing: Missing::Number };
    conflicts.extend([decided, MailRefusal::still_held(incomplete, None)].map(Problem::from));
    conflicts
}

fn wrong() -> Vec<Problem> {
    let field = |pointer: &str, detail: &str| ProblemField {
        pointer: Some(pointer.to_owned()),
        header: None,
        parameter: None,
        detail: detail.to_owned(),
    };
    vec![Problem::wrong_fields(vec![
        ProblemField::header("Idempotency-Key", "must come once"),
        field("/by", "is missing"),
        field("/note", "must be 1 to 4000 characters, not 0"),
    ])]
}

fn over_limit() -> Problem {
    let now = Timestamp::UNIX_EPOCH;
    let until = Timestamp::from_second(1_764_000_000).unwrap_or(now);
    let limit = Limit {
        what: "escalations",
        whom: String::new(),
        since: now,
        until,
        count: 60,
        done_at: None,
    };
    Problem::over_limit(&limit, until)
}
